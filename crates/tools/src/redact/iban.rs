//! International bank account numbers (ISO 13616): each country has its length, and all a checksum.

use super::{Kind, Seen};

/// The lengths of the SWIFT registry.
const COUNTRIES: &[(usize, &str)] = &[
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU XK"),
    (21, "CH CR HR LI LV"),
    (22, "BG BH DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

pub(super) fn scan(seen: &mut Seen) {
    for at in 0..seen.glyphs.len() {
        if let Some(end) = end(seen, at) {
            seen.add(Kind::Iban, at..end, true);
        }
    }
}

fn end(seen: &Seen, at: usize) -> Option<usize> {
    let glyphs = &seen.glyphs;
    if !glyphs.starts_word(at) || !glyphs.is_digit(at + 2) || !glyphs.is_digit(at + 3) {
        return None;
    }
    let country: String = glyphs.slice(at..at + 2).iter().collect();
    let (length, _) = COUNTRIES.iter().find(|(_, names)| names.split(' ').any(|name| name == country))?;
    let mut values = Vec::with_capacity(*length);
    let mut next = at;
    while values.len() < *length {
        match glyphs.get(next)? {
            c if c.is_ascii_digit() || c.is_ascii_uppercase() => values.push(c.to_digit(36)?),
            ' ' if glyphs.before(next) != Some(' ') => {}
            _ => return None,
        }
        next += 1;
    }
    (glyphs.ends_word(next) && checks(&values)).then_some(next)
}

/// ISO 7064 MOD 97-10, with the first four characters read last.
fn checks(values: &[u32]) -> bool {
    let turned = values[4..].iter().chain(&values[..4]);
    turned.fold(0, |rest, value| (rest * if *value < 10 { 10 } else { 100 } + value) % 97) == 1
}
