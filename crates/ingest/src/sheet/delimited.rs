//! Tables in plain text: CSV and its kin, in any common encoding, with the delimiter that parts them
//! best.

use csv::{ReaderBuilder, StringRecord};
use inhouse_agent::read::ReadFailure;

use super::layout::Pages;
use super::row::Facts;
use super::shown::Shown;
use super::{Found, finish, lay_out};
use crate::read::{Give, broken};
use crate::text::readable;

/// Delimiters, the one that is least likely to stand within a value first.
const DELIMITERS: [u8; 4] = [b'\t', b'|', b';', b','];

/// What the delimiter is judged by, in bytes.
const SAMPLE_BYTES: usize = 64 * 1024;

/// Share of the rows that have as many values as most, for a delimiter to be one.
const EVEN: f64 = 0.8;

/// A quoted value of more lines is a stray quotation mark.
const QUOTED_LINES: usize = 200;

/// Reads a table; a text without columns becomes a table of one.
pub(crate) fn read_delimited(bytes: &[u8], text_bytes: u64, give: Give) -> Result<(), ReadFailure> {
    let text = readable(bytes)?;
    let (declared, body) = declared_delimiter(&text);
    let delimiter = declared.unwrap_or_else(|| sniff(sample(body)));
    let quoting = !runs_away(body, delimiter)?;
    let mut rows = Rows::new(body, delimiter, quoting);
    let mut pages = Pages::new(text_bytes, give);
    let mut record = StringRecord::new();
    let mut place = (0, 0);
    let mut next = || {
        // Values of the row that is open, then the next row.
        loop {
            if let Some(value) = record.get(place.1) {
                place.1 += 1;
                let column = u32::try_from(place.1).map_err(|error| error.to_string())?;
                let shown = Shown::guessed(value);
                return Ok(Some(Found { row: place.0, column, shown, bold: false, hidden: false }));
            }
            match rows.read(&mut record).map_err(|error| error.to_string())? {
                Some(number) => place = (number, 0),
                None => return Ok(None),
            }
        }
    };
    let error = lay_out(&mut pages, Facts::default(), &mut next)?;
    finish(&pages, &error.into_iter().collect::<Vec<_>>())
}

/// Records with the numbers that their rows have in a spreadsheet, where blank lines count.
struct Rows<'t> {
    reader: csv::Reader<&'t [u8]>,
    text: &'t str,
    row: u32,
}

impl<'t> Rows<'t> {
    fn new(text: &'t str, delimiter: u8, quoting: bool) -> Self {
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(quoting)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        Self { reader, text, row: 0 }
    }

    /// The number of the next record from 1; `None` at the end.
    fn read(&mut self, record: &mut StringRecord) -> csv::Result<Option<u32>> {
        let start = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| **byte == b'\n').count();
        if !self.reader.read_record(record)? {
            return Ok(None);
        }
        let passed = u32::try_from(blank).unwrap_or(u32::MAX).saturating_add(1);
        self.row = self.row.saturating_add(passed);
        Ok(Some(self.row))
    }
}

/// Excel's own first line `sep=;`, which is no row, and what comes after it.
fn declared_delimiter(text: &str) -> (Option<u8>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let declared = first.trim_matches('"').strip_prefix("sep=").map(str::as_bytes);
    match declared {
        Some(&[delimiter]) if delimiter.is_ascii() => (Some(delimiter), rest),
        _ => (None, text),
    }
}

/// The first lines, whole ones where there are any.
fn sample(text: &str) -> &str {
    if text.len() <= SAMPLE_BYTES {
        return text;
    }
    let end = text.floor_char_boundary(SAMPLE_BYTES);
    text[..end].rfind('\n').map_or(&text[..end], |line| &text[..line])
}

/// The delimiter under which most rows have the same number of values, and more than one. Of
/// several the one that gives more values; but a comma between the digits of decimals is none.
fn sniff(sample: &str) -> u8 {
    let mut best: Option<(u8, usize)> = None;
    for delimiter in DELIMITERS {
        let Some((share, values)) = evenness(sample, delimiter) else { continue };
        let parts_decimals = delimiter == b',' && best.is_some() && commas_part_digits(sample);
        if values > 1 && share >= EVEN && !parts_decimals && best.is_none_or(|(_, most)| values > most) {
            best = Some((delimiter, values));
        }
    }
    best.map_or(b',', |(delimiter, _)| delimiter)
}

/// The share of rows with the most common number of values, and that number.
fn evenness(sample: &str, delimiter: u8) -> Option<(f64, usize)> {
    let mut rows = Rows::new(sample, delimiter, true);
    let mut record = StringRecord::new();
    let mut counts: Vec<usize> = Vec::new();
    while let Ok(Some(_)) = rows.read(&mut record) {
        counts.push(record.len());
    }
    let times = |values: usize| counts.iter().filter(|count| **count == values).count();
    let values = counts.iter().copied().max_by_key(|values| (times(*values), *values))?;
    Some((times(values) as f64 / counts.len() as f64, values))
}

/// Whether nearly all commas stand between digits.
fn commas_part_digits(sample: &str) -> bool {
    let bytes = sample.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let commas: Vec<usize> = sample.match_indices(',').map(|(at, _)| at).collect();
    let within = commas.iter().filter(|at| is_digit(at.checked_sub(1)) && is_digit(Some(**at + 1))).count();
    within as f64 >= EVEN * commas.len() as f64
}

/// Whether a quotation mark that is never closed swallows the rows behind it.
fn runs_away(text: &str, delimiter: u8) -> Result<bool, ReadFailure> {
    let mut rows = Rows::new(text, delimiter, true);
    let mut record = StringRecord::new();
    while rows.read(&mut record).map_err(|error| broken(error.to_string()))?.is_some() {
        if record.iter().any(|value| value.matches('\n').count() > QUOTED_LINES) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;
    use inhouse_agent::passage::Page;
    use inhouse_agent::read::FailureCode;

    use super::*;

    fn pages(bytes: &[u8]) -> Vec<Page> {
        let mut pages = Vec::new();
        read_delimited(bytes, 1 << 20, &mut |page| {
            pages.push(page);
            Ok(())
        })
        .expect("it is a table");
        pages
    }

    fn text(table: &str) -> String {
        pages(table.as_bytes()).iter().map(|page| page.text.as_str()).collect::<Vec<_>>().join("\n---\n")
    }

    #[test]
    fn a_table_becomes_rows_with_the_names_of_their_columns() {
        let pages = pages(b"City,Hotel,Meals\nVienna,140,48\nCork,120,40\n");
        assert_eq!(
            pages[0].text,
            "A1:C3\nCity | Hotel | Meals\nCity: Vienna | Hotel: 140 | Meals: 48\nCity: Cork | Hotel: 120 | Meals: 40"
        );
        let sheet = pages[0].sheet.as_ref().expect("it is a sheet");
        assert_eq!(sheet.name, "");
        let cells: Vec<_> = sheet
            .cells
            .iter()
            .map(|cell| (cell.name(), cell.range.of(&pages[0].text).unwrap_or("")))
            .collect();
        assert_eq!(cells[4], ("B2".to_owned(), "140"));
        assert_eq!(cells.len(), 9);
    }

    #[test]
    fn the_delimiter_is_found() {
        let cases = [
            ("a,b,c\n1,2,3\n", b','),
            ("a;b\n1,5;2,3\n4,5;6,7\n", b';'),
            ("1,5;2,3\n4,5;6,7\n8,1;9,2\n", b';'),
            ("a\tb\n1,000\t2,000\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("name,note\nx,\"one; two\"\ny,\"three; four\"\n", b','),
            ("text without any\nof them\n", b','),
            ("Betrag;Datum\n1.234,50;01.03.2025\n99,00;02.03.2025\n", b';'),
        ];
        for (table, delimiter) in cases {
            assert_eq!(char::from(sniff(table)), char::from(delimiter), "{table}");
        }
    }

    #[test]
    fn decimal_commas_stay_as_they_are_written() {
        assert!(
            text("Posten;Betrag\nHotel;1.234,50\nTaxi;12,00\n").contains("Posten: Hotel | Betrag: 1.234,50")
        );
    }

    #[test]
    fn excels_own_first_line_is_no_row() {
        let pages = pages(b"sep=;\nItem;Price\nHotel;140\nMeal;40\n");
        assert!(pages[0].text.starts_with("A1:B3\nItem | Price\n"), "{}", pages[0].text);
    }

    #[test]
    fn chinese_of_old_windows_is_read() {
        let (bytes, _, _) = GB18030.encode("姓名,部门,金额\n张三,财务部,1200\n李四,销售部,880\n");
        assert!(pages(&bytes)[0].text.ends_with("姓名: 李四 | 部门: 销售部 | 金额: 880"));
    }

    #[test]
    fn quoted_line_breaks_are_blanks_and_the_rows_keep_their_numbers() {
        let pages = pages(b"Item,Price\n\"Hotel,\nwith breakfast\",140\nMeal,40\n\n\nTaxi,12\n");
        assert!(pages[0].text.contains("Item: Hotel, with breakfast | Price: 140\n"), "{}", pages[0].text);
        let sheet = pages[0].sheet.as_ref().expect("it is a sheet");
        assert_eq!(sheet.cells.last().map(|cell| cell.name()).as_deref(), Some("B6"));
    }

    #[test]
    fn ragged_rows_go_by_letters_where_no_name_stands() {
        let text = text("Item,Price\nHotel,140,extra,more\nMeal\nTaxi,12\n");
        assert!(text.contains("Item: Hotel | Price: 140 | C: extra | D: more"), "{text}");
        assert!(text.contains("\nMeal\n"), "{text}");
    }

    #[test]
    fn a_stray_quotation_mark_swallows_nothing() {
        let mut table = "Item,Price\nscreen 5\",140\n\"open,1\n".to_owned();
        table.extend((0..400).map(|row| format!("item {row},{row}\n")));
        let text = text(&table);
        assert!(text.contains("Item: screen 5\" | Price: 140"), "{}", &text[..200]);
        assert!(text.contains("Item: item 399 | Price: 399"));
    }

    #[test]
    fn a_text_without_columns_is_given_line_by_line() {
        assert_eq!(
            text("First line of a long text that has no columns\nSecond line\n"),
            "A1:A2\n\nFirst line of a long text that has no columns\n\nSecond line"
        );
    }

    #[test]
    fn a_table_without_values_is_empty() {
        let failure = read_delimited(b",,\n,,\n", 1 << 20, &mut |_| Ok(())).expect_err("it has no value");
        assert_eq!(failure.code, FailureCode::Empty);
    }
}
