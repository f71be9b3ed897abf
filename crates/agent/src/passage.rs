//! Pages, passages and where text stands on them.

use crate::source::SourceId;

/// A half-open range of Unicode scalar values (Rust `char`s) in a page's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CharRange {
    pub start: usize,
    pub end: usize,
}

impl CharRange {
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end, "a range ends where it starts or later");
        Self { start, end }
    }

    /// The text in this range, or `None` when the text is too short for it.
    pub fn of(self, text: &str) -> Option<&str> {
        let mut bounds = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let start = bounds.by_ref().nth(self.start)?;
        let end = if self.end == self.start { start } else { bounds.nth(self.end - self.start - 1)? };
        Some(&text[start..end])
    }
}

/// A page of a source: of a PDF a printed page, of running text the whole of it or a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// From 1, in reading order.
    pub number: u32,
    /// The page's text, exactly as it is kept, shown and quoted.
    pub text: String,
    /// Where headings stand in `text`, outermost level 1.
    pub headings: Vec<Heading>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    pub level: u8,
    pub range: CharRange,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Anchor {
    pub source: SourceId,
    /// From 1.
    pub page: u32,
    pub range: CharRange,
}

/// The record's number of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PassageId(pub i64);

/// A piece of one page that is embedded and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    pub id: PassageId,
    pub anchor: Anchor,
    /// What stands at the anchor, to the letter.
    pub text: String,
    /// The headings above it, outermost first, joined with " > "; empty when there are none.
    pub heading: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_counts_characters_not_bytes() {
        assert_eq!(CharRange::new(1, 3).of("差旅费 fee"), Some("旅费"));
        assert_eq!(CharRange::new(0, 0).of(""), Some(""));
        assert_eq!(CharRange::new(4, 7).of("差旅费 fee"), Some("fee"));
        assert_eq!(CharRange::new(4, 8).of("差旅费 fee"), None);
    }
}
