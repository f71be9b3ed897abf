//! The record: what Inhouse knows for certain, in one SQLite file.
//!
//! It owns sources with their pages and passages, chats, runs with the audit log, and what was on
//! the screen. Everything else (the index of passages above all) can be made again from it. It is the
//! only room that knows SQLite.
//!
//! Invariants: each change is one transaction, synced to disk before it returns; a source is ready
//! only when every passage of it is marked as in memory; a passage's text is always cut from its
//! page, so that it stands there to the letter.
//!
//! Start reading at [`Record`], then `sources`.

mod audit;
mod chats;
mod collections;
mod pages;
mod runs;
mod sources;
mod view;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

pub use audit::{AuditEntry, AuditFault, AuditReport};
pub use chats::{Chat, ChatId, NewTurn, Turn, TurnEnd, TurnId};
pub use collections::Collection;
pub use pages::NewPassage;
pub use runs::{NewRun, RunId, RunRow, RunState};
pub use sources::{Noted, Stat};

/// The open record. Shared between threads; each call is short.
#[derive(Debug)]
pub struct Record {
    connection: Mutex<Connection>,
    path: PathBuf,
}

/// What can go wrong, cut by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Free some space and try again; the change was not made, and nothing else was lost.
    #[error("the disk is full, {path} was not changed")]
    DiskFull { path: PathBuf },
    /// A newer version of the app has written it.
    #[error("{path} was written by a newer version (schema {found}, this version knows {known})")]
    TooNew { path: PathBuf, found: u32, known: u32 },
    /// What was asked for is not there, or not any more.
    #[error("no {what} with number {id} in the record")]
    NotFound { what: &'static str, id: i64 },
    #[error("cannot {doing} in {path}")]
    Database {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
}

const SCHEMA_VERSION: u32 = 7;

/// What brings a record of each older version, from 1 on, to the next one.
const UPGRADES: [&str; SCHEMA_VERSION as usize - 1] = [
    "ALTER TABLE pages ADD COLUMN sheet TEXT; ALTER TABLE pages ADD COLUMN cells BLOB;",
    RUNS,
    COLLECTIONS,
    PINS,
    NAMES,
    WITHIN,
];

const RUNS: &str = include_str!("runs.sql");
const COLLECTIONS: &str = include_str!("collections.sql");
const PINS: &str = include_str!("pins.sql");
const NAMES: &str = include_str!("names.sql");
const WITHIN: &str = include_str!("within.sql");

impl Record {
    /// Opens the record at `path`, making it when it is not there.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let connection = Connection::open(path).map_err(|source| RecordError::Database {
            doing: "open the record",
            path: path.to_owned(),
            source,
        })?;
        let record = Self { connection: Mutex::new(connection), path: path.to_owned() };
        record.prepare()?;
        Ok(record)
    }

    fn prepare(&self) -> Result<(), RecordError> {
        let found = self.read("read the schema version", |connection| {
            connection.busy_timeout(std::time::Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))
        })?;
        if found > SCHEMA_VERSION {
            return Err(RecordError::TooNew { path: self.path.clone(), found, known: SCHEMA_VERSION });
        }
        if found == SCHEMA_VERSION {
            return Ok(());
        }
        self.write("lay out the record", |transaction| {
            match found {
                0 => {
                    transaction.execute_batch(include_str!("schema.sql"))?;
                    for part in [RUNS, COLLECTIONS, PINS, NAMES, WITHIN] {
                        transaction.execute_batch(part)?;
                    }
                }
                older => {
                    for upgrade in &UPGRADES[older as usize - 1..] {
                        transaction.execute_batch(upgrade)?;
                    }
                }
            }
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)
        })
    }

    fn read<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RecordError> {
        work(&self.lock()).map_err(|source| self.error(doing, source))
    }

    /// Runs `work` in one transaction: all of it is on disk afterwards, or none.
    fn write<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, RecordError> {
        let mut connection = self.lock();
        let result =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            });
        result.map_err(|source| self.error(doing, source))
    }

    /// A panic in another thread has rolled its transaction back, so the connection is sound.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, doing: &'static str, source: rusqlite::Error) -> RecordError {
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => RecordError::DiskFull { path: self.path.clone() },
            _ => RecordError::Database { doing, path: self.path.clone(), source },
        }
    }
}

/// Seconds since 1970, UTC.
fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of each table, its columns in order.
    fn layout(path: &Path) -> Vec<String> {
        let connection = Connection::open(path).expect("a database");
        let mut select = connection
            .prepare(
                "SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c.pk FROM sqlite_schema t
                 JOIN pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY t.name, c.name",
            )
            .expect("a statement");
        select.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("texts")
    }

    #[test]
    fn a_record_of_an_older_version_is_brought_up_and_keeps_what_it_has() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (old, new) = (folder.path().join("old.sqlite"), folder.path().join("new.sqlite"));
        drop(Record::open(&new).expect("a record"));
        let first = include_str!("schema.sql").replace("    sheet TEXT,\n    cells BLOB,\n", "");
        let connection = Connection::open(&old).expect("a database");
        connection.execute_batch(&first).expect("the first schema");
        connection.execute_batch("INSERT INTO chats (title, updated_at) VALUES ('kept', 1)").expect("a row");
        connection.pragma_update(None, "user_version", 1).expect("a pragma");
        drop(connection);
        assert_ne!(layout(&old), layout(&new));
        let record = Record::open(&old).expect("the record");
        assert_eq!(record.chats().expect("chats")[0].title, "kept");
        drop(record);
        assert_eq!(layout(&old), layout(&new));
    }

    #[test]
    fn the_chats_of_the_version_before_are_read_and_go_on() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (old, new) = (folder.path().join("old.sqlite"), folder.path().join("new.sqlite"));
        drop(Record::open(&new).expect("a record"));
        let connection = Connection::open(&old).expect("a database");
        connection.execute_batch(include_str!("schema.sql")).expect("the schema");
        for part in [RUNS, COLLECTIONS, PINS, NAMES] {
            connection.execute_batch(part).expect("a part of it");
        }
        connection
            .execute_batch(
                "INSERT INTO chats (id, title, updated_at) VALUES (4, 'kept', 1);
                 INSERT INTO turns (chat, question, model, asked_at, agent) VALUES (4, 'Who?', 'm', 1, 'clerk')",
            )
            .expect("rows");
        connection.pragma_update(None, "user_version", 6).expect("a pragma");
        drop(connection);
        let record = Record::open(&old).expect("the record");
        let within = Some("Prices");
        let chat = Some(ChatId(4));
        let new_turn = NewTurn { chat, question: "And?", model: "m", agent: None, within, run: None };
        record.begin_turn(new_turn).expect("a turn");
        let turns = record.turns(ChatId(4)).expect("turns");
        let kept: Vec<_> = turns.iter().map(|turn| (turn.agent.as_deref(), turn.within.as_deref())).collect();
        assert_eq!(kept, [(Some("clerk"), None), (None, within)]);
        drop(record);
        assert_eq!(layout(&old), layout(&new));
    }

    #[test]
    fn a_record_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("record.sqlite");
        let newer = Connection::open(&path).expect("a database");
        newer.pragma_update(None, "user_version", SCHEMA_VERSION + 1).expect("a pragma");
        drop(newer);
        assert!(matches!(Record::open(&path), Err(RecordError::TooNew { .. })));
    }
}
