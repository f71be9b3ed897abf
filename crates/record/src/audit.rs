//! The audit log: what happened, in a chain of hashes.
//!
//! The hash of an entry is SHA-256 over the hash before it, the entry's number, time and run (each in
//! eight bytes, little-endian) and its text. The last number and hash are kept beside the chain, and can
//! be kept outside too: whoever has them can prove later that nothing was changed before.

use std::fmt::Write as _;

use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::{Record, RecordError, RunId, now};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub seq: i64,
    /// Seconds since 1970, UTC.
    pub at: i64,
    pub run: Option<RunId>,
    /// JSON of the app.
    pub event: String,
    pub hash: String,
}

/// What a look through the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    pub entries: usize,
    /// The hash of the last entry; empty when there is none.
    pub head: String,
    /// What is wrong, first to last.
    pub faults: Vec<AuditFault>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFault {
    /// The entry is not what was written, or what came before it is not.
    Changed { seq: i64 },
    /// Entries from one number to another are not there.
    Missing { from: i64, to: i64 },
}

impl Record {
    /// Adds an entry to the end of the chain.
    pub fn append_audit(&self, run: Option<RunId>, event: &str) -> Result<(), RecordError> {
        self.write("keep what happened", |transaction| append(transaction, run, event))
    }

    /// What happened in a run, in order.
    pub fn audit_of(&self, run: RunId) -> Result<Vec<AuditEntry>, RecordError> {
        self.entries("WHERE run = ?1", run.0)
    }

    /// All that happened, in order.
    pub fn audit(&self) -> Result<Vec<AuditEntry>, RecordError> {
        self.entries("WHERE ?1 = 0", 0)
    }

    fn entries(&self, which: &str, value: i64) -> Result<Vec<AuditEntry>, RecordError> {
        self.read("read what happened", |connection| {
            connection
                .prepare(&format!("SELECT seq, at, run, event, hash FROM audit {which} ORDER BY seq"))?
                .query_map([value], |row| {
                    let run: i64 = row.get(2)?;
                    Ok(AuditEntry {
                        seq: row.get(0)?,
                        at: row.get(1)?,
                        run: (run != 0).then_some(RunId(run)),
                        event: row.get(3)?,
                        hash: row.get(4)?,
                    })
                })?
                .collect()
        })
    }

    /// Follows the chain from its beginning.
    pub fn verify_audit(&self) -> Result<AuditReport, RecordError> {
        let entries = self.audit()?;
        let head: Option<(i64, String)> = self.read("read the end of the log", |connection| {
            connection
                .query_row("SELECT seq, hash FROM audit_head", [], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })?;
        let mut faults = Vec::new();
        let mut last = (0, String::new());
        for entry in &entries {
            if entry.seq > last.0 + 1 {
                faults.push(AuditFault::Missing { from: last.0 + 1, to: entry.seq - 1 });
            } else if hash(&last.1, entry.seq, entry.at, entry.run, &entry.event) != entry.hash {
                faults.push(AuditFault::Changed { seq: entry.seq });
            }
            last = (entry.seq, entry.hash.clone());
        }
        let (seq, kept) = head.unwrap_or_default();
        if seq > last.0 {
            faults.push(AuditFault::Missing { from: last.0 + 1, to: seq });
        } else if (seq, &kept) != (last.0, &last.1) && !faults.contains(&AuditFault::Changed { seq: last.0 })
        {
            faults.push(AuditFault::Changed { seq: last.0 });
        }
        Ok(AuditReport { entries: entries.len(), head: last.1, faults })
    }
}

fn append(transaction: &Transaction<'_>, run: Option<RunId>, event: &str) -> rusqlite::Result<()> {
    let head: Option<(i64, String)> = transaction
        .query_row("SELECT seq, hash FROM audit_head", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (before, kept) = head.unwrap_or_default();
    let (seq, at) = (before + 1, now());
    let hash = hash(&kept, seq, at, run, event);
    transaction.execute(
        "INSERT INTO audit (seq, at, run, event, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![seq, at, run.map_or(0, |run| run.0), event, hash],
    )?;
    transaction.execute(
        "INSERT INTO audit_head (only, seq, hash) VALUES (1, ?1, ?2)
         ON CONFLICT(only) DO UPDATE SET seq = ?1, hash = ?2",
        params![seq, hash],
    )?;
    Ok(())
}

fn hash(before: &str, seq: i64, at: i64, run: Option<RunId>, event: &str) -> String {
    let mut sha = Sha256::new();
    sha.update(before.as_bytes());
    for number in [seq, at, run.map_or(0, |run| run.0)] {
        sha.update(number.to_le_bytes());
    }
    sha.update(event.as_bytes());
    sha.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn faults_after(sql: &str) -> Vec<AuditFault> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("record.sqlite");
        let record = Record::open(&path).expect("a record");
        for i in 1..=6 {
            record.append_audit(Some(RunId(1 + i % 2)), &format!("{{\"n\":{i}}}")).expect("an entry");
        }
        assert_eq!(record.verify_audit().expect("a report").faults, []);
        assert_eq!(record.audit_of(RunId(2)).expect("entries").len(), 3);
        drop(record);
        let other = Connection::open(&path).expect("a database");
        other.execute_batch(sql).expect("a change");
        drop(other);
        Record::open(&path).expect("a record").verify_audit().expect("a report").faults
    }

    #[test]
    fn what_is_changed_or_missing_is_found() {
        assert_eq!(faults_after("SELECT 1"), []);
        let changed = |seq| vec![AuditFault::Changed { seq }];
        assert_eq!(faults_after("UPDATE audit SET event = '{}' WHERE seq = 3"), changed(3));
        assert_eq!(faults_after("UPDATE audit SET at = at + 1 WHERE seq = 6"), changed(6));
        assert_eq!(faults_after("UPDATE audit SET run = 7 WHERE seq = 1"), changed(1));
        assert_eq!(
            faults_after("UPDATE audit SET hash = 'x' WHERE seq = 2"),
            [changed(2), changed(3)].concat()
        );
        let missing = |from, to| vec![AuditFault::Missing { from, to }];
        assert_eq!(faults_after("DELETE FROM audit WHERE seq IN (2, 3)"), missing(2, 3));
        assert_eq!(faults_after("DELETE FROM audit WHERE seq > 4"), missing(5, 6));
        assert_eq!(faults_after("DELETE FROM audit"), missing(1, 6));
        let put_in = "INSERT INTO audit VALUES (7, 1, 1, '{}', 'x')";
        assert_eq!(faults_after(put_in), changed(7));
    }
}
