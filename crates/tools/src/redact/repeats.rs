//! What was found once, wherever else it stands: in text that says nothing of what it is, and in markup.

use std::collections::{BTreeSet, HashMap};

use super::glyphs::Glyphs;
use super::name::{is_in_word, is_spaced};
use super::{Finding, Kind};

/// Fewest digits and letters of a number that is also looked for without its blanks and dashes.
const COMPACT: usize = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Text,
    /// Names in letters are left alone here, since words of markup are words too.
    Markup,
}

#[derive(Debug, Default)]
pub(super) struct Repeats {
    kinds: HashMap<String, Kind>,
    /// By the first two characters of an original, the lengths of such originals in characters.
    lengths: HashMap<(char, char), BTreeSet<usize>>,
}

impl Repeats {
    pub(super) fn of<'a>(found: impl Iterator<Item = (Kind, &'a str)>) -> Self {
        let mut repeats = Self::default();
        for (kind, original) in found {
            repeats.add(kind, original.to_owned());
            if !matches!(kind, Kind::Name | Kind::Email | Kind::Address) {
                let glyphs = Glyphs::of(original);
                let compact: String =
                    glyphs.slice(0..glyphs.len()).iter().filter(|c| c.is_alphanumeric()).collect();
                if compact.chars().count() >= COMPACT {
                    repeats.add(kind, compact);
                }
            }
        }
        repeats
    }

    fn add(&mut self, kind: Kind, original: String) {
        let mut chars = original.chars();
        if let (Some(first), Some(second)) = (chars.next(), chars.next()) {
            self.lengths.entry((first, second)).or_default().insert(2 + chars.count());
            self.kinds.entry(original).or_insert(kind);
        }
    }

    /// In order and without overlap, the longest first.
    pub(super) fn find(&self, text: &str, within: Within) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.kinds.is_empty() {
            return findings;
        }
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let byte = |at: usize| chars.get(at).map_or(text.len(), |(byte, _)| *byte);
        let mut at = 0;
        while at + 1 < chars.len() {
            let lengths = self.lengths.get(&(chars[at].1, chars[at + 1].1)).into_iter().flatten().rev();
            let fitting = lengths.filter(|length| at + **length <= chars.len());
            let mut found = fitting.filter_map(|length| {
                let range = byte(at)..byte(at + length);
                let kind = *self.kinds.get(&text[range.clone()])?;
                let counts = kind != Kind::Name || stands_alone(text, &range, within);
                counts.then_some((at + length, Finding { kind, range, certain: false }))
            });
            match found.next() {
                Some((end, finding)) => {
                    findings.push(finding);
                    at = end;
                }
                None => at += 1,
            }
        }
        findings
    }
}

fn stands_alone(text: &str, range: &std::ops::Range<usize>, within: Within) -> bool {
    let (before, name, behind) = (&text[..range.start], &text[range.clone()], &text[range.end..]);
    let (starts, ends) = (name.starts_with(is_spaced), name.ends_with(is_spaced));
    if starts && within == Within::Markup {
        return false;
    }
    !(starts && before.ends_with(is_in_word) || ends && behind.starts_with(is_in_word))
}
