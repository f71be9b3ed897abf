//! What is filled in.

use std::collections::BTreeMap;

use super::super::error::WriteError;
use super::super::grid::{Datum, Grid};
use super::Placeholder;

/// A value for each name. The end of a line is a break in the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    pub fields: BTreeMap<String, String>,
    /// Values of a kind. A name may stand here and in `fields`: a cell of Excel takes the datum, all
    /// other text what stands in `fields`.
    pub data: BTreeMap<String, Datum>,
    pub lists: BTreeMap<String, List>,
}

/// Rows with a value for each column; no two columns have the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    columns: Vec<String>,
    pub(super) rows: Vec<Vec<Datum>>,
}

impl List {
    /// Of texts.
    pub fn new(columns: Vec<String>, rows: Vec<Vec<String>>) -> Result<Self, WriteError> {
        let row = |row: Vec<String>| row.into_iter().map(Datum::Text).collect();
        Self::typed(columns, rows.into_iter().map(row).collect())
    }

    pub fn typed(columns: Vec<String>, rows: Vec<Vec<Datum>>) -> Result<Self, WriteError> {
        let twice = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name));
        if let Some((_, name)) = twice {
            let wrong = format!("two columns have the name `{name}`");
            return Err(WriteError::data("a list", wrong, "give each column a name of its own"));
        }
        if let Some(at) = rows.iter().position(|row| row.len() != columns.len()) {
            let wrong = format!("it has {} values and the list {} columns", rows[at].len(), columns.len());
            let way_out = "give one value for each column, an empty one where there is nothing";
            return Err(WriteError::data(format!("a list, row {}", at + 1), wrong, way_out));
        }
        Ok(Self { columns, rows })
    }

    /// The rows of a table without its totals.
    pub fn of(grid: &Grid) -> Result<Self, WriteError> {
        Self::typed(grid.columns.clone(), grid.rows.clone())
    }

    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    pub(super) fn datum(&self, row: usize, column: &str) -> Option<&Datum> {
        self.rows.get(row)?.get(self.column(column)?)
    }
}

impl Values {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.fields.get(name).cloned().or_else(|| self.data.get(name).map(ToString::to_string))
    }

    /// As text where its kind is not told.
    pub(super) fn datum(&self, name: &str) -> Option<Datum> {
        self.data.get(name).cloned().or_else(|| self.fields.get(name).cloned().map(Datum::Text))
    }

    pub(super) fn has(&self, placeholder: &Placeholder) -> bool {
        match placeholder {
            Placeholder::Field { name } => self.fields.contains_key(name) || self.data.contains_key(name),
            Placeholder::Column { list, column } => {
                self.lists.get(list).is_some_and(|list| list.column(column).is_some())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::grid::Day;
    use super::*;

    #[test]
    fn a_list_that_can_be_read_in_two_ways_is_refused() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert!(List::new(names(&["a", "b", "a"]), Vec::new()).is_err());
        assert!(List::new(names(&["a", "b"]), vec![names(&["1"])]).is_err());
        assert!(List::new(names(&["a", "b"]), vec![names(&["1", "2"])]).is_ok());
    }

    #[test]
    fn the_rows_of_a_table_are_a_list() {
        let row = vec![Datum::Date(Day::new(2025, 3, 1).expect("a day")), Datum::Empty];
        let grid = Grid::new("", vec!["日期".into(), "b".into()], vec![row]).expect("it is a table");
        let list = List::of(&grid).expect("its columns have names of their own");
        assert_eq!(list.datum(0, "日期").map(ToString::to_string).as_deref(), Some("2025-03-01"));
        assert_eq!(list.datum(0, "b"), Some(&Datum::Empty));
        assert_eq!(list.column("b"), Some(1));
    }
}
