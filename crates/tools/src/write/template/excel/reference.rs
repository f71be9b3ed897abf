//! References in A1 notation: cells, ranges, whole rows and columns.

use std::fmt;

/// Rows and columns of a sheet (Excel specifications and limits).
pub(super) const ROWS: u32 = 1_048_576;
pub(super) const COLUMNS: u32 = 16_384;

/// A row or a column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) at: u32,
    /// Whether it is written with `$`, so that it stays when the formula is copied.
    pub(super) is_fixed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) column: Index,
    pub(super) row: Index,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    Cell(Cell),
    Cells(Cell, Cell),
    Rows(Index, Index),
    Columns(Index, Index),
}

impl Area {
    /// The area that is all of a text.
    pub(super) fn read(text: &str) -> Option<Self> {
        Self::at_start(text).filter(|(_, length)| *length == text.len()).map(|(area, _)| area)
    }

    /// The area that a text begins with, and its bytes.
    pub(super) fn at_start(text: &str) -> Option<(Self, usize)> {
        pair(text, cell, Self::Cells)
            .or_else(|| pair(text, column, Self::Columns))
            .or_else(|| pair(text, row, Self::Rows))
            .or_else(|| {
                let (cell, rest) = cell(text).filter(|(_, rest)| is_end(rest))?;
                Some((Self::Cell(cell), text.len() - rest.len()))
            })
    }

    /// The first and the last row, in this order, where it has rows.
    pub(super) fn rows(&self) -> Option<(u32, u32)> {
        let (one, other) = match self {
            Self::Cell(cell) => (cell.row.at, cell.row.at),
            Self::Cells(one, other) => (one.row.at, other.row.at),
            Self::Rows(one, other) => (one.at, other.at),
            Self::Columns(..) => return None,
        };
        Some((one.min(other), one.max(other)))
    }
}

impl Cell {
    pub(super) fn read(text: &str) -> Option<Self> {
        cell(text).filter(|(_, rest)| rest.is_empty()).map(|(cell, _)| cell)
    }
}

fn pair<T>(
    text: &str,
    read: impl Fn(&str) -> Option<(T, &str)>,
    area: impl Fn(T, T) -> Area,
) -> Option<(Area, usize)> {
    let (one, rest) = read(text)?;
    let rest = rest.trim_start_matches(' ').strip_prefix(':')?;
    let (other, rest) = read(rest.trim_start_matches(' '))?;
    is_end(rest).then(|| (area(one, other), text.len() - rest.len()))
}

/// Whether a reference can end before this text.
fn is_end(rest: &str) -> bool {
    !rest.starts_with(|c: char| is_name(c) || matches!(c, '(' | '!' | '$' | '['))
}

/// Whether a name can hold the character.
pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '\\' | '?')
}

fn cell(text: &str) -> Option<(Cell, &str)> {
    let (column, rest) = column(text)?;
    let (row, rest) = row(rest)?;
    Some((Cell { column, row }, rest))
}

fn column(text: &str) -> Option<(Index, &str)> {
    let (is_fixed, text) = fixed(text);
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    if !(1..=3).contains(&length) {
        return None;
    }
    let digit = |b: u8| u32::from(b.to_ascii_uppercase() - b'A') + 1;
    let at = text.bytes().take(length).fold(0, |at, b| at * 26 + digit(b));
    (at <= COLUMNS).then_some((Index { at, is_fixed }, &text[length..]))
}

fn row(text: &str) -> Option<(Index, &str)> {
    let (is_fixed, text) = fixed(text);
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let at = text[..length].parse().ok().filter(|at| (1..=ROWS).contains(at))?;
    (!text.starts_with('0')).then_some((Index { at, is_fixed }, &text[length..]))
}

fn fixed(text: &str) -> (bool, &str) {
    text.strip_prefix('$').map_or((false, text), |rest| (true, rest))
}

/// The letters of a column, which counts from 1.
pub(super) fn letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        column -= 1;
        letters.push((b'A' + (column % 26) as u8) as char);
        column /= 26;
    }
    letters.into_iter().rev().collect()
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollar = |index: &Index| if index.is_fixed { "$" } else { "" };
        let Self { column, row } = self;
        write!(f, "{}{}{}{}", dollar(column), letters(column.at), dollar(row), row.at)
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollar = |index: &Index| if index.is_fixed { "$" } else { "" };
        match self {
            Self::Cell(cell) => cell.fmt(f),
            Self::Cells(one, other) => write!(f, "{one}:{other}"),
            Self::Rows(one, other) => write!(f, "{}{}:{}{}", dollar(one), one.at, dollar(other), other.at),
            Self::Columns(one, other) => {
                write!(f, "{}{}:{}{}", dollar(one), letters(one.at), dollar(other), letters(other.at))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        for text in ["A1", "$XFD$1048576", "a1", "B$2:C3", "$A:C", "3:$7"] {
            let area = Area::read(text).expect("it is a reference");
            assert_eq!(area.to_string(), text.to_uppercase());
        }
        assert_eq!(Area::read("A1 : B2").map(|area| area.to_string()).as_deref(), Some("A1:B2"));
    }

    #[test]
    fn names_and_numbers_are_no_references() {
        for text in
            ["", "A", "1", "XFE1", "A0", "A01", "A1048577", "ABCD1", "A1B", "A1_", "A1(", "A1!", "A1.x"]
        {
            assert_eq!(Area::read(text), None, "{text}");
        }
        assert_eq!(Area::at_start("LOG10(2)"), None);
        assert_eq!(Area::at_start("A1:LOG10(2)").map(|(_, length)| length), Some(2));
    }
}
