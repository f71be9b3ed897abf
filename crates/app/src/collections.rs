//! Collections: named sets of sources that agents may read.

use std::path::Path;

use inhouse_agent::source::SourceId;

use crate::{App, AppError};

pub use inhouse_record::Collection;

impl App {
    /// All collections, by their names.
    pub fn collections(&self) -> Result<Vec<Collection>, AppError> {
        Ok(self.record().collections()?)
    }

    /// Puts a file or folder into a collection. What of it is in memory, and what will be, belongs to it.
    pub fn add_to_collection(&self, name: &str, path: &Path) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        if name.trim().is_empty() || name.contains(char::is_control) {
            return Err(AppError::BadTask {
                reason: format!("`{name}` is no name for a collection"),
                hint: "take a name of letters, digits and blanks",
            });
        }
        let path = path.canonicalize().map_err(|source| AppError::io("find", path, source))?;
        Ok(self.record().add_to_collection(name.trim(), &path)?)
    }

    /// Takes a path out of a collection, or the collection away. What is in memory stays there.
    pub fn remove_from_collection(&self, name: &str, path: Option<&Path>) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        // A file that is gone can still be taken out.
        let path = path.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        match self.record().remove_from_collection(name, path.as_deref())? {
            0 => Err(AppError::NotFound {
                what: match path {
                    Some(path) => format!("{} in the collection {name}", path.display()),
                    None => format!("collection {name}"),
                },
            }),
            _ => Ok(()),
        }
    }

    /// The sources that lie in any of these collections. One that is not there is an error: an agent that
    /// should read only it must not read everything instead.
    pub(crate) fn sources_in(&self, names: &[String]) -> Result<Vec<SourceId>, AppError> {
        let all = self.collections()?;
        let mut paths = Vec::new();
        for name in names {
            let found = all.iter().find(|collection| collection.name == *name);
            let found = found.ok_or_else(|| AppError::NotFound { what: format!("collection {name}") })?;
            paths.extend(found.paths.iter());
        }
        let sources = self.record().sources()?;
        let within = sources.iter().filter(|source| paths.iter().any(|path| source.path.starts_with(path)));
        Ok(within.map(|source| source.id).collect())
    }
}
