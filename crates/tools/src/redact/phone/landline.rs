//! Numbers with an area code: Chinese landlines with their extensions, and those of the US and UK.

use std::ops::Range;

use super::{CUES, Number, shaped};
use crate::redact::glyphs::{Cue, Glyphs};

const LOCAL: &[&[usize]] = &[&[7], &[8], &[4, 4], &[3, 4]];
const BRITISH: &[&[usize]] = &[&[5, 6], &[4, 3, 4], &[4, 7], &[5, 3, 3]];
const AMERICAN: &[&[usize]] = &[&[3, 3, 4]];

/// Longest extension.
const EXTENSION: usize = 5;

/// `0571-88888888`, `010 8888 8888 转 801`, `415-555-2671`, `0161 496 0000`
pub(super) fn number(glyphs: &Glyphs, at: usize) -> Option<Number> {
    let groups = glyphs.groups(at, 22);
    let said = glyphs.cue(at, CUES);
    let first = groups.first()?;
    if let Some(area) = area(glyphs, first.clone()) {
        if first.len() == area
            && let Some(number) = shaped(&groups[1..], LOCAL)
            && is_local(glyphs, number[0].start)
        {
            let end = number.last()?.end;
            let crowded = groups.len() > number.len() + 1 && glyphs.get(end) == Some(' ');
            let end = extended(glyphs, end)?;
            return Some(Number { range: at..end, certain: said != Cue::Against && !crowded });
        }
        if matches!(first.len() - area, 7 | 8) && is_local(glyphs, first.start + area) {
            let end = extended(glyphs, first.end)?;
            return Some(Number { range: at..end, certain: said == Cue::For });
        }
    }
    let (shapes, begins) = match glyphs.get(at)? {
        '0' => (BRITISH, true),
        '2'..='9' => {
            (AMERICAN, groups.get(1).is_some_and(|group| matches!(glyphs.get(group.start), Some('2'..='9'))))
        }
        _ => return None,
    };
    let number = shaped(&groups, shapes).filter(|_| begins && said != Cue::Against)?;
    let end = number.last()?.end;
    let range = at..end;
    let alone = !glyphs.has_neighbour(&range);
    (alone && glyphs.closes(end)).then_some(Number { range, certain: said == Cue::For })
}

/// `(0571) 88888888`, `(415) 555-2671`, `(01632) 960983`
pub(super) fn in_brackets(glyphs: &Glyphs, at: usize) -> Option<Number> {
    let code = glyphs.groups(at + 1, 5).into_iter().next()?;
    if glyphs.get(code.end) != Some(')') {
        return None;
    }
    let behind = code.end + 1;
    let start = behind + usize::from(matches!(glyphs.get(behind), Some(' ' | '-')));
    let groups = glyphs.groups(start, 16);
    let first = groups.first()?;
    let american = code.len() == 3 && matches!(glyphs.get(code.start), Some('2'..='9'));
    let chinese = area(glyphs, code.clone()) == Some(code.len());
    let number = if american && matches!(glyphs.get(first.start), Some('2'..='9')) {
        shaped(&groups, &[&[3, 4]])?
    } else if chinese && is_local(glyphs, first.start) {
        shaped(&groups, LOCAL)?
    } else if glyphs.get(code.start) == Some('0') && code.len() >= 3 {
        shaped(&groups, &[&[6], &[3, 4], &[4, 4], &[3, 3], &[7]])?
    } else {
        return None;
    };
    let end = extended(glyphs, number.last()?.end)?;
    Some(Number { range: at..end, certain: glyphs.cue(at, CUES) != Cue::Against })
}

/// The length of the Chinese area code that digits begin with.
fn area(glyphs: &Glyphs, digits: Range<usize>) -> Option<usize> {
    let length = match glyphs.slice(digits.start..digits.start + 3) {
        ['0', '1', '0'] => 3,
        ['0', '2', '0'..='5' | '7'..='9'] => 3,
        ['0', '3'..='9', _] => 4,
        _ => return None,
    };
    (digits.len() >= length).then_some(length)
}

fn is_local(glyphs: &Glyphs, at: usize) -> bool {
    matches!(glyphs.get(at), Some('2'..='9'))
}

/// The end of a number with its extension: `-801`, `转801`, `ext. 801`; `None` when the number goes
/// on with something else.
fn extended(glyphs: &Glyphs, end: usize) -> Option<usize> {
    let mut next = end + usize::from(glyphs.get(end) == Some(' '));
    let rest: String = glyphs.slice(next..(next + 5).min(glyphs.len())).iter().collect();
    let rest = rest.to_ascii_lowercase();
    let mark = ["转", "分机", "ext.", "ext", "x", "#", "-"].into_iter().find(|mark| rest.starts_with(mark));
    if let Some(mark) = mark {
        next += mark.chars().count();
        next += usize::from(matches!(glyphs.get(next), Some(' ' | ':' | '-')));
        let length = glyphs.run(next);
        if (1..=EXTENSION).contains(&length) && glyphs.closes(next + length) {
            return Some(next + length);
        }
    }
    glyphs.closes(end).then_some(end)
}
