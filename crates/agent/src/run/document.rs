//! A document of a run: its pages, and the pieces of them that are looked up.

use crate::passage::{CharRange, Page, cell_names};
use crate::table::Place;

/// A file that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// The file's name.
    pub name: String,
    /// Of the file's bytes, in hexadecimal digits.
    pub sha256: String,
    pub path: std::path::PathBuf,
    pub pages: Vec<Page>,
    /// In reading order.
    pub pieces: Vec<Piece>,
}

/// A stretch of a page that stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// From 1.
    pub page: u32,
    pub range: CharRange,
    /// What stands there.
    pub text: String,
}

impl Document {
    pub fn empty_pages(&self) -> usize {
        self.pages.iter().filter(|page| page.text.trim().is_empty()).count()
    }

    pub fn page(&self, number: u32) -> Option<&Page> {
        self.pages.iter().find(|page| page.number == number)
    }

    /// The place of a range of a page; `None` when the page is not that long.
    pub fn place(&self, page: u32, range: CharRange) -> Option<Place> {
        let page = self.page(page)?;
        let quote = range.of(&page.text)?.to_owned();
        let cells = page.sheet.as_ref().map(|sheet| {
            let names = cell_names(sheet.cells_in(range));
            if sheet.name.is_empty() { names } else { format!("{}!{names}", sheet.name) }
        });
        let Self { name: document, .. } = self;
        Some(Place {
            document: document.clone(),
            page: page.number,
            start: range.start,
            end: range.end,
            quote,
            cells,
        })
    }

    /// Whether a place's quote stands there, to the letter.
    pub fn holds(&self, place: &Place) -> bool {
        let range = CharRange { start: place.start, end: place.end };
        place.start <= place.end
            && place.document == self.name
            && self.page(place.page).and_then(|page| range.of(&page.text)) == Some(place.quote.as_str())
    }
}
