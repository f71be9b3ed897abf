//! Where the rows of a sheet are after some of them were repeated.

use super::reference::ROWS;

/// Rows of a sheet, from 1, before and after.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    /// In order of their rows.
    repeats: Vec<Repeat>,
}

#[derive(Debug, Clone, Copy)]
struct Repeat {
    row: u32,
    /// How often it is there afterwards.
    count: u32,
    /// How far the rows below it are moved down.
    shift: i64,
}

impl Rows {
    /// `repeats`: rows in order, and how often each is there afterwards.
    pub(super) fn new(repeats: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut shift = 0;
        let repeat = |(row, count)| {
            shift += i64::from(count) - 1;
            Repeat { row, count, shift }
        };
        Self { repeats: repeats.into_iter().map(repeat).collect() }
    }

    /// Whether any row is repeated, be it once.
    pub(super) fn has_repeats(&self) -> bool {
        !self.repeats.is_empty()
    }

    pub(super) fn is_repeated(&self, row: u32) -> bool {
        self.find(row).is_ok()
    }

    /// Whether a row is repeated that lies between these, or is one of them.
    pub(super) fn is_any_repeated(&self, first: u32, last: u32) -> bool {
        match self.find(first) {
            Ok(_) => true,
            Err(next) => self.repeats.get(next).is_some_and(|repeat| repeat.row <= last),
        }
    }

    /// How often a row is there afterwards.
    pub(super) fn count(&self, row: u32) -> u32 {
        self.find(row).map_or(1, |at| self.repeats[at].count)
    }

    /// Where a row is, the first of its copies, or what follows when it has gone.
    pub(super) fn first(&self, row: u32) -> i64 {
        let (Ok(before) | Err(before)) = self.find(row);
        i64::from(row) + before.checked_sub(1).map_or(0, |last| self.repeats[last].shift)
    }

    /// Where the last of its copies is, or what stands before it when it has gone.
    pub(super) fn last(&self, row: u32) -> i64 {
        self.first(row) + i64::from(self.count(row)) - 1
    }

    /// The same for a row that must be in the sheet: what is moved out of it is at its end.
    pub(super) fn first_within(&self, row: u32) -> u32 {
        within(self.first(row))
    }

    /// Where a stretch of rows is; `None` when it has gone.
    pub(super) fn span(&self, first: u32, last: u32) -> Option<(u32, u32)> {
        let (first, last) = (self.first(first), self.last(last));
        (first <= last && first <= i64::from(ROWS)).then(|| (within(first), within(last)))
    }

    fn find(&self, row: u32) -> Result<usize, usize> {
        self.repeats.binary_search_by_key(&row, |repeat| repeat.row)
    }
}

fn within(row: i64) -> u32 {
    u32::try_from(row.clamp(1, i64::from(ROWS))).unwrap_or(ROWS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_below_move_and_stretches_grow() {
        let rows = Rows::new([(5, 3), (7, 0), (9, 1)]);
        assert_eq!([4, 5, 6, 7, 8, 9, 10].map(|row| rows.first(row)), [4, 5, 8, 9, 9, 10, 11]);
        assert_eq!(rows.span(5, 5), Some((5, 7)));
        assert_eq!(rows.span(1, 5), Some((1, 7)));
        assert_eq!(rows.span(6, 7), Some((8, 8)));
        assert_eq!(rows.span(7, 7), None);
        assert_eq!(rows.span(7, 8), Some((9, 9)));
        assert_eq!(rows.span(1, ROWS), Some((1, ROWS)));
        assert_eq!(rows.span(ROWS, ROWS), None);
        assert!(rows.is_any_repeated(6, 8) && rows.is_any_repeated(5, 5) && !rows.is_any_repeated(10, 99));
    }

    #[test]
    fn nothing_moves_without_repeats() {
        let rows = Rows::default();
        assert!(!rows.has_repeats());
        assert_eq!((rows.first(7), rows.last(7), rows.count(7)), (7, 7, 1));
    }
}
