//! Keys and values of what was read before, kept in memory, so that coming back to an agent, a passage
//! or a conversation after something else costs no second reading.
//!
//! They are kept in pages of some tokens; each page knows the one before it, so prompts that begin
//! alike share their pages (a prefix tree, as vLLM's blocks form one; Kwon et al. 2023). Keys and
//! values depend on nothing but the tokens up to theirs, so a page holds for exactly these tokens and
//! gives the same to the bit as reading them. When the room is taken, the pages go that were not used
//! for longest, those at the end of a branch first.

use std::collections::HashMap;
use std::ops::Range;

use crate::kernel::packed::LANES;

/// Tokens of a page: keys are kept in blocks of so many.
pub(super) const PAGE: usize = LANES;

/// Bytes that pages may take where memory allows: some twenty passages with their instructions for a
/// model of 1.5 billion weights.
pub(super) const ROOM: usize = 128 << 20;

/// Number of what stands before the first page.
const ROOT: u64 = 0;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// The page before, by its number.
    before: u64,
    tokens: [u32; PAGE],
}

struct Page {
    number: u64,
    saved: Vec<u8>,
    /// Pages that begin behind this one.
    followers: usize,
    /// When it was used last, in walks.
    used: u64,
}

pub(super) struct Pages {
    pages: HashMap<Key, Page>,
    /// Bytes that all pages may take.
    limit: usize,
    bytes: usize,
    numbered: u64,
    walks: u64,
}

impl Pages {
    pub(super) fn new(limit: usize) -> Self {
        Self { pages: HashMap::new(), limit, bytes: 0, numbered: ROOT, walks: 0 }
    }

    /// How many of the first tokens are kept, in whole pages.
    pub(super) fn kept(&self, tokens: &[u32]) -> usize {
        let mut before = ROOT;
        let known = tokens.chunks_exact(PAGE).map_while(|tokens| {
            let page = self.pages.get(&key(before, tokens))?;
            before = page.number;
            Some(())
        });
        known.count() * PAGE
    }

    /// What was saved of each page of the first tokens that are kept, with where it begins.
    pub(super) fn saved(&mut self, tokens: &[u32]) -> Vec<(usize, &[u8])> {
        self.walks += 1;
        let (mut before, mut keys) = (ROOT, Vec::new());
        for tokens in tokens.chunks_exact(PAGE) {
            let key = key(before, tokens);
            let Some(page) = self.pages.get_mut(&key) else { break };
            page.used = self.walks;
            before = page.number;
            keys.push(key);
        }
        keys.iter().enumerate().map(|(at, key)| (at * PAGE, &self.pages[key].saved[..])).collect()
    }

    /// Keeps the whole pages of `tokens` that are not kept yet; `save` gives what is kept of a range,
    /// or `None` where there is nothing to keep.
    pub(super) fn keep(&mut self, tokens: &[u32], save: impl Fn(Range<usize>) -> Option<Vec<u8>>) {
        self.walks += 1;
        let mut before: Option<Key> = None;
        for (at, tokens) in tokens.chunks_exact(PAGE).enumerate() {
            let number = before.as_ref().map_or(ROOT, |before| self.pages[before].number);
            let key = key(number, tokens);
            if let Some(page) = self.pages.get_mut(&key) {
                page.used = self.walks;
            } else {
                let Some(saved) = save(at * PAGE..(at + 1) * PAGE) else { break };
                if !self.make_room(saved.len()) {
                    break;
                }
                if let Some(before) = before.as_ref().and_then(|before| self.pages.get_mut(before)) {
                    before.followers += 1;
                }
                self.bytes += saved.len();
                self.numbered += 1;
                let page = Page { number: self.numbered, saved, followers: 0, used: self.walks };
                self.pages.insert(key.clone(), page);
            }
            before = Some(key);
        }
    }

    /// Lets pages go until there is room; false when what is left is in use by this very walk.
    fn make_room(&mut self, bytes: usize) -> bool {
        while self.bytes + bytes > self.limit {
            let ends = self.pages.iter().filter(|(_, page)| page.followers == 0);
            let oldest = ends.min_by_key(|(_, page)| page.used);
            let Some((key, _)) = oldest.filter(|(_, page)| page.used < self.walks) else { return false };
            let key = key.clone();
            if let Some(gone) = self.pages.remove(&key) {
                self.bytes -= gone.saved.len();
            }
            if let Some(before) = self.pages.values_mut().find(|page| page.number == key.before) {
                before.followers -= 1;
            }
        }
        true
    }
}

fn key(before: u64, tokens: &[u32]) -> Key {
    Key { before, tokens: tokens.try_into().expect("a page of tokens") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is saved of a page in these tests: its first token, ten times.
    fn keep(pages: &mut Pages, tokens: &[u32]) {
        pages.keep(tokens, |range| Some(vec![tokens[range.start] as u8; 10]));
    }

    /// Pages of one token each, and some tokens that fill none.
    fn tokens(pages: &[u32]) -> Vec<u32> {
        pages.iter().flat_map(|token| [*token; PAGE]).chain([0; 3]).collect()
    }

    #[test]
    fn what_begins_alike_shares_its_pages() {
        let mut pages = Pages::new(1 << 10);
        keep(&mut pages, &tokens(&[1, 2, 3]));
        keep(&mut pages, &tokens(&[1, 2, 4]));
        assert_eq!(pages.bytes, 40);
        assert_eq!(pages.kept(&tokens(&[1, 2, 4, 5])), 3 * PAGE);
        assert_eq!(pages.kept(&tokens(&[1, 3])), PAGE);
        // The same tokens behind others are another page.
        assert_eq!(pages.kept(&tokens(&[2, 3])), 0);
        assert_eq!(pages.kept(&[1; PAGE - 1]), 0);
        let saved = pages.saved(&tokens(&[1, 2, 3, 9]));
        let expected: [(usize, &[u8]); 3] = [(0, &[1; 10]), (PAGE, &[2; 10]), (2 * PAGE, &[3; 10])];
        assert_eq!(saved, expected);
    }

    #[test]
    fn what_was_not_used_for_longest_goes_and_beginnings_stay() {
        let mut pages = Pages::new(50);
        keep(&mut pages, &tokens(&[1, 2, 3]));
        keep(&mut pages, &tokens(&[1, 4]));
        keep(&mut pages, &tokens(&[6]));
        assert_eq!(pages.bytes, 50);
        // Looking is no use; taking is.
        pages.kept(&tokens(&[1, 4]));
        pages.saved(&tokens(&[1, 2, 3]));
        keep(&mut pages, &tokens(&[7]));
        assert_eq!(pages.kept(&tokens(&[1, 4])), PAGE);
        assert_eq!(pages.kept(&tokens(&[1, 2, 3])), 3 * PAGE);
        assert_eq!(pages.kept(&tokens(&[6])), PAGE);
        keep(&mut pages, &tokens(&[8, 9, 10]));
        assert_eq!((pages.kept(&tokens(&[6])), pages.kept(&tokens(&[7]))), (0, PAGE));
        assert_eq!(pages.kept(&tokens(&[1, 2, 3])), PAGE);
        assert_eq!(pages.bytes, 50);
    }

    #[test]
    fn of_what_is_longer_than_the_room_the_beginning_is_kept() {
        let mut pages = Pages::new(30);
        keep(&mut pages, &tokens(&[9]));
        keep(&mut pages, &tokens(&[1, 2, 3, 4, 5]));
        assert_eq!(pages.kept(&tokens(&[1, 2, 3, 4, 5])), 3 * PAGE);
        keep(&mut Pages::new(5), &tokens(&[1]));
        assert_eq!(pages.bytes, 30);
    }

    #[test]
    fn of_a_network_that_keeps_more_than_keys_and_values_nothing_is_kept() {
        let mut pages = Pages::new(100);
        pages.keep(&tokens(&[1, 2]), |_| None);
        assert_eq!((pages.bytes, pages.kept(&tokens(&[1, 2]))), (0, 0));
    }
}
