//! What `excel` promises, tested on workbooks that are written here.

use std::io::Write;

use inhouse_agent::passage::{Cell, Page};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const KINDS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

fn read(bytes: &[u8]) -> Result<Vec<Page>, ReadFailure> {
    let mut package = Package::open(Cursor::new(bytes))?;
    let mut pages = Vec::new();
    read_xlsx(&mut package, "xl/workbook.xml", bytes, 1 << 24, &mut |page| {
        pages.push(page);
        Ok(())
    })?;
    Ok(pages)
}

/// The pages of a workbook of one sheet.
fn pages(name: &str, write: impl FnOnce(&mut Worksheet)) -> Vec<Page> {
    let mut book = Workbook::new();
    write(book.add_worksheet().set_name(name).expect("a name"));
    read(&book.save_to_buffer().expect("a workbook")).expect("it can be read")
}

fn text(write: impl FnOnce(&mut Worksheet)) -> String {
    pages("Sheet", write).iter().map(|page| page.text.as_str()).collect::<Vec<_>>().join("\n---\n")
}

fn fill(sheet: &mut Worksheet, rows: &[&[&str]]) {
    for (row, values) in (0..).zip(rows) {
        for (column, value) in (0..).zip(*values) {
            match value.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number),
                Err(_) => sheet.write_string(row, column, *value),
            }
            .expect("a cell");
        }
    }
}

/// A workbook of one sheet by hand: what stands in its part, and further parts.
fn by_hand(sheet: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let workbook = format!(
        r#"<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let rels = |kind: &str, target: &str| {
        format!(
            r#"<Relationships><Relationship Id="r1" Type="{KINDS}/{kind}" Target="{target}"/></Relationships>"#
        )
    };
    let mut entries = vec![
        ("_rels/.rels", rels("officeDocument", "xl/workbook.xml")),
        ("xl/_rels/workbook.xml.rels", rels("worksheet", "worksheets/sheet1.xml")),
        ("xl/workbook.xml", workbook),
        ("xl/worksheets/sheet1.xml", format!(r#"<worksheet xmlns="{MAIN}">{sheet}</worksheet>"#)),
    ];
    for (name, content) in parts {
        entries.retain(|(other, _)| other != name);
        entries.push((name, (*content).to_owned()));
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default()).expect("an entry begins");
        zip.write_all(content.as_bytes()).expect("an entry is written");
    }
    zip.finish().expect("the package is finished").into_inner()
}

#[test]
fn a_sheet_becomes_a_page_whose_cells_are_known() {
    let pages = pages("差旅标准", |sheet| {
        fill(
            sheet,
            &[
                &["2025年差旅标准"],
                &["城市", "住宿", "伙食"],
                &["上海", "500", "100"],
                &["西安", "400", "80"],
            ],
        );
    });
    assert_eq!(pages.len(), 1);
    assert_eq!(
        pages[0].text,
        "差旅标准 A1:C4: 2025年差旅标准\n城市 | 住宿 | 伙食\n城市: 上海 | 住宿: 500 | 伙食: 100\n城市: 西安 | 住宿: 400 | 伙食: 80"
    );
    let sheet = pages[0].sheet.as_ref().expect("it is a sheet");
    assert_eq!(sheet.name, "差旅标准");
    let shown = |cell: &Cell| (cell.name(), cell.range.of(&pages[0].text).unwrap_or("").to_owned());
    let cells: Vec<_> = sheet.cells.iter().map(shown).collect();
    assert_eq!(cells[0], ("A1".to_owned(), "2025年差旅标准".to_owned()));
    assert_eq!(cells[5], ("B3".to_owned(), "500".to_owned()));
    assert_eq!(cells.len(), 10);
    assert_eq!(pages[0].headings[0].range.of(&pages[0].text), Some("差旅标准 A1:C4: 2025年差旅标准"));
}

#[test]
fn numbers_are_shown_as_their_formats_show_them() {
    let text = text(|sheet| {
        fill(sheet, &[&["Item", "Value"]]);
        let formats = [
            (0.153, "0.0%"),
            (-1234.5, "#,##0.00;[Red]#,##0.00"),
            (140.0, "\"¥\"#,##0.00"),
            (45_943.0, "yyyy/m/d"),
            (45_943.5, "yyyy\"年\"m\"月\"d\"日\" h:mm"),
            (0.75, "h:mm"),
            (1.5, "[h]:mm"),
            (1234.5678, "General"),
        ];
        for (row, (number, code)) in (1..).zip(formats) {
            sheet.write_string(row, 0, code).expect("a cell");
            sheet
                .write_number_with_format(row, 1, number, &Format::new().set_num_format(code))
                .expect("a cell");
        }
        sheet.write_string(9, 0, "truth").expect("a cell");
        sheet.write_boolean(9, 1, true).expect("a cell");
    });
    let values: Vec<&str> =
        text.lines().filter_map(|line| line.split_once("| Value: ")).map(|(_, v)| v).collect();
    let shown = [
        "15.3%",
        "-1,234.50",
        "¥140.00",
        "2025-10-13",
        "2025-10-13 12:00",
        "18:00",
        "36:00",
        "1234.5678",
        "TRUE",
    ];
    assert_eq!(values, shown, "{text}");
}

#[test]
fn dates_count_from_1904_where_the_workbook_says_so() {
    let sheet = r#"<sheetData><row r="1"><c r="A1" s="1"><v>44481</v></c></row></sheetData>"#;
    let styles = format!(
        r#"<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#
    );
    let workbook = format!(
        r#"<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let rels = format!(
        r#"<Relationships><Relationship Id="r1" Type="{KINDS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{KINDS}/styles" Target="styles.xml"/></Relationships>"#
    );
    let parts = [
        ("xl/workbook.xml", workbook.as_str()),
        ("xl/styles.xml", styles.as_str()),
        ("xl/_rels/workbook.xml.rels", rels.as_str()),
    ];
    let pages = read(&by_hand(sheet, &parts)).expect("it can be read");
    assert_eq!(pages[0].text, "S A1:A1\n\n2025-10-13");
    let date = ExcelDateTime::from_ymd(2025, 10, 13).expect("a date");
    let text = text(|sheet| {
        sheet.write_with_format(0, 0, &date, &Format::new().set_num_format("yyyy-mm-dd")).expect("a cell");
    });
    assert_eq!(text, "Sheet A1:A1\n\n2025-10-13");
}

#[test]
fn merged_cells_show_their_value_in_each_of_their_rows() {
    let pages = pages("Limits", |sheet| {
        let plain = Format::new();
        fill(
            sheet,
            &[
                &["Region", "City", "Limit"],
                &["", "Vienna", "140"],
                &["", "Graz", "120"],
                &["Asia", "Xi'an", "90"],
            ],
        );
        sheet.merge_range(1, 0, 2, 0, "Europe", &plain).expect("merged");
    });
    let text = &pages[0].text;
    assert!(text.contains("Region: Europe | City: Graz | Limit: 120\nRegion: Asia | City: Xi'an"), "{text}");
    let cells = &pages[0].sheet.as_ref().expect("it is a sheet").cells;
    let europe = cells.iter().filter(|cell| cell.range.of(text) == Some("Europe")).map(Cell::name);
    assert_eq!(europe.collect::<Vec<_>>(), ["A2", "A2"]);
}

#[test]
fn groups_of_columns_stand_before_their_names() {
    let text = text(|sheet| {
        fill(
            sheet,
            &[
                &["Item", "", "", "", ""],
                &["", "Q1", "Q2", "Q1", "Q2"],
                &["Hotel", "1", "2", "3", "4"],
                &["Taxi", "5", "6", "7", "8"],
            ],
        );
        let plain = Format::new();
        sheet.merge_range(0, 0, 1, 0, "Item", &plain).expect("merged");
        sheet.merge_range(0, 1, 0, 2, "2024", &plain).expect("merged");
        sheet.merge_range(0, 3, 0, 4, "2025", &plain).expect("merged");
    });
    assert!(text.contains("Item: Hotel | 2024 Q1: 1 | 2024 Q2: 2 | 2025 Q1: 3 | 2025 Q2: 4"), "{text}");
}

#[test]
fn what_is_hidden_is_read_and_marked() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Open").expect("a name");
    fill(sheet, &[&["Item", "Cost", "Price"], &["Hotel", "100", "140"], &["Taxi", "9", "12"]]);
    sheet.set_row_hidden(2).expect("a row");
    sheet.set_column_hidden(1).expect("a column");
    let sheet = book.add_worksheet().set_name("Margins").expect("a name");
    fill(sheet, &[&["Margin", "0.4"]]);
    sheet.set_hidden(true);
    let pages = read(&book.save_to_buffer().expect("a workbook")).expect("it can be read");
    assert!(pages[0].text.starts_with("Open A1:C3 (hidden/隐藏: B)\n"), "{}", pages[0].text);
    assert!(pages[0].text.ends_with("\n(hidden/隐藏) Item: Taxi | Cost: 9 | Price: 12"), "{}", pages[0].text);
    assert_eq!(pages[1].text, "Margins A1:B1 (hidden/隐藏)\nA: Margin | B: 0.4");
}

#[test]
fn formulas_give_their_saved_results_and_errors_their_names() {
    let text = text(|sheet| {
        fill(sheet, &[&["Item", "Price"], &["Hotel", "140"], &["Taxi", "12"]]);
        sheet.write_string(3, 0, "Total").expect("a cell");
        sheet.write_formula(3, 1, Formula::new("=SUM(B2:B3)").set_result("152")).expect("a cell");
    });
    assert!(text.ends_with("Item: Total | Price: 152"), "{text}");

    let sheet = r#"<sheetData><row r="2"><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="C2" t="str"><f>A1</f><v>text</v></c><c r="D2"><f>1+1</f></c></row></sheetData>"#;
    let pages = read(&by_hand(sheet, &[])).expect("it can be read");
    assert_eq!(
        pages[0].text,
        "S B2:C2 (formulas without a saved result/公式无结果: 1)\nB: #DIV/0! | C: text"
    );
}

#[test]
fn a_workbook_without_values_is_empty_and_says_why() {
    let mut book = Workbook::new();
    book.add_worksheet();
    let failure = read(&book.save_to_buffer().expect("a workbook")).expect_err("it has no value");
    assert_eq!(failure.code, FailureCode::Empty);

    let sheet = r#"<sheetData><row r="1"><c r="A1"><f>1+1</f></c></row></sheetData>"#;
    let failure = read(&by_hand(sheet, &[])).expect_err("it has no value");
    assert_eq!(failure.code, FailureCode::Empty);
    assert!(failure.detail.contains("1 formulas have no saved result"), "{failure}");
}

#[test]
fn blank_rows_and_columns_are_left_out_and_numbers_stay_true() {
    let pages = pages("Far", |sheet| {
        sheet.write_string(1_048_575, 16_383, "corner").expect("a cell");
        sheet.write_string(4, 2, "first").expect("a cell");
    });
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].text, "Far C5:XFD1048576\n\nfirst\n\ncorner");
    let cells: Vec<_> =
        pages[0].sheet.as_ref().expect("it is a sheet").cells.iter().map(Cell::name).collect();
    assert_eq!(cells, ["C5", "XFD1048576"]);
}

#[test]
fn a_sheet_that_claims_all_cells_takes_no_memory_for_them() {
    let sheet = r#"<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>7</v></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>"#;
    assert_eq!(read(&by_hand(sheet, &[])).expect("it can be read")[0].text, "S A1:A1\n\n7");
}

#[test]
fn a_long_sheet_becomes_pages_that_each_say_what_they_show() {
    let pages = pages("Log", |sheet| {
        fill(sheet, &[&["Repairs of 2025"], &["Date", "Machine", "Hours"]]);
        for row in 2..500 {
            sheet.write_string(row, 0, format!("day {row}")).expect("a cell");
            sheet.write_string(row, 1, "press, hall 3").expect("a cell");
            sheet.write_number(row, 2, row).expect("a cell");
        }
    });
    assert!(pages.len() > 3);
    assert!(pages[0].text.starts_with("Log A1:C"), "{}", pages[0].text);
    let mut next = 3;
    for page in &pages {
        assert!(page.text.chars().count() < 3400, "page {}", page.number);
        let heading = page.text.lines().next().expect("a heading");
        assert!(heading.ends_with(": Repairs of 2025"), "{heading}");
        for line in page.text.lines().skip(1).filter(|line| line.starts_with("Date: ")) {
            assert_eq!(
                line,
                format!("Date: day {} | Machine: press, hall 3 | Hours: {}", next - 1, next - 1)
            );
            next += 1;
        }
    }
    assert_eq!(next, 501);
    assert!(pages[1].text.starts_with(&format!("Log A{}:C", first_row(&pages[1]))), "{}", pages[1].text);
}

/// The row of the first cell that is not the title's.
fn first_row(page: &Page) -> u32 {
    page.sheet.as_ref().and_then(|sheet| sheet.cells.get(1)).expect("it has cells").row
}

#[test]
fn two_tables_on_a_sheet_have_their_own_names() {
    let text = text(|sheet| {
        fill(
            sheet,
            &[
                &["Hotels"],
                &["City", "Limit"],
                &["Vienna", "140"],
                &["Graz", "120"],
                &[],
                &["Meals"],
                &["Country", "Rate"],
                &["Austria", "48"],
                &["Ireland", "45"],
                &[],
                &["France", "50"],
            ],
        );
    });
    assert!(text.contains("Sheet A1:B4: Hotels\nCity | Limit\nCity: Vienna | Limit: 140"), "{text}");
    assert!(text.contains("Sheet A6:B11: Meals\nCountry | Rate\nCountry: Austria | Rate: 48"), "{text}");
    assert!(text.ends_with("Country: France | Rate: 50"), "{text}");
}

#[test]
fn a_declared_header_is_taken_and_a_form_goes_by_letters() {
    let filtered = text(|sheet| {
        fill(sheet, &[&["en", "fr"], &["hello", "bonjour"], &["please", "merci"]]);
        sheet.autofilter(0, 0, 2, 1).expect("a filter");
    });
    assert!(filtered.contains("en: hello | fr: bonjour"), "{filtered}");
    let form = text(|sheet| fill(sheet, &[&["Name:", "Li Wei"], &["Days:", "3"]]));
    assert_eq!(form, "Sheet A1:B2\nA: Name: | B: Li Wei\nA: Days: | B: 3");
}

#[test]
fn a_sheet_that_breaks_off_leaves_a_page_without_text() {
    let sheet = r#"<sheetData><row r="1"><c r="A1"><v>7</v></c></row><row r="2"><c r="A2" t="s"><v>99</v></c></row></sheetData>"#;
    let pages = read(&by_hand(sheet, &[])).expect("one row can be read");
    assert_eq!(pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>(), ["S A1:A1\n\n7", ""]);

    let sheet = r#"<sheetData><row r="2"><c r="A2" t="s"><v>99</v></c></row></sheetData>"#;
    assert_eq!(read(&by_hand(sheet, &[])).expect_err("nothing can be read").code, FailureCode::Broken);
    let cut = &by_hand(sheet, &[])[..400];
    assert_eq!(Package::open(Cursor::new(cut)).err().expect("it is cut").code, FailureCode::Broken);
}

/// A record of a binary workbook: kind and length in groups of seven bits.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = match kind {
        0..=0x7f => vec![kind as u8],
        _ => vec![(kind & 0x7f) as u8 | 0x80, (kind >> 7) as u8],
    };
    bytes.push(u8::try_from(data.len()).ok().filter(|length| *length < 0x80).expect("a short record"));
    bytes.extend(data);
    bytes
}

fn wide(text: &str) -> Vec<u8> {
    let characters: Vec<u16> = text.encode_utf16().collect();
    let count = u32::try_from(characters.len()).expect("a short text");
    [&count.to_le_bytes()[..], &characters.iter().flat_map(|c| c.to_le_bytes()).collect::<Vec<u8>>()].concat()
}

#[test]
fn a_binary_workbook_is_read() {
    let longs = |longs: &[u32]| longs.iter().flat_map(|long| long.to_le_bytes()).collect::<Vec<u8>>();
    let cell = |kind: u16, column: u32, value: &[u8]| record(kind, &[&longs(&[column, 0]), value].concat());
    let row = |row: u32| record(0x0000, &longs(&[row]));
    let book = [
        record(0x009c, &[longs(&[1, 1]), wide("rId1"), wide("价格")].concat()),
        record(0x0090, &[]),
        record(0x009d, &[]),
    ];
    let sheet = [
        record(0x0094, &longs(&[0, 2, 0, 1])),
        record(0x0091, &[]),
        row(0),
        cell(0x0006, 0, &wide("品名")),
        cell(0x0006, 1, &wide("单价")),
        row(1),
        cell(0x0006, 0, &wide("酒店")),
        cell(0x0005, 1, &450.5_f64.to_le_bytes()),
        row(2),
        cell(0x0006, 0, &wide("出租车")),
        cell(0x0003, 1, &[0x17]),
        record(0x0092, &[]),
    ];
    let rels = |kind: &str, target: &str| {
        format!(
            r#"<Relationships><Relationship Id="rId1" Type="{KINDS}/{kind}" Target="{target}"/></Relationships>"#
        )
    };
    let entries = [
        ("_rels/.rels", rels("officeDocument", "xl/workbook.bin").into_bytes()),
        ("xl/_rels/workbook.bin.rels", rels("worksheet", "worksheets/sheet1.bin").into_bytes()),
        ("xl/workbook.bin", book.concat()),
        ("xl/worksheets/sheet1.bin", sheet.concat()),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default()).expect("an entry begins");
        zip.write_all(&content).expect("an entry is written");
    }
    let bytes = zip.finish().expect("the package is finished").into_inner();
    let mut package = Package::open(Cursor::new(bytes.as_slice())).expect("a package");
    let mut texts = Vec::new();
    read_xlsb(&mut package, &bytes, 1 << 20, &mut |page| {
        texts.push(page.text);
        Ok(())
    })
    .expect("it can be read");
    assert_eq!(
        texts,
        ["价格 A1:B3 (hidden/隐藏)\n品名 | 单价\n品名: 酒店 | 单价: 450.5\n品名: 出租车 | 单价: #REF!"]
    );
}
