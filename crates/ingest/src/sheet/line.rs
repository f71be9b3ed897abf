//! A row becomes a line: each value behind the name of its column, so that a row says what it means
//! wherever a passage is cut.

use inhouse_agent::passage::{Cell, CharRange, column_letters};

use super::header::Table;
use super::row::{Row, Value, ValueKind};

/// Longest line, in characters; a longer row is given in several lines.
const LINE_CHARS: usize = 4000;

/// Longest piece of a value, in characters.
const PIECE_CHARS: usize = 2000;

/// Between the values of a row.
const SEPARATOR: &str = " | ";

/// Stands before what a sheet does not show, in both languages of the product.
pub(super) const HIDDEN: &str = "hidden/隐藏";

#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) chars: usize,
    /// With ranges in the line.
    pub(super) cells: Vec<Cell>,
}

impl Line {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.chars += text.chars().count();
    }

    pub(super) fn push_value(&mut self, value: &Value, text: &str) {
        let start = self.chars;
        self.push(text);
        let range = CharRange::new(start, self.chars);
        self.cells.push(Cell { row: value.row, column: value.column, range });
    }
}

/// What stands before values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Names<'a> {
    /// Nothing: the row is a header.
    None,
    Letters,
    Of(&'a Table),
}

/// The lines of a row, at least one.
pub(super) fn lines(row: &Row, names: Names) -> Vec<Line> {
    let alone = match row.values.as_slice() {
        // A title, a note, the name of a group of rows.
        [only] => only.kind == ValueKind::Text || matches!(names, Names::Letters),
        _ => false,
    };
    let mut lines = Vec::new();
    let mut line = begin(row);
    for value in &row.values {
        let name = match names {
            _ if alone => None,
            Names::None => None,
            Names::Letters => Some(column_letters(value.column)),
            Names::Of(table) => {
                Some(table.name(value.column).map_or_else(|| column_letters(value.column), str::to_owned))
            }
        };
        let name = name.map_or_else(String::new, |name| format!("{name}: "));
        for piece in pieces(&value.text) {
            let chars = SEPARATOR.len() + name.chars().count() + piece.chars().count();
            if !line.cells.is_empty() && line.chars + chars > LINE_CHARS {
                lines.push(std::mem::replace(&mut line, begin(row)));
            }
            if !line.cells.is_empty() {
                line.push(SEPARATOR);
            }
            line.push(&name);
            line.push_value(value, piece);
        }
    }
    lines.push(line);
    lines
}

fn begin(row: &Row) -> Line {
    let mut line = Line::default();
    if row.hidden {
        line.push(&format!("({HIDDEN}) "));
    }
    line
}

/// A text in pieces that are no longer than a line may be.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((cut, _)) = rest.char_indices().nth(PIECE_CHARS) {
        let blank = rest[..cut].rfind(' ').map(|at| at + 1);
        let (piece, others) = rest.split_at(blank.filter(|at| *at > cut / 2).unwrap_or(cut));
        pieces.push(piece);
        rest = others;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[(u32, &str, ValueKind)]) -> Row {
        let value = |&(column, text, kind): &(u32, &str, ValueKind)| Value {
            row: 7,
            column,
            text: text.to_owned(),
            kind,
            bold: false,
        };
        Row { number: 7, hidden: false, values: values.iter().map(value).collect() }
    }

    #[test]
    fn a_value_stands_behind_the_name_of_its_column() {
        let header = row(&[(1, "Item", ValueKind::Text), (2, "Limit", ValueKind::Text)]);
        let table = Table::new(&header, None, &Default::default());
        let row =
            row(&[(1, "Hotel", ValueKind::Text), (2, "140", ValueKind::Data), (4, "x", ValueKind::Text)]);
        let line = &lines(&row, Names::Of(&table))[0];
        assert_eq!(line.text, "Item: Hotel | Limit: 140 | D: x");
        let cells: Vec<_> = line.cells.iter().map(|cell| (cell.name(), cell.range.of(&line.text))).collect();
        assert_eq!(cells[1], ("B7".to_owned(), Some("140")));
        assert_eq!(cells[2], ("D7".to_owned(), Some("x")));
        assert_eq!(lines(&row, Names::Letters)[0].text, "A: Hotel | B: 140 | D: x");
        assert_eq!(lines(&header, Names::None)[0].text, "Item | Limit");
    }

    #[test]
    fn a_text_alone_has_no_name_and_a_figure_alone_has() {
        let header = row(&[(1, "Item", ValueKind::Text), (2, "Limit", ValueKind::Text)]);
        let table = Table::new(&header, None, &Default::default());
        assert_eq!(lines(&row(&[(1, "Europe", ValueKind::Text)]), Names::Of(&table))[0].text, "Europe");
        assert_eq!(lines(&row(&[(2, "180", ValueKind::Data)]), Names::Of(&table))[0].text, "Limit: 180");
        let hidden = Row { hidden: true, ..row(&[(1, "Europe", ValueKind::Text)]) };
        assert_eq!(lines(&hidden, Names::Letters)[0].text, "(hidden/隐藏) Europe");
    }

    #[test]
    fn nothing_of_a_huge_row_is_lost() {
        let long = "字".repeat(9000);
        let mut values: Vec<(u32, &str, ValueKind)> = vec![(1, &long, ValueKind::Text)];
        values.extend((2..2000).map(|column| (column, "wide", ValueKind::Text)));
        let row = row(&values);
        let lines = lines(&row, Names::Letters);
        assert!(lines.iter().all(|line| line.chars <= LINE_CHARS && line.chars == line.text.chars().count()));
        let text: String = lines
            .iter()
            .flat_map(|line| line.cells.iter().map(|cell| cell.range.of(&line.text).expect("in the line")))
            .collect();
        assert_eq!(text, long + &"wide".repeat(1998));
    }
}
