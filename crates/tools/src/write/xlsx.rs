//! Workbooks of Excel.

mod look;
mod sheet_name;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Formula, IgnoreError, Workbook, Worksheet, XlsxError, column_number_to_name,
};

use super::error::WriteError;
use super::grid::{Datum, Day, Grid, Total};
use super::text::{clean, width};
use look::Looks;

/// Rows of a sheet (Excel specifications and limits), less one for the headings and one for totals.
const ROWS: usize = 1_048_576 - 2;
/// Columns of a sheet.
const COLUMNS: usize = 16_384;
/// Longest text of a cell, in units of UTF-16.
pub(super) const CELL_UNITS: usize = 32_767;

/// Width of a column, in characters.
const NARROWEST: usize = 6;
const WIDEST: usize = 60;
/// What a cell has besides its text, and a heading for the button of its filter.
const MARGIN: usize = 2;
const FILTER_BUTTON: usize = 2;

/// A sheet for each table. A number that a cell can't hold digit for digit is written as text, a day
/// before 1900-03-01, which Excel counts wrongly, too. Totals are formulas with their results beside
/// them; where Excel would not get the exact sum, they are refused.
pub fn xlsx(grids: &[Grid]) -> Result<Vec<u8>, WriteError> {
    if grids.is_empty() {
        return Err(WriteError::data("the workbook", "it has no table", "give at least one"));
    }
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2000, 1, 1).map_err(failed)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let names = sheet_name::unique(grids.iter().map(|grid| grid.name.as_str()));
    let mut looks = Looks::new();
    for (grid, name) in grids.iter().zip(names) {
        check(grid)?;
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).map_err(failed)?;
        write(sheet, grid, &mut looks).map_err(failed)?;
    }
    workbook.save_to_buffer().map_err(failed)
}

fn failed(error: XlsxError) -> WriteError {
    WriteError::failed("write the workbook", error)
}

/// Whether a sheet can hold the table.
fn check(grid: &Grid) -> Result<(), WriteError> {
    if grid.rows.len() > ROWS || grid.columns.len() > COLUMNS {
        let wrong = format!(
            "{}: {} rows and {} columns are more than a sheet holds ({ROWS} and {COLUMNS})",
            grid.place(None, None),
            grid.rows.len(),
            grid.columns.len(),
        );
        return Err(WriteError::TooLarge { wrong, way_out: "cut it into several tables" });
    }
    let too_long = |place: String, units: usize| WriteError::TooLarge {
        wrong: format!("{place}: a text of {units} characters is more than a cell holds ({CELL_UNITS})"),
        way_out: "shorten it",
    };
    let units = |text: &str| text.encode_utf16().count();
    for (column, name) in grid.columns.iter().enumerate() {
        if units(name) > CELL_UNITS {
            return Err(too_long(format!("table `{}`, heading {}", grid.name, column + 1), units(name)));
        }
    }
    for (at, row) in grid.all_rows().enumerate() {
        for (column, datum) in row.iter().enumerate() {
            if let Datum::Text(text) = datum
                && units(text) > CELL_UNITS
            {
                return Err(too_long(grid.place(Some(at), Some(column)), units(text)));
            }
        }
    }
    grid.total.as_ref().map_or(Ok(()), |total| check_totals(grid, total))
}

/// A formula sums cells, so the numbers and their sum must be such that cells hold them.
fn check_totals(grid: &Grid, total: &Total) -> Result<(), WriteError> {
    let way_out = "leave the column without a sum, or give rounded numbers";
    for &column in &total.columns {
        for (at, row) in grid.rows.iter().enumerate() {
            if let Datum::Number(number) = &row[column]
                && number.cell().is_none()
            {
                let wrong = format!("a cell can't hold {number} exactly, so a formula can't sum it");
                return Err(WriteError::data(grid.place(Some(at), Some(column)), wrong, way_out));
            }
        }
        if let Datum::Number(sum) = &total.row[column]
            && sum.cell().is_none()
        {
            let wrong = format!("a cell can't hold the sum {sum} exactly");
            return Err(WriteError::data(grid.place(None, Some(column)), wrong, way_out));
        }
    }
    Ok(())
}

fn write(sheet: &mut Worksheet, grid: &Grid, looks: &mut Looks) -> Result<(), XlsxError> {
    let mut row = 0;
    for (column, name) in (0..).zip(&grid.columns) {
        sheet.write_string_with_format(row, column, clean(name), &looks.heading)?;
    }
    for data in &grid.rows {
        row += 1;
        for (column, datum) in (0..).zip(data) {
            write_cell(sheet, row, column, datum, looks)?;
        }
    }
    for (column, characters) in (0..).zip(widths(grid)) {
        sheet.set_column_width(column, characters)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    // The number of columns was checked.
    let last = u16::try_from(grid.columns.len() - 1).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, row, last)?;
    if row > 0 {
        sheet.ignore_error_range(1, 0, row, last, IgnoreError::NumberStoredAsText)?;
    }
    match &grid.total {
        Some(total) => write_totals(sheet, row + 1, total, looks),
        None => Ok(()),
    }
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    datum: &Datum,
    looks: &mut Looks,
) -> Result<(), XlsxError> {
    let text = match datum {
        Datum::Empty => return Ok(()),
        Datum::Number(number) => match number.cell() {
            Some(value) => {
                let look = looks.number(number.decimals());
                return sheet.write_number_with_format(row, column, value, look).map(|_| ());
            }
            None => number.to_string(),
        },
        Datum::Date(day) => match counted(*day)? {
            Some(date) => {
                return sheet.write_datetime_with_format(row, column, &date, &looks.date).map(|_| ());
            }
            None => day.to_string(),
        },
        Datum::Text(text) => clean(text).into_owned(),
    };
    let is_long = text.contains('\n') || width(&text) > WIDEST;
    let look = if is_long { &looks.wrapped } else { &looks.plain };
    sheet.write_string_with_format(row, column, text, look).map(|_| ())
}

/// `None` for a day that Excel counts wrongly, since it takes 1900 for a leap year, or not at all.
pub(super) fn counted(day: Day) -> Result<Option<ExcelDateTime>, XlsxError> {
    if (day.year, day.month) < (1900, 3) {
        return Ok(None);
    }
    ExcelDateTime::from_ymd(day.year, day.month, day.day).map(Some)
}

fn write_totals(sheet: &mut Worksheet, row: u32, total: &Total, looks: &mut Looks) -> Result<(), XlsxError> {
    for (column, datum) in (0..).zip(&total.row) {
        match datum {
            Datum::Number(sum) => {
                let letters = column_number_to_name(column);
                // The rows of data are the second to the one above, counted from 1.
                let formula =
                    Formula::new(format!("SUM({letters}2:{letters}{row})")).set_result(sum.as_str());
                sheet.write_formula_with_format(row, column, formula, looks.total(sum.decimals()))?;
            }
            datum => {
                let text = datum.to_string();
                sheet.write_string_with_format(row, column, clean(&text), looks.total(0))?;
            }
        }
    }
    Ok(())
}

/// Of each column, in characters.
fn widths(grid: &Grid) -> Vec<f64> {
    let mut widths: Vec<usize> = grid.columns.iter().map(|name| width(name) + FILTER_BUTTON).collect();
    for row in grid.all_rows() {
        for (widest, datum) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(match datum {
                Datum::Text(text) => width(text),
                datum => datum.to_string().len(),
            });
        }
    }
    widths.into_iter().map(|characters| (characters.clamp(NARROWEST, WIDEST) + MARGIN) as f64).collect()
}

#[cfg(test)]
mod tests;
