//! The cells of a sheet, with values in place of placeholders and rows for those of lists.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::escape::partial_escape;

use super::super::super::error::{WriteError, cut};
use super::super::super::grid::Datum;
use super::super::package::Format;
use super::super::placeholder::Placeholder;
use super::super::tree::{self, Node, push_raw};
use super::super::values::{List, Values};
use super::anchors::Anchors;
use super::cell::{Slot, Target, place, slots};
use super::formula::copied;
use super::moves::{Moves, Reader, Stuck};
use super::reference::{Area, ROWS};
use super::styles::Styles;
use super::text::Strings;
use super::{Element, book::Sheet};

/// What a sheet wants.
#[derive(Default)]
pub(super) struct Survey {
    /// Each once, in their order.
    pub(super) wanted: Vec<Placeholder>,
    known: BTreeSet<Placeholder>,
    /// Rows and columns of the cells with placeholders.
    pub(super) cells: Vec<(u32, u32)>,
    /// Rows that are repeated, and the list of each.
    pub(super) repeats: BTreeMap<u32, String>,
    pub(super) last_row: u32,
    pub(super) has_formulas: bool,
}

pub(super) fn survey(sheet: &Sheet, strings: &Strings) -> Result<Survey, WriteError> {
    let tree = tree::parse(&sheet.part.xml, &sheet.part.name)?;
    let mut survey = Survey::default();
    for element in tree::elements(&tree).flat_map(Element::elements) {
        if element.local() != "sheetData" {
            continue;
        }
        for (number, row) in rows(element, &sheet.name)? {
            survey.last_row = number;
            for slot in slots(row, strings, |column| place(&sheet.name, column, number))? {
                survey.has_formulas |= slot.formula.is_some();
                for placeholder in slot.placeholders() {
                    survey.add(placeholder, number, slot.column, &sheet.name)?;
                }
            }
        }
    }
    Ok(survey)
}

impl Survey {
    fn add(
        &mut self,
        placeholder: &Placeholder,
        row: u32,
        column: u32,
        sheet: &str,
    ) -> Result<(), WriteError> {
        if let Placeholder::Column { list, .. } = placeholder {
            let over = self.repeats.entry(row).or_insert_with(|| list.clone());
            if over != list {
                return Err(WriteError::Placeholder {
                    part: place(sheet, column, row),
                    placeholder: placeholder.to_string(),
                    wrong: format!("its row belongs to the list `{over}` already"),
                    way_out: "put each list into a row of its own",
                });
            }
        }
        self.cells.push((row, column));
        if self.known.insert(placeholder.clone()) {
            self.wanted.push(placeholder.clone());
        }
        Ok(())
    }
}

/// The rows with their numbers, in their order.
fn rows<'t, 'a>(data: &'t Element<'a>, sheet: &str) -> Result<Vec<(u32, &'t Element<'a>)>, WriteError> {
    let mut rows = Vec::new();
    let mut number = 0;
    for row in data.elements().filter(|element| element.local() == "row") {
        number = match row.attribute("r") {
            Some(text) => {
                let read = text.parse().ok().filter(|read| *read > number && *read <= ROWS);
                let wrong = || format!("sheet `{sheet}`: the row `{}` is out of order", cut(&text));
                read.ok_or_else(|| Format::Excel.broken(wrong()))?
            }
            None => number + 1,
        };
        rows.push((number, row));
    }
    Ok(rows)
}

/// What all sheets of a workbook are filled with.
pub(super) struct Filling<'f, 'p> {
    pub(super) values: &'f Values,
    pub(super) strings: &'f Strings<'p>,
    pub(super) moves: &'f Moves,
    pub(super) styles: Styles<'p>,
    pub(super) is_1904: bool,
    /// What all sheets together may be, in bytes.
    pub(super) most: usize,
    pub(super) written: usize,
}

/// The sheet that is being written.
struct Writing<'w, 'f, 'p> {
    filling: &'w mut Filling<'f, 'p>,
    sheet: &'w Sheet,
    /// In the workbook, from 0.
    number: usize,
    survey: &'w Survey,
    shared: BTreeMap<String, Shared>,
    out: String,
}

/// A formula that several cells share.
struct Shared {
    row: u32,
    column: u32,
    formula: String,
}

/// A row of the template that is being written.
#[derive(Clone, Copy)]
struct Row<'v> {
    template: u32,
    /// Where it is now.
    now: u32,
    /// The row of a list that it is for, from 0.
    of: Option<(&'v List, usize)>,
}

impl<'f> Filling<'f, '_> {
    pub(super) fn fill(
        &mut self,
        sheet: &Sheet,
        number: usize,
        survey: &Survey,
    ) -> Result<String, WriteError> {
        let tree = tree::parse(&sheet.part.xml, &sheet.part.name)?;
        let out = String::with_capacity(sheet.part.xml.len());
        let mut writing = Writing { filling: self, sheet, number, survey, shared: BTreeMap::new(), out };
        for node in &tree {
            match node {
                Node::Element(root) => writing.root(root)?,
                node => push_raw(&mut writing.out, std::slice::from_ref(node)),
            }
        }
        let out = writing.out;
        self.written += out.len();
        Ok(out)
    }
}

impl<'f> Writing<'_, 'f, '_> {
    fn root(&mut self, root: &Element) -> Result<(), WriteError> {
        let moves = self.filling.moves;
        let anchors = Anchors { moves, sheet: self.number, name: &self.sheet.name };
        self.out.push_str(root.start);
        for node in &root.children {
            match node {
                Node::Element(data) if data.local() == "sheetData" => self.data(data)?,
                Node::Element(element) if moves.any() => anchors.sheet_part(&mut self.out, element)?,
                node => push_raw(&mut self.out, std::slice::from_ref(node)),
            }
        }
        self.out.push_str(root.end);
        self.check_room()
    }

    fn data(&mut self, data: &Element) -> Result<(), WriteError> {
        let rows = rows(data, &self.sheet.name)?;
        self.out.push_str(data.start);
        let sheet = self.sheet;
        let strings = self.filling.strings;
        for (template, row) in rows {
            let slots = slots(row, strings, |column| place(&sheet.name, column, template))?;
            self.note_shared(&slots, template);
            let moves = self.filling.moves.of(self.number);
            let now = moves.first_within(template);
            let Some(list) = self.survey.repeats.get(&template) else {
                self.row(row, &slots, Row { template, now, of: None })?;
                continue;
            };
            let values = self.filling.values;
            let list = values.lists.get(list).filter(|list| !list.rows.is_empty());
            let Some(list) = list else {
                // What can't be repeated is told whether or not there is something to repeat.
                let length = self.out.len();
                for (slot, formula) in slots.iter().filter_map(|slot| Some((slot, slot.formula?))) {
                    self.formula(slot, formula, Row { template, now, of: None }, None)?;
                }
                self.out.truncate(length);
                continue;
            };
            for (at, now) in (0..list.rows.len()).zip(now..) {
                self.row(row, &slots, Row { template, now, of: Some((list, at)) })?;
            }
        }
        self.out.push_str(data.end);
        Ok(())
    }

    fn row(&mut self, element: &Element, slots: &[Slot], row: Row<'f>) -> Result<(), WriteError> {
        let has_number = element.attribute("r").is_some();
        match has_number && row.now != row.template {
            true => {
                let number = row.now.to_string();
                self.out.push_str(&element.start_with(&[("r", Some(&number))]));
            }
            false => self.out.push_str(element.start),
        }
        let mut slots = slots.iter();
        for node in &element.children {
            match node {
                Node::Element(cell) if cell.local() == "c" => {
                    if let Some(slot) = slots.next() {
                        self.slot(slot, row)?;
                    }
                }
                node => push_raw(&mut self.out, std::slice::from_ref(node)),
            }
        }
        self.out.push_str(element.end);
        self.check_room()
    }

    fn slot(&mut self, slot: &Slot, row: Row<'f>) -> Result<(), WriteError> {
        let moved = (row.now != row.template).then(|| slot.reference(row.now)).flatten();
        if let Some(formula) = slot.formula {
            return self.formula(slot, formula, row, moved);
        }
        if slot.is_plain() {
            match moved {
                Some(moved) => self.out.push_str(&slot.element.start_with(&[("r", Some(&moved))])),
                None => self.out.push_str(slot.element.start),
            }
            push_raw(&mut self.out, &slot.element.children);
            self.out.push_str(slot.element.end);
            return Ok(());
        }
        let sheet = self.sheet;
        let values = self.filling.values;
        let target = Target {
            styles: &mut self.filling.styles,
            is_1904: self.filling.is_1904,
            place: &|| place(&sheet.name, slot.column, row.template),
        };
        slot.fill(&mut self.out, moved.as_deref(), |placeholder| value(values, placeholder, row.of), target)
    }

    /// A formula without its result.
    fn formula(
        &mut self,
        slot: &Slot,
        formula: &Element,
        row: Row,
        moved: Option<String>,
    ) -> Result<(), WriteError> {
        let mut changes = vec![("t", None)];
        changes.extend(moved.as_deref().map(|moved| ("r", Some(moved))));
        let start = slot.element.start_with(&changes);
        self.out.push_str(start.trim_end_matches("/>"));
        if start.ends_with("/>") {
            self.out.push('>');
        }
        for child in slot.element.elements() {
            match child.local() {
                "f" if self.filling.moves.any() => self.moved_formula(slot, formula, row)?,
                "v" | "is" => {}
                _ => {
                    self.out.push_str(child.start);
                    push_raw(&mut self.out, &child.children);
                    self.out.push_str(child.end);
                }
            }
        }
        self.out.push_str(&format!("</{}>", slot.element.name()));
        Ok(())
    }

    fn moved_formula(&mut self, slot: &Slot, formula: &Element, row: Row) -> Result<(), WriteError> {
        let moves = self.filling.moves;
        let place = || place(&self.sheet.name, slot.column, row.template);
        let kind = formula.attribute("t").unwrap_or_default();
        let mut text = formula.text();
        let mut area = None;
        match kind.as_ref() {
            "shared" => {
                let number = formula.attribute("si").unwrap_or_default();
                let shared = self.shared.get(number.as_ref()).ok_or_else(|| {
                    Format::Excel.broken(format!("{}: its formula is shared with none", place()))
                })?;
                let down = i64::from(row.template) - i64::from(shared.row);
                let right = i64::from(slot.column) - i64::from(shared.column);
                text = copied(&shared.formula, down, right);
            }
            "array" => area = Some(self.array(formula, row).map_err(|wrong| fixed(place(), wrong))?),
            "dataTable" if moves.of(self.number).has_repeats() => {
                return Err(fixed(place(), "a table of what happens if can't be moved"));
            }
            _ => {}
        }
        let is_repeated = moves.of(self.number).is_repeated(row.template);
        let reader = match is_repeated {
            true => Reader::Within { row: row.template, own: row.now },
            false => Reader::Outside,
        };
        let text =
            moves.formula(&text, Some(self.number), reader).map_err(|stuck| refused(place(), &stuck))?;
        let changes = match kind.as_ref() {
            "shared" => vec![("t", None), ("si", None), ("ref", None)],
            "array" => vec![("ref", area.as_deref())],
            _ => Vec::new(),
        };
        let start = formula.start_with(&changes);
        let open = start.strip_suffix("/>").map(|open| format!("{open}>"));
        self.out.push_str(&open.unwrap_or(start));
        self.out.push_str(&partial_escape(text.as_str()));
        self.out.push_str(&format!("</{}>", formula.name()));
        Ok(())
    }

    /// Where the cells of an array are.
    fn array(&self, formula: &Element, row: Row) -> Result<String, &'static str> {
        let reference = formula.attribute("ref").unwrap_or_default();
        let area = Area::read(&reference).ok_or("the cells of its array are not named")?;
        let rows = self.filling.moves.of(self.number);
        let (first, last) = area.rows().ok_or("the cells of its array are not named")?;
        if first != last && rows.is_any_repeated(first, last) {
            return Err("a formula of several rows can't be repeated");
        }
        let (first, last) = match first == last {
            true => (row.now, row.now),
            false => rows.span(first, last).ok_or("its array is moved out of the sheet")?,
        };
        Ok(super::moves::at_rows(area, first, last).to_string())
    }

    /// Formulas that others share; they stand before those.
    fn note_shared(&mut self, slots: &[Slot], row: u32) {
        for slot in slots {
            let Some(formula) = slot.formula else { continue };
            let text = formula.text();
            if let Some(number) = formula.attribute("si")
                && !text.is_empty()
            {
                let shared = Shared { row, column: slot.column, formula: text };
                self.shared.insert(number.into_owned(), shared);
            }
        }
    }

    fn check_room(&self) -> Result<(), WriteError> {
        let most = self.filling.most;
        if self.filling.written + self.out.len() > most {
            let wrong = format!("the filled workbook is larger than {most} bytes");
            return Err(WriteError::TooLarge { wrong, way_out: "give fewer rows or shorter texts" });
        }
        Ok(())
    }
}

fn value(
    values: &Values,
    placeholder: &Placeholder,
    of: Option<(&List, usize)>,
) -> Result<Datum, WriteError> {
    let value = match placeholder {
        Placeholder::Field { name } => values.datum(name),
        Placeholder::Column { column, .. } => of.and_then(|(list, row)| list.datum(row, column).cloned()),
    };
    value.ok_or_else(|| WriteError::Unknown { names: vec![placeholder.clone()] })
}

fn fixed(place: String, wrong: &str) -> WriteError {
    let way_out = "take it out of the template, or put the list on a sheet of its own";
    WriteError::Fixed { place, wrong: wrong.to_owned(), way_out }
}

pub(super) fn refused(place: String, stuck: &Stuck) -> WriteError {
    let wrong = format!("`{}`: {}", cut(&stuck.reference), stuck.wrong);
    WriteError::Fixed { place, wrong, way_out: stuck.way_out }
}
