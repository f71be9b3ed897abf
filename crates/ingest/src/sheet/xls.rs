//! Workbooks of Excel 5 to 2003.

use std::io::{self, Cursor, Write};

use calamine::{Reader, SheetType, SheetVisible, Xls, XlsError};
use cfb::{CompoundFile, Version};
use inhouse_agent::read::{FailureCode, ReadFailure};

use super::biff::{self, Workbook};
use super::layout::Pages;
use super::row::{Facts, sheet_name};
use super::shown::Shown;
use super::{Found, ParserError, excel, finish, guarded, lay_out};
use crate::read::{Give, broken};

/// Cells that the parser may be asked to hold: it keeps whole rectangles, blank cells and all, at
/// some 60 bytes for each, and those that are read twice.
const CELLS: u64 = 8_000_000;

/// `bytes`: the whole file; `stream`: the workbook in it, empty where its place is not known.
pub(crate) fn read_xls(bytes: &[u8], stream: &[u8], text_bytes: u64, give: Give) -> Result<(), ReadFailure> {
    let mended = biff::mended(stream, CELLS);
    let records = Workbook::of(mended.as_deref().unwrap_or(stream));
    if records.is_encrypted {
        return Err(excel::encrypted());
    }
    let cells: u64 = records.sheets.iter().map(|sheet| sheet.area()).sum();
    if cells > CELLS {
        let detail = format!("its sheets span {cells} cells, the limit is {CELLS}");
        return Err(ReadFailure::new(FailureCode::TooLarge, detail));
    }
    let rebuilt = match &mended {
        Some(stream) => Some(compound(stream).map_err(|error| broken(error.to_string()))?),
        None => None,
    };
    let bytes = rebuilt.as_deref().unwrap_or(bytes);
    let mut book: Xls<_> = guarded(|| Xls::new(Cursor::new(bytes))).map_err(|error| match error {
        ParserError::Told(XlsError::Password) => excel::encrypted(),
        error => broken(error.to_string()),
    })?;
    let is_1904 = book.has_1904_epoch();
    let sheets = book.sheets_metadata().to_vec();
    let mut pages = Pages::new(text_bytes, give);
    let mut errors = Vec::new();
    for (at, sheet) in sheets.iter().enumerate().filter(|(_, sheet)| sheet.typ == SheetType::WorkSheet) {
        let mut facts = Facts {
            name: sheet_name(&sheet.name),
            hidden: sheet.visible != SheetVisible::Visible,
            ..Facts::default()
        };
        if let Some(records) = records.sheets.get(at) {
            records.add_to(&mut facts);
        }
        let range = match guarded(|| book.worksheet_range(&sheet.name)) {
            Ok(range) => range,
            Err(error) => {
                errors.push(format!("sheet {:?}: {error}", facts.name));
                pages.give_unread(&facts.name)?;
                continue;
            }
        };
        let (top, left) = range.start().unwrap_or_default();
        let mut cells = range.used_cells();
        let mut next = || {
            let Some((row, column, value)) = cells.next() else { return Ok(None) };
            let place = |start: u32, index: usize| {
                u32::try_from(index)
                    .map(|index| start.saturating_add(index))
                    .map_err(|error| error.to_string())
            };
            let (row, column) = (place(top, row)?, place(left, column)?);
            let shown = Shown::of_owned(value, is_1904, records.code(at, row, column));
            Ok(Some(Found { row: row + 1, column: column + 1, shown, bold: false, hidden: false }))
        };
        errors.extend(lay_out(&mut pages, facts, &mut next)?);
    }
    finish(&pages, &errors)
}

/// A compound file of nothing but the workbook, of the version that Excel writes.
fn compound(stream: &[u8]) -> io::Result<Vec<u8>> {
    let mut file = CompoundFile::create_with_version(Version::V3, Cursor::new(Vec::new()))?;
    file.create_stream("/Workbook")?.write_all(stream)?;
    file.flush()?;
    Ok(file.into_inner().into_inner())
}

#[cfg(test)]
mod tests;
