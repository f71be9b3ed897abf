//! A folder that a person gives: a table of its files, with the beginning of each.

use std::path::Path;

use super::{Document, Event, Halt, Run};
use crate::passage::{CharRange, Page};
use crate::table::{Column, Evidence, Kind, Table, Value};

/// Characters of a document that are read to tell what it is.
const BEGINNING: usize = 1_200;
/// Where the columns stand.
const FILE: usize = 0;
const TEXT: usize = 4;

/// The table of a folder with nothing in it.
pub(super) fn nothing() -> Table {
    let columns = [
        ("file", Kind::Text),
        ("name", Kind::Text),
        ("ending", Kind::Text),
        ("pages", Kind::Number),
        ("text", Kind::Text),
        ("problem", Kind::Text),
    ];
    Table { columns: columns.map(|(name, kind)| Column::new(name, kind)).to_vec(), rows: Vec::new() }
}

impl Run<'_> {
    /// Looks through a folder, or takes what it held when the run began.
    pub(super) fn take_folder(&mut self, input: &str, folder: &Path) -> Result<Table, Halt> {
        let table = match self.past.listed(input) {
            Some(table) => table.clone(),
            None => {
                let table = self.look_through(input, folder)?;
                self.note(Event::Listed { input: input.to_owned(), table: table.clone() })?;
                table
            }
        };
        self.documents.extend(table.rows.iter().filter_map(|row| document_of(row)));
        self.folders.insert(input.to_owned(), folder.to_owned());
        Ok(table)
    }

    fn look_through(&mut self, input: &str, folder: &Path) -> Result<Table, Halt> {
        let files = self.world.list(folder)?;
        self.within_rows(input, files.len())?;
        let mut table = nothing();
        for file in files {
            self.pace()?;
            let Some(path) = file.to_str().map(str::to_owned) else {
                return Err(
                    self.fault(input, format!("the name of {} is not Unicode: rename it", file.display()))
                );
            };
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            let (name, ending) = match name.rsplit_once('.') {
                Some((name, ending)) => (name.to_owned(), ending.to_lowercase()),
                None => (name, String::new()),
            };
            let given = [path.clone(), name, ending].map(|text| Value::new(text, Evidence::Given));
            // A file that can't be read is told, and hides no other.
            let read = match self.world.read(&folder.join(&file)) {
                Ok(document) => {
                    self.note(Event::Read {
                        input: input.to_owned(),
                        document: path.clone(),
                        sha256: document.sha256.clone(),
                        pages: document.pages.len(),
                        empty_pages: document.empty_pages(),
                    })?;
                    let pages = Value::computed(document.pages.len().to_string());
                    [pages, beginning(&path, &document), Value::missing()]
                }
                Err(Halt::Failed(failure)) => {
                    [Value::missing(), Value::missing(), Value::computed(failure.what)]
                }
                Err(halt) => return Err(halt),
            };
            table.rows.push(given.into_iter().chain(read).collect());
        }
        Ok(table)
    }
}

/// The first words of a document, of its first page that has some.
fn beginning(path: &str, document: &Document) -> Value {
    let Some(page) = document.pages.iter().find(|page| !page.text.trim().is_empty()) else {
        return Value::missing();
    };
    let end = page.text.chars().count().min(BEGINNING);
    let Some(mut place) = document.place(page.number, CharRange::new(0, end)) else {
        return Value::missing();
    };
    path.clone_into(&mut place.document);
    place.cells = None;
    Value::new(place.quote.clone(), Evidence::Quoted { places: vec![place] })
}

/// What of a document the run has read.
fn document_of(row: &[Value]) -> Option<Document> {
    let place = row[TEXT].places().first()?;
    let page = Page { number: place.page, text: place.quote.clone(), headings: Vec::new(), sheet: None };
    Some(Document { name: row[FILE].text.clone(), pages: vec![page], ..Document::default() })
}
