//! Addresses of e-mail, as they are written without quotes (RFC 5322, `dot-atom`).

use super::glyphs::Glyphs;
use super::{Kind, Seen};

/// Longest local part and domain (RFC 5321, 4.5.3.1).
const LOCAL: usize = 64;
const DOMAIN: usize = 255;

/// Endings of files, as in `logo@2x.png`.
const FILES: &[&str] = &["png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "css", "js", "ts"];

pub(super) fn scan(seen: &mut Seen) {
    for at in 0..seen.glyphs.len() {
        if seen.glyphs.get(at) == Some('@')
            && let Some(start) = start(&seen.glyphs, at)
            && let Some(end) = end(&seen.glyphs, at + 1)
        {
            seen.add(Kind::Email, start..end, true);
        }
    }
}

fn start(glyphs: &Glyphs, at: usize) -> Option<usize> {
    let is_local = |c: char| c.is_ascii_alphanumeric() || "._%+-'&".contains(c);
    let mut start =
        at - (1..=LOCAL.min(at)).take_while(|back| glyphs.get(at - back).is_some_and(is_local)).count();
    // What may not stand first belongs to the text before.
    while start < at && glyphs.get(start).is_some_and(|c| !c.is_ascii_alphanumeric() && c != '_') {
        start += 1;
    }
    (start < at && glyphs.before(at) != Some('.')).then_some(start)
}

fn end(glyphs: &Glyphs, at: usize) -> Option<usize> {
    let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut end = None;
    let mut next = at;
    let mut labels = 0;
    loop {
        let length = (next..).take(64).take_while(|&at| glyphs.get(at).is_some_and(is_label)).count();
        let label = glyphs.slice(next..next + length);
        if length == 0 || length > 63 || next - at > DOMAIN {
            break;
        }
        labels += 1;
        next += length;
        let word: String = label.iter().map(char::to_ascii_lowercase).collect();
        if labels > 1 && length > 1 && word.chars().all(|c| c.is_ascii_alphabetic()) {
            end = (!FILES.contains(&word.as_str())).then_some(next);
        }
        if glyphs.get(next) != Some('.') {
            break;
        }
        next += 1;
    }
    end
}
