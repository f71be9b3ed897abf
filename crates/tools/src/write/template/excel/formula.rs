//! The references of a formula, found so that others can stand in their place.
//!
//! Only as much of the grammar of formulas (ISO/IEC 29500-1, 18.17.2) is read as tells references from
//! texts, names, functions, numbers, errors and the columns of tables.

use super::reference::{Area, COLUMNS, Cell, Index, ROWS, is_name};

/// What a reference to something that has gone is.
pub(super) const GONE: &str = "#REF!";

/// Functions that take a stretch of cells for what it holds, so that one cell of a row that is
/// repeated stands for those of all its copies.
const AGGREGATES: &[&str] =
    &["SUM", "AVERAGE", "COUNT", "COUNTA", "MAX", "MEDIAN", "MIN", "PRODUCT", "SUBTOTAL", "SUMPRODUCT"];

pub(super) struct Reference<'f> {
    /// As it is written, with its sheet.
    pub(super) raw: &'f str,
    /// The sheet or sheets it names, as they are written, with the `!`.
    pub(super) qualifier: &'f str,
    pub(super) area: Area,
    /// The function whose argument is nothing but the reference, in capitals.
    pub(super) argument_of: Option<String>,
    /// Whether a `:` with something else than a cell stands before it.
    pub(super) ends_range: bool,
}

impl Reference<'_> {
    pub(super) fn is_aggregated(&self) -> bool {
        self.argument_of.as_deref().is_some_and(|function| AGGREGATES.contains(&function))
    }

    /// The name of the sheet when it names one of this workbook; `None` without a name.
    pub(super) fn sheet(&self) -> Option<String> {
        let name = self.qualifier.strip_suffix('!')?;
        match name.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')) {
            Some(quoted) => Some(quoted.replace("''", "'")),
            None => Some(name.to_owned()),
        }
    }
}

/// A formula with other text in place of references; `change` gives `None` for those that stay.
pub(super) fn rewrite<E>(
    formula: &str,
    mut change: impl FnMut(&Reference) -> Result<Option<String>, E>,
) -> Result<String, E> {
    let mut scanner = Scanner { formula, at: 0, functions: Vec::new() };
    let mut out = String::with_capacity(formula.len());
    while scanner.at < formula.len() {
        let start = scanner.at;
        let found = scanner.next();
        let raw = &formula[start..scanner.at];
        match found.map(|found| scanner.reference(raw, found)) {
            Some(reference) => match change(&reference)? {
                Some(text) => out.push_str(&text),
                None => out.push_str(raw),
            },
            None => out.push_str(raw),
        }
    }
    Ok(out)
}

/// The formula as it reads when it is copied this far down and to the right.
pub(super) fn copied(formula: &str, down: i64, right: i64) -> String {
    let moved = |index: Index, by: i64, most: u32| {
        let at = i64::from(index.at) + if index.is_fixed { 0 } else { by };
        let at = u32::try_from(at).ok().filter(|at| (1..=most).contains(at))?;
        Some(Index { at, ..index })
    };
    let row = |index| moved(index, down, ROWS);
    let column = |index| moved(index, right, COLUMNS);
    let cell = |cell: Cell| Some(Cell { column: column(cell.column)?, row: row(cell.row)? });
    let area = |area| {
        Some(match area {
            Area::Cell(one) => Area::Cell(cell(one)?),
            Area::Cells(one, other) => Area::Cells(cell(one)?, cell(other)?),
            Area::Rows(one, other) => Area::Rows(row(one)?, row(other)?),
            Area::Columns(one, other) => Area::Columns(column(one)?, column(other)?),
        })
    };
    let change = |reference: &Reference| -> Result<Option<String>, std::convert::Infallible> {
        let area = area(reference.area).map_or_else(|| GONE.to_owned(), |area| area.to_string());
        Ok(Some(format!("{}{area}", reference.qualifier)))
    };
    let Ok(copied) = rewrite(formula, change);
    copied
}

struct Scanner<'f> {
    formula: &'f str,
    at: usize,
    /// The functions whose arguments are being read; nothing for other parentheses.
    functions: Vec<&'f str>,
}

/// The sheet of a reference, and its area.
type Found<'f> = (&'f str, Area);

impl<'f> Scanner<'f> {
    /// Goes on behind the next piece; says what it is when it is a reference.
    fn next(&mut self) -> Option<Found<'f>> {
        let rest = &self.formula[self.at..];
        let first = rest.chars().next()?;
        match first {
            '"' => self.pass(quoted(rest, '"')),
            '\'' => {
                let name = quoted(rest, '\'');
                match rest[name..].starts_with('!') {
                    true => return self.qualified(name + 1),
                    false => self.pass(name),
                }
            }
            '[' => self.bracket(rest)?,
            '#' => self.pass(error(rest)),
            '(' => {
                self.functions.push("");
                self.pass(1);
            }
            ')' => {
                self.functions.pop();
                self.pass(1);
            }
            '0'..='9' | '.' => match Area::at_start(rest) {
                Some((area, length)) => {
                    self.pass(length);
                    return Some(("", area));
                }
                None => self.pass(number(rest)),
            },
            c if is_name(c) || c == '$' => return self.word(rest),
            c => self.pass(c.len_utf8()),
        }
        None
    }

    fn word(&mut self, rest: &'f str) -> Option<Found<'f>> {
        let name = named(rest);
        // Sheets from one to another.
        let other = rest[name..].strip_prefix(':').map_or(0, named);
        if other > 0 && rest[name + 1 + other..].starts_with('!') {
            return self.qualified(name + 1 + other + 1);
        }
        if name > 0 && rest[name..].starts_with('!') {
            return self.qualified(name + 1);
        }
        if let Some((area, length)) = Area::at_start(rest) {
            self.pass(length);
            return Some(("", area));
        }
        self.pass(name.max(1));
        if rest[name..].starts_with('(') {
            self.functions.push(&rest[..name]);
            self.pass(1);
        } else if rest[name..].starts_with('[') {
            self.pass(bracketed(&rest[name..]));
        }
        None
    }

    /// What stands behind the name of a sheet, which takes this many bytes.
    fn qualified(&mut self, qualifier: usize) -> Option<Found<'f>> {
        let rest = &self.formula[self.at..];
        self.pass(qualifier);
        let (area, length) = Area::at_start(&rest[qualifier..])?;
        self.pass(length);
        // A book beside this one.
        (!rest[..qualifier].contains('[')).then_some((&rest[..qualifier], area))
    }

    /// The columns of a table, or another workbook with what is referred to in it.
    fn bracket(&mut self, rest: &'f str) -> Option<()> {
        self.pass(bracketed(rest));
        let sheet = named(&self.formula[self.at..]);
        if self.formula[self.at + sheet..].starts_with('!') {
            self.pass(sheet + 1);
            let area = Area::at_start(&self.formula[self.at..]);
            self.pass(area.map_or(0, |(_, length)| length));
        }
        Some(())
    }

    fn pass(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.formula.len());
    }

    /// `raw` ends where the scanner is.
    fn reference(&self, raw: &'f str, (qualifier, area): Found<'f>) -> Reference<'f> {
        let before = self.formula[..self.at - raw.len()].trim_end_matches(' ');
        let after = self.formula[self.at..].trim_start_matches(' ');
        let is_whole = before.ends_with(['(', ',']) && after.starts_with([')', ',']);
        let function = self.functions.last().filter(|name| is_whole && !name.is_empty());
        Reference {
            raw,
            qualifier,
            area,
            argument_of: function.map(|name| name.to_uppercase()),
            ends_range: before.ends_with(':'),
        }
    }
}

/// Bytes of a text between quotes, which are doubled within it.
fn quoted(text: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(end) = text[at..].find(quote) {
        at += end + 1;
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// Bytes between brackets; `'` stands before a bracket that is meant as it is.
fn bracketed(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut is_meant = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_meant => is_meant = false,
            '\'' => is_meant = true,
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + c.len_utf8();
        }
    }
    text.len()
}

fn error(text: &str) -> usize {
    const ERRORS: &[&str] = &[
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        GONE,
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#GETTING_DATA",
        "#SPILL!",
        "#CALC!",
    ];
    ERRORS.iter().find(|error| text.starts_with(**error)).map_or(1, |error| error.len())
}

fn number(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let length = digits(text);
    let Some(exponent) = text[length..].strip_prefix(['e', 'E']) else { return length.max(1) };
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    match digits(unsigned) {
        0 => length.max(1),
        power => text.len() - unsigned.len() + power,
    }
}

fn named(text: &str) -> usize {
    text.find(|c: char| !is_name(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(formula: &str) -> Vec<String> {
        let mut found = Vec::new();
        let change = |reference: &Reference| -> Result<Option<String>, std::convert::Infallible> {
            found.push(reference.raw.to_owned());
            Ok(None)
        };
        let Ok(same) = rewrite(formula, change);
        assert_eq!(same, formula);
        found
    }

    #[test]
    fn references_are_told_from_what_looks_like_them() {
        assert_eq!(found("A1+$B$2*SUM(C3:D4,E:E,5:6)"), ["A1", "$B$2", "C3:D4", "E:E", "5:6"]);
        assert_eq!(found(r#""A1 ""B2"" C3"&D4"#), ["D4"]);
        assert_eq!(found("LOG10(2)+1E3+1.5e-2+TRUE+tax_A1+A1_x+_A1"), Vec::<String>::new());
        assert_eq!(found("#REF!+#DIV/0!+#N/A+A1#+B2"), ["A1", "B2"]);
        assert_eq!(found("{1,2;3,4}*A1"), ["A1"]);
        assert_eq!(found("T1[[#This Row],[A1]]+T1[a']B1]+A2+单价*C3"), ["A2", "C3"]);
        assert_eq!(found("_xlfn.XLOOKUP(A1,B:B,C:C)"), ["A1", "B:B", "C:C"]);
        assert_eq!(found("A1:INDEX(B:B,3)+-B2%"), ["A1", "B:B", "B2"]);
        assert_eq!(found("SUM("), Vec::<String>::new());
        assert_eq!(found("\"A1"), Vec::<String>::new());
        assert_eq!(found("'A1"), Vec::<String>::new());
    }

    #[test]
    fn sheets_belong_to_their_references() {
        assert_eq!(
            found("表一!A1+'It''s (1)'!B2:C3+Jan:Dec!D4+'a:b'!E5"),
            ["表一!A1", "'It''s (1)'!B2:C3", "Jan:Dec!D4", "'a:b'!E5"]
        );
        assert_eq!(found("[1]Sheet1!A1+'[1]a b'!A2+'C:\\[b.xlsx]c'!A3+[1]!name+A4"), ["A4"]);
        assert_eq!(found("Sheet1!#REF!+Sheet1!name+A1"), ["A1"]);
    }

    #[test]
    fn copies_move_what_is_not_fixed() {
        assert_eq!(copied("A1+$B$2+C$3+$D4+E:E+$5:6&\"A1\"", 2, 1), "B3+$B$2+D$3+$D6+F:F+$5:8&\"A1\"");
        assert_eq!(copied("表!A1:B2", -1, 0), "表!#REF!");
    }

    #[test]
    fn arguments_know_their_function() {
        let mut functions = Vec::new();
        let change = |reference: &Reference| -> Result<Option<String>, std::convert::Infallible> {
            functions.push(reference.argument_of.clone().unwrap_or_default());
            Ok(None)
        };
        let Ok(_) = rewrite("sum( A1 ,B1*2,(C1))+A2+MAX(IF(D1,1),E1)", change);
        assert_eq!(functions, ["SUM", "", "", "", "IF", "MAX"]);
    }
}
