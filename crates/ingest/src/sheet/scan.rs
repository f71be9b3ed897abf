//! What an XLSX sheet says besides its values: hidden rows and columns, merged cells, headers that
//! it declares, formulas whose result was not saved.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use inhouse_agent::read::{FailureCode, ReadFailure};

use super::row::{Area, Facts};
use crate::package::Package;
use crate::xml::{Element, Token, Xml};

/// The part of each sheet, by its name.
pub(super) fn sheet_parts<R: Read + Seek>(
    package: &mut Package<R>,
    workbook: &str,
) -> Result<BTreeMap<String, String>, ReadFailure> {
    let named = package.read_part(workbook, |xml| {
        let mut named = Vec::new();
        while let Some(token) = xml.next()? {
            if let Token::Start(element) = token
                && element.name == "sheet"
                && let (Some(name), Some(id)) = (element.attribute("name"), element.attribute("id"))
            {
                named.push((name.to_owned(), id.to_owned()));
            }
        }
        Ok(named)
    })?;
    let ties = package.relationships(workbook)?;
    let part = |id: &str| ties.iter().find(|tie| tie.id == id).map(|tie| tie.part.clone());
    Ok(named.unwrap_or_default().into_iter().filter_map(|(name, id)| Some((name, part(&id)?))).collect())
}

/// Adds to the facts what the part of a sheet says. Where its XML is damaged they end; whether the
/// sheet can be read is for the parser to say.
pub(super) fn scan<R: Read + Seek>(
    package: &mut Package<R>,
    part: &str,
    facts: &mut Facts,
) -> Result<(), ReadFailure> {
    passable(package.read_part(part, |xml| scan_sheet(xml, facts)))?;
    let ties = passable(package.relationships(part))?.unwrap_or_default();
    for table in ties.iter().filter(|tie| tie.kind == "table") {
        passable(package.read_part(&table.part, |xml| scan_table(xml, facts)))?;
    }
    Ok(())
}

/// Damage is passed over, what is too large is not.
fn passable<T>(result: Result<T, ReadFailure>) -> Result<Option<T>, ReadFailure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(failure) if failure.code == FailureCode::Broken => {
            tracing::debug!(%failure, "a part of a sheet was not scanned to its end");
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

fn scan_sheet(xml: &mut Xml, facts: &mut Facts) -> Result<(), ReadFailure> {
    let mut row = 0;
    let (mut formula, mut result) = (false, false);
    while let Some(token) = xml.next()? {
        match token {
            Token::Start(element) => match element.name.as_str() {
                "row" => {
                    row = number(&element, "r").unwrap_or(row + 1);
                    if is_set(&element, "hidden") {
                        facts.hidden_rows.insert(row);
                    }
                }
                "col" if is_set(&element, "hidden") => {
                    let span = number(&element, "min").zip(number(&element, "max"));
                    facts.hidden_columns.extend(span);
                }
                "mergeCell" => {
                    if let Some(area) = area(&element) {
                        facts.merge(area);
                    }
                }
                "autoFilter" => facts.header_rows.extend(area(&element).map(|area| area.rows.0)),
                "c" => (formula, result) = (false, false),
                "f" => formula = true,
                "v" | "is" => result = true,
                _ => {}
            },
            Token::End(_, name) if name == "c" && formula && !result => {
                facts.unsaved_formulas = facts.unsaved_formulas.saturating_add(1);
            }
            Token::End(..) | Token::Text(_) => {}
        }
    }
    Ok(())
}

fn scan_table(xml: &mut Xml, facts: &mut Facts) -> Result<(), ReadFailure> {
    while let Some(token) = xml.next()? {
        if let Token::Start(element) = token
            && element.name == "table"
        {
            if number(&element, "headerRowCount") != Some(0) {
                facts.header_rows.extend(area(&element).map(|area| area.rows.0));
            }
            break;
        }
    }
    Ok(())
}

fn number(element: &Element, name: &str) -> Option<u32> {
    element.attribute(name)?.parse().ok()
}

fn is_set(element: &Element, name: &str) -> bool {
    matches!(element.attribute(name), Some("1" | "true"))
}

fn area(element: &Element) -> Option<Area> {
    parse_area(element.attribute("ref")?)
}

/// `B3:F40`, or one cell.
fn parse_area(text: &str) -> Option<Area> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let ((first_row, first_column), (last_row, last_column)) = (parse_cell(first)?, parse_cell(last)?);
    let in_order = first_row <= last_row && first_column <= last_column;
    in_order.then_some(Area { rows: (first_row, last_row), columns: (first_column, last_column) })
}

/// Row and column from 1.
fn parse_cell(text: &str) -> Option<(u32, u32)> {
    let text = text.replace('$', "");
    let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = &text[..text.len() - digits.len()];
    let column = letters.bytes().try_fold(0_u32, |column, letter| {
        column.checked_mul(26)?.checked_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
    })?;
    let row: u32 = digits.parse().ok()?;
    (row > 0 && column > 0).then_some((row, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_read() {
        let area = parse_area("$B$3:AA40").expect("an area");
        assert_eq!((area.rows, area.columns), ((3, 40), (2, 27)));
        assert_eq!(parse_area("C7").map(|area| area.columns), Some((3, 3)));
        for wrong in ["", "7", "B", "B3:A1", "ZZZZZZZZ1", "B0", "B3:"] {
            assert_eq!(parse_area(wrong), None, "{wrong}");
        }
    }
}
