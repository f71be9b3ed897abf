//! Calendars (RFC 5545), for any calendar program.
//!
//! The text is written here and not by a crate: those that are kept up ask the clock and the random
//! numbers of the system for what stands in a reminder, and so never give the same bytes twice.

mod entry;
mod line;

use super::error::WriteError;
use super::grid::Day;
use super::id::id;
use line::{escaped, push_line};

pub use entry::{Entry, Hours, Reminder, Time};

/// An .ics file. An entry has the same UID whenever its content is the same, whatever its reminder,
/// so that a calendar that takes the file in twice has it once. `stamp`: the day that stands as that
/// of writing.
pub fn calendar(entries: &[Entry], stamp: Day) -> Result<Vec<u8>, WriteError> {
    if entries.is_empty() {
        return Err(WriteError::data("the calendar", "it has no entries", "give at least one"));
    }
    let mut out = String::new();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Inhouse//Inhouse//EN"] {
        push_line(&mut out, line);
    }
    for (at, entry) in entries.iter().enumerate() {
        if entry.title.trim().is_empty() {
            let place = format!("entry {} on {}", at + 1, entry.day);
            return Err(WriteError::data(place, "it has no title", "give one"));
        }
        // Two entries that are the same are two.
        let twin = entries[..at].iter().filter(|other| other.is_same(entry)).count();
        push_entry(&mut out, entry, twin, stamp);
    }
    push_line(&mut out, "END:VCALENDAR");
    Ok(out.into_bytes())
}

fn push_entry(out: &mut String, entry: &Entry, twin: usize, stamp: Day) {
    push_line(out, "BEGIN:VEVENT");
    push_line(out, &format!("UID:{}", uid(entry, twin)));
    push_line(out, &format!("DTSTAMP:{}T000000Z", entry::date(stamp)));
    for line in entry.when() {
        push_line(out, &line);
    }
    push_line(out, &format!("SUMMARY:{}", escaped(&entry.title)));
    if !entry.notes.is_empty() {
        push_line(out, &format!("DESCRIPTION:{}", escaped(&entry.notes)));
    }
    if let Some(reminder) = entry.reminder {
        push_line(out, "BEGIN:VALARM");
        push_line(out, "ACTION:DISPLAY");
        push_line(out, &format!("DESCRIPTION:{}", escaped(&entry.title)));
        push_line(out, &format!("TRIGGER:{}", reminder.trigger()));
        push_line(out, "END:VALARM");
    }
    push_line(out, "END:VEVENT");
}

fn uid(entry: &Entry, twin: usize) -> String {
    let when = entry.when().join("\n");
    let twin = (twin as u64).to_le_bytes();
    id([when.as_bytes(), entry.title.as_bytes(), entry.notes.as_bytes(), &twin])
}

#[cfg(test)]
mod tests;
