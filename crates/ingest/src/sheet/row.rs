//! Rows of a sheet as they are displayed.

use std::collections::{BTreeMap, BTreeSet};

use crate::child::NAME_CHARS;
use crate::text::tidy::tidy;

/// A row, with its values from left to right.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// From 1.
    pub(super) number: u32,
    pub(super) hidden: bool,
    pub(super) values: Vec<Value>,
}

/// What a cell shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    /// The cell's own row, from 1; of a merged cell the row that it begins in.
    pub(super) row: u32,
    /// From 1.
    pub(super) column: u32,
    /// One line, never blank.
    pub(super) text: String,
    pub(super) kind: ValueKind,
    /// In bold letters.
    pub(super) bold: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Text,
    /// Numbers, dates, times, truth values and errors.
    Data,
}

impl Row {
    pub(super) fn value_in(&self, column: u32) -> Option<&Value> {
        let at = self.values.binary_search_by_key(&column, |value| value.column).ok()?;
        self.values.get(at)
    }
}

/// The text of a cell in one line; empty when it shows nothing.
pub(super) fn one_line(text: &str) -> String {
    tidy(text).replace("\n\n", " ").replace(['\n', '\t'], " ")
}

/// The name of a sheet in one line, cut where no program would show more of it.
pub(super) fn sheet_name(name: &str) -> String {
    one_line(name).chars().take(NAME_CHARS).collect()
}

/// A rectangle of cells, from 1, its last row and column within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) rows: (u32, u32),
    pub(super) columns: (u32, u32),
}

/// What is known of a sheet besides its values.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) hidden: bool,
    pub(super) hidden_rows: BTreeSet<u32>,
    /// First and last.
    pub(super) hidden_columns: Vec<(u32, u32)>,
    /// Merged cells, by row and column of the first.
    pub(super) merges: BTreeMap<(u32, u32), Area>,
    /// Rows that the workbook itself declares to be headers of a filter or a table.
    pub(super) header_rows: BTreeSet<u32>,
    /// Formulas whose result was not saved.
    pub(super) unsaved_formulas: u32,
}

impl Facts {
    pub(super) fn merge(&mut self, area: Area) {
        /// Most merged cells of a sheet that are told apart; beyond these they are single ones.
        const MERGES: usize = 100_000;

        let is_one = area.rows.0 == area.rows.1 && area.columns.0 == area.columns.1;
        if !is_one && self.merges.len() < MERGES {
            self.merges.insert((area.rows.0, area.columns.0), area);
        }
    }
}
