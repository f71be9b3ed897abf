//! Deciding whether a run did what it should: by code, on what is really there.

use super::{Halt, Run};
use crate::definition::{Check, CheckKind, Work};
use crate::table::{Table, Value};

/// Faults that are named; the rest is counted.
const NAMED: usize = 5;

impl Run<'_> {
    /// What is wrong; `None` when the check passes.
    pub(super) fn check(&mut self, check: &Check) -> Result<Option<String>, Halt> {
        let at = check.name.as_str();
        match &check.kind {
            CheckKind::Filled { table, columns } => {
                let table = self.table(at, table)?;
                let empty = |value: &Value| value.text.trim().is_empty().then(|| "is empty".to_owned());
                faults(table, columns, empty).map_err(|what| self.fault(at, what))
            }
            CheckKind::Quoted { table, columns } => {
                let table = self.table(at, table)?;
                let fault = |value: &Value| self.unquoted(value);
                faults(table, columns, fault).map_err(|what| self.fault(at, what))
            }
            CheckKind::SameRows { tables } => {
                let mut counts = Vec::new();
                for name in tables {
                    counts.push((name, self.table(at, name)?.rows.len()));
                }
                let same = counts.windows(2).all(|pair| pair[0].1 == pair[1].1);
                let told = counts.iter().map(|(name, rows)| format!("{name} has {rows}")).collect::<Vec<_>>();
                Ok((!same).then(|| told.join(", ")))
            }
            CheckKind::NoRow { sql } => {
                let found = self.ask_tables(at, sql)?.table;
                let told =
                    found.rows.iter().take(NAMED).map(|row| {
                        row.iter().map(|value| value.text.as_str()).collect::<Vec<_>>().join(" | ")
                    });
                let told = told.collect::<Vec<_>>().join("; ");
                Ok((!found.rows.is_empty()).then(|| format!("{} rows: {told}", found.rows.len())))
            }
            CheckKind::Reopens { file } => {
                let Some(artifact) = self.artifacts.get(file) else {
                    return Ok(Some(format!("step `{file}` made no file")));
                };
                Ok(match self.world.reopen(&artifact.name, &artifact.bytes) {
                    Ok(document) if document.pages.iter().any(|page| !page.text.trim().is_empty()) => None,
                    Ok(_) => Some(format!("{} is empty", artifact.name)),
                    Err(failure) => Some(format!("{}: {}", artifact.name, failure.what)),
                })
            }
            CheckKind::NoPersonalData { step } => self.personal_left(at, step),
        }
    }

    /// Why a value does not count as quoted.
    fn unquoted(&self, value: &Value) -> Option<String> {
        if value.text.is_empty() {
            return None;
        }
        if value.places().is_empty() {
            return Some(format!("`{}` is not quoted", value.text));
        }
        let stray =
            value.places().iter().find(|place| !self.documents().any(|document| document.holds(place)));
        stray.map(|place| format!("`{}` does not stand in {}", place.quote, place.document))
    }

    fn personal_left(&mut self, at: &str, step: &str) -> Result<Option<String>, Halt> {
        let Some(artifact) = self.artifacts.get(step).cloned() else {
            return Ok(Some(format!("step `{step}` made no file")));
        };
        let work = self.agent.steps.iter().find(|other| other.name == step).map(|step| &step.work);
        let names = match work {
            Some(Work::Redact(redact)) => self.names_for(at, redact)?,
            _ => Vec::new(),
        };
        let document = match self.world.reopen(&artifact.name, &artifact.bytes) {
            Ok(document) => document,
            Err(failure) => return Ok(Some(format!("{}: {}", artifact.name, failure.what))),
        };
        let mut left = Vec::new();
        for page in &document.pages {
            left.extend(self.world.personal(&page.text, &names));
        }
        let unlooked =
            self.table(at, step)?.rows.iter().filter(|row| row.iter().any(|v| v.text == "not_checked"));
        let unlooked: Vec<&str> = unlooked.filter_map(|row| row.first()).map(|v| v.text.as_str()).collect();
        Ok(match (left.as_slice(), unlooked.as_slice()) {
            ([], []) => None,
            ([], parts) => Some(format!("{} could not be looked into", parts.join(", "))),
            (left, _) => Some(format!("{} places are left", left.len())),
        })
    }
}

/// The first rows in which a column has a fault, and how many there are.
fn faults(
    table: &Table,
    columns: &[String],
    fault: impl Fn(&Value) -> Option<String>,
) -> Result<Option<String>, String> {
    let mut told = Vec::new();
    for name in columns {
        let Some(column) = table.column(name) else { return Err(format!("there is no column `{name}`")) };
        for (i, row) in table.rows.iter().enumerate() {
            told.extend(fault(&row[column]).map(|what| format!("{name} in row {}: {what}", i + 1)));
        }
    }
    let more = told.len().saturating_sub(NAMED);
    told.truncate(NAMED);
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    Ok((!told.is_empty()).then(|| format!("{}{more}", told.join("; "))))
}
