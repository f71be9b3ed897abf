//! Chinese licence plates (GA 36): the province, the city, then five characters or six of a car that
//! is driven by electricity.

use super::{Kind, Seen};

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
/// What stands last on plates of trailers, driving schools, police, and of Hong Kong, Macao and consulates.
const LAST: &str = "挂学警港澳领";

pub(super) fn scan(seen: &mut Seen) {
    for at in 0..seen.glyphs.len() {
        if seen.glyphs.get(at).is_some_and(|c| PROVINCES.contains(c))
            && let Some(end) = end(seen, at + 1)
        {
            seen.add(Kind::LicensePlate, at..end, true);
        }
    }
}

fn end(seen: &Seen, at: usize) -> Option<usize> {
    let glyphs = &seen.glyphs;
    let is_plate = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() && !matches!(c, 'I' | 'O');
    if !glyphs.get(at).is_some_and(|c| c.is_ascii_uppercase() && is_plate(c)) {
        return None;
    }
    let start = at + 1 + usize::from(matches!(glyphs.get(at + 1), Some('·' | '•' | '・' | '-' | ' ' | '.')));
    let length = (start..).take(7).take_while(|&at| glyphs.get(at).is_some_and(is_plate)).count();
    let body = glyphs.slice(start..start + length);
    let digits = body.iter().filter(|c| c.is_ascii_digit()).count();
    let end = start + length;
    let proper = match length {
        4 if digits >= 2 && glyphs.get(end).is_some_and(|c| LAST.contains(c)) => return Some(end + 1),
        5 => digits >= 3,
        // A letter for the kind of drive, first or last.
        6 => digits >= 4 && (body[0].is_ascii_alphabetic() || body[5].is_ascii_alphabetic()),
        _ => false,
    };
    (proper && glyphs.ends_word(end)).then_some(end)
}
