//! What changed within a clause, word by word.

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::Tag;
use super::clause::tokens;

/// Most words of both texts together; longer ones are told as replaced as a whole.
const WORDS: usize = 50_000;

pub(super) fn between(old: &str, new: &str) -> Vec<(Tag, String)> {
    let (before, after) = (tokens(old), tokens(new));
    if before.len() + after.len() > WORDS {
        return vec![(Tag::Removed, old.to_owned()), (Tag::Added, new.to_owned())];
    }
    let mut told: Vec<(Tag, String)> = Vec::new();
    let mut tell = |tag, words: &[&str]| match told.last_mut() {
        _ if words.is_empty() => {}
        Some((last, text)) if *last == tag => text.extend(words.iter().copied()),
        _ => told.push((tag, words.concat())),
    };
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        let (removed, added) = (&before[op.old_range()], &after[op.new_range()]);
        if op.tag() == DiffTag::Equal {
            tell(Tag::Same, removed);
        } else {
            tell(Tag::Removed, removed);
            tell(Tag::Added, added);
        }
    }
    told
}
