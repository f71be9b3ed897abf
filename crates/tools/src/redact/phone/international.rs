//! Numbers with a country's code in front (ITU-T E.164): `+44 20 7946 0958`, `0033 1 23 45 67 89`.

use super::{CUES, Number};
use crate::redact::glyphs::{Cue, Glyphs};

/// The countries whose code has one or two digits; the other codes have three.
const SHORT: &[u32] = &[
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
    60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];
/// What the codes of three digits begin with.
const LONG: &[u32] =
    &[21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99];

struct Dialled {
    end: usize,
    /// The lengths of its groups of digits.
    groups: Vec<usize>,
    /// Whether it is a Chinese mobile, whose beginning is known.
    is_mobile: bool,
}

pub(super) fn after_plus(glyphs: &Glyphs, at: usize) -> Option<Number> {
    if glyphs.before(at).is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | ')')) {
        return None;
    }
    let dialled = dialled(glyphs, at + 1)?;
    let in_brackets = glyphs.before(at) == Some('(') && glyphs.slice(at..dialled.end).contains(&')');
    let start = at - usize::from(in_brackets);
    let certain = match glyphs.cue(start, CUES) {
        Cue::For => true,
        Cue::Against => false,
        // Thousands are grouped in threes.
        Cue::Silent => dialled.is_mobile || dialled.groups.iter().skip(1).any(|length| *length != 3),
    };
    Some(Number { range: start..dialled.end, certain })
}

pub(super) fn after_zeros(glyphs: &Glyphs, at: usize) -> Option<Number> {
    if glyphs.get(at) != Some('0') || glyphs.get(at + 1) != Some('0') {
        return None;
    }
    let dialled = dialled(glyphs, at + 2)?;
    let said = glyphs.cue(at, CUES);
    let certain = said == Cue::For || said == Cue::Silent && dialled.is_mobile;
    (certain || said == Cue::Silent && dialled.groups.len() > 1)
        .then_some(Number { range: at..dialled.end, certain })
}

fn dialled(glyphs: &Glyphs, at: usize) -> Option<Dialled> {
    let mut ends = Vec::new();
    let mut digits: Vec<u32> = Vec::new();
    let mut next = at;
    while digits.len() < 20 {
        match glyphs.get(next) {
            Some(c) if c.is_ascii_digit() => digits.extend(c.to_digit(10)),
            Some(' ' | '-' | '.' | '(' | ')') if !digits.is_empty() => {
                if glyphs.is_digit(next - 1) {
                    ends.push((next, digits.len()));
                }
                let run = (next..)
                    .take(4)
                    .take_while(|&at| matches!(glyphs.get(at), Some(' ' | '-' | '.' | '(' | ')')));
                if !glyphs.is_digit(next + run.count()) {
                    break;
                }
            }
            _ => break,
        }
        next += 1;
    }
    if next > at && glyphs.is_digit(next - 1) {
        ends.push((next, digits.len()));
    }
    let pair = digits.first()? * 10 + digits.get(1)?;
    let allowed = match pair {
        10..=19 => 11..=11,
        86 => 11..=13,
        _ if SHORT.contains(&pair) || LONG.contains(&pair) => 9..=15,
        _ => return None,
    };
    // What follows behind a blank may be another number.
    while ends.last().is_some_and(|(_, count)| count > allowed.end()) {
        ends.pop();
    }
    let &(end, count) = ends.last()?;
    let mut before = 0;
    let groups = ends.iter().map(|(_, count)| count - std::mem::replace(&mut before, *count)).collect();
    let is_mobile = pair == 86 && count == 13 && digits[2] == 1 && digits[3] >= 3;
    (allowed.contains(&count) && glyphs.closes(end)).then_some(Dialled { end, groups, is_mobile })
}
