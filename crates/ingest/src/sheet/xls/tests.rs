//! What `xls` promises, tested on workbooks that are written here record by record.

use inhouse_agent::passage::Page;

use super::*;

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a short record");
    [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn number(row: u16, column: u16, style: u16, value: f64) -> Vec<u8> {
    record(0x0203, &[&words(&[row, column, style])[..], &value.to_le_bytes()].concat())
}

fn label(row: u16, column: u16, text: &str) -> Vec<u8> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let count = u16::try_from(text.encode_utf16().count()).expect("a short text");
    record(0x0204, &[&words(&[row, column, 0, count])[..], &[1], &wide].concat())
}

/// The stream of a workbook of one sheet named S.
fn stream(globals: &[Vec<u8>], sheet: &[Vec<u8>]) -> Vec<u8> {
    let begin = |kind: u16| record(0x0809, &words(&[0x0600, kind, 0, 0, 0, 0, 0, 0]));
    let end = record(0x000A, &[]);
    let globals = globals.concat();
    let bound = |start: u32| record(0x0085, &[&start.to_le_bytes()[..], &[0, 0, 1, 0, b'S']].concat());
    let start = begin(5).len() + globals.len() + bound(0).len() + end.len();
    let bound = bound(u32::try_from(start).expect("a short stream"));
    [begin(5), globals, bound, end.clone(), begin(16), sheet.concat(), end].concat()
}

fn read(globals: &[Vec<u8>], sheet: &[Vec<u8>]) -> Result<Vec<Page>, ReadFailure> {
    let stream = stream(globals, sheet);
    let mut pages = Vec::new();
    read_xls(&compound(&stream).expect("a compound file"), &stream, 1 << 20, &mut |page| {
        pages.push(page);
        Ok(())
    })?;
    Ok(pages)
}

fn styles() -> Vec<Vec<u8>> {
    let code = "0.0%";
    let format = [&words(&[164, 4])[..], &[0], code.as_bytes()].concat();
    let style = |format: u16| record(0x00E0, &[&words(&[0, format])[..], &[0; 16]].concat());
    vec![record(0x041E, &format), style(0), style(164), style(14), style(4)]
}

#[test]
fn an_old_workbook_is_read_with_its_formats() {
    let sheet = [
        label(0, 0, "项目"),
        label(0, 1, "金额"),
        label(0, 2, "份额"),
        label(0, 3, "日期"),
        label(1, 0, "酒店"),
        number(1, 1, 3, 1234.5),
        number(1, 2, 1, 0.153),
        number(1, 3, 2, 45_943.0),
        label(2, 0, "出租车"),
        number(2, 1, 3, 12.0),
        number(2, 2, 1, 0.2),
        number(2, 3, 2, 45_944.0),
    ];
    let pages = read(&styles(), &sheet).expect("it can be read");
    assert_eq!(
        pages[0].text,
        "S A1:D3\n项目 | 金额 | 份额 | 日期\n项目: 酒店 | 金额: 1,234.50 | 份额: 15.3% | 日期: 2025-10-13\n项目: 出租车 | 金额: 12.00 | 份额: 20.0% | 日期: 2025-10-14"
    );
    assert_eq!(pages[0].sheet.as_ref().map(|sheet| sheet.cells[5].name()).as_deref(), Some("B2"));
}

#[test]
fn passwords_and_wide_sheets_have_their_states() {
    let code = |globals: &[Vec<u8>], sheet: &[Vec<u8>]| read(globals, sheet).expect_err("no pages").code;
    assert_eq!(code(&[record(0x002F, &words(&[1, 1, 1]))], &[number(0, 0, 0, 7.0)]), FailureCode::Encrypted);
    assert_eq!(code(&[record(0x002F, &words(&[0, 5, 6]))], &[number(0, 0, 0, 7.0)]), FailureCode::Encrypted);
    assert_eq!(code(&styles(), &[]), FailureCode::Empty);
    let corners = [number(0, 0, 0, 7.0), number(65_535, 255, 0, 7.0)];
    assert_eq!(code(&styles(), &corners), FailureCode::TooLarge);
}

#[test]
fn a_sheet_that_claims_all_cells_takes_no_memory_for_them() {
    let claims = |first: u32, last: u32| {
        record(0x0200, &[&first.to_le_bytes()[..], &last.to_le_bytes(), &words(&[0, 256, 0])].concat())
    };
    for claim in [claims(0, u32::MAX), claims(7, 3), claims(0, 65_536), claims(0, 1)] {
        let pages = read(&styles(), &[claim, number(0, 0, 0, 7.0)]).expect("it can be read");
        assert_eq!(pages[0].text, "S A1:A1\n\n7");
    }
}

#[test]
fn results_of_formulas_are_read_under_old_numbers_too() {
    let formula = |kind: u16, row: u16, value: f64| {
        record(kind, &[&words(&[row, 0, 1])[..], &value.to_le_bytes(), &[0; 6], &words(&[0])].concat())
    };
    let mut sheet = vec![formula(0x0006, 0, 0.5), formula(0x0406, 1, 0.25), formula(0x0206, 2, 0.125)];
    let pages = read(&styles(), &sheet).expect("it can be read");
    assert_eq!(pages[0].text, "S A1:A3\n\n50.0%\n\n25.0%\n\n12.5%");
    // A long workbook is kept in other sectors than a short one.
    sheet.extend((3..1000).map(|row| number(row, 0, 1, 0.5)));
    let pages = read(&styles(), &sheet).expect("it can be read");
    let cells = pages.iter().filter_map(|page| page.sheet.as_ref()).map(|sheet| sheet.cells.len());
    assert_eq!(cells.sum::<usize>(), 1000);
}

#[test]
fn records_that_the_parser_trips_over_are_a_broken_file() {
    for junk in [record(0x00BD, &[0, 0, 1]), record(0x0203, &[1]), record(0x0006, &[0; 4])] {
        let failure = read(&styles(), &[junk, number(0, 0, 0, 7.0)]).expect_err("it is broken");
        assert_eq!(failure.code, FailureCode::Broken);
    }
}
