//! Sheets: workbooks and tables in plain text, each row a line that carries the names of its columns.
//!
//! What a cell shows is kept as it shows it: numbers under their number format, dates in ISO form,
//! errors by their name, the saved result of a formula. Hidden sheets, rows and columns are read,
//! and marked.

mod biff;
mod date;
mod delimited;
mod excel;
mod format;
mod header;
mod layout;
mod line;
mod ods;
mod row;
mod scan;
mod shown;
mod xls;

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use inhouse_agent::read::{FailureCode, ReadFailure};

use crate::read::broken;
use layout::{Pages, SheetLayout};
use row::{Facts, Row, Value};
use shown::Shown;

pub(crate) use delimited::read_delimited;
pub(crate) use excel::{read_xlsb, read_xlsx};
pub(crate) use ods::read_ods;
pub(crate) use xls::read_xls;

/// A cell as a parser gives it, with its row and column from 1.
struct Found {
    row: u32,
    column: u32,
    shown: Option<Shown>,
    bold: bool,
    hidden: bool,
}

/// What a parser says when it can't go on.
enum ParserError<E> {
    Told(E),
    Panicked,
}

impl<E: Display> Display for ParserError<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Told(error) => error.fmt(f),
            Self::Panicked => f.write_str("the parser panicked"),
        }
    }
}

/// A panic of the parser is an error of the file.
fn guarded<T, E>(parse: impl FnOnce() -> Result<T, E>) -> Result<T, ParserError<E>> {
    match catch_unwind(AssertUnwindSafe(parse)) {
        Ok(result) => result.map_err(ParserError::Told),
        Err(_) => Err(ParserError::Panicked),
    }
}

/// Lays one sheet out. When its parser fails, what came before is kept, a page without text stands
/// for the rest, and the error is given back.
fn lay_out(
    pages: &mut Pages,
    facts: Facts,
    next: &mut dyn FnMut() -> Result<Option<Found>, String>,
) -> Result<Option<String>, ReadFailure> {
    let name = facts.name.clone();
    let mut layout = SheetLayout::new(pages, facts);
    let mut row: Option<Row> = None;
    let error = loop {
        let found = match next() {
            Ok(Some(found)) => found,
            Ok(None) => break None,
            Err(error) => break Some(error),
        };
        let Some(shown) = found.shown else { continue };
        if row.as_ref().is_some_and(|row| row.number != found.row)
            && let Some(full) = row.take()
        {
            layout.push(full)?;
        }
        let row =
            row.get_or_insert_with(|| Row { number: found.row, hidden: found.hidden, values: Vec::new() });
        row.values.push(Value {
            row: found.row,
            column: found.column,
            text: shown.text,
            kind: shown.kind,
            bold: found.bold,
        });
    };
    if let Some(last) = row {
        layout.push(last)?;
    }
    layout.finish()?;
    if let Some(error) = error {
        pages.give_unread(&name)?;
        return Ok(Some(format!("sheet {name:?}: {error}")));
    }
    Ok(None)
}

/// A workbook of nothing but sheets that can't be read is broken, one without values is empty.
fn finish(pages: &Pages, errors: &[String]) -> Result<(), ReadFailure> {
    let unread = u32::try_from(errors.len()).unwrap_or(u32::MAX);
    if pages.given() > unread {
        return Ok(());
    }
    if let Some(error) = errors.first() {
        return Err(broken(error.clone()));
    }
    let detail = match pages.unsaved_formulas() {
        0 => "no cell of it has a value".to_owned(),
        count => format!("no cell of it has a value, and {count} formulas have no saved result"),
    };
    Err(ReadFailure::new(FailureCode::Empty, detail))
}
