//! Formulas and ranges after rows of sheets were repeated.
//!
//! From outside of a repeated row, references are what Excel makes of them when rows are inserted
//! below it: a stretch that holds the row holds its copies too. Within it they are what Excel makes of
//! them when it is filled down, where only one thing can be meant.

use super::formula::{GONE, Reference, rewrite};
use super::reference::{Area, Cell, Index, ROWS};
use super::rows::Rows;

/// How the rows of all sheets move.
pub(super) struct Moves {
    /// With the names of the sheets in small letters.
    sheets: Vec<(String, Rows)>,
}

/// Where a formula stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    /// In a row that is there once.
    Outside,
    /// In a repeated row.
    Within { row: u32, own: u32 },
    /// In a name or a chart. What is relative there stays; one cell of a repeated row stands for all
    /// of its copies.
    Named,
}

/// A reference that can't be moved.
pub(super) struct Stuck {
    pub(super) reference: String,
    pub(super) wrong: &'static str,
    pub(super) way_out: &'static str,
}

impl Moves {
    /// By the names of the sheets.
    pub(super) fn new<'n>(sheets: impl IntoIterator<Item = (&'n str, Rows)>) -> Self {
        Self { sheets: sheets.into_iter().map(|(name, rows)| (name.to_lowercase(), rows)).collect() }
    }

    pub(super) fn of(&self, sheet: usize) -> &Rows {
        &self.sheets[sheet].1
    }

    pub(super) fn named(&self, name: &str) -> Option<&Rows> {
        let name = name.to_lowercase();
        self.sheets.iter().find(|(given, _)| *given == name).map(|(_, rows)| rows)
    }

    pub(super) fn any(&self) -> bool {
        self.sheets.iter().any(|(_, rows)| rows.has_repeats())
    }

    /// `sheet`: where the formula stands, when that is in a sheet.
    pub(super) fn formula(
        &self,
        formula: &str,
        sheet: Option<usize>,
        reader: Reader,
    ) -> Result<String, Stuck> {
        rewrite(formula, |reference| {
            let (rows, is_own) = match reference.sheet() {
                None => match sheet {
                    Some(sheet) => (self.of(sheet), true),
                    None => return Ok(None),
                },
                Some(name) => match self.named(&name) {
                    Some(rows) => (rows, sheet.is_some_and(|sheet| std::ptr::eq(self.of(sheet), rows))),
                    None if name.contains(':') && self.any() => {
                        return Err(stuck(
                            reference,
                            "it names several sheets, of which one has repeated rows",
                            "name each sheet by itself",
                        ));
                    }
                    None => return Ok(None),
                },
            };
            match reader {
                Reader::Outside => Ok(outside(reference, rows, reference.is_aggregated())),
                Reader::Named => Ok(named(reference, rows)),
                Reader::Within { row, own } => within(reference, rows, is_own, row, own),
            }
        })
    }
}

fn stuck(reference: &Reference, wrong: &'static str, way_out: &'static str) -> Stuck {
    Stuck { reference: reference.raw.to_owned(), wrong, way_out }
}

/// `covers_copies`: whether one cell of a repeated row stands for all of its copies.
fn outside(reference: &Reference, rows: &Rows, covers_copies: bool) -> Option<String> {
    if !rows.has_repeats() {
        return None;
    }
    let (first, last) = reference.area.rows()?;
    let Some((first, last)) = rows.span(first, last) else { return Some(gone(reference)) };
    let moved = match reference.area {
        Area::Cell(one) if covers_copies && first < last => at_rows(Area::Cells(one, one), first, last),
        Area::Cell(_) => at_rows(reference.area, if reference.ends_range { last } else { first }, last),
        area => at_rows(area, first, last),
    };
    Some(format!("{}{moved}", reference.qualifier))
}

/// The same columns in other rows.
pub(super) fn at_rows(area: Area, first: u32, last: u32) -> Area {
    let at = |index: Index, at: u32| Index { at, ..index };
    let cell = |cell: Cell, row: u32| Cell { row: at(cell.row, row), ..cell };
    match area {
        Area::Cell(one) => Area::Cell(cell(one, first)),
        Area::Cells(one, other) if one.row.at <= other.row.at => {
            Area::Cells(cell(one, first), cell(other, last))
        }
        Area::Cells(one, other) => Area::Cells(cell(one, last), cell(other, first)),
        Area::Rows(one, other) => Area::Rows(at(one, first), at(other, last)),
        columns @ Area::Columns(..) => columns,
    }
}

/// A sum of nothing is 0; anything else is told as Excel tells it.
fn gone(reference: &Reference) -> String {
    match reference.argument_of.as_deref() {
        Some("SUM") => "0".to_owned(),
        _ => format!("{}{GONE}", reference.qualifier),
    }
}

fn named(reference: &Reference, rows: &Rows) -> Option<String> {
    let is_fixed = match reference.area {
        Area::Cell(one) => one.row.is_fixed,
        Area::Cells(one, other) => one.row.is_fixed && other.row.is_fixed,
        Area::Rows(one, other) => one.is_fixed && other.is_fixed,
        Area::Columns(..) => false,
    };
    if is_fixed { outside(reference, rows, true) } else { None }
}

/// What is written with `$` stays where it is, as seen from outside. What is not must be in the own
/// row, or in the row above: everything else can be read in two ways.
fn within(
    reference: &Reference,
    rows: &Rows,
    is_own: bool,
    row: u32,
    own: u32,
) -> Result<Option<String>, Stuck> {
    let own_row = |index: Index| -> Result<Index, Stuck> {
        let above = row.checked_sub(1).filter(|above| !rows.is_repeated(*above));
        match index.at {
            at if is_own && at == row => Ok(Index { at: own, ..index }),
            at if is_own && Some(at) == above => Ok(Index { at: own.saturating_sub(1).max(1), ..index }),
            _ => Err(stuck(
                reference,
                "in a repeated row it can mean the same cell for each copy, or one further down for each",
                "write a $ before the row when it is the same cell, as in B$1",
            )),
        }
    };
    let end = |index: Index, at: i64| match index.is_fixed {
        true => Ok(Index { at: u32::try_from(at.clamp(1, i64::from(ROWS))).unwrap_or(ROWS), ..index }),
        false => own_row(index),
    };
    let start = |index: Index| end(index, rows.first(index.at));
    let stop = |index: Index| end(index, rows.last(index.at));
    let cell = |cell: Cell, row: Index| Cell { row, ..cell };
    let area = match reference.area {
        Area::Columns(..) => return Ok(None),
        Area::Cell(one) if one.row.is_fixed => {
            return Ok(outside(reference, rows, reference.is_aggregated()));
        }
        Area::Cells(one, other) if one.row.is_fixed && other.row.is_fixed => {
            return Ok(outside(reference, rows, false));
        }
        Area::Rows(one, other) if one.is_fixed && other.is_fixed => {
            return Ok(outside(reference, rows, false));
        }
        Area::Cell(one) => Area::Cell(cell(one, own_row(one.row)?)),
        Area::Cells(one, other) => Area::Cells(cell(one, start(one.row)?), cell(other, stop(other.row)?)),
        Area::Rows(one, other) => Area::Rows(start(one)?, stop(other)?),
    };
    Ok(Some(format!("{}{area}", reference.qualifier)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On the first sheet row 5 is there four times and row 8 has gone; on the second nothing moves.
    fn moves() -> Moves {
        Moves::new([("报价", Rows::new([(5, 4), (8, 0)])), ("Rates", Rows::default())])
    }

    fn moved(formula: &str, reader: Reader) -> String {
        match moves().formula(formula, Some(0), reader) {
            Ok(formula) => formula,
            Err(stuck) => format!("stuck: {}", stuck.reference),
        }
    }

    #[test]
    fn from_outside_stretches_grow_and_what_is_below_moves() {
        let outside = |formula| moved(formula, Reader::Outside);
        assert_eq!(outside("SUM(D5:D5)+SUM(D$2:$D5)"), "SUM(D5:D8)+SUM(D$2:$D8)");
        assert_eq!(outside("SUM(D5)+SUM('报价'!D5,A1)"), "SUM(D5:D8)+SUM('报价'!D5:D8,A1)");
        assert_eq!(outside("D6+$D$7+D4+D9"), "D9+$D$10+D4+D11");
        assert_eq!(outside("D5*2"), "D5*2");
        assert_eq!(outside("SUM(5:6)+SUM(D:D)"), "SUM(5:9)+SUM(D:D)");
        assert_eq!(outside("SUM(D9:D5)"), "SUM(D11:D5)");
        assert_eq!(outside("SUM(OFFSET(A1,0,0):D5)"), "SUM(OFFSET(A1,0,0):D8)");
        assert_eq!(outside("Rates!D9+[1]报价!D9+\"D9\""), "Rates!D9+[1]报价!D9+\"D9\"");
    }

    #[test]
    fn what_has_gone_is_an_error_and_its_sum_is_nothing() {
        let outside = |formula| moved(formula, Reader::Outside);
        assert_eq!(outside("SUM(D8:D8)+SUM(报价!D8)"), "SUM(0)+SUM(0)");
        assert_eq!(outside("COUNT(D8:D8)+D8+报价!D8"), "COUNT(#REF!)+#REF!+报价!#REF!");
        assert_eq!(outside("SUM(D7:D8)+SUM(D8:D9)"), "SUM(D10:D10)+SUM(D11:D11)");
    }

    #[test]
    fn within_a_repeated_row_a_formula_reads_its_own_row() {
        let within = |formula| moved(formula, Reader::Within { row: 5, own: 7 });
        assert_eq!(within("B5*C5+SUM(D5:F5)"), "B7*C7+SUM(D7:F7)");
        assert_eq!(within("D4+C5"), "D6+C7");
        assert_eq!(within("SUM(C$5:C5)"), "SUM(C$5:C7)");
        assert_eq!(within("C5/SUM(C$5:C$5)+C$5"), "C7/SUM(C$5:C$8)+C$5");
        assert_eq!(within("C5/C$6+B$1+Rates!A$2"), "C7/C$9+B$1+Rates!A$2");
        assert_eq!(within("VLOOKUP(A5,Rates!A:B,2,0)"), "VLOOKUP(A7,Rates!A:B,2,0)");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for (formula, reference) in
            [("C5*B1", "B1"), ("C5/C7", "C7"), ("C5*Rates!A5", "Rates!A5"), ("SUM(C2:C5)", "C2:C5")]
        {
            assert_eq!(moved(formula, Reader::Within { row: 5, own: 7 }), format!("stuck: {reference}"));
        }
        assert_eq!(moved("SUM(Jan:Dec!A1)", Reader::Outside), "stuck: Jan:Dec!A1");
    }

    #[test]
    fn names_move_where_they_are_fixed() {
        let name = |formula| moved(formula, Reader::Named);
        assert_eq!(name("报价!$A$1:$D$6,报价!$1:$5"), "报价!$A$1:$D$9,报价!$1:$8");
        assert_eq!(name("报价!$D$5"), "报价!$D$5:$D$8");
        assert_eq!(name("报价!A9"), "报价!A9");
    }
}
