//! Tables, as wide as the page.

mod columns;

use super::super::error::WriteError;
use super::super::grid::{Datum, Grid};
use super::Document;
use super::element::Role;
use super::piece::{
    FAINT_RULE, HEAD_FILL, INK, Mark, Piece, STRONG_RULE, Text, baseline, text_height, text_width,
};
use super::text::{Line, Setter, Shaped};
use columns::Measures;

/// Height of a line, of the size.
const LINE: f32 = 1.4;
/// Room above and below the text of a row, of the size.
const PAD: f32 = 0.4;
const AFTER: f32 = 14.0;
const STRONG: f32 = 0.9;
const FAINT: f32 = 0.5;

/// Where its columns stand.
struct Frame {
    size: f32,
    is_lying: bool,
    /// In points, with the room at their sides.
    widths: Vec<f32>,
    is_right: Vec<bool>,
}

/// A row before it is cut into lines.
struct Row {
    /// The lines that the text of each cell has by itself.
    cells: Vec<Vec<Shaped>>,
    is_bold: bool,
}

/// The look of a row.
#[derive(Clone, Copy)]
struct Look {
    cell: Role,
    /// Whether its rules are strong, above and below.
    rules: [Option<bool>; 2],
    is_filled: bool,
}

const HEAD: Look = Look { cell: Role::HeadCell, rules: [Some(true), Some(true)], is_filled: true };
const INNER: Look = Look { cell: Role::Cell, rules: [None, Some(false)], is_filled: false };
const LAST: Look = Look { cell: Role::Cell, rules: [None, Some(true)], is_filled: false };

impl Document<'_> {
    pub(super) fn push_table(&mut self, grid: &Grid, is_named: bool) -> Result<(), WriteError> {
        let (head, rows) = shaped(&mut self.setter, grid)?;
        let measures = Measures::of(grid, &head, &rows);
        let frame = columns::frame(grid, &measures)?;
        let table = self.element(Role::Table, 0);
        if is_named {
            self.push_caption(&grid.name, frame.is_lying, table)?;
        }
        let repeated = self.push_head(&head, &frame, table, rows.is_empty())?;
        let count = rows.len();
        for (at, row) in rows.iter().enumerate() {
            let look = if at + 1 == count || rows[at + 1].is_bold { LAST } else { INNER };
            // The row of totals does not begin a page.
            let is_kept = rows.get(at + 1).is_some_and(|next| next.is_bold);
            for mut piece in self.row(row, &frame, look, table) {
                piece.head = repeated;
                piece.keep |= is_kept;
                self.pages.push(piece)?;
            }
        }
        self.after = AFTER;
        Ok(())
    }

    /// Pushes the headings; gives what is repeated on the pages that follow. What takes more than a
    /// third of a page is not.
    fn push_head(
        &mut self,
        head: &Row,
        frame: &Frame,
        table: usize,
        is_alone: bool,
    ) -> Result<Option<usize>, WriteError> {
        let mut pieces = self.row(head, frame, HEAD, table);
        if let Some(first) = pieces.first_mut() {
            first.before = self.after;
        }
        let height: f32 = pieces.iter().map(|piece| piece.height).sum();
        let is_repeated = height <= text_height(frame.is_lying) / 3.0;
        let mut repeated = None;
        for mut piece in pieces {
            if is_repeated {
                piece.keep = !is_alone;
                self.pages.heads.push(piece.clone());
                repeated = Some(self.pages.heads.len() - 1);
            }
            self.pages.push(piece)?;
        }
        Ok(repeated)
    }

    /// One piece; one for each line when the row takes more than half of a page.
    fn row(&mut self, row: &Row, frame: &Frame, look: Look, table: usize) -> Vec<Piece> {
        let element = self.element(Role::Row, table);
        let cells: Vec<(usize, Vec<Line>)> = row
            .cells
            .iter()
            .zip(&frame.widths)
            .map(|(cell, width)| {
                let width = frame.text_width(*width) / frame.size;
                let lines = cell.iter().flat_map(|shaped| shaped.lines(width)).collect();
                (self.element(look.cell, element), lines)
            })
            .collect();
        let count = cells.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
        let whole = count as f32 * frame.line() + 2.0 * frame.pad();
        if whole <= text_height(frame.is_lying) / 2.0 {
            return vec![frame.piece(&cells, 0..count, look, [true, true])];
        }
        let piece = |at: usize| frame.piece(&cells, at..at + 1, look, [at == 0, at + 1 == count]);
        (0..count).map(piece).collect()
    }
}

impl Frame {
    fn line(&self) -> f32 {
        LINE * self.size
    }

    fn pad(&self) -> f32 {
        PAD * self.size
    }

    fn text_width(&self, width: f32) -> f32 {
        width - 2.0 * columns::side(self.size)
    }

    /// Some of the lines of a row; `ends`: whether its top and its bottom are among them.
    fn piece(
        &self,
        cells: &[(usize, Vec<Line>)],
        lines: std::ops::Range<usize>,
        look: Look,
        ends: [bool; 2],
    ) -> Piece {
        let pads = ends.map(|is_end| if is_end { self.pad() } else { 0.0 });
        let height = lines.len() as f32 * self.line() + pads[0] + pads[1];
        let width = text_width(self.is_lying);
        let mut marks = Vec::new();
        let mut fill = |top, height, colour| marks.push(Mark::Fill { left: 0.0, top, width, height, colour });
        if look.is_filled {
            fill(0.0, height, HEAD_FILL);
        }
        for ((rule, is_end), edge) in look.rules.iter().zip(ends).zip([0.0, height]) {
            match rule {
                Some(true) if is_end => fill(edge - STRONG / 2.0, STRONG, STRONG_RULE),
                Some(false) if is_end => fill(edge - FAINT / 2.0, FAINT, FAINT_RULE),
                _ => {}
            }
        }
        let mut left = 0.0;
        for (column, (element, all)) in cells.iter().enumerate() {
            let room = self.text_width(self.widths[column]);
            for (at, line) in all.iter().enumerate().take(lines.end).skip(lines.start) {
                let over = room - line.width * self.size;
                let moved = if self.is_right[column] { over } else { 0.0 };
                marks.push(Mark::Text(Text {
                    left: left + columns::side(self.size) + moved,
                    baseline: pads[0]
                        + (at - lines.start) as f32 * self.line()
                        + baseline(self.line(), self.size),
                    size: self.size,
                    colour: INK,
                    line: line.clone(),
                    element: Some(*element),
                }));
            }
            left += self.widths[column];
        }
        Piece { height, marks, is_lying: self.is_lying, ..Piece::default() }
    }
}

/// The headings and the rows, the totals last and bold.
fn shaped(setter: &mut Setter<'_>, grid: &Grid) -> Result<(Row, Vec<Row>), WriteError> {
    let head = grid
        .columns
        .iter()
        .enumerate()
        .map(|(column, name)| setter.shape(name, true, || grid.place(None, Some(column))))
        .collect::<Result<_, _>>()?;
    let mut row = |at: Option<usize>, data: &[Datum]| -> Result<Row, WriteError> {
        let is_bold = at.is_none();
        let cells = data
            .iter()
            .enumerate()
            .map(|(column, datum)| setter.shape(&datum.to_string(), is_bold, || grid.place(at, Some(column))))
            .collect::<Result<_, _>>()?;
        Ok(Row { cells, is_bold })
    };
    let mut rows = Vec::with_capacity(grid.rows.len() + 1);
    for (at, data) in grid.rows.iter().enumerate() {
        rows.push(row(Some(at), data)?);
    }
    if let Some(total) = &grid.total {
        rows.push(row(None, &total.row)?);
    }
    Ok((Row { cells: head, is_bold: true }, rows))
}
