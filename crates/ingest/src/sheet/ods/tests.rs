//! What `ods` promises, tested on documents that are written here.

use std::io::{Cursor, Write};

use inhouse_agent::passage::Page;
use inhouse_agent::read::FailureCode;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn document(content: &str, manifest: &str) -> Vec<u8> {
    let spaces = r#"xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s" xmlns:calcext="c""#;
    let content = format!("<office:document-content {spaces}>{content}</office:document-content>");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let entries = [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", &content),
    ];
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default()).expect("an entry begins");
        zip.write_all(content.as_bytes()).expect("an entry is written");
    }
    zip.finish().expect("the package is finished").into_inner()
}

fn read(bytes: &[u8]) -> Result<Vec<Page>, ReadFailure> {
    let mut package = Package::open(Cursor::new(bytes))?;
    let mut pages = Vec::new();
    read_ods(&mut package, 1 << 20, &mut |page| {
        pages.push(page);
        Ok(())
    })?;
    Ok(pages)
}

fn text(tables: &str) -> String {
    let pages = read(&document(tables, "<m/>")).expect("it can be read");
    pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>().join("\n---\n")
}

fn cell(text: &str) -> String {
    format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
}

fn number(value: &str, text: &str) -> String {
    format!(
        r#"<table:table-cell office:value-type="float" office:value="{value}"><text:p>{text}</text:p></table:table-cell>"#
    )
}

fn row(cells: &[String]) -> String {
    format!("<table:table-row>{}</table:table-row>", cells.concat())
}

fn table(name: &str, rows: &[String]) -> String {
    format!(r#"<table:table table:name="{name}">{}</table:table>"#, rows.concat())
}

#[test]
fn cells_are_shown_as_their_text_and_dates_in_iso_form() {
    let date = r#"<table:table-cell office:value-type="date" office:date-value="2025-03-01"><text:p>1. März 25</text:p></table:table-cell>"#;
    let share = r#"<table:table-cell office:value-type="percentage" office:value="0.15"><text:p>15 %</text:p></table:table-cell>"#;
    let rows = [
        row(&[cell("项目"), cell("金额"), cell("日期"), cell("份额")]),
        row(&[cell("酒店"), number("1234.5", "1,234.50"), date.to_owned(), share.to_owned()]),
        row(&[cell("出租车"), number("12", "12.00"), date.to_owned(), share.to_owned()]),
    ];
    let text = text(&table("费用", &rows));
    assert!(text.starts_with("费用 A1:D3\n"), "{text}");
    assert!(text.contains("项目: 酒店 | 金额: 1,234.50 | 日期: 2025-03-01 | 份额: 15 %"), "{text}");
}

#[test]
fn repeated_cells_and_rows_stand_where_they_belong() {
    let rows = [
        r#"<table:table-row table:number-rows-repeated="4"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>"#.to_owned(),
        r#"<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/><table:table-cell office:value-type="float" office:value="7" table:number-columns-repeated="2"/></table:table-row>"#.to_owned(),
        r#"<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>"#.to_owned(),
    ];
    assert_eq!(text(&table("S", &rows)), "S C5:D6\nC: 7 | D: 7\nC: 7 | D: 7");
}

#[test]
fn what_is_hidden_is_marked_and_comments_are_no_text() {
    let style =
        r#"<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>"#;
    let noted = r#"<table:table-cell office:value-type="string"><office:annotation><text:p>a comment</text:p></office:annotation><text:p>two</text:p><text:p>lines<text:s text:c="3"/>here</text:p></table:table-cell>"#;
    let columns = r#"<table:table-column/><table:table-column table:visibility="collapse"/>"#;
    let rows = format!(
        r#"{columns}{}<table:table-row table:visibility="filter">{}{}</table:table-row>"#,
        row(&[noted.to_owned(), cell("shown")]),
        cell("x"),
        cell("y")
    );
    let hidden = format!(r#"<table:table table:name="H" table:style-name="ta2">{rows}</table:table>"#);
    assert_eq!(
        text(&format!("{style}{hidden}")),
        "H A1:B2 (hidden/隐藏) (hidden/隐藏: B)\nA: two lines here | B: shown\n(hidden/隐藏) A: x | B: y"
    );
}

#[test]
fn merged_cells_show_their_value_in_each_of_their_rows() {
    let merged = r#"<table:table-cell office:value-type="string" table:number-rows-spanned="2" table:number-columns-spanned="1"><text:p>Europe</text:p></table:table-cell>"#;
    let rows = [
        row(&[cell("Region"), cell("City"), cell("Limit")]),
        row(&[merged.to_owned(), cell("Vienna"), number("140", "140")]),
        row(&["<table:covered-table-cell/>".to_owned(), cell("Graz"), number("120", "120")]),
    ];
    assert!(text(&table("S", &rows)).ends_with("Region: Europe | City: Graz | Limit: 120"));
}

#[test]
fn states_are_told_apart() {
    let code = |content: &str, manifest: &str| read(&document(content, manifest)).expect_err("no pages").code;
    let full = table("S", &[row(&[cell("x")])]);
    assert_eq!(code(&table("S", &[row(&["<table:table-cell/>".to_owned()])]), "<m/>"), FailureCode::Empty);
    assert_eq!(code(&full, "<m><manifest:encryption-data/></m>"), FailureCode::Encrypted);
    assert_eq!(code(&full.replace("</table:table>", ""), "<m/>"), FailureCode::Broken);
}

#[test]
fn a_value_in_all_rows_is_bounded() {
    let row = r#"<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="string" table:number-columns-repeated="16384"><text:p>full</text:p></table:table-cell></table:table-row>"#;
    let failure = read(&document(&table("S", &[row.to_owned()]), "<m/>")).expect_err("it is too large");
    assert_eq!(failure.code, FailureCode::TooLarge);
}
