//! Workbooks of Excel 2007 and later: XLSX and its kin, and the binary XLSB.

use std::io::{Cursor, Read, Seek};

use calamine::{Reader, SheetType, SheetVisible, Xlsb, XlsbError, Xlsx, XlsxError};
use inhouse_agent::read::{FailureCode, ReadFailure};

use super::layout::Pages;
use super::row::{Facts, sheet_name};
use super::scan;
use super::shown::Shown;
use super::{Found, ParserError, finish, guarded, lay_out};
use crate::package::Package;
use crate::read::{Give, broken};

/// Reads a workbook of XML. `bytes`: the whole file; `part`: the main part of its package.
pub(crate) fn read_xlsx<R: Read + Seek>(
    package: &mut Package<R>,
    part: &str,
    bytes: &[u8],
    text_bytes: u64,
    give: Give,
) -> Result<(), ReadFailure> {
    package.weigh()?;
    let parts = scan::sheet_parts(package, part)?;
    let mut book: Xlsx<_> = guarded(|| Xlsx::new(Cursor::new(bytes))).map_err(|error| match error {
        ParserError::Told(XlsxError::Password) => encrypted(),
        error => broken(error.to_string()),
    })?;
    let is_1904 = book.has_1904_epoch();
    let sheets = book.sheets_metadata().to_vec();
    let mut pages = Pages::new(text_bytes, give);
    let mut errors = Vec::new();
    for sheet in sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let mut facts = Facts {
            name: sheet_name(&sheet.name),
            hidden: sheet.visible != SheetVisible::Visible,
            ..Facts::default()
        };
        if let Some(part) = parts.get(&sheet.name) {
            scan::scan(package, part, &mut facts)?;
        }
        let mut cells = match guarded(|| book.worksheet_cells_reader(&sheet.name)) {
            Ok(cells) => cells,
            // A chart or a dialog under the name of a worksheet.
            Err(ParserError::Told(XlsxError::NotAWorksheet(_))) => continue,
            Err(error) => {
                errors.push(format!("sheet {:?}: {error}", facts.name));
                pages.give_unread(&facts.name)?;
                continue;
            }
        };
        let mut next = || {
            let Some((cell, style)) =
                guarded(|| cells.next_cell_with_style_id()).map_err(|error| error.to_string())?
            else {
                return Ok(None);
            };
            let style = cells.styles().get(style);
            let code = style
                .and_then(|style| style.number_format.as_ref())
                .map(|format| format.format_code.as_str());
            let bold = style.and_then(|style| style.font.as_ref()).is_some_and(|font| font.is_bold());
            Ok(Some(found(cell.get_position(), Shown::of(cell.get_value(), is_1904, code), bold)))
        };
        errors.extend(lay_out(&mut pages, facts, &mut next)?);
    }
    finish(&pages, &errors)
}

/// Reads a binary workbook. Its number formats are known only as far as they make dates of numbers.
pub(crate) fn read_xlsb<R: Read + Seek>(
    package: &mut Package<R>,
    bytes: &[u8],
    text_bytes: u64,
    give: Give,
) -> Result<(), ReadFailure> {
    package.weigh()?;
    let mut book: Xlsb<_> = guarded(|| Xlsb::new(Cursor::new(bytes))).map_err(|error| match error {
        ParserError::Told(XlsbError::Password) => encrypted(),
        error => broken(error.to_string()),
    })?;
    let is_1904 = book.has_1904_epoch();
    let sheets = book.sheets_metadata().to_vec();
    let mut pages = Pages::new(text_bytes, give);
    let mut errors = Vec::new();
    for sheet in sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let facts = Facts {
            name: sheet_name(&sheet.name),
            hidden: sheet.visible != SheetVisible::Visible,
            ..Facts::default()
        };
        let mut cells = match guarded(|| book.worksheet_cells_reader(&sheet.name)) {
            Ok(cells) => cells,
            Err(error) => {
                errors.push(format!("sheet {:?}: {error}", facts.name));
                pages.give_unread(&facts.name)?;
                continue;
            }
        };
        let mut next = || {
            let Some(cell) = guarded(|| cells.next_cell()).map_err(|error| error.to_string())? else {
                return Ok(None);
            };
            Ok(Some(found(cell.get_position(), Shown::of(cell.get_value(), is_1904, None), false)))
        };
        errors.extend(lay_out(&mut pages, facts, &mut next)?);
    }
    finish(&pages, &errors)
}

/// `position`: row and column from 0.
fn found((row, column): (u32, u32), shown: Option<Shown>, bold: bool) -> Found {
    Found { row: row.saturating_add(1), column: column.saturating_add(1), shown, bold, hidden: false }
}

pub(super) fn encrypted() -> ReadFailure {
    ReadFailure::new(FailureCode::Encrypted, "it opens only with a password")
}

#[cfg(test)]
mod tests;
