//! OpenDocument spreadsheets: each cell as its text shows it, since the file has that text.

use std::collections::HashSet;
use std::io::{Read, Seek};

use inhouse_agent::read::ReadFailure;

use super::layout::{Pages, SheetLayout};
use super::row::{Area, Facts, Row, Value, ValueKind, sheet_name};
use super::shown::{Shown, iso};
use super::{excel, finish};
use crate::package::Package;
use crate::read::{Give, broken};
use crate::xml::{Element, Token, Xml};

/// Rows and columns that a sheet may have. Writers fill sheets with blank cells up to these.
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;

/// What the list of parts is looked through for, in bytes.
const MANIFEST_BYTES: u64 = 16 * 1024 * 1024;

/// Elements within a cell that are not its text.
const ASIDES: [&str; 5] = ["annotation", "frame", "custom-shape", "shapes", "table"];

pub(crate) fn read_ods<R: Read + Seek>(
    package: &mut Package<R>,
    text_bytes: u64,
    give: Give,
) -> Result<(), ReadFailure> {
    let manifest = package.first_bytes("META-INF/manifest.xml", MANIFEST_BYTES)?.unwrap_or_default();
    let mark = b"encryption-data";
    if manifest.windows(mark.len()).any(|window| window == mark) {
        return Err(excel::encrypted());
    }
    let mut pages = Pages::new(text_bytes, give);
    package
        .read_part("content.xml", |xml| Content { xml, hidden_styles: HashSet::new() }.read(&mut pages))?
        .ok_or_else(|| broken("it has no content"))?;
    finish(&pages, &[])
}

struct Content<'x, 'a> {
    xml: &'x mut Xml<'a>,
    /// Styles of sheets that are not shown.
    hidden_styles: HashSet<String>,
}

impl Content<'_, '_> {
    fn read(&mut self, pages: &mut Pages) -> Result<(), ReadFailure> {
        let mut style = String::new();
        while let Some(token) = self.xml.next()? {
            let Token::Start(element) = token else { continue };
            match element.name.as_str() {
                "style" => style = element.attribute("name").unwrap_or_default().to_owned(),
                "table-properties" if element.attribute("display") == Some("false") => {
                    self.hidden_styles.insert(style.clone());
                }
                "table" => self.read_table(&element, pages)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_table(&mut self, table: &Element, pages: &mut Pages) -> Result<(), ReadFailure> {
        let style = table.attribute("style-name").unwrap_or_default();
        let facts = Facts {
            name: sheet_name(table.attribute("name").unwrap_or_default()),
            hidden: self.hidden_styles.contains(style),
            ..Facts::default()
        };
        let mut layout = SheetLayout::new(pages, facts);
        let (mut rows, mut columns) = (0, 0);
        loop {
            match self.token()? {
                Token::Start(element) => match element.name.as_str() {
                    "table-column" => {
                        let last = advance(columns, repeats(&element, "number-columns-repeated"), COLUMNS);
                        if is_hidden(&element) && last > columns {
                            layout.facts.hidden_columns.push((columns + 1, last));
                        }
                        columns = last;
                    }
                    "table-row" => {
                        let last = advance(rows, repeats(&element, "number-rows-repeated"), ROWS);
                        self.read_row(&mut layout, &element, (rows + 1, last))?;
                        rows = last;
                    }
                    name if ASIDES.contains(&name) => self.skip(name)?,
                    _ => {}
                },
                Token::End(_, name) if name == "table" => break,
                Token::End(..) | Token::Text(_) => {}
            }
        }
        layout.finish()
    }

    /// A row of the file stands for all rows of a span.
    fn read_row(
        &mut self,
        layout: &mut SheetLayout,
        element: &Element,
        (first, last): (u32, u32),
    ) -> Result<(), ReadFailure> {
        let (values, areas) = self.read_cells(first)?;
        for area in areas {
            layout.facts.merge(area);
        }
        if values.is_empty() {
            return Ok(());
        }
        for number in first..=last {
            let values = values.iter().map(|value| Value { row: number, ..value.clone() }).collect();
            layout.push(Row { number, hidden: is_hidden(element), values })?;
        }
        Ok(())
    }

    fn read_cells(&mut self, row: u32) -> Result<(Vec<Value>, Vec<Area>), ReadFailure> {
        let (mut values, mut areas) = (Vec::new(), Vec::new());
        let mut column = 0;
        loop {
            match self.token()? {
                Token::Start(element)
                    if matches!(element.name.as_str(), "table-cell" | "covered-table-cell") =>
                {
                    let last = advance(column, repeats(&element, "number-columns-repeated"), COLUMNS);
                    let text = self.read_text(&element.name)?;
                    let spans = (
                        repeats(&element, "number-rows-spanned"),
                        repeats(&element, "number-columns-spanned"),
                    );
                    if spans != (1, 1) {
                        areas.push(Area {
                            rows: (row, advance(row - 1, spans.0, ROWS)),
                            columns: (column + 1, advance(column, spans.1, COLUMNS)),
                        });
                    }
                    if let Some(shown) = shown(&element, &text) {
                        values.extend((column + 1..=last).map(|column| Value {
                            row,
                            column,
                            text: shown.text.clone(),
                            kind: shown.kind,
                            bold: false,
                        }));
                    }
                    column = last;
                }
                Token::End(_, name) if name == "table-row" => return Ok((values, areas)),
                _ => {}
            }
        }
    }

    /// The paragraphs of a cell.
    fn read_text(&mut self, cell: &str) -> Result<String, ReadFailure> {
        let mut text = String::new();
        let mut paragraphs = 0;
        loop {
            match self.token()? {
                Token::Start(element) => match element.name.as_str() {
                    "p" => {
                        if !text.is_empty() {
                            text.push(' ');
                        }
                        paragraphs += 1;
                    }
                    "s" | "tab" | "line-break" => text.push(' '),
                    name if ASIDES.contains(&name) => self.skip(name)?,
                    _ => {}
                },
                Token::Text(piece) if paragraphs > 0 => text.push_str(&piece),
                Token::End(_, name) if name == "p" => paragraphs -= 1,
                Token::End(_, name) if name == cell => return Ok(text),
                Token::End(..) | Token::Text(_) => {}
            }
        }
    }

    /// To the end of an element that has begun.
    fn skip(&mut self, name: &str) -> Result<(), ReadFailure> {
        let mut depth = 1;
        while depth > 0 {
            match self.token()? {
                Token::Start(element) if element.name == name => depth += 1,
                Token::End(_, ended) if ended == name => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    fn token(&mut self) -> Result<Token, ReadFailure> {
        self.xml.next()?.ok_or_else(|| broken("its XML ends in the middle of a sheet"))
    }
}

/// What a cell shows: its text, but dates in ISO form.
fn shown(cell: &Element, text: &str) -> Option<Shown> {
    let typed =
        |text: String| Some(Shown { text, kind: ValueKind::Data }).filter(|shown| !shown.text.is_empty());
    let value = |name: &str| cell.attribute(name).unwrap_or_default();
    match cell.attribute("value-type") {
        Some("date") => typed(iso(value("date-value"))),
        Some("float" | "percentage" | "currency" | "boolean" | "time") => {
            let names = ["value", "boolean-value", "time-value"];
            let raw = names.into_iter().filter_map(|name| cell.attribute(name)).next().unwrap_or_default();
            typed(Shown::text(text).map_or_else(|| raw.to_owned(), |shown| shown.text))
        }
        _ => Shown::text(text).or_else(|| Shown::text(value("string-value"))),
    }
}

fn repeats(element: &Element, name: &str) -> u32 {
    element.attribute(name).and_then(|times| times.parse().ok()).unwrap_or(1)
}

fn advance(from: u32, by: u32, most: u32) -> u32 {
    from.saturating_add(by).min(most.max(from))
}

fn is_hidden(element: &Element) -> bool {
    matches!(element.attribute("visibility"), Some("collapse" | "filter"))
}

#[cfg(test)]
mod tests;
