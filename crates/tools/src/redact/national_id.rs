//! Chinese resident identity numbers (GB 11643-1999), and residence permits that follow it.

use super::glyphs::Cue;
use super::{Kind, Seen};

/// The first two digits: provinces, Taiwan, Hong Kong, Macao and their residents.
const REGIONS: &[u32] = &[
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
    61, 62, 63, 64, 65, 71, 81, 82, 83,
];

const CUES: &[&str] = &["身份证", "公民身份号", "证件号", "证号", "居住证", "id card", "id no", "identity"];

pub(super) fn scan(seen: &mut Seen) {
    let mut at = 0;
    while at < seen.glyphs.len() {
        if !seen.glyphs.is_digit(at) || !seen.glyphs.starts_word(at) {
            at += 1;
            continue;
        }
        match long_form(seen, at).or_else(|| short_form(seen, at)) {
            Some((end, certain)) => {
                seen.add(Kind::NationalId, at..end, certain);
                at = end;
            }
            None => at += 1,
        }
    }
}

/// The end of an 18-digit number from `at` on, and whether its checksum proves it.
fn long_form(seen: &Seen, at: usize) -> Option<(usize, bool)> {
    let glyphs = &seen.glyphs;
    let mut values = Vec::with_capacity(18);
    let mut next = at;
    // Over two blanks at most.
    let goes_on =
        |at| (at + 1..=at + 2).map_while(|at| glyphs.get(at)).find(|c| *c != ' ').is_some_and(is_value);
    while values.len() < 18 {
        match glyphs.get(next)? {
            'X' | 'x' if values.len() == 17 => values.push(10),
            c if c.is_ascii_digit() => values.push(c.to_digit(10)?),
            ' ' if !values.is_empty() && goes_on(next) => {}
            '-' if glyphs.before(next).is_some_and(is_value)
                && glyphs.get(next + 1).is_some_and(is_value) => {}
            _ => return None,
        }
        next += 1;
    }
    if !glyphs.ends_word(next) || !is_region(&values) || !is_date(&values[6..14]) {
        return None;
    }
    if checks(&values) {
        return (!is_company(&values) || glyphs.follows(at, CUES)).then_some((next, true));
    }
    // Mistyped or misread, but somebody says what it is.
    (glyphs.cue(at, CUES) == Cue::For).then_some((next, false))
}

/// The end of a number of 15 digits, as they were given until 1999; it has no checksum.
fn short_form(seen: &Seen, at: usize) -> Option<(usize, bool)> {
    let groups = seen.glyphs.groups(at, 15);
    let lengths: Vec<usize> = groups.iter().map(ExactSizeIterator::len).collect();
    if !matches!(lengths[..], [15] | [6, 6, 3]) {
        return None;
    }
    let end = groups.last()?.end;
    let values = seen.glyphs.digits(at..end);
    let date: Vec<u32> = [1, 9].into_iter().chain(values[6..12].iter().copied()).collect();
    let allowed = seen.glyphs.cue(at, CUES) != Cue::Against;
    (seen.glyphs.closes(end) && allowed && is_region(&values) && is_date(&date)).then_some((end, false))
}

fn is_value(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, 'X' | 'x')
}

fn is_region(values: &[u32]) -> bool {
    let region = values[0] * 10 + values[1];
    // Permanent residents from abroad: a 9, then the province.
    REGIONS.contains(&region)
        || values.len() == 18 && values[0] == 9 && REGIONS.contains(&number(&values[1..3]))
}

fn is_date(values: &[u32]) -> bool {
    let (year, month, day) = (number(&values[..4]), number(&values[4..6]), number(&values[6..8]));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1900..2100).contains(&year) && (1..=days).contains(&day)
}

fn number(digits: &[u32]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + digit)
}

/// ISO 7064 MOD 11-2.
fn checks(values: &[u32]) -> bool {
    values.iter().fold(0, |rest, value| (rest * 2 + value) % 11) == 1
}

/// Whether it is a unified social credit code (GB 32100-2015) that happens to have no letters.
fn is_company(values: &[u32]) -> bool {
    let (mut sum, mut weight) = (values[17], 1);
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    values[0] == 9 && values[17] < 10 && sum % 31 == 0
}
