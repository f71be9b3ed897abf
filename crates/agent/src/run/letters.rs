//! Drafts of mails and entries of calendars.

use std::collections::BTreeMap;

use super::artifact::{Artifact, Draft, Entry};
use super::fill::with_values;
use super::output::shown;
use super::{Halt, Run};
use crate::definition::{Calendar, Mail};
use crate::table::{Table, Value};

impl Run<'_> {
    pub(super) fn mail(&mut self, at: &str, mail: &Mail) -> Result<Table, Halt> {
        let language = self.task.language;
        let known = self.singles();
        let addresses = |text: &str| -> Vec<String> {
            let filled = with_values(text, &known);
            let parts = filled.split([',', '，', ';', '；', '\n']).map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let mut paragraphs: Vec<String> =
            mail.paragraphs.iter().map(|text| with_values(text.get(language), &known)).collect();
        for list in &mail.lists {
            let table = self.table(at, &list.from)?;
            let lines: Vec<String> = table
                .rows
                .iter()
                .map(|row| format!("- {}", with_values(list.line.get(language), &self.row(table, row))))
                .collect();
            paragraphs.push(lines.join("\n"));
        }
        paragraphs.retain(|paragraph| !paragraph.trim().is_empty());
        let mut kept = Vec::new();
        for step in &mail.attach {
            kept.extend(self.artifacts.get(step).cloned());
        }
        let draft = Draft {
            to: addresses(&mail.to),
            cc: addresses(&mail.cc),
            subject: with_values(mail.subject.get(language), &known),
            paragraphs,
            attachments: kept.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect(),
            day: self.task.today.clone(),
        };
        self.render_and_keep(at, &Artifact::Mail(draft), &mail.file, &known)
    }

    pub(super) fn calendar(&mut self, at: &str, calendar: &Calendar) -> Result<Table, Halt> {
        let language = self.task.language;
        let table = self.table(at, &calendar.from)?;
        let Some(day) = table.column(&calendar.day) else {
            return Err(self.fault(at, format!("`{}` has no column `{}`", calendar.from, calendar.day)));
        };
        let entry = |row: &Vec<Value>| {
            let known = self.row(table, row);
            Entry {
                title: with_values(calendar.entry.get(language), &known),
                day: row[day].text.clone(),
                notes: with_values(calendar.notes.get(language), &known),
                remind: calendar.remind,
            }
        };
        let entries: Vec<Entry> =
            table.rows.iter().filter(|row| !row[day].text.is_empty()).map(entry).collect();
        if entries.is_empty() {
            // Nothing has a day: there is no calendar, and that is no fault.
            return Ok(Table::default());
        }
        let artifact = Artifact::Calendar(entries, self.task.today.clone());
        self.render_and_keep(at, &artifact, &calendar.file, &self.singles())
    }

    /// The values of a row by their columns.
    fn row(&self, table: &Table, row: &[Value]) -> BTreeMap<String, String> {
        let texts = row.iter().map(|value| shown(value, None, self.task.language));
        table.columns.iter().map(|column| column.name.clone()).zip(texts).collect()
    }
}
