//! A sheet's pages become a table again.

use std::collections::BTreeMap;

use crate::definition::{ColumnWanted, ReadTable};
use crate::passage::{CharRange, Page, Sheet};
use crate::run::{Document, figures};
use crate::table::{Column, Evidence, Kind, Table, Value};

/// Rows among which a header is looked for.
const HEADER_ROWS: usize = 12;

/// A row of a sheet, by the heads of its columns.
struct Row<'a> {
    page: &'a Page,
    cells: BTreeMap<String, CharRange>,
}

/// The rows of a document's sheets, with the wanted columns. What can't be read as its column's kind
/// says is an error that names the cell.
pub(super) fn read(document: &Document, wanted: &ReadTable) -> Result<Table, String> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut sheets: Vec<&str> = Vec::new();
    for page in &document.pages {
        let Some(sheet) = &page.sheet else { continue };
        sheets.push(&sheet.name);
        let is_it = |part: &String| sheet.name.to_lowercase().contains(&part.to_lowercase());
        if wanted.sheet.as_ref().is_none_or(is_it) {
            rows.extend(rows_of(page, sheet));
        }
    }
    if sheets.is_empty() {
        return Err(format!("{} is not a sheet: give an XLSX, XLS, ODS or CSV", document.name));
    }
    if rows.is_empty() {
        sheets.dedup();
        return Err(format!("{} has no such sheet; it has {}", document.name, sheets.join(", ")));
    }
    let mut heads: Vec<&str> = Vec::new();
    for head in rows.iter().flat_map(|row| row.cells.keys()) {
        if !heads.contains(&head.as_str()) {
            heads.push(head);
        }
    }
    let named = header_among(&rows, wanted, document);
    let heads = match &named {
        // The sheet's own header was not told from its rows, so its columns go by letters.
        Some((_, names)) => names.values().map(String::as_str).collect(),
        None => heads,
    };
    let mut columns = Vec::new();
    let mut taken = Vec::new();
    for column in &wanted.columns {
        let head = head_for(column, &heads, &taken);
        if head.is_none() && column.required {
            return Err(format!(
                "{} has no column for `{}` ({}); it has {}",
                document.name,
                column.name,
                column.headers.join(", "),
                heads.join(", ")
            ));
        }
        taken.extend(head);
        let letter = |head: &str| {
            let (_, names) = named.as_ref()?;
            names.iter().find(|(_, name)| *name == head).map(|(letter, _)| letter.as_str())
        };
        columns.push((column, head.map(|head| letter(head).unwrap_or(head))));
    }
    let first = named.as_ref().map_or(0, |(header, _)| header + 1);
    let mut table = Table {
        columns: wanted.columns.iter().map(|column| Column::new(&column.name, column.kind)).collect(),
        rows: Vec::new(),
    };
    for row in rows.iter().skip(first) {
        // A row without any of what must be there is a title, a note or a rule between blocks.
        let has = |(column, head): &(&ColumnWanted, Option<&str>)| {
            column.required && head.is_some_and(|head| row.cells.contains_key(head))
        };
        if !columns.iter().any(has) {
            continue;
        }
        let mut values = Vec::new();
        for (column, head) in &columns {
            let range = head.and_then(|head| row.cells.get(head));
            values.push(match range {
                Some(range) => value(document, row.page, *range, column)?,
                None => Value::missing(),
            });
        }
        table.rows.push(values);
    }
    Ok(table)
}

/// The first row that names all columns that must be there, where no row was taken for the header: its
/// number, and the name of each column by its letter.
fn header_among(
    rows: &[Row<'_>],
    wanted: &ReadTable,
    document: &Document,
) -> Option<(usize, BTreeMap<String, String>)> {
    let is_letter = |head: &String| head.chars().all(|c| c.is_ascii_uppercase()) && head.len() <= 3;
    for (at, row) in rows.iter().take(HEADER_ROWS).enumerate() {
        if !row.cells.keys().all(is_letter) {
            return None;
        }
        let name = |range: &CharRange| document.place(row.page.number, *range).map(|place| place.quote);
        let names: BTreeMap<String, String> =
            row.cells.iter().filter_map(|(letter, range)| Some((letter.clone(), name(range)?))).collect();
        let heads: Vec<&str> = names.values().map(String::as_str).collect();
        let mut taken = Vec::new();
        let found = wanted.columns.iter().filter(|column| column.required).all(|column| {
            let head = head_for(column, &heads, &taken);
            taken.extend(head);
            head.is_some()
        });
        if found {
            return Some((at, names));
        }
    }
    None
}

fn value(document: &Document, page: &Page, range: CharRange, column: &ColumnWanted) -> Result<Value, String> {
    let Some(place) = document.place(page.number, range) else { return Ok(Value::missing()) };
    let text = place.quote.trim();
    let read = match column.kind {
        Kind::Text => Some(text.to_owned()),
        Kind::Number => figures::number(text),
        Kind::Date => figures::date(text),
    };
    let blank = text.is_empty() || ["-", "—", "/", "n/a", "N/A"].contains(&text);
    match read {
        Some(text) if !text.is_empty() => Ok(Value::new(text, Evidence::Quoted { places: vec![place] })),
        _ if blank => Ok(Value::missing()),
        _ => Err(format!(
            "{}: `{text}` in {} can't be read as {}",
            document.name,
            place.cells.as_deref().unwrap_or(&column.name),
            match column.kind {
                Kind::Number => "a number",
                Kind::Date => "a date (2026-03-01 or 2026年3月1日)",
                Kind::Text => "text",
            }
        )),
    }
}

/// The rows of a page: lines in which cells stand, each behind the head of its column.
fn rows_of<'a>(page: &'a Page, sheet: &Sheet) -> Vec<Row<'a>> {
    let chars: Vec<char> = page.text.chars().collect();
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut last = None;
    let mut begin = 0;
    for cell in &sheet.cells {
        let line = chars[..cell.range.start.min(chars.len())]
            .iter()
            .rposition(|c| *c == '\n')
            .map_or(0, |at| at + 1);
        if last != Some(line) {
            rows.push(Row { page, cells: BTreeMap::new() });
            last = Some(line);
            begin = line;
        }
        let label: String = chars[begin.min(cell.range.start)..cell.range.start].iter().collect();
        let label = label.trim_start_matches([' ', '|']).trim_end();
        let head = label.strip_suffix(':').unwrap_or(label).trim().to_owned();
        begin = cell.range.end;
        if let Some(row) = rows.last_mut().filter(|_| !head.is_empty()) {
            row.cells.entry(head).or_insert(cell.range);
        }
    }
    rows.retain(|row| !row.cells.is_empty());
    rows
}

/// The head that a wanted column has: the same words first, then one that holds them.
fn head_for<'h>(wanted: &ColumnWanted, heads: &[&'h str], taken: &[&str]) -> Option<&'h str> {
    let plain = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let free = || heads.iter().copied().filter(|head| !taken.contains(head));
    let same = wanted.headers.iter().find_map(|name| free().find(|head| plain(head) == plain(name)));
    same.or_else(|| {
        wanted.headers.iter().find_map(|name| free().find(|head| plain(head).contains(&plain(name))))
    })
}
