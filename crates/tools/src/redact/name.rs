//! The names of people that were given, as they stand in texts.

use std::collections::HashMap;

use super::glyphs::Glyphs;
use super::{Kind, Seen};

/// Most blanks between two characters or two words of a name.
const BLANKS: usize = 3;

struct Name {
    /// With one blank between words, and none between Han.
    chars: Vec<char>,
    /// Whether it has several words, so that no other word is meant in whatever case.
    is_full: bool,
}

impl Name {
    /// `None` for what is too short to be looked for.
    fn of(given: &str) -> Option<Self> {
        let glyphs = Glyphs::of(given);
        let mut chars: Vec<char> = Vec::new();
        let mut is_full = false;
        for word in glyphs.slice(0..glyphs.len()).split(|c| c.is_whitespace()).filter(|word| !word.is_empty())
        {
            if chars.last().is_some_and(|last| is_spaced(*last) || is_spaced(word[0])) {
                chars.push(' ');
                is_full = true;
            }
            chars.extend(word);
        }
        (chars.len() > 1).then_some(Self { chars, is_full })
    }
}

pub(super) fn scan(seen: &mut Seen, names: &[String]) {
    let mut by_first: HashMap<char, Vec<Name>> = HashMap::new();
    for name in names.iter().filter_map(|name| Name::of(name)) {
        by_first.entry(lower(name.chars[0])).or_default().push(name);
    }
    for at in 0..seen.glyphs.len() {
        let Some(first) = seen.glyphs.get(at) else { continue };
        let here = by_first.get(&lower(first)).into_iter().flatten();
        let ends = here.filter_map(|name| Some((end(&seen.glyphs, at, name)?, name.is_full)));
        if let Some((end, is_full)) = ends.max() {
            // A single word in letters may be another word too.
            seen.add(Kind::Name, at..end, is_full || !is_spaced(first));
        }
    }
}

fn end(glyphs: &Glyphs, at: usize, name: &Name) -> Option<usize> {
    let (first, last) = (*name.chars.first()?, *name.chars.last()?);
    if is_spaced(first) && glyphs.before(at).is_some_and(is_in_word) {
        return None;
    }
    let blanks = |at: usize, breaks: bool| {
        let is_blank = |c: char| matches!(c, ' ' | '\t') || breaks && matches!(c, '\n' | '\r');
        (at..).take(BLANKS).take_while(|&at| glyphs.get(at).is_some_and(is_blank)).count()
    };
    let mut next = at;
    let mut before = None;
    for &c in &name.chars {
        if c == ' ' {
            let blanks = blanks(next, true);
            if blanks == 0 {
                return None;
            }
            next += blanks;
        } else {
            if before.is_some_and(|before| before != ' ' && !is_spaced(before)) && !is_spaced(c) {
                next += blanks(next, false);
            }
            if lower(glyphs.get(next)?) != lower(c) {
                return None;
            }
            next += 1;
        }
        before = Some(c);
    }
    // `SMITH` is the name `Smith`, `smith` is a trade.
    let written = glyphs.slice(at..next);
    let fits = name.is_full || written == name.chars || !written.iter().any(|c| c.is_lowercase());
    (fits && !(is_spaced(last) && glyphs.get(next).is_some_and(is_in_word))).then_some(next)
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Whether a character is of a script that sets blanks between words.
pub(super) fn is_spaced(c: char) -> bool {
    /// Thai and Lao; Han, kana, Hangul (whose particles follow a name directly).
    const UNSPACED: &[std::ops::RangeInclusive<char>] = &[
        '\u{e00}'..='\u{eff}',
        '\u{2e80}'..='\u{9fff}',
        '\u{ac00}'..='\u{d7af}',
        '\u{f900}'..='\u{faff}',
        '\u{20000}'..='\u{3ffff}',
    ];

    c.is_alphanumeric() && !UNSPACED.iter().any(|range| range.contains(&c))
}

/// Whether a character next to a name makes it part of a longer word.
pub(super) fn is_in_word(c: char) -> bool {
    is_spaced(c) || matches!(c, '\u{300}'..='\u{36f}')
}
