//! Settings and what was on the screen, by name.

use rusqlite::{OptionalExtension, params};

use crate::{Record, RecordError};

impl Record {
    pub fn setting(&self, name: &str) -> Result<Option<String>, RecordError> {
        self.read("read a setting", |connection| {
            connection
                .query_row("SELECT value FROM settings WHERE name = ?1", [name], |row| row.get(0))
                .optional()
        })
    }

    pub fn set_setting(&self, name: &str, value: &str) -> Result<(), RecordError> {
        self.write("keep a setting", |transaction| {
            transaction
                .execute(
                    "INSERT INTO settings (name, value) VALUES (?1, ?2)
                     ON CONFLICT(name) DO UPDATE SET value = ?2",
                    params![name, value],
                )
                .map(drop)
        })
    }
}
