//! How wide the columns of a table are.

use super::super::super::error::WriteError;
use super::super::super::grid::{Datum, Grid};
use super::super::piece::text_width;
use super::super::text::Shaped;
use super::{Frame, Row};

/// The pages and sizes that are tried, the best first: whether the page lies, and points.
const TRIES: [(bool, f32); 6] =
    [(false, 9.5), (false, 8.5), (true, 9.0), (true, 8.0), (true, 7.0), (true, 6.5)];

/// Ems up to which a word of a text is not cut, and a figure or a date.
const WORD: f32 = 9.0;
const FIGURE: f32 = 30.0;
/// Ems up to which a text should stand in one line, and after which a column wants no more.
const SHORT: f32 = 7.0;
const WIDEST: f32 = 40.0;

/// What the columns want, in ems.
pub(super) struct Measures {
    /// So narrow that words are cut only when they are long.
    hard: Vec<f32>,
    /// So narrow that it is still well read.
    soft: Vec<f32>,
    /// As wide as the widest line.
    natural: Vec<f32>,
}

/// Room at each side of a column, in points.
pub(super) fn side(size: f32) -> f32 {
    size * 0.55
}

impl Measures {
    pub(super) fn of(grid: &Grid, head: &Row, rows: &[Row]) -> Self {
        let count = grid.columns.len();
        let mut measures = Self { hard: vec![0.5; count], soft: vec![0.5; count], natural: vec![0.5; count] };
        for (column, cell) in head.cells.iter().enumerate() {
            measures.widen(column, cell, false);
        }
        for (row, data) in rows.iter().zip(grid.all_rows()) {
            for (column, (cell, datum)) in row.cells.iter().zip(data).enumerate() {
                let is_figure = matches!(datum, Datum::Number(_) | Datum::Date(_));
                measures.widen(column, cell, is_figure);
            }
        }
        measures
    }

    fn widen(&mut self, column: usize, cell: &[Shaped], is_figure: bool) {
        for line in cell {
            let width = line.width();
            // A figure has no place for a break, but its sign or its point may look like one.
            let part = if is_figure { width.min(FIGURE) } else { line.widest_part().min(WORD) };
            let widen = |known: &mut f32, to: f32| *known = known.max(to);
            widen(&mut self.hard[column], part);
            widen(&mut self.soft[column], part.max(width.min(SHORT)));
            widen(&mut self.natural[column], width.min(WIDEST).max(part));
        }
    }
}

/// The first page and size on which the columns are well read; else one of the last, if
/// words need not be cut.
pub(super) fn frame(grid: &Grid, measures: &Measures) -> Result<Frame, WriteError> {
    let is_right: Vec<bool> = (0..grid.columns.len()).map(|column| grid.is_numeric(column)).collect();
    let of = |(is_lying, size): (bool, f32), least: &[f32]| {
        let widths = widths(least, &measures.natural, size, text_width(is_lying))?;
        Some(Frame { size, is_lying, widths, is_right: is_right.clone() })
    };
    let well = TRIES.into_iter().find_map(|page| of(page, &measures.soft));
    well.or_else(|| TRIES[4..].iter().copied().find_map(|page| of(page, &measures.hard))).ok_or_else(|| {
        let place = grid.place(None, None);
        let wrong = format!("{place}: its {} columns don't fit on a page that lies", grid.columns.len());
        WriteError::TooLarge { wrong, way_out: "leave some out, or write a workbook" }
    })
}

/// In points, together `all`: at least what they need, then in proportion to what they want more.
/// `None` when there is too little.
fn widths(least: &[f32], natural: &[f32], size: f32, all: f32) -> Option<Vec<f32>> {
    let needed: Vec<f32> = least.iter().map(|width| width * size + 2.0 * side(size)).collect();
    let room = all - needed.iter().sum::<f32>();
    if room < 0.0 {
        return None;
    }
    let wanted: Vec<f32> =
        natural.iter().zip(least).map(|(most, least)| (most - least).max(0.0) * size).collect();
    let share = (room / wanted.iter().sum::<f32>()).min(1.0);
    let widths: Vec<f32> =
        needed.iter().zip(&wanted).map(|(needed, wanted)| needed + wanted * share).collect();
    // What nobody wants goes to all alike by their width.
    let stretch = all / widths.iter().sum::<f32>();
    Some(widths.into_iter().map(|width| width * stretch).collect())
}
