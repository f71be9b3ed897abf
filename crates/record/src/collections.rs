//! Collections: named sets of sources, by the paths at or beneath which they lie.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use crate::{Record, RecordError};

/// A collection and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    pub name: String,
    /// Files and folders, in order; none while it is empty.
    pub paths: Vec<PathBuf>,
    /// What will be asked of it is computed ahead.
    pub is_pinned: bool,
}

impl Record {
    /// All collections, by their names.
    pub fn collections(&self) -> Result<Vec<Collection>, RecordError> {
        let rows: Vec<(String, Option<String>, bool)> = self.read("list the collections", |connection| {
            connection
                .prepare(
                    "SELECT n.name, c.path, n.name IN (SELECT collection FROM pins)
                     FROM collection_names n LEFT JOIN collections c ON c.name = n.name
                     ORDER BY n.name, c.path",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })?;
        let mut collections: Vec<Collection> = Vec::new();
        for (name, path, is_pinned) in rows {
            match collections.last_mut().filter(|last| last.name == name) {
                Some(last) => last.paths.extend(path.map(PathBuf::from)),
                None => {
                    let paths = path.into_iter().map(PathBuf::from).collect();
                    collections.push(Collection { name, paths, is_pinned });
                }
            }
        }
        Ok(collections)
    }

    /// Makes a collection with nothing in it, when there is none of this name.
    pub fn make_collection(&self, name: &str) -> Result<(), RecordError> {
        self.write("make a collection", |transaction| make(transaction, name))
    }

    /// Puts a file or folder into a collection, which is made when it is not there.
    pub fn add_to_collection(&self, name: &str, path: &Path) -> Result<(), RecordError> {
        let path = path.to_string_lossy();
        self.write("add to a collection", |transaction| {
            make(transaction, name)?;
            transaction
                .execute(
                    "INSERT OR IGNORE INTO collections (name, path) VALUES (?1, ?2)",
                    params![name, path],
                )
                .map(drop)
        })
    }

    /// Takes a path out of a collection, which stays although it may be empty then, or the collection away;
    /// tells how many paths or collections that were. What is in memory stays there.
    pub fn remove_from_collection(&self, name: &str, path: Option<&Path>) -> Result<usize, RecordError> {
        self.write("remove from a collection", |transaction| {
            if let Some(path) = path {
                let path = path.to_string_lossy();
                return transaction
                    .execute("DELETE FROM collections WHERE name = ?1 AND path = ?2", params![name, path]);
            }
            transaction.execute("DELETE FROM collections WHERE name = ?1", [name])?;
            // One that is gone is not pinned any more, should it come again.
            transaction.execute("DELETE FROM pins WHERE collection = ?1", [name])?;
            transaction.execute("DELETE FROM collection_names WHERE name = ?1", [name])
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

fn make(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    connection.execute("INSERT OR IGNORE INTO collection_names (name) VALUES (?1)", [name]).map(drop)
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

    #[test]
    fn a_collection_is_there_before_something_is_in_it_and_afterwards() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let record = Record::open(&folder.path().join("record.sqlite")).expect("a record");
        let empty = [Collection { name: "rules".into(), paths: Vec::new(), is_pinned: false }];
        record.make_collection("rules").expect("made");
        record.make_collection("rules").expect("there already");
        assert_eq!(record.collections().expect("collections"), empty);
        record.add_to_collection("rules", Path::new("/a")).expect("added");
        record.remove_from_collection("rules", Some(Path::new("/a"))).expect("removed");
        assert_eq!(record.collections().expect("collections"), empty);
        assert_eq!(record.remove_from_collection("rules", None).expect("removed"), 1);
        assert_eq!(record.remove_from_collection("rules", None).expect("nothing to remove"), 0);
        assert!(record.collections().expect("collections").is_empty());
    }
}
