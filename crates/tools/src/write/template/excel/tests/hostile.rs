//! Templates and lists that are damaged, too large or something else.

use super::super::super::super::unpacked::packed;
use super::*;

#[test]
fn what_is_no_workbook_is_refused() {
    let nothing = Values::default();
    let ole = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0];
    for (bytes, wrong) in [(&b""[..], "no package"), (b"PK\x03\x04", "no package"), (&ole, "an old .xls")] {
        let error = fill_xlsx(bytes, &nothing).expect_err("it is no workbook");
        assert!(
            matches!(&error, WriteError::NotXlsx { wrong: found, .. } if found.contains(wrong)),
            "{error}"
        );
    }
    let document = super::super::super::super::docx::docx(&[]).expect("it is written");
    assert!(refused(&document, &nothing).contains("there is no workbook in it"));
    let book = template(write_items);
    let types = part(&book, "[Content_Types].xml");
    for (kind, wrong) in [
        ("application/vnd.ms-excel.sheet.macroEnabled.main+xml", "holds macros"),
        ("application/vnd.ms-excel.sheet.binary.macroEnabled.main", "it is a .xlsb"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml", "it is a .xltx"),
    ] {
        let main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
        let other = with_part(&book, "[Content_Types].xml", &types.replace(main, kind));
        assert!(refused(&other, &nothing).contains(wrong), "{wrong}");
    }
}

#[test]
fn files_that_were_cut_or_changed_end_in_errors() {
    let book = template(write_items);
    let given = with_items(values(&[("客户", text("某某"))]), ITEMS);
    for length in (0..book.len()).step_by(97) {
        let error = fill_xlsx(&book[..length], &given).expect_err("it was cut");
        assert!(matches!(error, WriteError::NotXlsx { .. }), "{error}");
    }
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..300 {
        let mut bytes = book.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        // It is filled, or an error says why not.
        drop(fill_xlsx(&bytes, &given));
    }
}

#[test]
fn damage_in_a_sheet_is_named() {
    let book = template(write_items);
    let xml = part(&book, SHEET);
    let given = with_items(values(&[("客户", text("某某"))]), ITEMS);
    for (right, wrong, error) in [
        (r#"<row r="2""#, r#"<row r="9""#, "the row `3` is out of order"),
        (r#"<row r="2""#, r#"<row r="99999999999""#, "the row `99999999999` is out of order"),
        (r#"<c r="B2""#, r#"<c r="A2""#, "the cell `A2` is out of order"),
        (r#"<c r="B2""#, r#"<c r="ZZZZ2""#, "the cell `ZZZZ2` is out of order"),
        ("</sheetData>", "", "is damaged"),
        ("<sheetData>", "<!DOCTYPE a><sheetData>", "has a document type definition"),
        (r#"ref="A1:D5""#, r#"ref="D""#, "`D` is no reference"),
        ("<f>D4*0.13</f>", r#"<f t="shared" si="3"/>"#, "its formula is shared with none"),
    ] {
        assert!(xml.contains(right), "{right} in {xml}");
        let book = with_part(&book, SHEET, &xml.replacen(right, wrong, 1));
        let told = refused(&book, &given);
        assert!(told.contains(error), "{told}");
    }
}

#[test]
fn bombs_are_refused() {
    let book = template(write_items);
    let heavy = " ".repeat(90 * 1024 * 1024);
    let all: Vec<(String, String)> =
        names(&book).into_iter().map(|name| (name.clone(), part(&book, &name))).collect();
    let mut all: Vec<(&str, &str)> = all.iter().map(|(name, xml)| (name.as_str(), xml.as_str())).collect();
    all.extend([("a.xml", heavy.as_str()), ("b.xml", &heavy), ("c.xml", &heavy)]);
    let error = fill_xlsx(&packed(&all), &Values::default()).expect_err("it is a bomb");
    assert!(matches!(error, WriteError::TooLarge { .. }), "{error}");
    let deep = format!("<sheetData>{}", "<a>".repeat(10_000));
    let xml = part(&book, SHEET).replacen("<sheetData>", &deep, 1);
    let error = fill_xlsx(&with_part(&book, SHEET, &xml), &Values::default()).expect_err("it is too deep");
    assert!(matches!(error, WriteError::TooLarge { .. }), "{error}");
}

#[test]
fn lists_that_a_sheet_cannot_hold_are_refused() {
    let list = |rows: usize, value: &str| {
        let rows = vec![vec![text(value)]; rows];
        let mut given = Values::default();
        given.lists.insert("a".to_owned(), List::typed(vec!["x".to_owned()], rows).expect("it is a list"));
        given
    };
    let book = template(|sheet| {
        sheet.write(0, 0, "{{a.x}}").expect("it is written");
        sheet.write(1, 0, "尾").expect("it is written");
    });
    let error = refused(&book, &list(ROWS as usize, "x"));
    assert!(error.starts_with("sheet `报价` would have 1048577 rows, the limit is 1048576"), "{error}");
    let error = fill(&book, &list(1000, "长"), 10_000).expect_err("it is too large").to_string();
    assert!(error.starts_with("the filled workbook is larger than 10000 bytes"), "{error}");
    let error = refused(&book, &list(1, &"x".repeat(32_768)));
    assert!(error.starts_with("sheet `报价`, cell A1: a text of 32768 characters"), "{error}");
}
