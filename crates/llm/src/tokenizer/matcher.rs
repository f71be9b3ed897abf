//! Finds fixed texts in a text: the leftmost, and of those the longest.

use std::collections::HashMap;

pub(super) struct Matcher {
    /// By first character, the longest first.
    texts: HashMap<char, Vec<(String, u32)>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Bytes of the searched text.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) id: u32,
}

impl Matcher {
    pub(super) fn new<'a>(entries: impl Iterator<Item = (&'a str, u32)>) -> Self {
        let mut texts = HashMap::<char, Vec<_>>::new();
        for (text, id) in entries {
            if let Some(first) = text.chars().next() {
                texts.entry(first).or_default().push((text.to_owned(), id));
            }
        }
        for same_start in texts.values_mut() {
            same_start.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        }
        Self { texts }
    }

    pub(super) fn first(&self, text: &str) -> Option<Found> {
        if self.texts.is_empty() {
            return None;
        }
        text.char_indices().find_map(|(start, first)| {
            let candidates = self.texts.get(&first)?;
            let (found, id) =
                candidates.iter().find(|(candidate, _)| text[start..].starts_with(candidate))?;
            Some(Found { start, end: start + found.len(), id: *id })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leftmost_and_then_the_longest_text_is_found() {
        let matcher = Matcher::new([("<a>", 1), ("<a><b>", 2), ("\n", 3)].into_iter());
        assert_eq!(matcher.first("差<a><b>\n"), Some(Found { start: 3, end: 9, id: 2 }));
        assert_eq!(matcher.first("x<a\n"), Some(Found { start: 3, end: 4, id: 3 }));
        assert_eq!(matcher.first("none"), None);
    }
}
