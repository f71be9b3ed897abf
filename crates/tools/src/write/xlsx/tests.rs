//! What `xlsx` promises, tested on the XML that it writes.

use super::super::decimal::Decimal;
use super::super::unpacked::{assert_well_formed, names, part};
use super::*;

const SHEET: &str = "xl/worksheets/sheet1.xml";
const STRINGS: &str = "xl/sharedStrings.xml";

fn number(text: &str) -> Datum {
    Datum::Number(Decimal::read(text).expect("it is a number"))
}

fn text(text: &str) -> Datum {
    Datum::Text(text.to_owned())
}

fn day(year: i32, month: u8, day: u8) -> Datum {
    Datum::Date(Day::new(year, month, day).expect("it is a day"))
}

fn grid(columns: &[&str], rows: Vec<Vec<Datum>>) -> Grid {
    Grid::new("台账", columns.iter().map(|&name| name.to_owned()).collect(), rows).expect("it is a table")
}

fn written(grid: Grid) -> Vec<u8> {
    xlsx(&[grid]).expect("it is written")
}

#[test]
fn a_sum_is_a_formula_with_its_exact_result_beside_it() {
    let rows = vec![vec![text("甲"), number("0.1")], vec![text("乙"), number("0.20")]];
    let book = written(grid(&["名称", "金额"], rows).with_totals("合计", &[1]).expect("they are numbers"));
    let sheet = part(&book, SHEET);
    assert_well_formed(&sheet);
    assert!(sheet.contains("<f>SUM(B2:B3)</f><v>0.30</v>"), "{sheet}");
    assert!(part(&book, STRINGS).contains("合计"));
    assert!(part(&book, "xl/styles.xml").contains(r#"formatCode="0.0""#));
}

#[test]
fn headings_stay_in_sight_and_can_be_filtered() {
    let book = written(grid(&["名称"], vec![vec![text("甲")], vec![text("乙")]]));
    let sheet = part(&book, SHEET);
    assert!(sheet.contains(r#"<pane ySplit="1" topLeftCell="A2""#), "{sheet}");
    assert!(sheet.contains(r#"<autoFilter ref="A1:A3"/>"#), "{sheet}");
    assert!(part(&book, "xl/styles.xml").contains("<b/>"));
    assert!(part(&book, "xl/workbook.xml").contains(r#"name="台账""#));
}

#[test]
fn numbers_keep_their_decimals_and_none_is_rounded() {
    let rows = vec![vec![number("1200.50"), number("12345678901234567890"), number("007")]];
    let book = written(grid(&["a", "b", "c"], rows));
    assert!(part(&book, SHEET).contains("<v>1200.5</v>"));
    assert!(part(&book, "xl/styles.xml").contains(r#"formatCode="0.00""#));
    let strings = part(&book, STRINGS);
    assert!(strings.contains("<t>12345678901234567890</t>") && strings.contains("<t>007</t>"), "{strings}");
}

#[test]
fn days_are_dates_and_those_that_excel_counts_wrongly_are_text() {
    let rows = vec![vec![day(2025, 3, 1), day(1900, 3, 1), day(1900, 2, 28), day(1850, 1, 1)]];
    let book = written(grid(&["a", "b", "c", "d"], rows));
    let sheet = part(&book, SHEET);
    assert!(sheet.contains("<v>45717</v>") && sheet.contains("<v>61</v>"), "{sheet}");
    assert!(part(&book, "xl/styles.xml").contains(r#"formatCode="yyyy-mm-dd""#));
    assert!(part(&book, STRINGS).contains("1900-02-28") && part(&book, STRINGS).contains("1850-01-01"));
}

#[test]
fn texts_never_become_formulas_or_markup() {
    let hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "<b>&", "]]>", "_x0041_", "\u{1}\u{ffff}", "http://a.b/"];
    let book = written(grid(&["=A1"], hostile.iter().map(|&hostile| vec![text(hostile)]).collect()));
    let sheet = part(&book, SHEET);
    assert!(!sheet.contains("<f>") && !sheet.contains("hyperlink"), "{sheet}");
    let strings = part(&book, STRINGS);
    assert_well_formed(&strings);
    for wanted in ["=1+1", "=A1", "&lt;b&gt;&amp;", "_x005F_x0041_", "\u{fffd}\u{fffd}"] {
        assert!(strings.contains(wanted), "{wanted} in {strings}");
    }
}

#[test]
fn a_han_character_counts_two_and_long_text_is_wrapped() {
    let long = "长".repeat(200);
    let book = written(grid(&["客户名称列", "b"], vec![vec![text("甲"), text(&long)]]));
    let sheet = part(&book, SHEET);
    let widths: Vec<f64> = sheet
        .split("<col ")
        .skip(1)
        .filter_map(|col| col.split_once("width=\"")?.1.split('"').next()?.parse().ok())
        .collect();
    assert!((13.0..16.0).contains(&widths[0]) && (60.0..64.0).contains(&widths[1]), "{widths:?}");
    assert!(part(&book, "xl/styles.xml").contains(r#"wrapText="1""#));
}

#[test]
fn the_same_tables_give_the_same_bytes() {
    let one = || {
        grid(&["a", "b"], vec![vec![number("1.5"), day(2025, 1, 1)]])
            .with_totals("合计", &[0])
            .expect("numbers")
    };
    let first = xlsx(&[one(), one()]).expect("it is written");
    assert_eq!(first, xlsx(&[one(), one()]).expect("it is written"));
    assert!(names(&first).contains(&"xl/worksheets/sheet2.xml".to_owned()));
    assert!(part(&first, "docProps/core.xml").contains("2000-01-01T00:00:00Z"));
}

#[test]
fn a_sum_that_excel_would_get_wrong_is_refused() {
    let wide =
        grid(&["a"], vec![vec![number("12345678901234567890")]]).with_totals("", &[0]).expect("a number");
    let error = xlsx(&[wide]).expect_err("a cell holds 15 digits").to_string();
    assert!(
        error.starts_with("table `台账`, row 1, column `a`: a cell can't hold 12345678901234567890"),
        "{error}"
    );
    let rows = vec![vec![number("999999999999999")], vec![number("0.1")]];
    assert!(xlsx(&[grid(&["a"], rows).with_totals("", &[0]).expect("numbers")]).is_err());
}

#[test]
fn what_a_sheet_cannot_hold_is_refused() {
    assert!(matches!(xlsx(&[]), Err(WriteError::Data { .. })));
    let long = grid(&["a"], vec![vec![text(&"x".repeat(CELL_UNITS + 1))]]);
    assert!(matches!(xlsx(&[long]), Err(WriteError::TooLarge { .. })));
    let columns = vec!["a"; COLUMNS + 1];
    assert!(matches!(xlsx(&[grid(&columns, Vec::new())]), Err(WriteError::TooLarge { .. })));
}

#[test]
fn a_table_without_rows_is_a_row_of_headings() {
    let book = written(grid(&["名称", "b"], Vec::new()).with_totals("合计", &[1]).expect("nothing to sum"));
    assert!(part(&book, SHEET).contains(r#"<autoFilter ref="A1:B1"/>"#));
}
