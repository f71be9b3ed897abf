//! A table as data.

use std::fmt;

use super::decimal::Decimal;
use super::error::WriteError;
use crate::calculate;

/// Every row has a cell for each column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Datum>>,
    pub(super) total: Option<Total>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    Empty,
    Text(String),
    Number(Decimal),
    Date(Day),
}

/// A day from 0001-01-01 to 9999-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    pub(super) year: u16,
    pub(super) month: u8,
    pub(super) day: u8,
}

/// The row below the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Total {
    /// Those that are summed.
    pub(super) columns: Vec<usize>,
    pub(super) row: Vec<Datum>,
}

impl Grid {
    pub fn new(
        name: impl Into<String>,
        columns: Vec<String>,
        rows: Vec<Vec<Datum>>,
    ) -> Result<Self, WriteError> {
        let grid = Self { name: name.into(), columns, rows, total: None };
        let wide = grid.columns.len();
        if wide == 0 {
            let wrong = "it has no columns";
            return Err(WriteError::data(grid.place(None, None), wrong, "name at least one column"));
        }
        match grid.rows.iter().position(|row| row.len() != wide) {
            Some(at) => {
                let wrong = format!("it has {} cells and the table {wide} columns", grid.rows[at].len());
                let way_out = "give one cell for each column, an empty one where there is nothing";
                Err(WriteError::data(grid.place(Some(at), None), wrong, way_out))
            }
            None => Ok(grid),
        }
    }

    /// Adds a row of sums below the others; a table without rows gets none. `columns`: from 0, each of
    /// nothing but numbers and empty cells. `label` stands in the first column that is not summed.
    pub fn with_totals(mut self, label: impl Into<String>, columns: &[usize]) -> Result<Self, WriteError> {
        let mut row = vec![Datum::Empty; self.columns.len()];
        for &column in columns {
            let Some(sum) = row.get_mut(column) else {
                let wrong = format!("it has no column {column} to sum, counted from 0");
                return Err(WriteError::data(self.place(None, None), wrong, "name a column that is there"));
            };
            let is_summable = |row: &Vec<Datum>| matches!(row[column], Datum::Number(_) | Datum::Empty);
            if let Some(at) = self.rows.iter().position(|row| !is_summable(row)) {
                let wrong = "it is no number and can't be summed";
                let way_out = "leave the column without a sum, or give numbers";
                return Err(WriteError::data(self.place(Some(at), Some(column)), wrong, way_out));
            }
            *sum = Datum::Number(Decimal::sum(self.numbers(column)));
        }
        if let Some(first) = row.iter_mut().find(|cell| **cell == Datum::Empty) {
            *first = Datum::Text(label.into());
        }
        if !self.rows.is_empty() && !columns.is_empty() {
            self.total = Some(Total { columns: columns.to_vec(), row });
        }
        Ok(self)
    }

    pub(super) fn numbers(&self, column: usize) -> impl Iterator<Item = &Decimal> + Clone {
        self.rows.iter().filter_map(move |row| match &row[column] {
            Datum::Number(number) => Some(number),
            _ => None,
        })
    }

    /// Whether a column holds numbers and nothing else.
    pub(super) fn is_numeric(&self, column: usize) -> bool {
        let filled = self.rows.iter().filter(|row| row[column] != Datum::Empty).count();
        filled > 0 && self.numbers(column).count() == filled
    }

    /// The rows and the row of totals.
    pub(super) fn all_rows(&self) -> impl Iterator<Item = &Vec<Datum>> {
        self.rows.iter().chain(self.total.iter().map(|total| &total.row))
    }

    /// A place for messages; `row` and `column` are counted from 0, in messages rows from 1.
    pub(super) fn place(&self, row: Option<usize>, column: Option<usize>) -> String {
        let mut place = format!("table `{}`", self.name);
        if let Some(row) = row {
            place.push_str(&format!(", row {}", row + 1));
        }
        if let Some(name) = column.and_then(|column| self.columns.get(column)) {
            place.push_str(&format!(", column `{name}`"));
        }
        place
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Date(day) => day.fmt(f),
        }
    }
}

impl Day {
    /// `month` and `day`: from 1.
    pub fn new(year: i32, month: u8, day: u8) -> Result<Self, WriteError> {
        match u16::try_from(year) {
            Ok(short) if calculate::day_number(year, month.into(), day.into()).is_some() => {
                Ok(Self { year: short, month, day })
            }
            _ => {
                let wrong = format!("there is no day {year:04}-{month:02}-{day:02}");
                Err(WriteError::data("a date", wrong, "give a day of the calendar, or give it as text"))
            }
        }
    }

    /// Days since 1970-01-01.
    pub(super) fn number(self) -> i64 {
        calculate::day_number(self.year.into(), self.month.into(), self.day.into())
            .expect("a day was looked up in the calendar when it was made")
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Datum {
        Datum::Number(Decimal::read(text).expect("it is a number"))
    }

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_row_with_another_number_of_cells_is_refused_with_its_place() {
        let rows = vec![vec![Datum::Empty, Datum::Empty], vec![Datum::Empty]];
        let error = Grid::new("台账", columns(&["a", "b"]), rows).expect_err("the second row is short");
        assert_eq!(
            error.to_string(),
            "table `台账`, row 2: it has 1 cells and the table 2 columns; \
             give one cell for each column, an empty one where there is nothing"
        );
        assert!(Grid::new("", Vec::new(), Vec::new()).is_err());
    }

    #[test]
    fn the_row_of_totals_has_exact_sums_and_the_label_in_the_first_free_column() {
        let rows = vec![
            vec![number("0.1"), Datum::Text("x".into()), number("1")],
            vec![number("0.20"), Datum::Empty, Datum::Empty],
        ];
        let grid = Grid::new("", columns(&["a", "b", "c"]), rows).expect("it is a table");
        let total = grid.clone().with_totals("合计", &[0, 2]).expect("they are numbers").total;
        let row = total.map(|total| total.row);
        assert_eq!(row, Some(vec![number("0.30"), Datum::Text("合计".into()), number("1")]));
        assert!(grid.clone().with_totals("", &[1]).is_err_and(|error| error.to_string().contains("row 1")));
        assert!(grid.with_totals("", &[3]).is_err());
    }

    #[test]
    fn an_empty_table_gets_no_totals() {
        let grid = Grid::new("", columns(&["a"]), Vec::new()).expect("it is a table");
        assert_eq!(grid.with_totals("合计", &[0]).expect("there is nothing to sum").total, None);
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        assert_eq!(Day::new(2024, 2, 29).expect("a leap day").to_string(), "2024-02-29");
        for (year, month, day) in
            [(2023, 2, 29), (2023, 13, 1), (2023, 0, 1), (0, 1, 1), (-1, 1, 1), (70_000, 1, 1)]
        {
            assert!(Day::new(year, month, day).is_err(), "{year} {month} {day}");
        }
    }
}
