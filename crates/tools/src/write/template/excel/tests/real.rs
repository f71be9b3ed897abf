//! Workbooks that people and other programs made keep what stands in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;

/// The workbooks of the gallery, and those of a folder that `INHOUSE_WORKBOOKS` names.
pub(super) fn workbooks() -> Vec<PathBuf> {
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../agents");
    let given = std::env::var_os("INHOUSE_WORKBOOKS").map(PathBuf::from);
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = given.into_iter().chain([gallery]).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it is read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "xlsx") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() >= 10);
    found
}

type AllValues = BTreeMap<(String, u32, u32), String>;

/// What stands in cells without formulas, by sheet, row and column from 0; `None` when it is not read.
fn all_values(bytes: &[u8]) -> Option<AllValues> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes.to_vec())).ok()?;
    let mut found = BTreeMap::new();
    for sheet in book.sheet_names() {
        let formulas = book.worksheet_formula(&sheet).ok()?;
        let values = book.worksheet_range(&sheet).ok()?;
        let (top, left) = values.start().unwrap_or_default();
        for (row, column, value) in values.used_cells() {
            let (row, column) = (top + row as u32, left + column as u32);
            if formulas.get_value((row, column)).is_none_or(String::is_empty) {
                found.insert((sheet.clone(), row, column), value.to_string());
            }
        }
    }
    Some(found)
}

/// The same workbook with `{{l.x}}` in place of a text in the middle of a sheet: its bytes, and the
/// name of the sheet and the row from 0.
pub(super) fn with_placeholder(bytes: &[u8]) -> Option<(Vec<u8>, String, u32)> {
    let mut book = Book::open(bytes).ok()?;
    let sheet = book.sheets.first()?;
    let xml = &sheet.part.xml;
    let cells: Vec<(usize, usize)> = xml
        .match_indices("<c ")
        .filter_map(|(at, _)| Some((at, at + xml[at..].find("</c>")? + 4)))
        .filter(|(at, end)| {
            let cell = &xml[*at..*end];
            (cell.contains(r#"t="s""#) || cell.contains(r#"t="inlineStr""#))
                && !cell.contains("<f")
                && cell.matches("<c ").count() == 1
        })
        .collect();
    let (at, end) = *cells.get(cells.len() / 2)?;
    let reference = xml[at..end].split_once("r=\"")?.1.split('"').next()?;
    let row = reference::Cell::read(reference)?.row.at - 1;
    let cell = format!(r#"<c r="{reference}" t="inlineStr"><is><t>{{{{l.x}}}}</t></is></c>"#);
    let xml = format!("{}{cell}{}", &xml[..at], &xml[end..]);
    let changed = BTreeMap::from([(sheet.part.index, Some(xml))]);
    let name = sheet.name.clone();
    book.package = super::super::super::package::Package::open(bytes, Format::Excel).ok()?;
    Some((book.package.with(&changed).ok()?, name, row))
}

pub(super) fn with_rows(count: usize) -> Values {
    let rows = (0..count).map(|at| vec![text(&format!("值 {at}"))]).collect();
    let mut given = Values::default();
    given.lists.insert("l".to_owned(), List::typed(vec!["x".to_owned()], rows).expect("it is a list"));
    given
}

#[test]
fn without_placeholders_nothing_changes() {
    let mut checked = 0;
    for path in workbooks() {
        let bytes = std::fs::read(&path).expect("it is read");
        let Some(before) = all_values(&bytes) else { continue };
        match fill_xlsx(&bytes, &Values::default()) {
            Ok(filled) => {
                assert_eq!(all_values(&filled).as_ref(), Some(&before), "{}", path.display());
                for name in names(&bytes).iter().filter(|name| name.ends_with(".xml")) {
                    assert_eq!(part(&bytes, name), part(&filled, name), "{} of {}", name, path.display());
                }
                checked += 1;
            }
            Err(error) => tell(&path, &error),
        }
    }
    assert!(checked >= 10, "{checked}");
}

#[test]
fn rows_of_real_workbooks_move_with_all_that_stands_in_them() {
    let mut checked = 0;
    for path in workbooks() {
        let bytes = std::fs::read(&path).expect("it is read");
        let Some((template, sheet, row)) = with_placeholder(&bytes) else { continue };
        let Some(before) = all_values(&template) else { continue };
        for count in [0, 1, 4] {
            let filled = match fill_xlsx(&template, &with_rows(count)) {
                Ok(filled) => filled,
                Err(error) => {
                    tell(&path, &error);
                    continue;
                }
            };
            for name in names(&filled).iter().filter(|name| name.ends_with(".xml")) {
                assert_well_formed(&part(&filled, name));
            }
            let mut wanted = BTreeMap::new();
            for ((name, at, column), value) in &before {
                let copies = if *name == sheet && *at == row { count } else { 1 };
                let down = if *name == sheet && *at > row { count as i64 - 1 } else { 0 };
                for copy in 0..copies {
                    let value = if value == "{{l.x}}" { format!("值 {copy}") } else { value.clone() };
                    let at = (i64::from(*at) + down + copy as i64) as u32;
                    wanted.insert((name.clone(), at, *column), value);
                }
            }
            assert_eq!(all_values(&filled).as_ref(), Some(&wanted), "{} {count}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 24, "{checked}");
}

#[expect(clippy::print_stderr, reason = "which real files are refused is for the one who runs the test")]
fn tell(path: &Path, error: &WriteError) {
    eprintln!("{}: {error}", path.file_name().unwrap_or_default().to_string_lossy());
}
