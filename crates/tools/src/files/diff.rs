//! What changes between two texts, line by line and within bounds.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::preview::ContentKind;

/// Lines that are shown around a change.
const CONTEXT: usize = 3;
const MOST_LINES: usize = 400;
const MOST_CHARACTERS: usize = 400;
/// Then the rest is told as replaced as a whole, which is true but longer.
const LONGEST: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    pub lines: Vec<DiffLine>,
    /// Lines that come and go in all, also those that are not in `lines`.
    pub added: usize,
    pub removed: usize,
    /// Whether `lines` ends before the changes do.
    pub is_cut: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    pub tag: DiffTag,
    /// From 1, in the old text for what goes and in the new one otherwise.
    pub number: usize,
    /// Without the line break.
    pub text: String,
    /// Whether the line goes on behind `text`.
    pub is_cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffTag {
    Same,
    Added,
    Removed,
}

impl Diff {
    /// `None` when one of them is not text.
    pub fn between(old: &[u8], new: &[u8]) -> Option<Self> {
        let (old, new) = (text(old)?, text(new)?);
        let diff = TextDiff::configure().timeout(LONGEST).diff_lines(old, new);
        let mut told = Self { lines: Vec::new(), added: 0, removed: 0, is_cut: false };
        for group in diff.grouped_ops(CONTEXT) {
            for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                let (tag, index) = match change.tag() {
                    ChangeTag::Equal => (DiffTag::Same, change.new_index()),
                    ChangeTag::Insert => (DiffTag::Added, change.new_index()),
                    ChangeTag::Delete => (DiffTag::Removed, change.old_index()),
                };
                told.added += usize::from(tag == DiffTag::Added);
                told.removed += usize::from(tag == DiffTag::Removed);
                if told.lines.len() == MOST_LINES {
                    told.is_cut = true;
                    continue;
                }
                let line = change.value().trim_end_matches(['\n', '\r']);
                let end = line.char_indices().nth(MOST_CHARACTERS).map_or(line.len(), |(end, _)| end);
                told.lines.push(DiffLine {
                    tag,
                    number: index.map_or(0, |index| index + 1),
                    text: line[..end].to_owned(),
                    is_cut: end < line.len(),
                });
            }
        }
        Some(told)
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    match ContentKind::of(bytes) {
        ContentKind::Empty | ContentKind::Text => std::str::from_utf8(bytes).ok(),
        ContentKind::Binary => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_goes_and_comes_among_its_neighbours() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let diff = Diff::between(old.as_bytes(), old.replace('e', "E").as_bytes()).expect("text");
        let shown: Vec<_> =
            diff.lines.iter().map(|line| (line.tag, line.number, line.text.as_str())).collect();
        assert_eq!((diff.added, diff.removed, diff.is_cut), (1, 1, false));
        assert_eq!(shown.len(), 8);
        assert_eq!(shown[3..5], [(DiffTag::Removed, 5, "e"), (DiffTag::Added, 5, "E")]);
    }

    #[test]
    fn a_long_diff_says_that_it_is_cut_and_how_much_changes() {
        let long = "\u{5b57}".repeat(MOST_CHARACTERS + 1);
        let new = format!("{long}\n").repeat(MOST_LINES + 5);
        let diff = Diff::between(b"", new.as_bytes()).expect("text");
        assert_eq!((diff.lines.len(), diff.added, diff.removed), (MOST_LINES, MOST_LINES + 5, 0));
        assert!(diff.is_cut && diff.lines.iter().all(|line| line.is_cut));
    }

    #[test]
    fn what_is_no_text_has_no_diff() {
        assert_eq!(Diff::between(b"\xff\xfe", b"text"), None);
        assert_eq!(Diff::between(b"text", b"a\0b"), None);
        let same = Diff::between(b"x", b"x").expect("text");
        assert_eq!((same.lines.len(), same.added), (0, 0));
    }
}
