//! A text that is cut into pieces of several formats, with its placeholders.

use std::ops::Range;

use super::super::error::WriteError;
use super::placeholder::{Placeholder, SEEN, Wrong, find};

#[derive(Default)]
pub(super) struct Pieces {
    /// All texts, one after the other.
    whole: String,
    /// Where each of them stands in it.
    pieces: Vec<Range<usize>>,
    found: Vec<(Range<usize>, Placeholder)>,
}

impl Pieces {
    pub(super) fn push(&mut self, text: &str) {
        let start = self.whole.len();
        self.whole.push_str(text);
        self.pieces.push(start..self.whole.len());
    }

    /// Something that is seen but is no text.
    pub(super) fn push_seen(&mut self) {
        self.whole.push(SEEN);
    }

    /// When all is pushed.
    pub(super) fn find(&mut self) -> Result<(), Wrong> {
        self.found = find(&self.whole)?;
        Ok(())
    }

    pub(super) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.found.iter().map(|(_, placeholder)| placeholder)
    }

    /// The placeholder that is all of the text.
    pub(super) fn only(&self) -> Option<&Placeholder> {
        match self.found.as_slice() {
            [(range, placeholder)] if self.is_blank_around(range) => Some(placeholder),
            _ => None,
        }
    }

    /// All of the text, with what [`filled`](Self::filled) gave.
    pub(super) fn whole_with(&self, filled: &[Option<String>]) -> String {
        let piece = |(piece, text): (&Range<usize>, &Option<String>)| {
            text.clone().unwrap_or_else(|| self.whole[piece.clone()].to_owned())
        };
        self.pieces.iter().zip(filled).map(piece).collect()
    }

    /// The new text of each piece, `None` where it stays. A value stands where its placeholder begins.
    pub(super) fn filled(
        &self,
        mut value: impl FnMut(&Placeholder) -> Result<String, WriteError>,
    ) -> Result<Vec<Option<String>>, WriteError> {
        let mut filled = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let touches = |range: &Range<usize>| range.start < piece.end && piece.start < range.end;
            let mut text = None;
            let mut at = piece.start;
            for (range, placeholder) in self.found.iter().filter(|(range, _)| touches(range)) {
                let text = text.get_or_insert_with(String::new);
                if range.start >= piece.start {
                    text.push_str(&self.whole[at..range.start]);
                    text.push_str(&value(placeholder)?);
                }
                at = range.end.min(piece.end);
            }
            if let Some(text) = &mut text {
                text.push_str(&self.whole[at..piece.end]);
            }
            filled.push(text);
        }
        Ok(filled)
    }

    fn is_blank_around(&self, range: &Range<usize>) -> bool {
        self.whole[..range.start].trim().is_empty() && self.whole[range.end..].trim().is_empty()
    }
}
