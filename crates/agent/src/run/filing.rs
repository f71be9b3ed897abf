//! Filing: files of a folder get another place and name, made of what was found in them.

use std::collections::BTreeMap;

use super::fill::with_values;
use super::output::{plain_name, shown};
use super::{Filing, Halt, Run, Yield};
use crate::definition::{FileAway, FileHow};
use crate::table::{Column, Kind, Table, Value};

/// How deep folders may be nested beneath the one that was given.
const DEPTH: usize = 8;

impl Run<'_> {
    pub(super) fn file_away(&mut self, at: &str, file: &FileAway) -> Result<Table, Halt> {
        let Some(folder) = self.folders.get(&file.folder).cloned() else {
            return Err(self.fault(at, format!("`{}` is no folder that was given", file.folder)));
        };
        let there: Vec<String> = match self.yields.get(&file.folder) {
            Some(Yield::Table(table)) => table.rows.iter().map(|row| row[0].text.clone()).collect(),
            _ => Vec::new(),
        };
        let rows = self.table(at, &file.rows)?.clone();
        let Some(column) = rows.column("file") else {
            return Err(self.fault(at, format!("`{}` has no column `file`", file.rows)));
        };
        let mut filings: Vec<Filing> = Vec::new();
        // Of each row, which of the filings is its own.
        let mut mine: Vec<Option<usize>> = Vec::new();
        for row in &rows.rows {
            let from = row[column].text.clone();
            if !there.contains(&from) {
                return Err(self.fault(at, format!("`{from}` is no file of the folder")));
            }
            if filings.iter().any(|filing| filing.from == from) {
                return Err(self.fault(at, format!("`{from}` is to be filed twice")));
            }
            let known: BTreeMap<String, String> = rows
                .columns
                .iter()
                .zip(row)
                .map(|(column, value)| (column.name.clone(), shown(value, None, self.task.language)))
                .collect();
            let target = match target(file.to.get(self.task.language), &known) {
                Ok(target) => target.map(|target| with_ending(target, &from)),
                Err(name) => return Err(self.fault(at, format!("`{}` has no column `{name}`", file.rows))),
            };
            // What stands where it belongs stays there.
            let target = target.filter(|to| *to != from);
            mine.push(target.as_ref().map(|_| filings.len()));
            filings.extend(target.map(|to| Filing { from, to, copy: file.how == FileHow::Copy }));
        }
        let filed = if filings.is_empty() { Vec::new() } else { self.world.file(at, &folder, &filings)? };
        let mut table = rows.clone();
        table.columns.extend([Column::new("to", Kind::Text), Column::new("state", Kind::Text)]);
        for (row, mine) in table.rows.iter_mut().zip(mine) {
            let to = mine.and_then(|at| filed.get(at));
            row.push(to.map_or_else(Value::missing, Value::computed));
            row.push(Value::computed(if to.is_some() { "filed" } else { "left" }));
        }
        Ok(table)
    }
}

/// The path that a row's values make; `None` when one that it names is missing. A value makes one
/// name, never a folder more.
fn target(pattern: &str, known: &BTreeMap<String, String>) -> Result<Option<String>, String> {
    for name in named(pattern) {
        match known.get(name) {
            None => return Err(name.to_owned()),
            Some(value) if plain_name(value.trim()).trim().is_empty() => return Ok(None),
            Some(_) => {}
        }
    }
    let plain: BTreeMap<String, String> =
        known.iter().map(|(name, value)| (name.clone(), plain_name(value.trim()))).collect();
    let filled = with_values(pattern, &plain);
    let parts: Vec<String> =
        filled.split('/').map(|part| plain_name(part.trim()).trim().to_owned()).collect();
    let sound = parts.len() <= DEPTH && parts.iter().all(|part| !part.is_empty());
    Ok(sound.then(|| parts.join("/")))
}

fn with_ending(target: String, from: &str) -> String {
    let name = from.rsplit('/').next().unwrap_or(from);
    match name.rsplit_once('.') {
        Some((_, ending)) => format!("{target}.{ending}"),
        None => target,
    }
}

/// The names in braces.
fn named(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_one_path_beneath_the_folder() {
        let known = |title: &str| {
            BTreeMap::from([
                ("kind".to_owned(), "invoice".to_owned()),
                ("title".to_owned(), title.to_owned()),
                ("day".to_owned(), "2026-03-01".to_owned()),
            ])
        };
        let to = |pattern: &str, title: &str| target(pattern, &known(title));
        assert_eq!(
            to("{kind}/{day} {title}", "Rent: March"),
            Ok(Some("invoice/2026-03-01 Rent_ March".into()))
        );
        assert_eq!(to("{kind}/{title}", "../../etc/passwd"), Ok(Some("invoice/_.._etc_passwd".into())));
        assert_eq!(to("{kind}/{title}", ""), Ok(None));
        assert_eq!(to("{kind}/{title}", ".."), Ok(None));
        assert_eq!(to("{sort}/{title}", "a"), Err("sort".into()));
        assert_eq!(to("../{title}", "a"), Ok(None));
        assert_eq!(with_ending("a/b".into(), "x/scan.v2.pdf"), "a/b.pdf");
    }
}
