//! Chinese mobile numbers: eleven digits that begin with 13 to 19.

use super::{CUES, Number, shaped};
use crate::redact::glyphs::{Cue, Glyphs};

const SHAPES: &[&[usize]] = &[&[11], &[3, 4, 4], &[3, 8], &[7, 4], &[4, 3, 4], &[3, 3, 5]];

/// What may stand before it in brackets; a plus is the beginning of an international number.
const PREFIXES: &[&str] = &["(86)", "(0086)"];

/// Words behind a number that make it an amount.
const UNITS: &[&str] =
    &["元", "万", "亿", "美元", "个", "件", "股", "吨", "%", "bytes", "kb", "mb", "usd", "rmb"];

pub(super) fn number(glyphs: &Glyphs, at: usize) -> Option<Number> {
    let groups = glyphs.groups(at, 24);
    let first = groups.first()?;
    // The country's number, with or without a gap behind it.
    let country = ["86", "0086"].into_iter().find(|country| {
        let rest = first.len().checked_sub(country.len());
        matches!(rest, Some(0 | 11))
            && glyphs.slice(first.clone()).iter().copied().take(country.len()).eq(country.chars())
    });
    let (digits, number) = match country {
        Some(country) if country.len() < first.len() => (at + country.len(), &groups[..1]),
        country => {
            let number = shaped(&groups[usize::from(country.is_some())..], SHAPES)?;
            (number.first()?.start, number)
        }
    };
    let range = digits..number.last()?.end;
    let end = with_tail(glyphs, range.end);
    let is_mobile = glyphs.get(digits) == Some('1') && matches!(glyphs.get(digits + 1), Some('3'..='9'));
    if !is_mobile || !glyphs.closes(end) {
        return None;
    }
    let start = if digits > at { at } else { prefixed(glyphs, at) };
    let is_grouped = number.len() > 1;
    let certain = match glyphs.cue(start, CUES) {
        Cue::For => true,
        Cue::Against => false,
        Cue::Silent if start < digits => true,
        Cue::Silent => is_grouped && !glyphs.has_neighbour(&range) && !is_amount(glyphs, end),
    };
    (certain || !is_amount(glyphs, end)).then_some(Number { range: start..end, certain })
}

/// `-1234`: the number behind which a delivery hides the real one.
fn with_tail(glyphs: &Glyphs, end: usize) -> usize {
    match glyphs.run(end + 1) {
        length @ 1..=4 if glyphs.get(end) == Some('-') => end + 1 + length,
        _ => end,
    }
}

/// Where the number begins with its country's prefix.
fn prefixed(glyphs: &Glyphs, at: usize) -> usize {
    let end = at - usize::from(matches!(glyphs.before(at), Some(' ' | '-')));
    let starts = PREFIXES.iter().filter_map(|prefix| {
        let start = end.checked_sub(prefix.len())?;
        glyphs.slice(start..end).iter().copied().eq(prefix.chars()).then_some(start)
    });
    starts.min().unwrap_or(at)
}

fn is_amount(glyphs: &Glyphs, end: usize) -> bool {
    let gap = usize::from(glyphs.get(end) == Some(' '));
    let behind: String = glyphs.slice(end + gap..(end + gap + 5).min(glyphs.len())).iter().collect();
    let behind = behind.to_ascii_lowercase();
    UNITS.iter().any(|unit| behind.starts_with(unit))
}
