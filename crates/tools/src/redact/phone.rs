//! Telephone numbers: Chinese mobiles and landlines, international ones, and those of the US and UK.

mod international;
mod landline;
mod mobile;

use std::ops::Range;

use super::glyphs::Glyphs;
use super::{Kind, Seen};

const CUES: &[&str] = &[
    "电话",
    "手机",
    "座机",
    "联系方式",
    "联系人",
    "传真",
    "热线",
    "致电",
    "拨打",
    "微信",
    "tel",
    "phone",
    "telephone",
    "mobile",
    "cell",
    "fax",
    "call",
    "contact",
    "whatsapp",
    "wechat",
    "dial",
    "t:",
    "m:",
];

/// A number, from the first glyph to behind the last one.
struct Number {
    range: Range<usize>,
    certain: bool,
}

pub(super) fn scan(seen: &mut Seen) {
    let mut at = 0;
    while at < seen.glyphs.len() {
        match number(&seen.glyphs, at) {
            Some(number) => {
                at = number.range.end.max(at + 1);
                seen.add(Kind::Phone, number.range, number.certain);
            }
            None => at += 1,
        }
    }
}

fn number(glyphs: &Glyphs, at: usize) -> Option<Number> {
    match glyphs.get(at)? {
        '+' => international::after_plus(glyphs, at),
        '(' => landline::in_brackets(glyphs, at),
        c if c.is_ascii_digit() && begins(glyphs, at) => mobile::number(glyphs, at)
            .or_else(|| landline::number(glyphs, at))
            .or_else(|| international::after_zeros(glyphs, at)),
        _ => None,
    }
}

/// Whether a number may begin here: after nothing that it could go on with, or after `Tel`.
fn begins(glyphs: &Glyphs, at: usize) -> bool {
    glyphs.opens(at) || glyphs.before(at).is_some_and(|c| c.is_ascii_alphabetic()) && glyphs.follows(at, CUES)
}

/// The longest run of groups from the first on that has one of these lengths.
fn shaped<'a>(groups: &'a [Range<usize>], shapes: &[&[usize]]) -> Option<&'a [Range<usize>]> {
    (1..=groups.len()).rev().map(|count| &groups[..count]).find(|groups| {
        shapes.iter().any(|shape| groups.iter().map(ExactSizeIterator::len).eq(shape.iter().copied()))
    })
}
