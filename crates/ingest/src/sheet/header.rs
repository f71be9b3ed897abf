//! Which row of a table names its columns, if any does.
//!
//! A name that is put to the wrong values is a lie about every row, so a row counts as a header only
//! on evidence: the workbook declares it, it alone is bold, or what stands below it is of another
//! kind. Without evidence columns go by their letters.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use inhouse_agent::passage::column_letters;

use super::row::{Facts, Row, Value, ValueKind};

/// Longest name of a column before its values, in characters; the header's own row has all of it.
const NAME_CHARS: usize = 40;

/// Rows of a table above its header, at most.
const DEPTH: usize = 6;

/// Share of a column's values that are of one kind when the column is.
const MOST: f64 = 0.8;

/// A table whose columns have names.
#[derive(Debug, Default)]
pub(super) struct Table {
    names: BTreeMap<u32, String>,
    columns: BTreeMap<u32, Kinds>,
}

/// What stands in a column, in cells.
#[derive(Debug, Clone, Copy, Default)]
struct Kinds {
    data: u32,
    all: u32,
}

impl Kinds {
    fn are_data(self) -> bool {
        self.all > 0 && f64::from(self.data) >= MOST * f64::from(self.all)
    }
}

impl Table {
    /// `group`: the row above the header, when it names groups of its columns.
    pub(super) fn new(header: &Row, group: Option<&Row>, facts: &Facts) -> Self {
        let mut table = Self::default();
        for value in &header.values {
            let above = group.and_then(|group| group_over(group, value.column, facts));
            let name = match above.filter(|above| *above != value.text) {
                Some(above) => format!("{above} {}", value.text),
                None => value.text.clone(),
            };
            table.names.insert(value.column, short(&name));
        }
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for name in table.names.values() {
            *times.entry(name.clone()).or_default() += 1;
        }
        for (column, name) in &mut table.names {
            if times.get(name.as_str()).is_some_and(|times| *times > 1) {
                *name = format!("{name} ({})", column_letters(*column));
            }
        }
        table
    }

    pub(super) fn name(&self, column: u32) -> Option<&str> {
        self.names.get(&column).map(String::as_str)
    }

    /// Notes what kinds of values a row of the table has.
    pub(super) fn learn(&mut self, row: &Row) {
        for value in &row.values {
            let kinds = self.columns.entry(value.column).or_default();
            kinds.all += 1;
            kinds.data += u32::from(value.kind == ValueKind::Data);
        }
    }

    /// Whether rows behind a blank one go on with this table: their values stand in its columns and
    /// are data where its own are.
    pub(super) fn goes_on(&self, rows: &[Row]) -> bool {
        let is_data = |column: u32| self.columns.get(&column).is_some_and(|kinds| kinds.are_data());
        let mut any = false;
        for row in rows.iter().filter(|row| row.values.len() > 1) {
            for value in &row.values {
                if self.name(value.column).is_none()
                    || is_data(value.column) != (value.kind == ValueKind::Data)
                {
                    return false;
                }
                any |= value.kind == ValueKind::Data;
            }
        }
        any
    }
}

/// The place of the header in the first rows of a table.
pub(super) fn find(rows: &[Row], facts: &Facts) -> Option<usize> {
    (0..rows.len().min(DEPTH)).find(|at| is_header(rows, *at, facts))
}

/// The row above a header, when one of its merged cells spans several columns.
pub(super) fn group_above<'a>(rows: &'a [Row], header: usize, facts: &Facts) -> Option<&'a Row> {
    let above = rows.get(header.checked_sub(1)?)?;
    let spans = above.values.iter().filter(|value| width(value, facts) > 1).count();
    // One that spans the whole table is its title.
    (spans > 0 && above.values.len() > 1).then_some(above)
}

fn group_over<'a>(group: &'a Row, column: u32, facts: &Facts) -> Option<&'a str> {
    let over = group.values.iter().rev().find(|value| value.column <= column)?;
    (width(over, facts) > column - over.column).then_some(over.text.as_str())
}

/// Columns that a cell spans.
fn width(value: &Value, facts: &Facts) -> u32 {
    facts.merges.get(&(value.row, value.column)).map_or(1, |area| area.columns.1 - area.columns.0 + 1)
}

fn is_header(rows: &[Row], at: usize, facts: &Facts) -> bool {
    let header = &rows[at];
    if header.values.len() < 2 {
        return false;
    }
    if facts.header_rows.contains(&header.number) {
        return true;
    }
    let below: Vec<&Row> = rows[at + 1..].iter().filter(|row| row.values.len() > 1).collect();
    if below.is_empty() || !looks_like_names(header) || names_groups(header, below[0], facts) {
        return false;
    }
    let used: BTreeSet<u32> = below.iter().flat_map(|row| &row.values).map(|value| value.column).collect();
    let named = used.iter().filter(|column| header.value_in(**column).is_some()).count();
    if named * 2 < used.len() {
        return false;
    }
    let years_fit = header.values.iter().filter(|value| value.kind == ValueKind::Data).all(|year| {
        let values = column(&below, year.column);
        values.iter().all(|value| value.kind == ValueKind::Data && !is_year(&value.text))
    });
    years_fit
        && (is_bold(header) && !is_bold(below[0])
            || parts_kinds(rows, at, &below)
            || stands_out(header, &below))
}

fn column<'a>(rows: &[&'a Row], column: u32) -> Vec<&'a Value> {
    rows.iter().filter_map(|row| row.value_in(column)).collect()
}

/// Short texts, and years among them; none is the label of its neighbour.
fn looks_like_names(row: &Row) -> bool {
    /// Longest text that names a column, in characters.
    const LONGEST: usize = 80;

    let fits = |value: &Value| match value.kind {
        ValueKind::Text => value.text.chars().count() <= LONGEST && !value.text.ends_with([':', '：']),
        ValueKind::Data => is_year(&value.text),
    };
    let texts: HashSet<&str> = row.values.iter().map(|value| value.text.as_str()).collect();
    let any_text = row.values.iter().any(|value| value.kind == ValueKind::Text);
    any_text && row.values.iter().all(fits) && texts.len() * 2 > row.values.len()
}

fn is_year(text: &str) -> bool {
    text.len() == 4
        && (text.starts_with("19") || text.starts_with("20"))
        && text.bytes().all(|c| c.is_ascii_digit())
}

/// Whether a merged cell of the row spans columns that the next row names one by one.
fn names_groups(row: &Row, next: &Row, facts: &Facts) -> bool {
    row.values.iter().any(|value| {
        let end = value.column + width(value, facts);
        next.values.iter().filter(|below| (value.column..end).contains(&below.column)).count() > 1
            && next.values.iter().all(|value| value.kind == ValueKind::Text || is_year(&value.text))
    })
}

fn is_bold(row: &Row) -> bool {
    row.values.iter().all(|value| value.bold)
}

/// Whether texts of the header stand over columns of data, and nothing above it does.
fn parts_kinds(rows: &[Row], at: usize, below: &[&Row]) -> bool {
    let header = &rows[at];
    let above: Vec<&Row> = rows[..at].iter().filter(|row| row.values.len() > 1).collect();
    let over_data = |value: &&Value| {
        let values = column(below, value.column);
        let data = values.iter().filter(|value| value.kind == ValueKind::Data).count();
        !values.is_empty()
            && data as f64 >= MOST * values.len() as f64
            && column(&above, value.column)
                .iter()
                .all(|value| value.kind == ValueKind::Text || is_year(&value.text))
    };
    let (texts, years): (Vec<&Value>, Vec<&Value>) =
        header.values.iter().filter(over_data).partition(|value| value.kind == ValueKind::Text);
    // One number that looks like a year may be a value.
    let count = texts.len() + if years.len() > 1 { years.len() } else { 0 };
    // A form has labels and values side by side; one row below a header may be a form's second line.
    count > 0 && (below.len() > 1 || count * 2 > header.values.len())
}

/// In a table of texts: no digits in the header, and a column whose values all have digits, or in
/// which a value comes back.
fn stands_out(header: &Row, below: &[&Row]) -> bool {
    let has_digit = |text: &str| text.bytes().any(|c| c.is_ascii_digit());
    if below.len() < 2 || header.values.iter().any(|value| has_digit(&value.text)) {
        return false;
    }
    let mut evidence = false;
    for value in &header.values {
        let values = column(below, value.column);
        if values.iter().any(|other| other.text == value.text) {
            return false;
        }
        let distinct: HashSet<&str> = values.iter().map(|value| value.text.as_str()).collect();
        evidence |= values.len() > 1
            && (values.iter().all(|value| has_digit(&value.text)) || distinct.len() < values.len());
    }
    evidence
}

fn short(name: &str) -> String {
    let name = name.trim_end_matches([':', '：']).trim_end();
    if name.chars().count() <= NAME_CHARS {
        return name.to_owned();
    }
    let cut: String = name.chars().take(NAME_CHARS).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows from 1; digits in front make data, a star makes bold.
    fn rows(lines: &[&str]) -> Vec<Row> {
        let value = |row: u32, column: u32, text: &str| {
            let bold = text.starts_with('*');
            let text = text.trim_start_matches('*');
            let kind = match text.bytes().next() {
                Some(b'0'..=b'9') => ValueKind::Data,
                _ => ValueKind::Text,
            };
            Value { row, column, text: text.to_owned(), kind, bold }
        };
        let row = |number: u32, line: &str| Row {
            number,
            hidden: false,
            values: (1..)
                .zip(line.split('|').map(str::trim))
                .filter(|(_, text)| !text.is_empty())
                .map(|(column, text)| value(number, column, text))
                .collect(),
        };
        (1..).zip(lines).map(|(number, line)| row(number, line)).collect()
    }

    fn header(lines: &[&str]) -> Option<usize> {
        find(&rows(lines), &Facts::default())
    }

    #[test]
    fn texts_over_data_are_a_header() {
        assert_eq!(header(&["Item | Unit | Price", "Hotel | night | 140", "Meal | day | 40"]), Some(0));
        assert_eq!(header(&["Item | 2024 | 2025", "Hotel | 140 | 150", "Meal | 40 | 41"]), Some(0));
        assert_eq!(header(&["单位：元 | | 2025版", "城市 | 标准", "上海 | 500", "西安 | 400"]), Some(1));
    }

    #[test]
    fn data_without_names_has_no_header() {
        assert_eq!(header(&["Hotel | night | 140", "Meal | day | 40"]), None);
        assert_eq!(header(&["Hotel | Vienna | 2024", "Meal | Graz | 2025"]), None);
        assert_eq!(header(&["hello | bonjour", "thanks | merci", "please | pardon"]), None);
        assert_eq!(header(&["Hotel | 140", "Meal | see below", "Taxi | 12"]), None);
    }

    #[test]
    fn a_form_has_no_header() {
        assert_eq!(header(&["Name: | Li Wei", "Days: | 3", "Budget: | 900"]), None);
        assert_eq!(header(&["姓名 | 张三 | 部门 | 财务部", "日期 | 2025-03-01 | 天数 | 3"]), None);
    }

    #[test]
    fn a_table_of_texts_shows_its_header_by_what_comes_back_or_has_digits() {
        assert_eq!(header(&["Name | Department", "Li Wei | Sales", "Zhang San | Sales"]), Some(0));
        assert_eq!(header(&["Name | Phone", "Li Wei | tel 138", "Zhang San | tel 139"]), Some(0));
        assert_eq!(header(&["*Name | *City", "Li Wei | Xi'an", "Zhang San | Suzhou"]), Some(0));
    }

    #[test]
    fn groups_stand_before_the_names_of_their_columns() {
        let rows = rows(&["Item | 2024 | | 2025", "Item | Q1 | Q2 | Q1 | Q2", "Hotel | 1 | 2 | 3 | 4"]);
        let mut facts = Facts::default();
        facts.merge(super::super::row::Area { rows: (1, 1), columns: (2, 3) });
        facts.merge(super::super::row::Area { rows: (1, 1), columns: (4, 5) });
        let at = find(&rows, &facts).expect("it has a header");
        assert_eq!(at, 1);
        let table = Table::new(&rows[at], group_above(&rows, at, &facts), &facts);
        let names: Vec<_> = (1..=5).filter_map(|column| table.name(column)).collect();
        assert_eq!(names, ["Item", "2024 Q1", "2024 Q2", "2025 Q1", "2025 Q2"]);
    }

    #[test]
    fn names_are_short_and_told_apart() {
        let long = "Amount that was approved by the head of the department";
        let rows = rows(&[&format!("Amount | Amount | {long}："), "1 | 2 | 3"]);
        let table = Table::new(&rows[0], None, &Facts::default());
        let names: Vec<_> = (1..=3).filter_map(|column| table.name(column)).collect();
        assert_eq!(names, ["Amount (A)", "Amount (B)", "Amount that was approved by the head of…"]);
    }

    #[test]
    fn rows_behind_a_blank_one_go_on_only_when_their_kinds_fit() {
        let all = rows(&["Item | Price", "Hotel | 140", "Meal | 40", "Taxi | 12", "Prepared by | Li Wei"]);
        let mut table = Table::new(&all[0], None, &Facts::default());
        table.learn(&all[1]);
        table.learn(&all[2]);
        assert!(table.goes_on(&all[3..4]));
        assert!(!table.goes_on(&all[4..5]));
    }
}
