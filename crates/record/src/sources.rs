//! Sources and the places where they were found.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use inhouse_agent::read::{FailureCode, ReadFailure};
use inhouse_agent::source::{Sha256, Source, SourceId, SourceState};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{Record, RecordError, now};

/// What the file system says of a file without reading it; when it differs, the file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub bytes: u64,
    /// Nanoseconds since 1970, UTC.
    pub modified_ns: i64,
}

/// What noting a file led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It waits to be read.
    Queued(SourceId),
    /// The same content is in memory or on its way already.
    Known(SourceId),
}

impl Record {
    /// The source at `path`, when the file has not changed since it was noted and did not fail.
    pub fn unchanged(&self, path: &Path, stat: Stat) -> Result<Option<SourceId>, RecordError> {
        self.read("look up a file", |connection| {
            connection
                .query_row(
                    "SELECT p.source FROM places p JOIN sources s ON s.id = p.source
                     WHERE p.path = ?1 AND p.bytes = ?2 AND p.modified_ns = ?3 AND s.state <> 'failed'",
                    params![path_bytes(path), stat.bytes.cast_signed(), stat.modified_ns],
                    |row| row.get(0).map(SourceId),
                )
                .optional()
        })
    }

    /// Notes that `path` holds the content `sha256`, and queues it when it is new or failed before.
    ///
    /// What stood at `path` until now stays in memory until the new content is ready.
    pub fn note(&self, path: &Path, stat: Stat, sha256: Sha256) -> Result<Noted, RecordError> {
        self.write("note a file", |transaction| {
            let known: Option<(i64, String)> = transaction
                .query_row("SELECT id, state FROM sources WHERE sha256 = ?1", [sha256.to_string()], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            let (id, queued) = match known {
                Some((id, state)) if state == SourceState::Failed.code() => {
                    requeue(transaction, id)?;
                    (id, true)
                }
                Some((id, _)) => (id, false),
                None => {
                    transaction.execute(
                        "INSERT INTO sources (sha256, state, added_at) VALUES (?1, 'queued', ?2)",
                        params![sha256.to_string(), now()],
                    )?;
                    (transaction.last_insert_rowid(), true)
                }
            };
            place(transaction, path, stat, id)?;
            let state: String =
                transaction.query_row("SELECT state FROM sources WHERE id = ?1", [id], |row| row.get(0))?;
            if is_in_memory(&state) {
                let replaced = take_place(transaction, id)?;
                forget_unplaced(transaction, &replaced)?;
            }
            Ok(if queued { Noted::Queued(SourceId(id)) } else { Noted::Known(SourceId(id)) })
        })
    }

    /// Notes a file whose bytes could not be read.
    pub fn note_unreadable(&self, path: &Path, failure: &ReadFailure) -> Result<SourceId, RecordError> {
        self.write("note an unreadable file", |transaction| {
            let before: Option<(i64, Option<String>)> = transaction
                .query_row(
                    "SELECT s.id, s.sha256 FROM places p JOIN sources s ON s.id = p.source WHERE p.path = ?1",
                    [path_bytes(path)],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let id = match before {
                Some((id, None)) => id,
                _ => {
                    transaction.execute(
                        "INSERT INTO sources (state, failure_code, failure_detail, added_at)
                         VALUES ('failed', ?1, ?2, ?3)",
                        params![failure.code.code(), failure.detail, now()],
                    )?;
                    transaction.last_insert_rowid()
                }
            };
            fail(transaction, id, failure)?;
            place(transaction, path, Stat { bytes: 0, modified_ns: 0 }, id)?;
            Ok(SourceId(id))
        })
    }

    /// Puts a failed source back into the queue.
    pub fn requeue(&self, id: SourceId) -> Result<(), RecordError> {
        self.write("queue a source again", |transaction| requeue(transaction, id.0))
    }

    pub fn mark_reading(&self, id: SourceId) -> Result<(), RecordError> {
        self.write("mark a source as being read", |transaction| {
            transaction
                .execute(
                    "UPDATE sources SET state = 'reading', failure_code = NULL, failure_detail = NULL
                     WHERE id = ?1",
                    [id.0],
                )
                .map(drop)
        })
    }

    pub fn mark_failed(&self, id: SourceId, failure: &ReadFailure) -> Result<(), RecordError> {
        self.write("mark a source as failed", |transaction| fail(transaction, id.0, failure))
    }

    /// Marks a source as ready, or as partly read when it has empty pages, and lets it take the
    /// place of what stood at its path before. Returns the sources that are gone by this.
    ///
    /// A source of which a passage is missing in memory, or that has none, is left as it is, and
    /// `None` is returned.
    pub fn mark_ready(&self, id: SourceId) -> Result<Option<Vec<SourceId>>, RecordError> {
        self.write("mark a source as ready", |transaction| {
            let changed = transaction.execute(
                "UPDATE sources SET failure_code = NULL, failure_detail = NULL, state = CASE
                     WHEN EXISTS (SELECT 1 FROM pages WHERE source = ?1 AND empty) THEN 'partly_read'
                     ELSE 'ready' END
                 WHERE id = ?1 AND extracted
                     AND EXISTS (SELECT 1 FROM passages WHERE source = ?1)
                     AND NOT EXISTS (SELECT 1 FROM passages WHERE source = ?1 AND NOT in_memory)",
                [id.0],
            )?;
            if changed == 0 {
                return Ok(None);
            }
            let replaced = take_place(transaction, id.0)?;
            forget_unplaced(transaction, &replaced).map(Some)
        })
    }

    /// Removes a source with its pages, passages and places; the file itself is not touched.
    pub fn remove_source(&self, id: SourceId) -> Result<(), RecordError> {
        let removed = self.write("remove a source", |transaction| {
            transaction.execute("DELETE FROM sources WHERE id = ?1", [id.0])
        })?;
        if removed == 0 { Err(RecordError::NotFound { what: "source", id: id.0 }) } else { Ok(()) }
    }

    /// All sources, in the order in which they were added.
    pub fn sources(&self) -> Result<Vec<Source>, RecordError> {
        self.read("list the sources", |connection| select(connection, "", []))
    }

    pub fn source(&self, id: SourceId) -> Result<Source, RecordError> {
        self.read("look up a source", |connection| select(connection, "WHERE s.id = ?1", [id.0]))?
            .pop()
            .ok_or(RecordError::NotFound { what: "source", id: id.0 })
    }

    /// Every place where a source was found, with that source: for the time of a replacement both.
    pub fn places(&self) -> Result<Vec<(SourceId, PathBuf)>, RecordError> {
        self.read("list the places of sources", |connection| {
            connection
                .prepare(
                    "SELECT source, path FROM places
                     UNION ALL SELECT replaces, path FROM places WHERE replaces IS NOT NULL ORDER BY 1, 2",
                )?
                .query_map([], |row| {
                    let path: Vec<u8> = row.get(1)?;
                    Ok((SourceId(row.get(0)?), PathBuf::from(OsStr::from_bytes(&path))))
                })?
                .collect()
        })
    }

    /// Sources that wait to be read, or whose reading was interrupted, oldest first.
    pub fn unfinished(&self) -> Result<Vec<SourceId>, RecordError> {
        self.read("list unfinished sources", |connection| {
            connection
                .prepare("SELECT id FROM sources WHERE state IN ('queued', 'reading') ORDER BY id")?
                .query_map([], |row| row.get(0).map(SourceId))?
                .collect()
        })
    }
}

fn is_in_memory(state: &str) -> bool {
    state == SourceState::Ready.code() || state == SourceState::PartlyRead.code()
}

fn requeue(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .execute(
            "UPDATE sources SET state = 'queued', failure_code = NULL, failure_detail = NULL,
                 extracted = extracted AND EXISTS (SELECT 1 FROM passages WHERE source = ?1)
             WHERE id = ?1 AND state = 'failed'",
            [id],
        )
        .map(drop)
}

fn fail(connection: &Connection, id: i64, failure: &ReadFailure) -> rusqlite::Result<()> {
    connection
        .execute(
            "UPDATE sources SET state = 'failed', failure_code = ?2, failure_detail = ?3 WHERE id = ?1",
            params![id, failure.code.code(), failure.detail],
        )
        .map(drop)
}

/// Links `path` to the source, remembering what stood there while that is still in memory.
fn place(connection: &Connection, path: &Path, stat: Stat, source: i64) -> rusqlite::Result<()> {
    let before: Option<(i64, Option<i64>)> = connection
        .query_row("SELECT source, replaces FROM places WHERE path = ?1", [path_bytes(path)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    connection.execute(
        "INSERT INTO places (path, source, replaces, bytes, modified_ns) VALUES (?1, ?2, NULL, ?3, ?4)
         ON CONFLICT(path) DO UPDATE SET source = ?2, bytes = ?3, modified_ns = ?4",
        params![path_bytes(path), source, stat.bytes.cast_signed(), stat.modified_ns],
    )?;
    let Some((old, older)) = before else { return Ok(()) };
    if old == source {
        return Ok(());
    }
    let old_state: String =
        connection.query_row("SELECT state FROM sources WHERE id = ?1", [old], |row| row.get(0))?;
    let replaces = if is_in_memory(&old_state) { Some(old) } else { older };
    connection.execute(
        "UPDATE places SET replaces = ?2 WHERE path = ?1",
        params![path_bytes(path), replaces.filter(|id| *id != source)],
    )?;
    if replaces != Some(old) {
        forget_unplaced(connection, &[old])?;
    }
    Ok(())
}

/// Ends the replacement at each place of `source`; returns what was replaced.
fn take_place(connection: &Connection, source: i64) -> rusqlite::Result<Vec<i64>> {
    let replaced = connection
        .prepare("SELECT DISTINCT replaces FROM places WHERE source = ?1 AND replaces IS NOT NULL")?
        .query_map([source], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    connection.execute("UPDATE places SET replaces = NULL WHERE source = ?1", [source])?;
    Ok(replaced)
}

/// Deletes those of `candidates` that no place holds or waits to replace.
fn forget_unplaced(connection: &Connection, candidates: &[i64]) -> rusqlite::Result<Vec<SourceId>> {
    let mut gone = Vec::new();
    for id in candidates {
        let deleted = connection.execute(
            "DELETE FROM sources WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM places WHERE source = ?1 OR replaces = ?1)",
            [id],
        )?;
        if deleted > 0 {
            gone.push(SourceId(*id));
        }
    }
    Ok(gone)
}

fn select<P: rusqlite::Params>(
    connection: &Connection,
    filter: &str,
    parameters: P,
) -> rusqlite::Result<Vec<Source>> {
    connection
        .prepare(&format!(
            "SELECT s.id, s.sha256, s.state, s.failure_code, s.failure_detail,
                 (SELECT path FROM places WHERE source = s.id OR replaces = s.id
                  ORDER BY source = s.id DESC, path LIMIT 1),
                 (SELECT count(*) FROM pages WHERE source = s.id),
                 (SELECT group_concat(number) FROM
                     (SELECT number FROM pages WHERE source = s.id AND empty ORDER BY number)),
                 (SELECT count(*) FROM passages WHERE source = s.id),
                 (SELECT count(*) FROM passages WHERE source = s.id AND in_memory)
             FROM sources s {filter} ORDER BY s.id"
        ))?
        .query_map(parameters, from_row)?
        .collect()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Source> {
    let invalid = |column, what: String| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what.into())
    };
    let state: String = row.get(2)?;
    let failure = match row.get::<_, Option<String>>(3)? {
        None => None,
        Some(code) => Some(ReadFailure {
            code: FailureCode::from_code(&code)
                .ok_or_else(|| invalid(3, format!("unknown failure {code}")))?,
            detail: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
        }),
    };
    let path: Option<Vec<u8>> = row.get(5)?;
    let empty: Option<String> = row.get(7)?;
    Ok(Source {
        id: SourceId(row.get(0)?),
        sha256: row.get::<_, Option<String>>(1)?.as_deref().and_then(Sha256::parse),
        state: SourceState::from_code(&state).ok_or_else(|| invalid(2, format!("unknown state {state}")))?,
        failure,
        path: PathBuf::from(OsStr::from_bytes(&path.unwrap_or_default())),
        pages: row.get(6)?,
        empty_pages: empty
            .iter()
            .flat_map(|list| list.split(','))
            .map(|number| number.parse().map_err(|_| invalid(7, format!("not a page number: {number}"))))
            .collect::<rusqlite::Result<_>>()?,
        passages: row.get(8)?,
        passages_in_memory: row.get(9)?,
    })
}

fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}
