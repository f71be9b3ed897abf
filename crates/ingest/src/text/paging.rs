//! Cuts running text into pages that a person reads at a glance.

use std::ops::Range;

use inhouse_agent::passage::{CharRange, Heading, Page};

/// What a page aims at, in characters.
const PAGE_CHARS: usize = 3000;
/// A page is cut within these, unless the text ends before.
const SHORT_PAGE_CHARS: usize = 1500;
const LONG_PAGE_CHARS: usize = 4000;

/// A heading in a text, by bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextHeading {
    pub(crate) level: u8,
    pub(crate) range: Range<usize>,
}

/// How good a place is for a page to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    InLine,
    Line,
    AfterBlank,
    Heading,
}

/// A line, or a piece of one that is longer than a page.
struct Piece {
    range: Range<usize>,
    chars: usize,
    begins: Place,
}

/// Pages numbered from 1, none of them blank, each of them a slice of the text: together they hold
/// all of it but blank lines at their ends. Each begins at a heading if one stands at a fitting
/// length, else after a blank line, else at a line.
///
/// `headings` are in order and don't overlap.
pub(crate) fn pages(text: &str, headings: &[TextHeading]) -> Vec<Page> {
    let pieces = pieces(text, headings);
    let mut pages = Vec::new();
    let mut first = 0;
    while first < pieces.len() {
        let next = first + page_length(&pieces[first..]);
        let range = pieces[first].range.start..pieces[next - 1].range.end;
        pages.extend(page(text, range, headings, pages.len()));
        first = next;
    }
    pages
}

/// One page of all the text. Its headings are the paragraphs given, in their order, and what its
/// words tell.
pub(crate) fn whole_page(number: u32, text: String, known: &[(u8, String)]) -> Page {
    let mut found = Vec::new();
    let mut from = 0;
    for (level, heading) in known {
        let is_paragraph = |at: &usize| {
            let end = from + at + heading.len();
            text[..from + at].chars().next_back().is_none_or(|c| c == '\n')
                && text[end..].chars().next().is_none_or(|c| c == '\n')
        };
        let at = text[from..].match_indices(heading.as_str()).map(|(at, _)| at).find(is_paragraph);
        if let Some(at) = at.filter(|_| !heading.is_empty()) {
            let range = from + at..from + at + heading.len();
            from = range.end;
            found.push(TextHeading { level: *level, range });
        }
    }
    let stands_apart = |worded: &TextHeading| {
        found
            .iter()
            .all(|known| known.range.end <= worded.range.start || worded.range.end <= known.range.start)
    };
    let worded: Vec<_> = super::headings(&text).into_iter().filter(stands_apart).collect();
    found.extend(worded);
    found.sort_by_key(|heading| heading.range.start);
    let headings = headings_within(&text, 0..text.len(), &found);
    Page { number, text, headings, sheet: None }
}

/// How many pieces the next page takes, at least one.
fn page_length(pieces: &[Piece]) -> usize {
    let mut chars = 0;
    let mut best: Option<(Place, usize, usize)> = None;
    for (count, piece) in pieces.iter().enumerate() {
        if count > 0 && chars >= SHORT_PAGE_CHARS {
            let distance = chars.abs_diff(PAGE_CHARS);
            let better = best.is_none_or(|(place, far, _)| {
                (piece.begins, usize::MAX - distance) > (place, usize::MAX - far)
            });
            if better {
                best = Some((piece.begins, distance, count));
            }
        }
        chars += piece.chars;
        if chars > LONG_PAGE_CHARS {
            return best.map_or(count.max(1), |(_, _, count)| count);
        }
    }
    pieces.len()
}

fn pieces(text: &str, headings: &[TextHeading]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut headings = headings.iter().peekable();
    let mut start = 0;
    let mut after_blank = false;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let heading = headings.next_if(|heading| heading.range.start < end).is_some();
        while headings.next_if(|heading| heading.range.start < end).is_some() {}
        let begins = match (heading, after_blank) {
            (true, _) => Place::Heading,
            (false, true) => Place::AfterBlank,
            (false, false) => Place::Line,
        };
        push_line(text, start..end, begins, &mut pieces);
        after_blank = line.trim().is_empty();
        start = end;
    }
    pieces
}

/// Cuts a line that no page holds after a sentence, else a space, else anywhere.
fn push_line(text: &str, line: Range<usize>, begins: Place, pieces: &mut Vec<Piece>) {
    let mut begins = begins;
    let mut rest = line;
    loop {
        let chars = text[rest.clone()].chars().count();
        if chars <= LONG_PAGE_CHARS {
            pieces.push(Piece { range: rest, chars, begins });
            return;
        }
        let fitting = text[rest.clone()].char_indices().take(PAGE_CHARS);
        let (mut sentence, mut space, mut any) = (None, None, 0);
        for (at, c) in fitting {
            any = at + c.len_utf8();
            match c {
                '。' | '！' | '？' | '；' => sentence = Some(any),
                c if c.is_whitespace() => space = Some(any),
                _ => {}
            }
        }
        let cut = rest.start + sentence.or(space).unwrap_or(any);
        let piece = rest.start..cut;
        pieces.push(Piece { chars: text[piece.clone()].chars().count(), range: piece, begins });
        begins = Place::InLine;
        rest.start = cut;
    }
}

/// The page, unless it is blank.
fn page(text: &str, range: Range<usize>, headings: &[TextHeading], before: usize) -> Option<Page> {
    let slice = &text[range.clone()];
    let first = slice.find(|c: char| !c.is_whitespace())?;
    // Whole blank lines go; the indentation of the first line stays.
    let start = range.start + slice[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = range.start + slice.trim_end().len();
    let headings = headings_within(text, start..end, headings);
    let number = u32::try_from(before + 1).expect("a text in memory has fewer pages than bytes");
    Some(Page { number, text: text[start..end].to_owned(), headings, sheet: None })
}

/// The headings that stand in a slice of the text, counted in characters of the slice.
pub(crate) fn headings_within(text: &str, slice: Range<usize>, headings: &[TextHeading]) -> Vec<Heading> {
    let from = headings.partition_point(|heading| heading.range.start < slice.start);
    let mut counted = slice.start;
    let mut chars = 0;
    let mut char_at = |byte: usize| {
        chars += text[counted..byte].chars().count();
        counted = byte;
        chars
    };
    headings[from..]
        .iter()
        .take_while(|heading| heading.range.end <= slice.end)
        .map(|heading| Heading {
            level: heading.level,
            range: CharRange::new(char_at(heading.range.start), char_at(heading.range.end)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(pages: &[Page]) -> Vec<usize> {
        pages.iter().map(|page| page.text.chars().count()).collect()
    }

    #[test]
    fn a_short_text_is_one_page() {
        let pages = pages("\n\n  hello\nworld\n\n", &[]);
        assert_eq!(pages.len(), 1);
        assert_eq!(pages[0].text, "  hello\nworld");
    }

    #[test]
    fn a_long_text_is_cut_after_blank_lines() {
        let paragraph = format!("{}\n{}\n\n", "一".repeat(400), "二".repeat(400));
        let text = paragraph.repeat(20);
        let pages = pages(&text, &[]);
        assert_eq!(pages.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert!(pages.iter().all(|page| page.text.starts_with('一') && page.text.ends_with('二')));
        assert!(lengths(&pages).iter().all(|chars| (1500..=4000).contains(chars)));
    }

    #[test]
    fn a_heading_is_a_better_place_than_a_blank_line() {
        let body = format!("{}\n\n", "word ".repeat(60)).repeat(6);
        let text = format!("{body}Rules\n{body}{body}");
        let at = text.find("Rules").expect("it stands there");
        let pages = pages(&text, &[TextHeading { level: 1, range: at..at + 5 }]);
        assert!(pages[1].text.starts_with("Rules"));
        assert_eq!(pages[1].headings, [Heading { level: 1, range: CharRange::new(0, 5) }]);
    }

    #[test]
    fn headings_are_counted_in_characters_of_their_page() {
        let text = "差旅\n费用\n正文";
        let pages =
            pages(text, &[TextHeading { level: 1, range: 0..6 }, TextHeading { level: 2, range: 7..13 }]);
        let ranges: Vec<_> =
            pages[0].headings.iter().map(|heading| heading.range.of(&pages[0].text)).collect();
        assert_eq!(ranges, [Some("差旅"), Some("费用")]);
    }

    #[test]
    fn only_a_huge_line_is_cut_inside() {
        let text = "这是一句话。".repeat(2000);
        let pages = pages(&text, &[]);
        assert_eq!(pages.iter().map(|page| page.text.as_str()).collect::<String>(), text);
        assert!(pages.iter().all(|page| page.text.ends_with('。')));
        assert!(lengths(&pages).iter().all(|chars| *chars <= 4000));
        let line = "x".repeat(3900);
        assert_eq!(lengths(&super::pages(&format!("{line}\n{line}\n"), &[])), [3900, 3900]);
    }

    #[test]
    fn a_whole_page_has_the_headings_that_are_known_and_those_that_its_words_tell() {
        let known = [(1, "Policy".to_owned()), (2, "第二章 标准".to_owned())];
        let page = whole_page(3, "Policy of old\nPolicy\n第一章 总则\nbody\n第二章 标准".to_owned(), &known);
        let headings: Vec<_> = page.headings.iter().map(|h| (h.level, h.range.of(&page.text))).collect();
        assert_eq!(headings, [(1, Some("Policy")), (1, Some("第一章 总则")), (2, Some("第二章 标准"))]);
        assert_eq!(page.headings[0].range.start, 14);
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_double() {
        let text: String =
            (0..3000).map(|i| format!("line {i}{}\n", if i % 7 == 0 { "\n" } else { "" })).collect();
        let joined = pages(&text, &[]).iter().map(|page| page.text.as_str()).collect::<Vec<_>>().join("\n");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&joined), words(&text));
    }
}
