//! What is anchored to rows besides cells, after rows of its sheet were repeated.

use quick_xml::escape::partial_escape;

use super::super::super::error::WriteError;
use super::super::package::Format;
use super::super::tree::{Node, push_raw};
use super::formula::GONE;
use super::moves::{Moves, Reader, at_rows};
use super::reference::{Area, Cell};
use super::rows::Rows;
use super::sheet::refused;
use super::{Element, Space};

pub(super) struct Anchors<'a> {
    pub(super) moves: &'a Moves,
    /// Where the anchors are.
    pub(super) sheet: usize,
    pub(super) name: &'a str,
}

/// What an attribute refers to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    /// One cell, which stays the first of its copies.
    Cell,
    /// Ranges with blanks between them.
    Ranges,
    Formula,
    /// The row above a break of pages.
    Break,
}

/// What may stand in a sheet whose rows move: it is not anchored to rows, or is known below.
const KNOWN: &[&str] = &[
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "autoFilter",
    "sortState",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "tableParts",
    "extLst",
];

/// The same for what later versions of Excel added.
const KNOWN_LATER: &[&str] = &[
    "conditionalFormattings",
    "dataValidations",
    "sparklineGroups",
    "slicerList",
    "ignoredErrors",
    "protectedRanges",
    "timelineRefs",
    "id",
    "PLV",
];

fn anchors(element: &Element) -> &'static [(&'static str, Anchor)] {
    match element.local() {
        "dimension" | "autoFilter" | "sortState" | "sortCondition" | "table" => &[("ref", Anchor::Ranges)],
        "selection" => &[("activeCell", Anchor::Cell), ("sqref", Anchor::Ranges)],
        "pane" | "sheetView" | "customSheetView" => &[("topLeftCell", Anchor::Cell)],
        "protectedRange" | "ignoredError" | "dataValidation" | "conditionalFormatting" => {
            &[("sqref", Anchor::Ranges)]
        }
        "hyperlink" => &[("ref", Anchor::Ranges), ("location", Anchor::Formula)],
        "cellWatch" | "singleXmlCell" => &[("r", Anchor::Cell)],
        "comment" | "threadedComment" => &[("ref", Anchor::Cell)],
        "cfvo" => &[("val", Anchor::Formula)],
        "brk" => &[("id", Anchor::Break)],
        _ => &[],
    }
}

/// Whether the text of an element is a formula.
fn is_formula(element: &Element) -> bool {
    match element.local() {
        "f" => element.kind == Space::Later,
        // Later versions have the formula in an element within these.
        "formula" | "formula1" | "formula2" => element.elements().next().is_none(),
        "calculatedColumnFormula" | "totalsRowFormula" => true,
        _ => false,
    }
}

impl Anchors<'_> {
    /// Writes something that stands in a sheet beside its cells.
    pub(super) fn sheet_part(&self, out: &mut String, element: &Element) -> Result<(), WriteError> {
        if self.rows().has_repeats() {
            let unknown = match element.local() {
                "extLst" => element
                    .elements()
                    .flat_map(Element::elements)
                    .map(Element::local)
                    .find(|local| !KNOWN_LATER.contains(local)),
                local => Some(local).filter(|local| !KNOWN.contains(local)),
            };
            if let Some(unknown) = unknown {
                return Err(self.fixed(format!("it has `{unknown}`, which can't move with its rows")));
            }
        }
        match element.local() {
            "mergeCells" if self.rows().has_repeats() => self.merged(out, element),
            _ => self.element(out, element, Reader::Outside).map(|_| ()),
        }
    }

    /// Writes an element and what is in it; says whether anything of it is left.
    pub(super) fn element(
        &self,
        out: &mut String,
        element: &Element,
        reader: Reader,
    ) -> Result<bool, WriteError> {
        if element.local() == "colBreaks" {
            out.push_str(element.start);
            push_raw(out, &element.children);
            out.push_str(element.end);
            return Ok(true);
        }
        let Some(reader) = self.reader(element, reader)? else { return Ok(false) };
        let Some(start) = self.start(element, reader)? else { return Ok(false) };
        let before = out.len();
        out.push_str(&start);
        if is_formula(element) {
            out.push_str(&partial_escape(self.formula(&element.text(), reader)?.as_str()));
        } else if element.local() == "sqref" {
            out.push_str(&self.ranges(&element.text())?.unwrap_or_default());
        } else {
            let left = self.children(out, element, reader)?;
            if left < element.elements().count() {
                if left == 0 {
                    out.truncate(before);
                    return Ok(false);
                }
                recount(out, before, &start, element, left);
            }
        }
        out.push_str(element.end);
        Ok(true)
    }

    /// How many elements are left.
    fn children(&self, out: &mut String, element: &Element, reader: Reader) -> Result<usize, WriteError> {
        let mut left = 0;
        for node in &element.children {
            match node {
                Node::Element(child) => left += usize::from(self.element(out, child, reader)?),
                node => push_raw(out, std::slice::from_ref(node)),
            }
        }
        Ok(left)
    }

    /// Where formulas in an element stand, which is the first cell of what it is for; `None` when all
    /// of that has gone.
    fn reader(&self, element: &Element, outer: Reader) -> Result<Option<Reader>, WriteError> {
        let is_of_table = matches!(element.local(), "calculatedColumnFormula" | "totalsRowFormula");
        if is_of_table && self.rows().has_repeats() {
            return Ok(Some(Reader::Within { row: 0, own: 0 }));
        }
        let is_for = matches!(
            element.local(),
            "conditionalFormatting" | "dataValidation" | "sparkline" | "ignoredError" | "protectedRange"
        );
        let within = element.elements().find(|child| child.local() == "sqref").map(Element::text);
        let Some(ranges) = element.attribute("sqref").map(Into::into).or(within).filter(|_| is_for) else {
            return Ok(Some(outer));
        };
        if self.ranges(&ranges)?.is_none() {
            return Ok(None);
        }
        let first = ranges.split_whitespace().next().and_then(Area::read).and_then(|area| area.rows());
        let Some((row, _)) = first.filter(|(row, _)| self.rows().is_repeated(*row)) else {
            return Ok(Some(Reader::Outside));
        };
        if element.local() == "sparkline" {
            return Err(self.fixed("a sparkline stands in a repeated row".to_owned()));
        }
        Ok(Some(Reader::Within { row, own: self.rows().first_within(row) }))
    }

    /// The tag that begins it; `None` when what it is anchored to has gone.
    fn start(&self, element: &Element, reader: Reader) -> Result<Option<String>, WriteError> {
        let mut changes = Vec::new();
        for (name, anchor) in anchors(element) {
            let Some(value) = element.attribute(name) else { continue };
            let moved = match anchor {
                Anchor::Cell => self.cell(&value)?,
                Anchor::Ranges => match (self.ranges(&value)?, element.local()) {
                    (Some(moved), _) => moved,
                    (None, "dimension") => "A1".to_owned(),
                    (None, "selection") => match element.attribute("activeCell") {
                        Some(active) => self.cell(&active)?,
                        None => return Ok(None),
                    },
                    (None, _) => return Ok(None),
                },
                Anchor::Formula => self.formula(&value, reader)?,
                Anchor::Break => match value.parse() {
                    Ok(row) => self.rows().last(row).max(0).to_string(),
                    Err(_) => continue,
                },
            };
            changes.push((*name, moved));
        }
        if changes.is_empty() {
            return Ok(Some(element.start.to_owned()));
        }
        let changes: Vec<_> = changes.iter().map(|(name, moved)| (*name, Some(moved.as_str()))).collect();
        Ok(Some(element.start_with(&changes)))
    }

    /// Merged cells within a repeated row are merged in each copy.
    fn merged(&self, out: &mut String, element: &Element) -> Result<(), WriteError> {
        let rows = self.rows();
        let mut merged = Vec::new();
        for cell in element.elements() {
            let reference = cell.attribute("ref").unwrap_or_default();
            let area = self.area(&reference)?;
            let Some((first, last)) = area.rows() else {
                merged.push(cell.start_with(&[]));
                continue;
            };
            if first == last {
                for row in (0..rows.count(first)).zip(rows.first_within(first)..).map(|(_, row)| row) {
                    merged.push(cell.start_with(&[("ref", Some(&at_rows(area, row, row).to_string()))]));
                }
                continue;
            }
            if rows.is_repeated(first) {
                let wrong = format!("the merged cells {reference} begin in a repeated row and end below it");
                return Err(self.fixed(wrong));
            }
            if let Some((first, last)) = rows.span(first, last) {
                merged.push(cell.start_with(&[("ref", Some(&at_rows(area, first, last).to_string()))]));
            }
        }
        if merged.is_empty() {
            return Ok(());
        }
        out.push_str(&element.start_with(&[("count", Some(&merged.len().to_string()))]));
        for start in merged {
            out.push_str(&start);
            if !start.ends_with("/>") {
                out.push_str(&format!("</{}mergeCell>", element.prefix()));
            }
        }
        out.push_str(element.end);
        Ok(())
    }

    pub(super) fn rows(&self) -> &Rows {
        self.moves.of(self.sheet)
    }

    pub(super) fn cell(&self, text: &str) -> Result<String, WriteError> {
        let cell = Cell::read(text).ok_or_else(|| self.no_reference(text))?;
        let row = self.rows().first_within(cell.row.at);
        Ok(at_rows(Area::Cell(cell), row, row).to_string())
    }

    /// `None` when nothing of them is left.
    pub(super) fn ranges(&self, text: &str) -> Result<Option<String>, WriteError> {
        let mut moved = Vec::new();
        for range in text.split_whitespace() {
            let area = if range == GONE { None } else { Some(self.area(range)?) };
            let Some((area, (first, last))) = area.and_then(|area| Some((area, area.rows()?))) else {
                moved.push(range.to_owned());
                continue;
            };
            let Some((first, last)) = self.rows().span(first, last) else { continue };
            let area = match area {
                Area::Cell(cell) if first < last => Area::Cells(cell, cell),
                area => area,
            };
            moved.push(at_rows(area, first, last).to_string());
        }
        Ok((!moved.is_empty()).then(|| moved.join(" ")))
    }

    pub(super) fn formula(&self, formula: &str, reader: Reader) -> Result<String, WriteError> {
        let place = || format!("sheet `{}`, a rule, link or column of it", self.name);
        self.moves.formula(formula, Some(self.sheet), reader).map_err(|stuck| refused(place(), &stuck))
    }

    pub(super) fn area(&self, text: &str) -> Result<Area, WriteError> {
        Area::read(text).ok_or_else(|| self.no_reference(text))
    }

    pub(super) fn fixed(&self, wrong: String) -> WriteError {
        let way_out = "take it out of the template, or put the list on a sheet of its own";
        WriteError::Fixed { place: format!("sheet `{}`", self.name), wrong, way_out }
    }

    fn no_reference(&self, text: &str) -> WriteError {
        Format::Excel.broken(format!("sheet `{}`: `{text}` is no reference", self.name))
    }
}

/// Writes the tag of a list anew that has lost some of what it held.
fn recount(out: &mut String, at: usize, start: &str, list: &Element, left: usize) {
    if list.attribute("count").is_some() {
        let counted = list.start_with(&[("count", Some(&left.to_string()))]);
        out.replace_range(at..at + start.len(), &counted);
    }
}
