//! Rows of a sheet become pages.
//!
//! A page is a sheet, or a run of its rows. It is made of stretches: a heading that names the sheet,
//! the cells that follow (`Limits A3:F40`) and the title of the table, then one line for each row.
//! Every page begins with such a heading and every row carries the names of its columns, so a
//! passage cut anywhere still says what its figures are.

use std::collections::BTreeMap;

use inhouse_agent::passage::{Cell, CharRange, Heading, Page, Sheet, column_letters};
use inhouse_agent::read::ReadFailure;

use super::header::{self, Table};
use super::line::{HIDDEN, Line, Names, lines};
use super::row::{Facts, Row, Value, ValueKind};
use crate::child::too_much_text;
use crate::read::Give;

/// What a page aims at, in characters.
const PAGE_CHARS: usize = 3000;
/// A table of its own begins a new page when the open one has as much.
const SHORT_PAGE_CHARS: usize = 1500;

/// Rows that are looked at before it is decided what names the columns.
const LOOKAHEAD: usize = 12;

/// The rows above a table that are its title, at most, and their length in characters.
const TITLE_ROWS: usize = 4;
const TITLE_CHARS: usize = 200;

/// Longest value of a merged cell that is given with each of its rows, in characters.
const REPEATED_CHARS: usize = 200;

/// The pages of all sheets.
pub(super) struct Pages<'g> {
    give: Give<'g>,
    text_bytes: u64,
    given: u32,
    /// Formulas in all sheets whose result was not saved.
    unsaved_formulas: u32,
}

impl<'g> Pages<'g> {
    /// `text_bytes`: how much text a sheet may have.
    pub(super) fn new(text_bytes: u64, give: Give<'g>) -> Self {
        Self { give, text_bytes, given: 0, unsaved_formulas: 0 }
    }

    fn give(&mut self, text: String, headings: Vec<Heading>, sheet: Sheet) -> Result<(), ReadFailure> {
        self.given += 1;
        (self.give)(Page { number: self.given, text, headings, sheet: Some(sheet) })
    }

    /// A page without text, for a sheet that can't be read.
    pub(super) fn give_unread(&mut self, name: &str) -> Result<(), ReadFailure> {
        self.give(String::new(), Vec::new(), Sheet { name: name.to_owned(), cells: Vec::new() })
    }

    pub(super) fn given(&self) -> u32 {
        self.given
    }

    pub(super) fn unsaved_formulas(&self) -> u32 {
        self.unsaved_formulas
    }
}

/// One sheet on its way into pages; rows come in their order.
pub(super) struct SheetLayout<'p, 'g> {
    pages: &'p mut Pages<'g>,
    pub(super) facts: Facts,
    /// First rows of the open block, while it is not known what they are.
    waiting: Vec<Row>,
    is_settled: bool,
    /// Whose names stand before the values.
    table: Option<Table>,
    last_row: u32,
    /// Merged cells that reach below their first row, by their first column.
    reaching: BTreeMap<u32, (u32, Value)>,
    stretch: Stretch,
    draft: Draft,
    is_first: bool,
    bytes: u64,
}

impl<'p, 'g> SheetLayout<'p, 'g> {
    pub(super) fn new(pages: &'p mut Pages<'g>, facts: Facts) -> Self {
        pages.unsaved_formulas = pages.unsaved_formulas.saturating_add(facts.unsaved_formulas);
        Self {
            pages,
            facts,
            waiting: Vec::new(),
            is_settled: false,
            table: None,
            last_row: 0,
            reaching: BTreeMap::new(),
            stretch: Stretch::default(),
            draft: Draft::default(),
            is_first: true,
            bytes: 0,
        }
    }

    /// Takes the next row; one without values is left out.
    pub(super) fn push(&mut self, mut row: Row) -> Result<(), ReadFailure> {
        if row.values.is_empty() {
            return Ok(());
        }
        // The limit counts what the sheet has, before names are put to it.
        self.bytes += row.values.iter().map(|value| value.text.len() as u64).sum::<u64>();
        if self.bytes > self.pages.text_bytes {
            return Err(too_much_text(self.pages.text_bytes));
        }
        row.hidden |= self.facts.hidden_rows.contains(&row.number);
        self.repeat_merged(&mut row);
        if self.last_row > 0 && row.number != self.last_row + 1 {
            self.end_block()?;
        }
        self.last_row = row.number;
        if self.is_settled {
            return self.write(&row);
        }
        self.waiting.push(row);
        if self.waiting.len() == LOOKAHEAD { self.settle() } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> Result<(), ReadFailure> {
        self.end_block()?;
        self.end_page()
    }

    /// A merged cell shows its value in each of its rows.
    fn repeat_merged(&mut self, row: &mut Row) {
        self.reaching.retain(|_, (last, _)| *last >= row.number);
        let own: Vec<u32> = row.values.iter().map(|value| value.column).collect();
        let begun = row.values.iter().filter_map(|value| {
            let area = self.facts.merges.get(&(value.row, value.column))?;
            let reaches = area.rows.1 > row.number && value.text.chars().nth(REPEATED_CHARS).is_none();
            reaches.then(|| (value.column, (area.rows.1, value.clone())))
        });
        let begun: Vec<_> = begun.collect();
        let repeated = self.reaching.values().filter(|(_, value)| !own.contains(&value.column));
        row.values.extend(repeated.map(|(_, value)| value.clone()));
        row.values.sort_by_key(|value| value.column);
        self.reaching.extend(begun);
    }

    /// Blank rows end a block of rows.
    fn end_block(&mut self) -> Result<(), ReadFailure> {
        if !self.is_settled {
            self.settle()?;
        }
        self.is_settled = false;
        Ok(())
    }

    /// Decides what the first rows of a block are, and writes them.
    fn settle(&mut self) -> Result<(), ReadFailure> {
        self.is_settled = true;
        let rows = std::mem::take(&mut self.waiting);
        if self.table.as_ref().is_some_and(|table| table.goes_on(&rows)) {
            return rows.iter().try_for_each(|row| self.write(row));
        }
        self.table = None;
        let titles = titles(&rows);
        let (title, rows) = rows.split_at(titles);
        let header = header::find(rows, &self.facts);
        if titles > 0 || header.is_some() {
            let values = title.iter().flat_map(|row| &row.values).cloned().collect();
            self.begin_stretch(values)?;
        }
        for (at, row) in rows.iter().enumerate() {
            if header == Some(at) {
                let group = header::group_above(rows, at, &self.facts);
                self.table = Some(Table::new(row, group, &self.facts));
                self.write_lines(row, lines(row, Names::None))?;
            } else {
                self.write(row)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, row: &Row) -> Result<(), ReadFailure> {
        let lines = match &mut self.table {
            Some(table) => {
                table.learn(row);
                lines(row, Names::Of(table))
            }
            None => lines(row, Names::Letters),
        };
        self.write_lines(row, lines)
    }

    fn write_lines(&mut self, row: &Row, lines: Vec<Line>) -> Result<(), ReadFailure> {
        for line in lines {
            let is_full = self.draft.chars + self.stretch.chars + line.chars > PAGE_CHARS;
            if is_full && (self.stretch.chars > 0 || self.draft.chars > 0) {
                let title = self.stretch.title.clone();
                let goes_on = self.stretch.goes_on || !self.stretch.lines.is_empty();
                self.end_page()?;
                self.stretch = Stretch { title, goes_on, ..Stretch::default() };
            }
            self.stretch.take(row, line);
        }
        Ok(())
    }

    fn begin_stretch(&mut self, title: Vec<Value>) -> Result<(), ReadFailure> {
        self.end_stretch();
        if self.draft.chars >= SHORT_PAGE_CHARS {
            self.end_page()?;
        }
        self.stretch.title = title;
        Ok(())
    }

    fn end_stretch(&mut self) {
        let stretch = std::mem::take(&mut self.stretch);
        if stretch.lines.is_empty() {
            return;
        }
        let heading = self.heading(&stretch);
        self.draft.append(heading, stretch.lines);
    }

    /// `Limits A3:F40: Travel limits of 2025`
    fn heading(&mut self, stretch: &Stretch) -> Line {
        let mut heading = Line::default();
        let facts = &self.facts;
        if !facts.name.is_empty() {
            heading.push(&facts.name);
            heading.push(" ");
        }
        let ((first_row, last_row), (first, last)) = (stretch.rows, stretch.columns);
        heading.push(&format!("{}{first_row}:{}{last_row}", column_letters(first), column_letters(last)));
        if facts.hidden {
            heading.push(&format!(" ({HIDDEN})"));
        }
        let shown = |&&(from, to): &&(u32, u32)| from <= last && to >= first;
        let hidden: Vec<String> = facts
            .hidden_columns
            .iter()
            .filter(shown)
            .map(|&(from, to)| column_names(from.max(first), to.min(last)))
            .collect();
        if !hidden.is_empty() {
            heading.push(&format!(" ({HIDDEN}: {})", hidden.join(", ")));
        }
        if std::mem::take(&mut self.is_first) && facts.unsaved_formulas > 0 {
            heading
                .push(&format!(" (formulas without a saved result/公式无结果: {})", facts.unsaved_formulas));
        }
        for (at, value) in stretch.title.iter().enumerate() {
            heading.push(if at == 0 { ": " } else { " / " });
            heading.push_value(value, &value.text);
        }
        heading
    }

    fn end_page(&mut self) -> Result<(), ReadFailure> {
        self.end_stretch();
        let draft = std::mem::take(&mut self.draft);
        if draft.text.is_empty() {
            return Ok(());
        }
        let sheet = Sheet { name: self.facts.name.clone(), cells: draft.cells };
        self.pages.give(draft.text, draft.headings, sheet)
    }
}

/// How many of the first rows are the title of what follows: texts that stand alone.
fn titles(rows: &[Row]) -> usize {
    let is_title = |row: &&Row| match row.values.as_slice() {
        [only] => !row.hidden && only.kind == ValueKind::Text && only.text.chars().nth(TITLE_CHARS).is_none(),
        _ => false,
    };
    let count = rows.iter().take(TITLE_ROWS).take_while(is_title).count();
    let is_followed = rows.get(count).is_some_and(|row| row.values.len() > 1);
    if is_followed { count } else { 0 }
}

fn column_names(first: u32, last: u32) -> String {
    if first == last {
        column_letters(first)
    } else {
        format!("{}:{}", column_letters(first), column_letters(last))
    }
}

/// Rows under one heading.
#[derive(Default)]
struct Stretch {
    title: Vec<Value>,
    /// It goes on with one of the page before, and its title stands there.
    goes_on: bool,
    lines: Vec<Line>,
    chars: usize,
    rows: (u32, u32),
    columns: (u32, u32),
}

impl Stretch {
    fn take(&mut self, row: &Row, line: Line) {
        let titles = self.title.iter().filter(|_| self.lines.is_empty() && !self.goes_on);
        let mut places: Vec<_> = titles.map(|value| (value.row, value.column)).collect();
        places.extend(row.values.iter().map(|value| (row.number, value.column)));
        for (row, column) in places {
            self.rows = widen(self.rows, row);
            self.columns = widen(self.columns, column);
        }
        self.chars += line.chars + 1;
        self.lines.push(line);
    }
}

/// A span from 1 with one more number in it; (0, 0) has none yet.
fn widen((first, last): (u32, u32), number: u32) -> (u32, u32) {
    if first == 0 { (number, number) } else { (first.min(number), last.max(number)) }
}

/// The open page.
#[derive(Default)]
struct Draft {
    text: String,
    chars: usize,
    headings: Vec<Heading>,
    cells: Vec<Cell>,
}

impl Draft {
    fn append(&mut self, heading: Line, lines: Vec<Line>) {
        if !self.text.is_empty() {
            self.push("\n\n");
        }
        let start = self.chars;
        let mut last_is_row = heading.text.contains('|');
        self.push_line(heading);
        self.headings.push(Heading { level: 1, range: CharRange::new(start, self.chars) });
        for line in lines {
            let is_row = line.text.contains('|');
            // Lines of one value would be taken for one text that was wrapped.
            self.push(if is_row || last_is_row { "\n" } else { "\n\n" });
            last_is_row = is_row;
            self.push_line(line);
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.chars += text.chars().count();
    }

    fn push_line(&mut self, line: Line) {
        let at = self.chars;
        self.push(&line.text);
        self.cells.extend(
            line.cells.into_iter().map(|cell| Cell {
                range: CharRange::new(cell.range.start + at, cell.range.end + at),
                ..cell
            }),
        );
    }
}
