//! Two documents of a run side by side: clauses go over the ends of pages.

use std::ops::Range;

use inhouse_agent::passage::CharRange;
use inhouse_agent::run::{Clause, Compared, Document};
use inhouse_tools::compare::{self, Difference, DifferenceKind, Tag, Unit};

/// Characters around a change that say what it is about.
const AROUND: usize = 8;

/// A document as one text, with the bytes at which its pages begin.
struct Whole {
    text: String,
    /// Page and byte.
    pages: Vec<(u32, usize)>,
}

pub(super) fn compared(old: &Document, new: &Document) -> Vec<Compared> {
    let (old, new) = (Whole::of(old), Whole::of(new));
    let (old_units, new_units) = (compare::units(&old.text), compare::units(&new.text));
    let units = |whole: &Whole, units: &[(Range<usize>, Option<String>)]| -> Vec<Unit> {
        let unit = |(range, number): &(Range<usize>, Option<String>)| Unit {
            number: number.clone(),
            text: whole.text[range.clone()].to_owned(),
        };
        units.iter().map(unit).collect()
    };
    let differences = compare::compare(&units(&old, &old_units), &units(&new, &new_units));
    let one = |difference: Difference| Compared {
        kind: code(difference.kind),
        old: difference.old.map(|at| old.clause(&old_units[at])),
        new: difference.new.map(|at| new.clause(&new_units[at])),
        changes: changes(&difference.words),
    };
    differences.into_iter().map(one).collect()
}

impl Whole {
    fn of(document: &Document) -> Self {
        let mut whole = Self { text: String::new(), pages: Vec::new() };
        for page in &document.pages {
            if !whole.text.is_empty() {
                whole.text.push('\n');
            }
            whole.pages.push((page.number, whole.text.len()));
            whole.text.push_str(&page.text);
        }
        whole
    }

    fn clause(&self, (range, number): &(Range<usize>, Option<String>)) -> Clause {
        let mut ranges = Vec::new();
        for (at, (page, start)) in self.pages.iter().enumerate() {
            // The line end between two pages belongs to neither.
            let end = self.pages.get(at + 1).map_or(self.text.len(), |(_, next)| next - 1);
            let (from, to) = (range.start.max(*start), range.end.min(end));
            let part = if from < to { self.text[from..to].trim() } else { "" };
            if part.is_empty() {
                continue;
            }
            let lead = self.text[from..to].len() - self.text[from..to].trim_start().len();
            let first = self.text[*start..from + lead].chars().count();
            ranges.push((*page, CharRange::new(first, first + part.chars().count())));
        }
        Clause { number: number.clone(), ranges }
    }
}

/// What stood there and what stands there now, each with some words around it.
fn changes(words: &[(Tag, String)]) -> Vec<(String, String)> {
    let mut changes: Vec<(String, String)> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at].0 == Tag::Same {
            at += 1;
            continue;
        }
        let from = at;
        let (mut was, mut is) = (String::new(), String::new());
        while let Some((tag @ (Tag::Added | Tag::Removed), text)) = words.get(at) {
            if *tag == Tag::Removed {
                was.push_str(text)
            } else {
                is.push_str(text)
            }
            at += 1;
        }
        let before = from.checked_sub(1).map_or("", |before| last_words(&words[before].1));
        let behind = words.get(at).map_or("", |(_, text)| first_words(text));
        let whole = |middle: String| format!("{before}{middle}{behind}").trim().to_owned();
        changes.push((whole(was), whole(is)));
    }
    changes
}

/// The last few characters of a text that belong together, whole words of them.
fn last_words(text: &str) -> &str {
    let ends = |c: char| ".。;；!！?？\n".contains(c);
    let text = text.rsplit(ends).next().unwrap_or(text);
    let Some((at, _)) = text.char_indices().rev().nth(AROUND - 1) else { return text };
    let tail = &text[at..];
    tail.find(char::is_whitespace).map_or(tail, |space| &tail[space..])
}

fn first_words(text: &str) -> &str {
    let ends = |c: char| ".。;；!！?？\n".contains(c);
    let text = text.split(ends).next().unwrap_or(text);
    let Some((at, _)) = text.char_indices().nth(AROUND) else { return text };
    let head = &text[..at];
    head.rfind(char::is_whitespace).map_or(head, |space| &head[..space])
}

fn code(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Same => "same",
        DifferenceKind::Moved => "moved",
        DifferenceKind::Changed => "changed",
        DifferenceKind::Added => "added",
        DifferenceKind::Removed => "removed",
        DifferenceKind::Renumbered => "renumbered",
    }
}

#[cfg(test)]
mod tests {
    use inhouse_agent::passage::Page;

    use super::*;

    fn document(pages: &[&str]) -> Document {
        let page = |(number, text): (u32, &&str)| Page {
            number,
            text: (*text).into(),
            headings: Vec::new(),
            sheet: None,
        };
        Document { pages: (1..).zip(pages).map(page).collect(), ..Document::default() }
    }

    #[test]
    fn clauses_go_over_pages_and_changes_say_what_they_are_about() {
        let old = document(&[
            "第一条 甲方应在验收合格后三十日内付款。\n第二条 乙方负责将设备运至",
            "甲方仓库。\n第三条 质保期为两年。",
        ]);
        let new = document(&["第一条 甲方应在验收合格后六十日内付款。\n第二条 乙方负责将设备运至甲方仓库。"]);
        let compared = compared(&old, &new);
        let kinds: Vec<&str> = compared.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, ["changed", "same", "removed"]);
        let change = ("方应在验收合格后三十日内付款".to_owned(), "方应在验收合格后六十日内付款".to_owned());
        assert_eq!(compared[0].changes, [change]);
        let over: Vec<u32> =
            compared[1].old.as_ref().expect("a clause").ranges.iter().map(|(page, _)| *page).collect();
        assert_eq!(over, [1, 2]);
        for (page, range) in &compared[1].old.as_ref().expect("a clause").ranges {
            let text = range.of(&old.page(*page).expect("a page").text).expect("a range");
            assert!(text.starts_with("第二条") || text == "甲方仓库。", "{text}");
        }
    }
}
