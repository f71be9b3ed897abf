//! Cells of a sheet: what their text wants, and what is written into them.

use super::super::super::error::WriteError;
use super::super::super::grid::Datum;
use super::super::super::text::clean;
use super::super::super::xlsx::{CELL_UNITS, counted};
use super::super::package::Format;
use super::super::pieces::Pieces;
use super::super::placeholder::Placeholder;
use super::Element;
use super::reference::{Cell, Index, letters};
use super::styles::Styles;
use super::text::{Strings, pieces_of, push_filled, push_text};

/// Days from 1899-12-30 to 1904-01-01, the two days that workbooks count from.
const DAYS_TO_1904: f64 = 1462.0;

/// A cell of the template.
pub(super) struct Slot<'t, 'a> {
    pub(super) element: &'t Element<'a>,
    /// From 1.
    pub(super) column: u32,
    pub(super) formula: Option<&'t Element<'a>>,
    /// Its text when that holds placeholders.
    text: Option<Text<'t, 'a>>,
}

struct Text<'t, 'a> {
    pieces: Pieces,
    /// The runs; nothing for a bare value.
    item: Option<&'t Element<'a>>,
}

/// What a cell becomes.
#[derive(Clone, Copy)]
enum Content {
    Empty,
    Text,
    Number(f64),
    Day(f64),
}

impl Text<'_, '_> {
    fn push(&self, out: &mut String, prefix: &str, texts: Vec<Option<String>>, whole: &str) {
        match self.item {
            Some(item) => push_filled(out, prefix, item, texts),
            None => {
                out.push_str(&format!("<{prefix}is>"));
                push_text(out, prefix, whole);
                out.push_str(&format!("</{prefix}is>"));
            }
        }
    }
}

/// What stands where a value is written.
pub(super) struct Target<'s, 'p> {
    pub(super) styles: &'s mut Styles<'p>,
    pub(super) is_1904: bool,
    /// For messages.
    pub(super) place: &'s dyn Fn() -> String,
}

/// The cells of a row, in their order.
pub(super) fn slots<'t, 'a>(
    row: &'t Element<'a>,
    strings: &'t Strings<'a>,
    place: impl Fn(u32) -> String,
) -> Result<Vec<Slot<'t, 'a>>, WriteError> {
    let mut slots = Vec::new();
    let mut column = 0;
    for element in row.elements().filter(|element| element.local() == "c") {
        column = match element.attribute("r") {
            Some(reference) => {
                let cell = Cell::read(&reference).map(|cell| cell.column.at);
                cell.filter(|at| *at > column).ok_or_else(|| {
                    Format::Excel
                        .broken(format!("{}: the cell `{reference}` is out of order", place(column + 1)))
                })?
            }
            None => column + 1,
        };
        let formula = element.elements().find(|child| child.local() == "f");
        let text = match formula {
            Some(_) => None,
            None => text_of(element, strings, || place(column))?,
        };
        slots.push(Slot { element, column, formula, text });
    }
    Ok(slots)
}

fn text_of<'t, 'a>(
    cell: &'t Element<'a>,
    strings: &'t Strings<'a>,
    place: impl Fn() -> String,
) -> Result<Option<Text<'t, 'a>>, WriteError> {
    let child = |name: &str| cell.elements().find(|child| child.local() == name);
    let (mut pieces, item) = match cell.attribute("t").as_deref() {
        Some("s") => {
            let number = child("v").and_then(|value| value.text().trim().parse().ok());
            let Some(item) = number.and_then(|number| strings.suspect(number)) else { return Ok(None) };
            (pieces_of(item), Some(item))
        }
        Some("inlineStr") => {
            let Some(item) = child("is") else { return Ok(None) };
            (pieces_of(item), Some(item))
        }
        Some("str") => {
            let mut pieces = Pieces::default();
            pieces.push(&child("v").map(Element::text).unwrap_or_default());
            (pieces, None)
        }
        _ => return Ok(None),
    };
    pieces.find().map_err(|wrong| wrong.at(place()))?;
    let is_wanting = pieces.placeholders().next().is_some();
    Ok(is_wanting.then_some(Text { pieces, item }))
}

impl Slot<'_, '_> {
    pub(super) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.text.iter().flat_map(|text| text.pieces.placeholders())
    }

    pub(super) fn is_plain(&self) -> bool {
        self.text.is_none() && self.formula.is_none()
    }

    /// Its reference in another row, when it says where it is.
    pub(super) fn reference(&self, row: u32) -> Option<String> {
        self.element.attribute("r")?;
        let index = |at| Index { at, is_fixed: false };
        Some(Cell { column: index(self.column), row: index(row) }.to_string())
    }

    /// Writes it with its values. `reference`: where it is now, when it says so.
    pub(super) fn fill(
        &self,
        out: &mut String,
        reference: Option<&str>,
        mut value: impl FnMut(&Placeholder) -> Result<Datum, WriteError>,
        target: Target,
    ) -> Result<(), WriteError> {
        let Some(text) = &self.text else { return Ok(()) };
        let name = self.element.name();
        let only = text.pieces.only().map(&mut value).transpose()?;
        let content = only.map_or(Ok(Content::Text), |datum| content_of(&datum, target.is_1904))?;
        let look = match content {
            Content::Day(_) => {
                let look = self.element.attribute("s").and_then(|s| s.parse().ok()).unwrap_or(0);
                target.styles.dated(look).map(|look| look.to_string())
            }
            _ => None,
        };
        match content {
            Content::Empty => self.push_start(out, reference, None, None),
            Content::Number(number) => self.push_number(out, reference, number, None),
            Content::Day(number) if look.is_some() => {
                self.push_number(out, reference, number, look.as_deref())
            }
            // A day without a look that shows it would be a number.
            Content::Day(_) | Content::Text => {
                let value = |placeholder: &_| Ok(clean(&value(placeholder)?.to_string()).into_owned());
                let texts = text.pieces.filled(value)?;
                let whole = text.pieces.whole_with(&texts);
                check_length(&whole, &target)?;
                self.push_start(out, reference, Some("inlineStr"), None);
                text.push(out, self.element.prefix(), texts, &whole);
            }
        }
        out.push_str(&format!("</{name}>"));
        Ok(())
    }

    fn push_number(&self, out: &mut String, reference: Option<&str>, number: f64, look: Option<&str>) {
        let prefix = self.element.prefix();
        self.push_start(out, reference, None, look);
        out.push_str(&format!("<{prefix}v>{number}</{prefix}v>"));
    }

    /// The tag that begins it, as of this type; `look`: another one than it has.
    fn push_start(&self, out: &mut String, reference: Option<&str>, kind: Option<&str>, look: Option<&str>) {
        let mut changes = vec![("t", kind), ("vm", None)];
        changes.extend(reference.map(|reference| ("r", Some(reference))));
        changes.extend(look.map(|look| ("s", Some(look))));
        out.push_str(&self.element.start_with(&changes));
    }
}

/// A number that a cell can't hold digit for digit and a day that Excel counts wrongly are texts.
fn content_of(datum: &Datum, is_1904: bool) -> Result<Content, WriteError> {
    Ok(match datum {
        Datum::Empty => Content::Empty,
        Datum::Text(text) if text.is_empty() => Content::Empty,
        Datum::Text(_) => Content::Text,
        Datum::Number(number) => number.cell().map_or(Content::Text, Content::Number),
        Datum::Date(day) => {
            let counted =
                counted(*day).map_err(|error| WriteError::failed("count the days of a date", error))?;
            let number = counted.map(|date| date.to_excel() - if is_1904 { DAYS_TO_1904 } else { 0.0 });
            number.filter(|number| *number >= 0.0).map_or(Content::Text, Content::Day)
        }
    })
}

fn check_length(text: &str, target: &Target) -> Result<(), WriteError> {
    let units = text.encode_utf16().count();
    if units > CELL_UNITS {
        let wrong = format!(
            "{}: a text of {units} characters is more than a cell holds ({CELL_UNITS})",
            (target.place)()
        );
        return Err(WriteError::TooLarge { wrong, way_out: "shorten it" });
    }
    Ok(())
}

/// A cell for messages.
pub(super) fn place(sheet: &str, column: u32, row: u32) -> String {
    format!("sheet `{sheet}`, cell {}{row}", letters(column))
}
