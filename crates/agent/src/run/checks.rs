//! Deciding whether a run did what it should: by code, on what is really there.

use super::{Halt, Run};
use crate::answer::Language;
use crate::definition::{Check, CheckKind, Work};
use crate::table::{Table, Value};

/// Faults that are named; the rest is counted.
const NAMED: usize = 5;

impl Run<'_> {
    /// What is wrong, in the language of the task; `None` when the check passes.
    pub(super) fn check(&mut self, check: &Check) -> Result<Option<String>, Halt> {
        let at = check.name.as_str();
        let say = Say(self.task.language);
        match &check.kind {
            CheckKind::Filled { table, columns } => {
                let table = self.table(at, table)?;
                let empty = |value: &Value| value.text.trim().is_empty().then(|| say.one("is empty", "为空"));
                faults(table, columns, say, empty).map_err(|what| self.fault(at, what))
            }
            CheckKind::Quoted { table, columns } => {
                let table = self.table(at, table)?;
                let fault = |value: &Value| self.unquoted(value);
                faults(table, columns, say, fault).map_err(|what| self.fault(at, what))
            }
            CheckKind::SameRows { tables } => {
                let mut counts = Vec::new();
                for name in tables {
                    counts.push((name, self.table(at, name)?.rows.len()));
                }
                let same = counts.windows(2).all(|pair| pair[0].1 == pair[1].1);
                let told = counts.iter().map(|(name, rows)| {
                    say.one(format!("{name} has {rows}"), format!("{name} 有 {rows} 行"))
                });
                let told = told.collect::<Vec<_>>();
                Ok((!same).then(|| told.join(&say.one(", ", "，"))))
            }
            CheckKind::NoRow { sql } => {
                let found = self.ask_tables(at, sql)?.table;
                let told =
                    found.rows.iter().take(NAMED).map(|row| {
                        row.iter().map(|value| value.text.as_str()).collect::<Vec<_>>().join(" | ")
                    });
                let told = told.collect::<Vec<_>>().join("; ");
                let count = found.rows.len();
                Ok((count > 0)
                    .then(|| say.one(format!("{count} rows: {told}"), format!("{count} 行：{told}"))))
            }
            CheckKind::Reopens { file } => {
                let Some(artifact) = self.artifacts.get(file) else {
                    return Ok(Some(say.made_no_file(file)));
                };
                Ok(match self.world.reopen(&artifact.name, &artifact.bytes) {
                    Ok(document) if document.pages.iter().any(|page| !page.text.trim().is_empty()) => None,
                    Ok(_) => {
                        let name = &artifact.name;
                        Some(say.one(format!("{name} is empty"), format!("{name} 是空的")))
                    }
                    Err(failure) => Some(format!("{}: {}", artifact.name, failure.what)),
                })
            }
            CheckKind::NoPersonalData { step } => self.personal_left(at, step),
        }
    }

    /// Why a value does not count as quoted.
    fn unquoted(&self, value: &Value) -> Option<String> {
        let say = Say(self.task.language);
        if value.text.is_empty() {
            return None;
        }
        if value.places().is_empty() {
            let text = &value.text;
            return Some(say.one(format!("`{text}` is not quoted"), format!("“{text}”没有引文")));
        }
        let stray =
            value.places().iter().find(|place| !self.documents().any(|document| document.holds(place)));
        stray.map(|place| {
            let (quote, document) = (&place.quote, &place.document);
            say.one(format!("`{quote}` does not stand in {document}"), format!("{document} 中没有“{quote}”"))
        })
    }

    fn personal_left(&mut self, at: &str, step: &str) -> Result<Option<String>, Halt> {
        let say = Say(self.task.language);
        let Some(artifact) = self.artifacts.get(step).cloned() else {
            return Ok(Some(say.made_no_file(step)));
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
            ([], parts) => Some(say.one(
                format!("{} could not be looked into", parts.join(", ")),
                format!("{} 无法检查", parts.join("、")),
            )),
            (left, _) => {
                let count = left.len();
                Some(say.one(format!("{count} places are left"), format!("还剩 {count} 处")))
            }
        })
    }
}

/// Says what is wrong in the language of a task.
#[derive(Clone, Copy)]
struct Say(Language);

impl Say {
    fn one(self, english: impl Into<String>, chinese: impl Into<String>) -> String {
        match self.0 {
            Language::English => english.into(),
            Language::Chinese => chinese.into(),
        }
    }

    fn made_no_file(self, step: &str) -> String {
        self.one(format!("step `{step}` made no file"), format!("步骤“{step}”没有生成文件"))
    }
}

/// The first rows in which a column has a fault, and how many there are.
fn faults(
    table: &Table,
    columns: &[String],
    say: Say,
    fault: impl Fn(&Value) -> Option<String>,
) -> Result<Option<String>, String> {
    let mut told = Vec::new();
    for name in columns {
        let Some(column) = table.column(name) else { return Err(format!("there is no column `{name}`")) };
        for (i, row) in table.rows.iter().enumerate() {
            let number = i + 1;
            told.extend(fault(&row[column]).map(|what| {
                say.one(format!("{name} in row {number}: {what}"), format!("第 {number} 行 {name}：{what}"))
            }));
        }
    }
    let more = told.len().saturating_sub(NAMED);
    told.truncate(NAMED);
    let more = match more {
        0 => String::new(),
        more => say.one(format!("; and {more} more"), format!("；另有 {more} 处")),
    };
    Ok((!told.is_empty()).then(|| format!("{}{more}", told.join(&say.one("; ", "；")))))
}
