//! Pages, passages and where text stands on them.

use crate::source::SourceId;

/// A half-open range of Unicode scalar values (Rust `char`s) in a page's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CharRange {
    pub start: usize,
    pub end: usize,
}

impl CharRange {
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end, "a range ends where it starts or later");
        Self { start, end }
    }

    /// The text in this range, or `None` when the text is too short for it.
    pub fn of(self, text: &str) -> Option<&str> {
        let mut bounds = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let start = bounds.by_ref().nth(self.start)?;
        let end = if self.end == self.start { start } else { bounds.nth(self.end - self.start - 1)? };
        Some(&text[start..end])
    }
}

/// A page of a source: of a PDF a printed page, of running text the whole of it or a section, of a
/// workbook a sheet or a run of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// From 1, in reading order.
    pub number: u32,
    /// The page's text, exactly as it is kept, shown and quoted.
    pub text: String,
    /// Where headings stand in `text`, outermost level 1.
    pub headings: Vec<Heading>,
    /// Set exactly when the page is of a sheet.
    pub sheet: Option<Sheet>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    pub level: u8,
    pub range: CharRange,
}

/// The sheet that a page shows, and where its cells stand on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// As the workbook names it; empty for a file that is but one table.
    pub name: String,
    /// In the order of their text, without overlap. A cell may stand on a page more than once: a
    /// merged one in each of its rows, a very long one in pieces.
    pub cells: Vec<Cell>,
}

impl Sheet {
    /// The cells whose text a range of the page touches, in order.
    pub fn cells_in(&self, range: CharRange) -> &[Cell] {
        let first = self.cells.partition_point(|cell| cell.range.end <= range.start);
        let end = self.cells.partition_point(|cell| cell.range.start < range.end);
        &self.cells[first.min(end)..end]
    }
}

/// Cells as people write them: `B7`, and `A7:D7` for neighbours of a row; in order, each once.
pub fn cell_names(cells: &[Cell]) -> String {
    let mut runs: Vec<(Cell, Cell)> = Vec::new();
    for cell in cells {
        match runs.last_mut() {
            Some((_, last))
                if last.row == cell.row && (last.column..=last.column + 1).contains(&cell.column) =>
            {
                *last = *cell;
            }
            _ => runs.push((*cell, *cell)),
        }
    }
    let name = |(first, last): &(Cell, Cell)| match first.column == last.column {
        true => first.name(),
        false => format!("{}:{}", first.name(), last.name()),
    };
    runs.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// A cell, and where its text stands on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// From 1.
    pub row: u32,
    /// From 1.
    pub column: u32,
    pub range: CharRange,
}

impl Cell {
    /// As people call it: B7.
    pub fn name(&self) -> String {
        format!("{}{}", column_letters(self.column), self.row)
    }
}

/// The letters of a column from 1: A, Z, AA, XFD.
pub fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Anchor {
    pub source: SourceId,
    /// From 1.
    pub page: u32,
    pub range: CharRange,
}

/// The record's number of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PassageId(pub i64);

/// A piece of one page that is embedded and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    pub id: PassageId,
    pub anchor: Anchor,
    /// What stands at the anchor, to the letter.
    pub text: String,
    /// The headings above it, outermost first, joined with " > "; empty when there are none.
    pub heading: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_counts_characters_not_bytes() {
        assert_eq!(CharRange::new(1, 3).of("差旅费 fee"), Some("旅费"));
        assert_eq!(CharRange::new(0, 0).of(""), Some(""));
        assert_eq!(CharRange::new(4, 7).of("差旅费 fee"), Some("fee"));
        assert_eq!(CharRange::new(4, 8).of("差旅费 fee"), None);
    }

    #[test]
    fn columns_are_counted_in_letters() {
        let letters = [1, 26, 27, 52, 702, 703, 16_384].map(column_letters);
        assert_eq!(letters, ["A", "Z", "AA", "AZ", "ZZ", "AAA", "XFD"]);
    }

    #[test]
    fn neighbours_of_a_row_are_named_together() {
        let cells = [(7, 1), (7, 2), (7, 2), (7, 3), (7, 5), (8, 6), (9, 6)].map(|(row, column)| Cell {
            row,
            column,
            range: CharRange::new(0, 1),
        });
        assert_eq!(cell_names(&cells), "A7:C7, E7, F8, F9");
        assert_eq!(cell_names(&[]), "");
    }

    #[test]
    fn a_range_tells_which_cells_it_touches() {
        let cell = |row, column, start, end| Cell { row, column, range: CharRange::new(start, end) };
        // Item: Hotel | Limit: 140
        let sheet = Sheet { name: "Limits".into(), cells: vec![cell(7, 1, 6, 11), cell(7, 2, 21, 24)] };
        let names = |start, end| {
            sheet.cells_in(CharRange::new(start, end)).iter().map(Cell::name).collect::<Vec<_>>()
        };
        assert_eq!(names(0, 24), ["A7", "B7"]);
        assert_eq!(names(22, 23), ["B7"]);
        assert_eq!(names(10, 12), ["A7"]);
        assert_eq!(names(11, 21), [""; 0]);
    }
}
