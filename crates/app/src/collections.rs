//! Collections: named sets of sources that agents may read.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use inhouse_agent::source::SourceId;

use crate::{App, AppError};

pub use inhouse_record::Collection;

/// A collection, and the sources that lie in it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    pub collection: Collection,
    /// In order, those of files and those of folders.
    pub sources: Vec<SourceId>,
    /// Of these, those that were put in by themselves, and can be taken out by themselves.
    pub own: Vec<SourceId>,
    /// Its other paths: folders, and files that are not in memory.
    pub places: Vec<PathBuf>,
}

impl App {
    /// All collections, by their names.
    pub fn collections(&self) -> Result<Vec<Collection>, AppError> {
        Ok(self.record().collections()?)
    }

    /// All collections, by their names, with what lies in them.
    pub fn contents(&self) -> Result<Vec<Contents>, AppError> {
        let places = self.record().places()?;
        Ok(self.collections()?.into_iter().map(|collection| Contents::of(collection, &places)).collect())
    }

    /// Makes a collection with nothing in it, when there is none of this name.
    pub fn make_collection(&self, name: &str) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        Ok(self.record().make_collection(checked(name)?)?)
    }

    /// Puts a file or folder into a collection. What of it is in memory, and what will be, belongs to it.
    pub fn add_to_collection(&self, name: &str, path: &Path) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        let name = checked(name)?;
        let path = self.spelled(path)?;
        Ok(self.record().add_to_collection(name, &path)?)
    }

    /// Puts a source into a collection, wherever its file is by now.
    pub fn add_source_to_collection(&self, name: &str, id: SourceId) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        Ok(self.record().add_to_collection(checked(name)?, &self.record().source(id)?.path)?)
    }

    /// Takes a source out of a collection that it was put into by itself. What is in memory stays there;
    /// what was computed ahead of it alone goes.
    pub async fn remove_source_from_collection(&self, name: &str, id: SourceId) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        let places = self.record().places()?;
        for (_, path) in places.iter().filter(|(source, _)| *source == id) {
            self.record().remove_from_collection(name, Some(path))?;
        }
        self.forget_unpinned(&[id]).await
    }

    /// Takes a path out of a collection, which stays, or the collection away. What is in memory stays
    /// there; what was computed ahead of it alone goes.
    pub async fn remove_from_collection(&self, name: &str, path: Option<&Path>) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        let before = self.collections()?.into_iter().find(|collection| collection.name == name);
        let before = before.ok_or_else(|| not_found(name))?;
        let sources = self.sources_in(&[name.to_owned()])?;
        let mut removed = self.record().remove_from_collection(name, path)?;
        if let (0, Some(path)) = (removed, path) {
            // A file that is gone can still be taken out.
            let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            removed = self.record().remove_from_collection(name, Some(&path))?;
            if removed == 0 {
                return Err(AppError::NotFound {
                    what: format!("{} in the collection {name}", path.display()),
                });
            }
        }
        match before.is_pinned {
            true => self.forget_unpinned(&sources).await,
            false => Ok(()),
        }
    }

    /// The sources in which a question is looked up: those in any collection that it is asked within, and of
    /// these only what its agent may read. `None` where neither names a collection: all sources.
    pub(crate) fn sources_for(
        &self,
        within: &[String],
        of_agent: &[String],
    ) -> Result<Option<Vec<SourceId>>, AppError> {
        let (asked, readable) = (self.sources_in(within)?, self.sources_in(of_agent)?);
        Ok(match (within, of_agent) {
            ([], []) => None,
            (_, []) => Some(asked),
            ([], _) => Some(readable),
            _ => Some(asked.into_iter().filter(|id| readable.binary_search(id).is_ok()).collect()),
        })
    }

    /// The sources that lie in any of these collections. One that is not there is an error: an agent that
    /// should read only it must not read everything instead.
    pub(crate) fn sources_in(&self, names: &[String]) -> Result<Vec<SourceId>, AppError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let (all, places) = (self.collections()?, self.record().places()?);
        let mut sources = Vec::new();
        for name in names {
            let found = all.iter().find(|collection| collection.name == *name);
            let found = found.ok_or_else(|| not_found(name))?;
            sources.extend(Contents::of(found.clone(), &places).sources);
        }
        sources.sort_unstable();
        sources.dedup();
        Ok(sources)
    }

    /// A path as those of the sources at or beneath it are spelled; when there is none, without links.
    fn spelled(&self, path: &Path) -> Result<PathBuf, AppError> {
        let absolute = std::path::absolute(path).map_err(|source| AppError::io("find", path, source))?;
        if self.record().places()?.iter().any(|(_, place)| place.starts_with(&absolute)) {
            return Ok(absolute);
        }
        path.canonicalize().map_err(|source| AppError::io("find", path, source))
    }
}

impl Contents {
    fn of(collection: Collection, all: &[(SourceId, PathBuf)]) -> Self {
        let paths: HashSet<&Path> = collection.paths.iter().map(PathBuf::as_path).collect();
        let files: HashSet<&Path> = all.iter().map(|(_, place)| place.as_path()).collect();
        let ids = |is_in: &dyn Fn(&Path) -> bool| {
            let mut ids: Vec<SourceId> =
                all.iter().filter(|(_, place)| is_in(place)).map(|(id, _)| *id).collect();
            ids.dedup();
            ids
        };
        let sources = ids(&|place| place.ancestors().any(|above| paths.contains(above)));
        let own = ids(&|place| paths.contains(place));
        let places =
            collection.paths.iter().filter(|path| !files.contains(path.as_path())).cloned().collect();
        Self { collection, sources, own, places }
    }
}

fn checked(name: &str) -> Result<&str, AppError> {
    let name = name.trim();
    if name.is_empty() || name.contains(char::is_control) {
        return Err(AppError::BadName { name: name.to_owned() });
    }
    Ok(name)
}

fn not_found(name: &str) -> AppError {
    AppError::NotFound { what: format!("collection {name}") }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

    use crate::Options;

    use super::*;

    fn app(folder: &Path) -> App {
        App::open(Options { home: Some(folder.join("home")), ..Options::default() }).unwrap()
    }

    fn documents(folder: &Path, names: &[&str]) -> Vec<PathBuf> {
        let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
        for path in &paths {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, path.display().to_string()).unwrap();
        }
        paths
    }

    #[tokio::test]
    async fn a_document_is_in_by_itself_or_through_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        let rules = folder.path().join("rules");
        let paths = documents(folder.path(), &["rules/a.txt", "rules/b.txt", "rules-old/c.txt"]);
        let ids = app.add(&paths).await.unwrap().queued;
        app.make_collection(" rules ").unwrap();
        assert_eq!(app.contents().unwrap()[0].sources, []);
        app.add_to_collection("rules", &rules).unwrap();
        app.add_source_to_collection("rules", ids[0]).unwrap();
        let contents = &app.contents().unwrap()[0];
        assert_eq!((&contents.sources[..], &contents.own[..]), (&ids[..2], &ids[..1]));
        assert_eq!(contents.places, std::slice::from_ref(&rules));
        // Through the folder it stays in.
        app.remove_source_from_collection("rules", ids[0]).await.unwrap();
        let contents = &app.contents().unwrap()[0];
        assert_eq!((&contents.sources[..], &contents.own[..]), (&ids[..2], &[][..]));
        app.remove_from_collection("rules", Some(&rules)).await.unwrap();
        assert_eq!(app.contents().unwrap()[0].sources, []);
        assert!(app.remove_from_collection("rules", Some(&rules)).await.is_err());
        app.remove_from_collection("rules", None).await.unwrap();
        assert!(app.contents().unwrap().is_empty());
        assert_eq!(app.sources().unwrap().len(), 3);
        assert!(paths.iter().all(|path| path.exists()));
    }

    #[tokio::test]
    async fn a_document_belongs_to_the_collections_of_all_its_places() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        let paths = documents(folder.path(), &["a/one.txt", "b/two.txt"]);
        std::fs::copy(&paths[0], &paths[1]).unwrap();
        let ids = app.add(&paths).await.unwrap().queued;
        app.add_to_collection("late", &paths[1]).unwrap();
        let contents = &app.contents().unwrap()[0];
        assert_eq!((&contents.sources, &contents.own, contents.places.len()), (&ids, &ids, 0));
        app.remove_source_from_collection("late", ids[0]).await.unwrap();
        assert_eq!(app.contents().unwrap()[0].sources, []);
    }

    #[tokio::test]
    async fn a_document_can_be_put_in_through_a_link_and_after_its_file_has_gone() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        let paths = documents(folder.path(), &["real/a.txt"]);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("real"), &link).unwrap();
        let ids = app.add(&[link.join("a.txt")]).await.unwrap().queued;
        app.add_to_collection("linked", &link).unwrap();
        std::fs::remove_file(&paths[0]).unwrap();
        app.add_source_to_collection("gone", ids[0]).unwrap();
        for contents in app.contents().unwrap() {
            assert_eq!(contents.sources, ids);
        }
    }

    #[tokio::test]
    async fn a_question_is_looked_up_in_what_it_is_asked_within_and_its_agent_may_read() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        let paths = documents(folder.path(), &["one.txt", "two.txt", "three.txt"]);
        let ids = app.add(&paths).await.unwrap().queued;
        app.make_collection("empty").unwrap();
        for (name, inside) in [("first", &paths[..2]), ("last", &paths[1..]), ("third", &paths[2..])] {
            for path in inside {
                app.add_to_collection(name, path).unwrap();
            }
        }
        let looked_up = |within: &[&str], of_agent: &[&str]| {
            let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            app.sources_for(&names(within), &names(of_agent))
        };
        assert_eq!(looked_up(&[], &[]).unwrap(), None);
        assert_eq!(looked_up(&["first"], &[]).unwrap().unwrap(), ids[..2]);
        assert_eq!(looked_up(&["third", "first"], &[]).unwrap().unwrap(), ids);
        assert_eq!(looked_up(&[], &["last"]).unwrap().unwrap(), ids[1..]);
        assert_eq!(looked_up(&["first"], &["last"]).unwrap().unwrap(), ids[1..2]);
        assert_eq!(looked_up(&["first", "third"], &["third"]).unwrap().unwrap(), ids[2..]);
        // What is nothing is never everything.
        for (within, of_agent) in
            [(["empty"], &[][..]), (["empty"], &["last"]), (["first"], &["third"]), (["last"], &["empty"])]
        {
            assert_eq!(looked_up(&within, of_agent).unwrap().unwrap(), []);
        }
        for (within, of_agent) in [(["gone"], &[][..]), (["gone"], &["last"]), (["last"], &["gone"])] {
            let missing = looked_up(&within, of_agent).unwrap_err();
            assert_eq!(
                (missing.code(), missing.to_string()),
                ("not_found", "there is no collection gone".into())
            );
        }
    }

    #[test]
    fn a_name_without_letters_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        for name in ["", "  ", "a\nb"] {
            assert!(matches!(app.make_collection(name), Err(AppError::BadName { .. })));
        }
    }
}
