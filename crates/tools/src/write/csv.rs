//! CSV that spreadsheets open as it is meant.

use super::decimal::Decimal;
use super::grid::{Datum, Grid};
use super::text::clean;

/// UTF-8 with a byte order mark, without which Excel takes it for a local encoding; lines end with
/// CRLF (RFC 4180). The row of totals is left out: the file is for further use. A text that a
/// spreadsheet would run as a formula gets an apostrophe in front, unless it is a number.
pub fn csv(grid: &Grid) -> Vec<u8> {
    let mut out = String::from('\u{feff}');
    push_row(&mut out, grid.columns.iter().map(|name| harmless(name)));
    for row in &grid.rows {
        let cells = row.iter().map(|datum| match datum {
            Datum::Text(text) => harmless(text),
            datum => datum.to_string(),
        });
        push_row(&mut out, cells);
    }
    out.into_bytes()
}

/// The beginnings of formulas and commands, also in full width, as an East Asian Excel takes them
/// (OWASP, CSV injection).
const FORMULA_BEGINS: &[char] = &['=', '+', '-', '@', '\t', '\n', '＝', '＋', '－', '＠'];

fn harmless(text: &str) -> String {
    let text = clean(text);
    if text.starts_with(FORMULA_BEGINS) && Decimal::read(&text).is_err() {
        return format!("'{text}");
    }
    text.into_owned()
}

fn push_row(out: &mut String, cells: impl ExactSizeIterator<Item = String>) {
    // A line without anything would be skipped.
    let is_single = cells.len() == 1;
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(',');
        }
        // Some countries separate by semicolons.
        let is_quoted = cell.contains([',', ';', '\t', '"', '\n'])
            || cell.starts_with(' ')
            || cell.ends_with(' ')
            || (is_single && cell.is_empty());
        match is_quoted {
            true => out.push_str(&format!("\"{}\"", cell.replace('"', "\"\""))),
            false => out.push_str(&cell),
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::grid::Day;
    use super::*;

    fn written(columns: &[&str], rows: Vec<Vec<Datum>>) -> String {
        let columns = columns.iter().map(|&name| name.to_owned()).collect();
        let grid = Grid::new("", columns, rows).expect("it is a table");
        String::from_utf8(csv(&grid)).expect("it is UTF-8")
    }

    fn text(text: &str) -> Datum {
        Datum::Text(text.to_owned())
    }

    #[test]
    fn it_begins_with_a_mark_and_quotes_what_needs_it() {
        let row = vec![
            text("张三, \"甲\""),
            Datum::Number(Decimal::read("-1200.50").expect("a number")),
            Datum::Date(Day::new(2025, 3, 1).expect("a day")),
            Datum::Empty,
            text("两\n行"),
        ];
        let csv = written(&["姓名", "b", "c", "d", "e"], vec![row]);
        assert_eq!(csv, "\u{feff}姓名,b,c,d,e\r\n\"张三, \"\"甲\"\"\",-1200.50,2025-03-01,,\"两\n行\"\r\n");
    }

    #[test]
    fn formulas_are_disarmed_and_negative_numbers_are_not() {
        for (given, wanted) in [
            ("=1+1", "'=1+1"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("＝1", "'＝1"),
            ("-5", "-5"),
            ("-5.20", "-5.20"),
            ("a=b", "a=b"),
            ("a;=b", "\"a;=b\""),
        ] {
            let csv = written(&["a", "b"], vec![vec![text(given), Datum::Empty]]);
            assert_eq!(csv, format!("\u{feff}a,b\r\n{wanted},\r\n"), "{given}");
        }
        assert_eq!(written(&["=a"], Vec::new()), "\u{feff}'=a\r\n");
    }

    #[test]
    fn an_empty_cell_that_is_alone_is_no_empty_line() {
        assert_eq!(written(&["a"], vec![vec![Datum::Empty]]), "\u{feff}a\r\n\"\"\r\n");
    }
}
