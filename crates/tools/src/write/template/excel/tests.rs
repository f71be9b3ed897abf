//! What filling a workbook promises, tested on templates of `rust_xlsxwriter` and on real files.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use rust_xlsxwriter::{
    Chart, ChartType, ConditionalFormatCell, ConditionalFormatCellRule, DataValidation, DataValidationRule,
    Format as Look, Formula, Image, Note, Table, TableColumn, Workbook, Worksheet,
};

use super::super::super::decimal::Decimal;
use super::super::super::grid::{Datum, Day};
use super::super::super::unpacked::{assert_well_formed, names, part};
use super::super::values::List;
use super::*;

mod hostile;
mod moved;
mod office;
mod real;

const SHEET: &str = "xl/worksheets/sheet1.xml";

fn number(text: &str) -> Datum {
    Datum::Number(Decimal::read(text).expect("it is a number"))
}

fn text(text: &str) -> Datum {
    Datum::Text(text.to_owned())
}

fn day(year: i32, month: u8, of_month: u8) -> Datum {
    Datum::Date(Day::new(year, month, of_month).expect("it is a day"))
}

fn values(data: &[(&str, Datum)]) -> Values {
    let data = data.iter().map(|(name, datum)| ((*name).to_owned(), datum.clone())).collect();
    Values { data, ..Values::default() }
}

/// With a list `项目` of names, amounts and prices.
fn with_items(mut values: Values, rows: &[(&str, &str, &str)]) -> Values {
    let columns = ["名称", "数量", "单价"].map(str::to_owned).to_vec();
    let row = |(name, amount, price): &(&str, &str, &str)| vec![text(name), number(amount), number(price)];
    let list = List::typed(columns, rows.iter().map(row).collect());
    values.lists.insert("项目".to_owned(), list.expect("it is a list"));
    values
}

const ITEMS: &[(&str, &str, &str)] = &[("甲", "2", "10.50"), ("乙", "1", "0.25"), ("丙", "10", "3")];

/// A workbook with one sheet, `报价`.
fn template(write: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("报价").expect("it is a name");
    write(sheet);
    book.save_to_buffer().expect("it is written")
}

/// Headings, a row for each item (the third), and what is below it.
fn write_items(sheet: &mut Worksheet) {
    let money = Look::new().set_num_format("#,##0.00").set_bold();
    sheet.write(0, 0, "客户：{{客户}}").expect("it is written");
    for (column, heading) in ["名称", "数量", "单价", "金额"].into_iter().enumerate() {
        sheet.write(1, column as u16, heading).expect("it is written");
    }
    sheet.write(2, 0, "{{项目.名称}}").expect("it is written");
    sheet.write(2, 1, "{{ 项目 . 数量 }}").expect("it is written");
    sheet.write_with_format(2, 2, "{{项目.单价}}", &money).expect("it is written");
    sheet.write_formula(2, 3, Formula::new("B3*C3").set_result("0")).expect("it is written");
    sheet.write(3, 0, "合计").expect("it is written");
    sheet.write_formula(3, 3, Formula::new("SUM(D3:D3)").set_result("0")).expect("it is written");
    sheet.write_formula(4, 3, "D4*0.13").expect("it is written");
}

fn open(bytes: &[u8]) -> Xlsx<Cursor<Vec<u8>>> {
    open_workbook_from_rs(Cursor::new(bytes.to_vec())).expect("it is a workbook")
}

fn cells(bytes: &[u8], sheet: &str) -> Vec<Vec<Data>> {
    let range = open(bytes).worksheet_range(sheet).expect("the sheet is there");
    range.rows().map(<[Data]>::to_vec).collect()
}

/// Formulas with their cells.
fn formulas(bytes: &[u8], sheet: &str) -> Vec<String> {
    let range = open(bytes).worksheet_formula(sheet).expect("the sheet is there");
    let (top, left) = range.start().unwrap_or_default();
    let cell = |(row, column, formula): (usize, usize, &String)| {
        let column = reference::letters(left + column as u32 + 1);
        format!("{column}{}={formula}", top as usize + row + 1)
    };
    range.used_cells().map(cell).collect()
}

fn filled(template: &[u8], values: &Values) -> Vec<u8> {
    let book = fill_xlsx(template, values).expect("it is filled");
    for name in names(&book).iter().filter(|name| name.ends_with(".xml") || name.ends_with(".rels")) {
        assert_well_formed(&part(&book, name));
    }
    book
}

fn refused(template: &[u8], values: &Values) -> String {
    fill_xlsx(template, values).expect_err("it can't be filled").to_string()
}

#[test]
fn values_have_their_kinds_and_the_look_of_their_cells() {
    let look = Look::new().set_bold().set_num_format("0.000");
    let european = Look::new().set_num_format("dd.mm.yyyy").set_italic();
    let book = template(|sheet| {
        sheet.write_with_format(0, 0, "{{n}}", &look).expect("it is written");
        sheet.write_with_format(1, 0, "{{d}}", &look).expect("it is written");
        sheet.write_with_format(2, 0, " {{d}} ", &european).expect("it is written");
        sheet.write(3, 0, "{{d}}").expect("it is written");
        sheet.write(4, 0, "{{t}}").expect("it is written");
        sheet.write(5, 0, "{{n}} 元，{{d}}").expect("it is written");
        sheet.write_with_format(6, 0, "{{e}}", &look).expect("it is written");
        sheet.write(7, 0, "{{long}}").expect("it is written");
        sheet.write(8, 0, "{{old}}").expect("it is written");
        sheet.write(9, 0, "尾").expect("it is written");
    });
    let data = [
        ("n", number("1200.50")),
        ("d", day(2025, 3, 1)),
        ("t", text("北京")),
        ("e", Datum::Empty),
        ("long", number("12345678901234567890")),
        ("old", day(1850, 1, 1)),
    ];
    let book = filled(&book, &values(&data));
    let column: Vec<Data> = cells(&book, "报价").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(column[0], Data::Float(1200.5));
    for day in &column[1..4] {
        assert!(matches!(day, Data::DateTime(serial) if serial.as_f64() == 45717.0), "{day:?}");
    }
    let rest = ["北京", "1200.50 元，2025-03-01", "", "12345678901234567890", "1850-01-01", "尾"];
    assert_eq!(column[4..].iter().map(ToString::to_string).collect::<Vec<_>>(), rest);
    let styles = part(&book, "xl/styles.xml");
    assert!(
        styles.contains(r#"formatCode="yyyy-mm-dd""#) && styles.contains(r#"<cellXfs count="5">"#),
        "{styles}"
    );
    let sheet = part(&book, SHEET);
    // Bold stays with the day that was given another format, and the European one is its own.
    assert!(sheet.contains(r#"<c r="A2" s="3"><v>45717</v></c><"#), "{sheet}");
    assert!(sheet.contains(r#"<c r="A3" s="2"><v>45717</v></c>"#), "{sheet}");
    assert!(sheet.contains(r#"<c r="A7" s="1"></c>"#), "{sheet}");
}

#[test]
fn texts_never_become_formulas_markup_or_placeholders() {
    let book = template(|sheet| {
        sheet.write(0, 0, "{{a}}").expect("it is written");
        sheet.write(1, 0, "x{{a}}{{b}}").expect("it is written");
        sheet.write(2, 0, "{{b}}").expect("it is written");
    });
    let hostile = "=1+1<v>&]]>_x0041_\u{1}\n {{b}}";
    let book = filled(&book, &values(&[("a", text(hostile)), ("b", text("@SUM(A1)"))]));
    let sheet = part(&book, SHEET);
    assert!(!sheet.contains("<f>"), "{sheet}");
    let shown = "=1+1&lt;v&gt;&amp;]]&gt;_x005F_x0041_\u{fffd}\n {{b}}";
    assert!(sheet.contains(&format!("<is><t xml:space=\"preserve\">{shown}</t></is>")), "{sheet}");
    assert!(sheet.contains(&format!(">x{shown}@SUM(A1)</t>")), "{sheet}");
    assert!(sheet.contains(">@SUM(A1)</t>"), "{sheet}");
}

#[test]
fn a_row_is_repeated_and_formulas_follow() {
    let book = template(write_items);
    let wanted: Vec<String> =
        xlsx_placeholders(&book).expect("it is read").iter().map(ToString::to_string).collect();
    assert_eq!(wanted, ["{{客户}}", "{{项目.名称}}", "{{项目.数量}}", "{{项目.单价}}"]);
    let book = filled(&book, &with_items(values(&[("客户", text("某某"))]), ITEMS));
    let rows = cells(&book, "报价");
    assert_eq!(rows[0][0], Data::String("客户：某某".to_owned()));
    assert_eq!(rows[3][..3], [Data::String("乙".to_owned()), Data::Float(1.0), Data::Float(0.25)]);
    assert_eq!(rows[5][0], Data::String("合计".to_owned()));
    assert_eq!(formulas(&book, "报价"), ["D3=B3*C3", "D4=B4*C4", "D5=B5*C5", "D6=SUM(D3:D5)", "D7=D6*0.13"]);
    let sheet = part(&book, SHEET);
    assert_eq!(sheet.matches(r#"<row r=""#).count(), 7);
    assert!(sheet.contains(r#"<dimension ref="A1:D7"/>"#), "{sheet}");
    assert!(sheet.contains(r#"<c r="C5" s="1"><v>3</v></c>"#), "{sheet}");
    // Results are not kept.
    assert!(sheet.contains("<f>SUM(D3:D5)</f></c>"), "{sheet}");
    assert!(part(&book, "xl/workbook.xml").contains(r#"fullCalcOnLoad="1""#));
}

#[test]
fn an_empty_list_leaves_no_row() {
    let book = filled(&template(write_items), &with_items(values(&[("客户", text("某某"))]), &[]));
    let rows = cells(&book, "报价");
    assert_eq!(rows[2][0], Data::String("合计".to_owned()));
    assert_eq!(formulas(&book, "报价"), ["D3=SUM(0)", "D4=D3*0.13"]);
}

#[test]
fn what_is_wanted_and_not_given_is_named() {
    let error = refused(&template(write_items), &values(&[]));
    assert!(error.contains("`{{客户}}`, `{{项目.名称}}`"), "{error}");
    let book = template(|sheet| {
        sheet.write(1, 2, "{{a").expect("it is written");
    });
    assert!(refused(&book, &values(&[])).starts_with("sheet `报价`, cell C2: `{{a`: it does not end"));
    let book = template(|sheet| {
        sheet.write(0, 0, "{{a.x}}").expect("it is written");
        sheet.write(0, 1, "{{b.x}}").expect("it is written");
    });
    assert!(refused(&book, &values(&[])).contains("its row belongs to the list `a` already"));
}

#[test]
fn runs_of_a_text_keep_their_looks() {
    let bold = Look::new().set_bold();
    let plain = Look::new();
    let book = template(|sheet| {
        let runs = [(&plain, "甲方 {"), (&bold, "{a}}"), (&plain, " 元")];
        sheet.write_rich_string(0, 0, &runs).expect("it is written");
    });
    let sheet = part(&filled(&book, &values(&[("a", number("3"))])), SHEET);
    assert!(sheet.contains(r#"<r><t xml:space="preserve">甲方 3</t></r><r><rPr><b/>"#), "{sheet}");
}

#[test]
fn days_are_counted_from_1904_where_the_workbook_does() {
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 0, "{{a}}").expect("it is written");
    let bytes = book.save_to_buffer().expect("it is written");
    let xml = part(&bytes, "xl/workbook.xml").replace("<workbookPr ", r#"<workbookPr date1904="1" "#);
    let bytes = with_part(&bytes, "xl/workbook.xml", &xml);
    let sheet = part(&filled(&bytes, &values(&[("a", day(2025, 3, 1))])), SHEET);
    assert!(sheet.contains("<v>44255</v>"), "{sheet}");
}

#[test]
fn the_same_values_give_the_same_bytes_and_texts_are_texts() {
    let book = template(write_items);
    let mut given = with_items(Values::default(), ITEMS);
    given.fields.insert("客户".to_owned(), "001".to_owned());
    assert_eq!(filled(&book, &given), filled(&book, &given));
    assert_eq!(cells(&filled(&book, &given), "报价")[0][0], Data::String("客户：001".to_owned()));
}

/// A package with other text in a part, which may be new.
fn with_part(bytes: &[u8], name: &str, xml: &str) -> Vec<u8> {
    let all: Vec<(String, String)> = names(bytes)
        .into_iter()
        .filter(|given| given != name)
        .map(|given| (given.clone(), part(bytes, &given)))
        .chain([(name.to_owned(), xml.to_owned())])
        .collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(name, xml)| (name.as_str(), xml.as_str())).collect();
    super::super::super::unpacked::packed(&all)
}
