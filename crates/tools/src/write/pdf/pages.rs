//! From pieces to pages.

use super::super::error::WriteError;
use super::piece::{Mark, Piece, TOP, text_height, text_width};

/// Pages of a document.
const PAGES: usize = 3000;

#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) is_lying: bool,
    /// Each with how far its top is below that of the page and how far it is moved to the right, in
    /// points.
    pub(super) pieces: Vec<(f32, f32, Piece)>,
}

/// Pages as they fill.
#[derive(Debug, Default)]
pub(super) struct Pages {
    pub(super) done: Vec<Page>,
    /// Rows that are repeated above the rest of their table.
    pub(super) heads: Vec<Piece>,
    /// Of each entry of the outline, its page from 0 and how far it is below the page's top.
    pub(super) places: Vec<(usize, f32)>,
    /// Pieces that want to stand together with the next one.
    waiting: Vec<Piece>,
    /// How far the open page is filled below the margin.
    filled: f32,
}

impl Pages {
    /// Adds the next piece of the document.
    pub(super) fn push(&mut self, piece: Piece) -> Result<(), WriteError> {
        /// More than fit on a page.
        const TOGETHER: usize = 200;

        let is_last = !piece.keep || self.waiting.len() > TOGETHER;
        self.waiting.push(piece);
        if is_last { self.place_waiting() } else { Ok(()) }
    }

    /// Ends the document; it has at least one page.
    pub(super) fn finish(&mut self) -> Result<(), WriteError> {
        self.place_waiting()?;
        if self.done.is_empty() { self.begin(false) } else { Ok(()) }
    }

    fn place_waiting(&mut self) -> Result<(), WriteError> {
        let group = std::mem::take(&mut self.waiting);
        let Some(last) = group.last() else { return Ok(()) };
        let is_lying = last.is_lying;
        let height: f32 = group.iter().map(|piece| piece.before + piece.height).sum();
        let fits_here = self.room(is_lying).is_some_and(|room| height <= room);
        if !fits_here && (self.room(is_lying).is_none() || height <= text_height(is_lying)) {
            self.begin(is_lying)?;
        }
        for piece in group {
            let needed = piece.before + piece.height;
            if self.filled > 0.0 && self.room(is_lying).is_none_or(|room| needed > room) {
                self.begin(is_lying)?;
            }
            self.place(piece);
        }
        Ok(())
    }

    /// What is left of the open page for a piece; none when the page does not stand as it should.
    /// What fits a standing page may go on on a lying one.
    fn room(&self, is_lying: bool) -> Option<f32> {
        let page = self.done.last()?;
        (page.is_lying || !is_lying).then(|| text_height(page.is_lying) - self.filled)
    }

    fn begin(&mut self, is_lying: bool) -> Result<(), WriteError> {
        if self.done.len() == PAGES {
            let wrong = format!("the document has more than {PAGES} pages");
            return Err(WriteError::TooLarge { wrong, way_out: "write less, or write a workbook" });
        }
        self.done.push(Page { is_lying, pieces: Vec::new() });
        self.filled = 0.0;
        Ok(())
    }

    fn place(&mut self, piece: Piece) {
        if self.filled == 0.0
            && let Some(head) = piece.head.and_then(|head| self.heads.get(head))
        {
            let head = repeated(head);
            self.set(head);
        }
        self.set(piece);
    }

    fn set(&mut self, piece: Piece) {
        let at = self.done.len().saturating_sub(1);
        let Some(page) = self.done.last_mut() else { return };
        if self.filled > 0.0 {
            self.filled += piece.before;
        }
        let top = TOP + self.filled;
        if let Some(place) = piece.entry.and_then(|entry| self.places.get_mut(entry)) {
            *place = (at, top);
        }
        self.filled += piece.height;
        let moved =
            if piece.is_centred { (text_width(page.is_lying) - text_width(false)) / 2.0 } else { 0.0 };
        page.pieces.push((top, moved, piece));
    }
}

/// It says nothing new, so it belongs to no element.
fn repeated(head: &Piece) -> Piece {
    let mut head = Piece { before: 0.0, entry: None, ..head.clone() };
    for mark in &mut head.marks {
        if let Mark::Text(text) = mark {
            text.element = None;
        }
    }
    head
}
