//! Passports and travel permits. Their numbers prove nothing alone, so a word before them has to.

use super::{Kind, Seen};

const CUES: &[&str] = &["护照", "通行证", "回乡证", "台胞证", "passport", "passports"];

/// What Chinese passports and permits begin with.
const CHINESE: &[char] = &['E', 'G', 'D', 'S', 'P', 'H', 'M', 'K', 'C', 'W'];

pub(super) fn scan(seen: &mut Seen) {
    let mut at = 0;
    while at < seen.glyphs.len() {
        match code(seen, at) {
            Some((end, certain)) => {
                seen.add(Kind::Passport, at..end, certain);
                at = end;
            }
            None => at += 1,
        }
    }
}

fn code(seen: &Seen, at: usize) -> Option<(usize, bool)> {
    let glyphs = &seen.glyphs;
    let is_letter = |c: &char| c.is_ascii_uppercase();
    if !glyphs.starts_word(at) || !glyphs.get(at)?.is_ascii_alphanumeric() {
        return None;
    }
    let letters = glyphs.slice(at..(at + 2).min(glyphs.len())).iter().take_while(|c| is_letter(c)).count();
    let start = at + letters;
    let digits = glyphs.run(start);
    let end = start + digits;
    if !(6..=9).contains(&digits)
        || letters + digits > 10
        || !glyphs.ends_word(end)
        || !glyphs.follows(at, CUES)
    {
        return None;
    }
    let is_chinese = glyphs.get(at).is_some_and(|c| CHINESE.contains(&c));
    Some((end, is_chinese && letters + digits == 9 && (1..=2).contains(&letters)))
}
