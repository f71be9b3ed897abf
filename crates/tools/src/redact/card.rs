//! Numbers of bank cards (ISO/IEC 7812): a known issuer, a fitting length and the Luhn checksum.

use std::ops::{Range, RangeInclusive};

use super::glyphs::Cue;
use super::{Kind, Seen};

/// The beginnings of numbers, and how many digits such numbers have.
const ISSUERS: &[(RangeInclusive<u32>, &[usize])] = &[
    // UnionPay, and cards of Chinese banks from before it.
    (6200..=6299, &[16, 17, 18, 19]),
    (9550..=9559, &[16, 17, 18, 19]),
    (4000..=4999, &[13, 16, 19]),
    (5100..=5599, &[16]),
    (2221..=2720, &[16]),
    (3400..=3499, &[15]),
    (3700..=3799, &[15]),
    (3528..=3589, &[16]),
    (3000..=3059, &[14]),
    (3600..=3699, &[14]),
    (3800..=3899, &[14]),
    (6011..=6011, &[16]),
    (6030..=6059, &[16, 17, 18, 19]),
    (6440..=6599, &[16]),
];

const CUES: &[&str] =
    &["卡号", "银行卡", "借记卡", "信用卡", "储蓄卡", "账号", "帐号", "账户", "card", "visa", "mastercard"];
/// Words that name a card, not any account.
const NAMES_CARD: &[&str] = &["卡号", "银行卡", "借记卡", "信用卡", "储蓄卡", "card", "visa", "mastercard"];

pub(super) fn scan(seen: &mut Seen) {
    let mut at = 0;
    while at < seen.glyphs.len() {
        let card = if seen.glyphs.is_digit(at) && seen.glyphs.opens(at) { card(seen, at) } else { None };
        match card {
            Some((end, certain)) => {
                seen.add(Kind::BankCard, at..end, certain);
                at = end;
            }
            None => at += 1,
        }
    }
}

fn card(seen: &Seen, at: usize) -> Option<(usize, bool)> {
    let glyphs = &seen.glyphs;
    let groups = glyphs.groups(at, 28);
    for count in (1..=groups.len()).rev() {
        let groups = &groups[..count];
        let range = at..groups.last()?.end;
        let digits = glyphs.digits(range.clone());
        if !is_grouped(groups) || !is_issued(&digits) || !glyphs.closes(range.end) {
            continue;
        }
        let said = glyphs.cue(at, CUES);
        if passes_luhn(&digits) {
            let stands_out = count > 1 && !glyphs.has_neighbour(&range) || digits.starts_with(&[6, 2]);
            return Some((range.end, said == Cue::For || said == Cue::Silent && stands_out));
        }
        // Not every Chinese card has the checksum.
        if said == Cue::For && glyphs.follows(at, NAMES_CARD) {
            return Some((range.end, false));
        }
    }
    None
}

/// In one piece, in fours, or as some banks print it.
fn is_grouped(groups: &[Range<usize>]) -> bool {
    let lengths: Vec<usize> = groups.iter().map(ExactSizeIterator::len).collect();
    match lengths[..] {
        [_] | [4, 6, 4 | 5] | [6, 10..=13] => true,
        [ref fours @ .., last] => fours.iter().all(|length| *length == 4) && last <= 4,
        [] => false,
    }
}

fn is_issued(digits: &[u32]) -> bool {
    let Some(beginning) = digits.get(..4) else { return false };
    let beginning = beginning.iter().fold(0, |number, digit| number * 10 + digit);
    ISSUERS
        .iter()
        .any(|(beginnings, lengths)| beginnings.contains(&beginning) && lengths.contains(&digits.len()))
}

fn passes_luhn(digits: &[u32]) -> bool {
    let weigh = |(place, digit): (usize, &u32)| match place % 2 {
        0 => *digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    };
    digits.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}
