//! A clause as it is matched with others.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::Unit;
use super::heading::heading;

pub(super) struct Clause<'a> {
    pub(super) number: Option<String>,
    /// The text without the number.
    pub(super) body: &'a str,
    /// The body with one width of characters and one kind of blank, and no blanks next to Han.
    pub(super) normal: String,
    /// Hashes of all pairs of neighbouring words, sorted.
    pairs: Vec<u64>,
}

impl<'a> Clause<'a> {
    pub(super) fn of(unit: &'a Unit) -> Self {
        let own = unit.number.as_deref().map(fold);
        let read = heading(&unit.text).map(|(number, length)| (fold(&number), length));
        let (number, body) = match read {
            Some((read, length)) if own.as_ref().is_none_or(|own| *own == read) => {
                (Some(read), &unit.text[length..])
            }
            _ => (own, unit.text.trim_start()),
        };
        let normal = normal(body);
        let pairs = neighbours(&normal);
        Self { number, body: body.trim_end(), normal, pairs }
    }

    /// Twice the pairs of words that both have over all pairs (Dice 1945), in thousandths.
    pub(super) fn similarity(&self, other: &Self) -> usize {
        let mut common = 0;
        let (mut mine, mut theirs) = (self.pairs.iter().peekable(), other.pairs.iter().peekable());
        while let (Some(one), Some(two)) = (mine.peek(), theirs.peek()) {
            let order = one.cmp(two);
            common += usize::from(order.is_eq());
            if order.is_le() {
                mine.next();
            }
            if order.is_ge() {
                theirs.next();
            }
        }
        2000 * common / (self.pairs.len() + other.pairs.len()).max(1)
    }

    /// The most that [`Self::similarity`] can be, told without looking at the words.
    pub(super) fn most_similar(&self, other: &Self) -> usize {
        let (one, two) = (self.pairs.len(), other.pairs.len());
        2000 * one.min(two) / (one + two).max(1)
    }
}

/// Words, numbers, and each other character for itself; blanks too.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        if is_in_word(first) || first.is_whitespace() {
            let goes_on =
                |c: char| is_in_word(c) == is_in_word(first) && c.is_whitespace() == first.is_whitespace();
            length = rest.find(|c| !goes_on(c)).unwrap_or(rest.len());
            // 1,200.50 is one number.
            while first.is_ascii_digit() && rest[..length].ends_with(|c: char| c.is_ascii_digit()) {
                let behind = rest[length..].strip_prefix(['.', ',']).unwrap_or_default();
                let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
                if digits == 0 {
                    break;
                }
                length += 1 + digits;
            }
        }
        let (token, behind) = rest.split_at(length);
        tokens.push(token);
        rest = behind;
    }
    tokens
}

/// Each pair counts twice, the second time with one number as good as another: clauses that differ in
/// their figures are similar, and those with the same figures more so.
fn neighbours(normal: &str) -> Vec<u64> {
    let words = tokens(normal).into_iter().filter(|token| !token.starts_with(' '));
    let mut before = "";
    let mut pairs: Vec<u64> = Vec::new();
    for word in words.chain([""]) {
        for pair in [(before, word), (without_figures(before), without_figures(word))] {
            let mut hasher = DefaultHasher::new();
            pair.hash(&mut hasher);
            pairs.push(hasher.finish());
        }
        before = word;
    }
    pairs.sort_unstable();
    pairs
}

fn without_figures(word: &str) -> &str {
    if word.starts_with(|c: char| c.is_ascii_digit()) { "0" } else { word }
}

fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for word in fold(text).split_whitespace() {
        let needs_gap = |c: char| c.is_ascii();
        if normal.ends_with(needs_gap) && word.starts_with(needs_gap) {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    normal
}

fn fold(text: &str) -> String {
    let fold = |c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        c => c,
    };
    text.chars().map(fold).collect()
}

/// Letters and digits of scripts with blanks between words.
fn is_in_word(c: char) -> bool {
    c.is_alphanumeric()
        && !matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}
