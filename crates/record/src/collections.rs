//! Collections: named sets of sources, by the paths at or beneath which they lie.

use std::path::{Path, PathBuf};

use rusqlite::params;

use crate::{Record, RecordError};

/// A collection and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    pub name: String,
    /// Files and folders, in order.
    pub paths: Vec<PathBuf>,
}

impl Record {
    /// All collections, by their names.
    pub fn collections(&self) -> Result<Vec<Collection>, RecordError> {
        let rows: Vec<(String, String)> = self.read("list the collections", |connection| {
            connection
                .prepare("SELECT name, path FROM collections ORDER BY name, path")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        let mut collections: Vec<Collection> = Vec::new();
        for (name, path) in rows {
            match collections.last_mut().filter(|last| last.name == name) {
                Some(last) => last.paths.push(path.into()),
                None => collections.push(Collection { name, paths: vec![path.into()] }),
            }
        }
        Ok(collections)
    }

    /// Puts a file or folder into a collection, which is made when it is not there.
    pub fn add_to_collection(&self, name: &str, path: &Path) -> Result<(), RecordError> {
        let path = path.to_string_lossy();
        self.write("add to a collection", |transaction| {
            transaction
                .execute(
                    "INSERT OR IGNORE INTO collections (name, path) VALUES (?1, ?2)",
                    params![name, path],
                )
                .map(drop)
        })
    }

    /// Takes a path out of a collection, or the collection away; tells how many paths that were. What is
    /// in memory stays there.
    pub fn remove_from_collection(&self, name: &str, path: Option<&Path>) -> Result<usize, RecordError> {
        self.write("remove from a collection", |transaction| match path {
            Some(path) => transaction.execute(
                "DELETE FROM collections WHERE name = ?1 AND path = ?2",
                params![name, path.to_string_lossy()],
            ),
            None => transaction.execute("DELETE FROM collections WHERE name = ?1", [name]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_made_of_paths() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let record = Record::open(&folder.path().join("record.sqlite")).expect("a record");
        for (name, path) in [("rules", "/b"), ("rules", "/a"), ("prices", "/c.xlsx"), ("rules", "/a")] {
            record.add_to_collection(name, Path::new(path)).expect("added");
        }
        let all = record.collections().expect("collections");
        assert_eq!(all[1], Collection { name: "rules".into(), paths: vec!["/a".into(), "/b".into()] });
        assert_eq!(record.remove_from_collection("rules", Some(Path::new("/a"))).expect("removed"), 1);
        assert_eq!(record.remove_from_collection("prices", None).expect("removed"), 1);
        assert_eq!(record.collections().expect("collections").len(), 1);
    }
}
