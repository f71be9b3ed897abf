//! Calendars (RFC 5545): what happens when, entry by entry.

mod entry;
mod line;

use inhouse_agent::read::{FailureCode, ReadFailure};

use crate::read::{Give, broken};
use crate::text;
use entry::Entry;
use line::Line;

/// Reads the events, tasks and notes of a calendar, in the order of the file. Those of several
/// calendars in one file follow each other.
pub(crate) fn read(bytes: &[u8], give: Give) -> Result<(), ReadFailure> {
    let text = text::readable(&line::unfolded(bytes))?;
    let entries = entries(&text)?;
    if entries.is_empty() {
        return Err(ReadFailure::new(FailureCode::Empty, "it is a calendar without entries"));
    }
    text::give_pages(&entries, give)
}

fn entries(text: &str) -> Result<String, ReadFailure> {
    let mut out = String::new();
    // The parts that have begun and not ended.
    let mut open: Vec<String> = Vec::new();
    let mut entry: Option<Entry> = None;
    for line in line::lines(text) {
        let name = line.value.trim().to_ascii_uppercase();
        match (line.name.as_str(), open.last()) {
            ("BEGIN", _) => {
                if open.is_empty() && name != "VCALENDAR" {
                    return Err(broken("it does not begin like a calendar"));
                }
                if open.len() == 1 {
                    entry = Entry::of(&name);
                }
                open.push(name);
            }
            ("END", Some(last)) if *last == name => {
                open.pop();
                if open.len() == 1
                    && let Some(entry) = entry.take()
                {
                    out.push_str(&entry.shown());
                }
            }
            ("END", _) => return Err(broken(format!("it ends {name:?}, which has not begun"))),
            (_, None) => return Err(broken("it does not begin like a calendar")),
            // What stands in a part of an entry is about its reminder.
            _ if open.len() == 2 => entry.iter_mut().for_each(|entry| entry.take(&line)),
            _ if open.len() == 1 => name_of_calendar(&line, &mut out),
            _ => {}
        }
    }
    match open.last() {
        Some(part) => Err(broken(format!("it breaks off within {part:?}"))),
        None => Ok(out),
    }
}

fn name_of_calendar(line: &Line, out: &mut String) {
    if matches!(line.name.as_str(), "X-WR-CALNAME" | "NAME") {
        out.push_str(&format!("Calendar: {}\n\n", line.text().replace('\n', " ")));
    }
}

#[cfg(test)]
mod tests;
