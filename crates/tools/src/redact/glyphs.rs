//! A text as the scanners see it: one width, one kind of blank and dash, nothing invisible.

use std::ops::Range;

/// How far before a number a word may stand that says what it is, in glyphs.
const CUE: usize = 18;
/// Digits that a comma sets apart in an amount.
const THOUSAND: usize = 3;
/// Longer runs of digits are no number of a person.
const LONGEST_RUN: usize = 32;

pub(super) struct Glyphs {
    chars: Vec<char>,
    /// The bytes of the text that each glyph stands for.
    bytes: Vec<Range<usize>>,
}

/// What the words before a place speak for; the nearest one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    For,
    Against,
    Silent,
}

/// Words for numbers that are of a thing or a matter, not of a person.
const OF_THINGS: &[&str] = &[
    "订单",
    "单号",
    "运单",
    "快递单",
    "流水",
    "编号",
    "序列号",
    "合同号",
    "发票",
    "税号",
    "信用代码",
    "批号",
    "条码",
    "型号",
    "金额",
    "总额",
    "合计",
    "人民币",
    "¥",
    "$",
    "€",
    "£",
    "order",
    "invoice",
    "serial",
    "tracking",
    "amount",
    "total",
    "isbn",
    "issn",
    "imei",
    "part no",
    "sku",
    "usd",
    "rmb",
    "cny",
    "id:",
];

impl Glyphs {
    pub(super) fn of(text: &str) -> Self {
        let mut glyphs = Self { chars: Vec::new(), bytes: Vec::new() };
        for (at, c) in text.char_indices() {
            if let Some(folded) = fold(c) {
                glyphs.chars.push(folded);
                glyphs.bytes.push(at..at + c.len_utf8());
            }
        }
        glyphs
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    pub(super) fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|before| self.get(before))
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &[char] {
        self.chars.get(range).unwrap_or_default()
    }

    /// The bytes of the text that some glyphs stand for.
    pub(super) fn bytes(&self, range: Range<usize>) -> Range<usize> {
        match self.bytes.get(range) {
            Some([first, .., last]) => first.start..last.end,
            Some([only]) => only.clone(),
            _ => 0..0,
        }
    }

    pub(super) fn is_digit(&self, at: usize) -> bool {
        self.get(at).is_some_and(|c| c.is_ascii_digit())
    }

    pub(super) fn starts_word(&self, at: usize) -> bool {
        !self.before(at).is_some_and(|c| c.is_ascii_alphanumeric())
    }

    pub(super) fn ends_word(&self, end: usize) -> bool {
        !self.get(end).is_some_and(|c| c.is_ascii_alphanumeric())
    }

    /// Whether a number may begin here: it goes on no other one.
    pub(super) fn opens(&self, at: usize) -> bool {
        let after_digit = at >= 2 && self.is_digit(at - 2);
        match self.before(at) {
            Some('.' | '-') => !after_digit,
            Some(',') => !after_digit || self.run(at) != THOUSAND,
            _ => self.starts_word(at),
        }
    }

    /// Whether a number may end before `end`: no other one goes on with it.
    pub(super) fn closes(&self, end: usize) -> bool {
        match self.get(end) {
            Some('.' | '-') => !self.is_digit(end + 1),
            Some(',') => self.run(end + 1) != THOUSAND,
            _ => self.ends_word(end),
        }
    }

    /// How many digits stand from `at` on, as far as it matters.
    pub(super) fn run(&self, at: usize) -> usize {
        (at..).take(LONGEST_RUN).take_while(|&at| self.is_digit(at)).count()
    }

    /// Groups of digits from `at` on, with one blank or one dash between them, of at most `most`
    /// digits in all; a group that is cut off there is left out.
    pub(super) fn groups(&self, at: usize, most: usize) -> Vec<Range<usize>> {
        let mut groups = Vec::new();
        let mut start = at;
        let mut digits = 0;
        loop {
            let length = self.run(start);
            digits += length;
            if length == 0 || digits > most {
                return groups;
            }
            groups.push(start..start + length);
            match self.get(start + length) {
                Some(' ' | '-') => start += length + 1,
                _ => return groups,
            }
        }
    }

    /// The digits within a range, without what stands between them.
    pub(super) fn digits(&self, range: Range<usize>) -> Vec<u32> {
        self.slice(range).iter().filter_map(|c| c.to_digit(10)).collect()
    }

    /// Whether another group of digits stands next to a range, with a blank or dash between.
    pub(super) fn has_neighbour(&self, range: &Range<usize>) -> bool {
        let joins = |c: Option<char>| matches!(c, Some(' ' | '-'));
        joins(self.get(range.end)) && self.is_digit(range.end + 1)
            || joins(self.before(range.start)) && range.start >= 2 && self.is_digit(range.start - 2)
    }

    /// What the nearest word on the same line before `at` speaks for.
    pub(super) fn cue(&self, at: usize, words: &[&str]) -> Cue {
        let line = self.line_before(at);
        let nearest = |words: &[&str]| words.iter().filter_map(|word| end_of_last(&line, word)).max();
        match (nearest(words), nearest(OF_THINGS)) {
            (Some(word), other) if other.is_none_or(|other| word >= other) => Cue::For,
            (_, Some(_)) => Cue::Against,
            _ => Cue::Silent,
        }
    }

    /// Whether one of the words stands on the same line shortly before `at`.
    pub(super) fn follows(&self, at: usize, words: &[&str]) -> bool {
        let line = self.line_before(at);
        words.iter().any(|word| end_of_last(&line, word).is_some())
    }

    fn line_before(&self, at: usize) -> String {
        let window = self.slice(at.saturating_sub(CUE)..at);
        let line = window.rsplit(|c| matches!(c, '\n' | '\r')).next().unwrap_or_default();
        line.iter().map(char::to_ascii_lowercase).collect()
    }
}

/// Where the last occurrence of a word ends. A word in letters is no part of a longer one.
fn end_of_last(line: &str, word: &str) -> Option<usize> {
    let is_letter = |c: char| c.is_ascii_alphabetic();
    let whole = |&(at, _): &(usize, &str)| {
        let begins = !word.starts_with(is_letter) || !line[..at].ends_with(is_letter);
        begins && (!word.ends_with(is_letter) || !line[at + word.len()..].starts_with(is_letter))
    };
    line.rmatch_indices(word).find(whole).map(|(at, _)| at + word.len())
}

/// `None` for what is not seen.
fn fold(c: char) -> Option<char> {
    Some(match c {
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => return None,
        '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{fe0e}' | '\u{fe0f}' | '\u{feff}' => return None,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{ffe5}' => '¥',
        c => c,
    })
}
