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
    /// What will be asked of it is computed ahead.
    pub is_pinned: bool,
}

impl Record {
    /// All collections, by their names.
    pub fn collections(&self) -> Result<Vec<Collection>, RecordError> {
        let rows: Vec<(String, String, bool)> = self.read("list the collections", |connection| {
            connection
                .prepare(
                    "SELECT name, path, name IN (SELECT collection FROM pins) FROM collections
                     ORDER BY name, path",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })?;
        let mut collections: Vec<Collection> = Vec::new();
        for (name, path, is_pinned) in rows {
            match collections.last_mut().filter(|last| last.name == name) {
                Some(last) => last.paths.push(path.into()),
                None => collections.push(Collection { name, paths: vec![path.into()], is_pinned }),
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
        self.write("remove from a collection", |transaction| {
            let removed = match path {
                Some(path) => transaction.execute(
                    "DELETE FROM collections WHERE name = ?1 AND path = ?2",
                    params![name, path.to_string_lossy()],
                )?,
                None => transaction.execute("DELETE FROM collections WHERE name = ?1", [name])?,
            };
            // One that is gone is not pinned any more, should it come again.
            transaction
                .execute("DELETE FROM pins WHERE collection NOT IN (SELECT name FROM collections)", [])?;
            Ok(removed)
        })
    }

    /// Pins a collection, or no longer.
    pub fn set_pinned(&self, name: &str, is_pinned: bool) -> Result<(), RecordError> {
        self.write("pin a collection", |transaction| {
            let change = match is_pinned {
                true => "INSERT OR IGNORE INTO pins (collection) VALUES (?1)",
                false => "DELETE FROM pins WHERE collection = ?1",
            };
            transaction.execute(change, [name]).map(drop)
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
        let rules =
            Collection { name: "rules".into(), paths: vec!["/a".into(), "/b".into()], is_pinned: false };
        assert_eq!(all[1], rules);
        record.set_pinned("rules", true).expect("pinned");
        assert_eq!(record.collections().expect("collections")[1], Collection { is_pinned: true, ..rules });
        assert_eq!(record.remove_from_collection("rules", Some(Path::new("/a"))).expect("removed"), 1);
        assert_eq!(record.remove_from_collection("prices", None).expect("removed"), 1);
        assert_eq!(record.collections().expect("collections").len(), 1);
        record.remove_from_collection("rules", None).expect("removed");
        record.add_to_collection("rules", Path::new("/a")).expect("added");
        assert!(!record.collections().expect("collections")[0].is_pinned);
        record.set_pinned("rules", true).expect("pinned");
        record.set_pinned("rules", false).expect("no longer");
        assert!(!record.collections().expect("collections")[0].is_pinned);
    }
}
