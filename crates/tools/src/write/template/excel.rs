//! Workbooks of Excel as templates.
//!
//! A template is a .xlsx file whose cells hold placeholders: `{{name}}` for a field, and
//! `{{list.column}}` for a column of a list. A cell that holds nothing but a placeholder becomes the
//! value: a number a number, a day a day, each in the look of the cell; a day in a cell whose look shows
//! none is shown as in 2025-03-01. Within other text a value is text. A row that holds
//! `{{list.column}}` is repeated for each row of the list; an empty list leaves none.
//!
//! What is below a repeated row moves, and what refers to it follows as it does in Excel when rows are
//! inserted: a stretch of cells that holds the row holds its copies too, so that a sum over the one row
//! is a sum over all of them (over none it is 0). A formula in a repeated row reads its own row, the one
//! above, and what is written with `$`; any other reference in it could be read in two ways and is
//! refused. So is what can't be moved: nothing is left behind in silence.
//!
//! Results of formulas are left out, and the workbook asks to be computed when it is opened.
//! Placeholders stand in cells; not in formulas, headers, comments, drawings, charts or names. All other
//! parts of the package are copied as they are.

mod anchors;
mod book;
mod cell;
mod formula;
mod moves;
mod parts;
mod reference;
mod relations;
mod rows;
mod sheet;
mod styles;
mod text;
mod workbook;

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::WriteError;
use super::package::{Format, Package, UNPACKED_BYTES};
use super::placeholder::Placeholder;
use super::tree::{self, Known};
use super::values::Values;
use anchors::Anchors;
use book::{Book, Sheet, part};
use moves::Moves;
use reference::ROWS;
use rows::Rows;
use sheet::{Filling, Survey, survey};
use styles::Styles;
use text::Strings;

type Element<'a> = tree::Element<'a, Space>;

/// What an element belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Drawing,
    Chart,
    /// What versions of Excel after 2007 added to sheets.
    Later,
    Other,
}

impl Known for Space {
    const FORMAT: Format = Format::Excel;
    const OTHER: Self = Self::Other;

    fn of(namespace: &str, _name: &str) -> Self {
        match namespace {
            "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
            | "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing" => Self::Drawing,
            "http://schemas.openxmlformats.org/drawingml/2006/chart"
            | "http://purl.oclc.org/ooxml/drawingml/chart"
            | "http://schemas.microsoft.com/office/drawing/2014/chartex" => Self::Chart,
            "http://schemas.microsoft.com/office/excel/2006/main" => Self::Later,
            _ => Self::Other,
        }
    }
}

/// What a template wants, each once, in the order of its sheets and rows.
pub fn xlsx_placeholders(template: &[u8]) -> Result<Vec<Placeholder>, WriteError> {
    let book = Book::open(template)?;
    let strings = Strings::read(book.strings.as_ref())?;
    let surveys = book.sheets.iter().map(|sheet| survey(sheet, &strings)).collect::<Result<Vec<_>, _>>()?;
    Ok(wanted_by(&surveys).cloned().collect())
}

/// The workbook that a template and values make. Values that the template doesn't want are left out.
pub fn fill_xlsx(template: &[u8], values: &Values) -> Result<Vec<u8>, WriteError> {
    fill(template, values, UNPACKED_BYTES)
}

/// `most`: what all filled sheets together may be, in bytes.
fn fill(template: &[u8], values: &Values, most: usize) -> Result<Vec<u8>, WriteError> {
    let book = Book::open(template)?;
    let strings = Strings::read(book.strings.as_ref())?;
    let surveys = book.sheets.iter().map(|sheet| survey(sheet, &strings)).collect::<Result<Vec<_>, _>>()?;
    check_known(&surveys, values)?;
    let mut package = book.package;
    if surveys.iter().all(|survey| survey.wanted.is_empty()) {
        return package.with(&BTreeMap::new());
    }
    let mut rows = Vec::with_capacity(surveys.len());
    for (sheet, survey) in book.sheets.iter().zip(&surveys) {
        rows.push((sheet.name.as_str(), rows_of(sheet, survey, values)?));
    }
    let moves = Moves::new(rows);
    let styles = Styles::read(book.styles.as_ref())?;
    let (strings, is_1904) = (&strings, book.is_1904);
    let mut filling = Filling { values, strings, moves: &moves, styles, is_1904, most, written: 0 };
    let mut changed = Changed::new();
    for (number, (sheet, survey)) in book.sheets.iter().zip(&surveys).enumerate() {
        let anchors = Anchors { moves: &moves, sheet: number, name: &sheet.name };
        move_beside(&mut package, sheet, survey, &anchors, &mut changed)?;
        if survey.has_formulas || moves.any() || !survey.wanted.is_empty() {
            changed.insert(sheet.part.index, Some(filling.fill(sheet, number, survey)?));
        }
    }
    if let Some((index, xml)) = filling.styles.finish()? {
        changed.insert(index, Some(xml));
    }
    read_anew(&mut package, &book.types, &moves, &mut changed)?;
    changed.insert(book.workbook.index, Some(workbook::workbook(&book.workbook, &moves)?));
    workbook::forget_order(&mut package, &book.workbook, &book.relations, &mut changed)?;
    package.with(&changed)
}

/// Other text for parts, by their place in the package; nothing for those that are left out.
type Changed = BTreeMap<usize, Option<String>>;

/// What a sheet refers to and is anchored to rows.
fn move_beside(
    package: &mut Package,
    sheet: &Sheet,
    survey: &Survey,
    anchors: &Anchors,
    changed: &mut Changed,
) -> Result<(), WriteError> {
    for relation in relations::of(package, &sheet.part.name)? {
        let Some(name) = relation.part else { continue };
        if relation.kind == "table" {
            check_headings(&part(package, &name)?, survey, anchors)?;
        }
        if !anchors.moves.any() {
            continue;
        }
        let Some(mover) = parts::mover(&relation.kind, anchors)? else { continue };
        let part = part(package, &name)?;
        let moved = parts::moved(mover, &part, anchors)?;
        if changed.insert(part.index, Some(moved)).is_some() {
            return Err(Format::Excel.broken(format!("two sheets have the part {name}")));
        }
    }
    Ok(())
}

/// Charts and pivot tables remember cells that are others now.
fn read_anew(
    package: &mut Package,
    types: &[String],
    moves: &Moves,
    changed: &mut Changed,
) -> Result<(), WriteError> {
    for (index, kind) in types.iter().enumerate() {
        let is_chart = kind.ends_with("drawingml.chart+xml") || kind.ends_with("ms-office.chartex+xml");
        if !is_chart && !kind.ends_with("pivotcachedefinition+xml") {
            continue;
        }
        let name = package.names()[index].clone();
        let part = part(package, &name)?;
        let xml = match is_chart {
            true => Some(workbook::chart(&part, moves)?),
            false => workbook::pivot_cache(&part, moves)?,
        };
        changed.extend(xml.map(|xml| (index, Some(xml))));
    }
    Ok(())
}

/// Each once, in the order of the sheets.
fn wanted_by(surveys: &[Survey]) -> impl Iterator<Item = &Placeholder> {
    let mut known = BTreeSet::new();
    surveys.iter().flat_map(|survey| &survey.wanted).filter(move |placeholder| known.insert(*placeholder))
}

fn check_known(surveys: &[Survey], values: &Values) -> Result<(), WriteError> {
    let unknown = wanted_by(surveys).filter(|placeholder| !values.has(placeholder));
    let names: Vec<Placeholder> = unknown.cloned().collect();
    if names.is_empty() { Ok(()) } else { Err(WriteError::Unknown { names }) }
}

fn rows_of(sheet: &Sheet, survey: &Survey, values: &Values) -> Result<Rows, WriteError> {
    let count = |list: &String| values.lists.get(list).map_or(0, |list| list.rows.len());
    let added: usize = survey.repeats.values().map(count).sum();
    let last = survey.last_row as usize - survey.repeats.len() + added;
    if last > ROWS as usize {
        let wrong = format!("sheet `{}` would have {last} rows, the limit is {ROWS}", sheet.name);
        return Err(WriteError::TooLarge { wrong, way_out: "give fewer rows" });
    }
    // It was checked that they are less than a sheet has.
    let count = |list: &String| u32::try_from(count(list)).unwrap_or(ROWS);
    Ok(Rows::new(survey.repeats.iter().map(|(row, list)| (*row, count(list)))))
}

/// Excel takes a table for damaged whose headings are other texts than its columns say.
fn check_headings(table: &book::Part, survey: &Survey, anchors: &Anchors) -> Result<(), WriteError> {
    let Some((row, reference)) = parts::headings(table, anchors)? else { return Ok(()) };
    let columns = columns_of(&reference);
    let is_in = |(at, column): &&(u32, u32)| *at == row && columns.contains(column);
    match survey.cells.iter().find(is_in) {
        Some((row, column)) => Err(WriteError::Fixed {
            place: cell::place(anchors.name, *column, *row),
            wrong: "a placeholder stands in a heading of a table".to_owned(),
            way_out: "write the heading out, or make the table a plain range",
        }),
        None => Ok(()),
    }
}

fn columns_of(reference: &str) -> std::ops::RangeInclusive<u32> {
    match reference::Area::read(reference) {
        Some(reference::Area::Cells(one, other)) => one.column.at..=other.column.at,
        Some(reference::Area::Cell(one)) => one.column.at..=one.column.at,
        _ => 1..=reference::COLUMNS,
    }
}

#[cfg(test)]
mod tests;
