//! What is shown in place of what was found.

use std::ops::Range;

use super::{Finding, Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// A block for each character.
    #[default]
    Block,
    /// `[电话]` in a text with Chinese characters, `[phone]` in another.
    Label,
    /// `138****8000`, `110101********1234`, `张*`: who knows the whole recognises it.
    Partial,
}

/// `text` with each finding masked. Of findings that overlap the first one is masked whole and the
/// other one as far as it goes on; a range that cuts a character takes all of it.
pub fn mask(text: &str, findings: &[Finding], style: Style) -> String {
    let language = Language::of(text);
    let mut order: Vec<(Range<usize>, Kind)> =
        findings.iter().map(|finding| (whole_chars(text, &finding.range), finding.kind)).collect();
    order.sort_by_key(|(range, kind)| (range.start, range.end, *kind));
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for (range, kind) in order {
        let start = range.start.max(done);
        if start < range.end {
            masked.push_str(&text[done..start]);
            masked.push_str(&stand_in(kind, &text[start..range.end], style, language));
            done = range.end;
        }
    }
    masked.push_str(&text[done..]);
    masked
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Chinese,
    English,
}

impl Language {
    pub(super) fn of(text: &str) -> Self {
        match text.chars().any(is_han) {
            true => Self::Chinese,
            false => Self::English,
        }
    }
}

/// A range of bytes that cuts no character.
pub(super) fn whole_chars(text: &str, range: &Range<usize>) -> Range<usize> {
    text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end)
}

pub(super) fn stand_in(kind: Kind, original: &str, style: Style, language: Language) -> String {
    match style {
        Style::Block => original.chars().map(|_| '█').collect(),
        Style::Label => format!("[{}]", label(kind, language)),
        Style::Partial => {
            let partial = partial(kind, original);
            match partial == original {
                true => original.chars().map(|_| '*').collect(),
                false => partial,
            }
        }
    }
}

fn label(kind: Kind, language: Language) -> &'static str {
    let (chinese, english) = match kind {
        Kind::NationalId => ("身份证号", "national ID"),
        Kind::Phone => ("电话", "phone"),
        Kind::BankCard => ("银行卡号", "bank card"),
        Kind::Iban => ("银行账号", "bank account"),
        Kind::Email => ("邮箱", "email"),
        Kind::Passport => ("护照号", "passport"),
        Kind::LicensePlate => ("车牌号", "licence plate"),
        Kind::Name => ("姓名", "name"),
        Kind::Address => ("地址", "address"),
    };
    match language {
        Language::Chinese => chinese,
        Language::English => english,
    }
}

/// Has as many characters as the original.
fn partial(kind: Kind, original: &str) -> String {
    match kind {
        Kind::NationalId => {
            starred(original, |place, count| place >= 6 && place + if count < 18 { 3 } else { 4 } < count)
        }
        Kind::Phone => starred(original, |place, count| match count {
            ..8 => place >= 3,
            _ => (count - 8..count - 4).contains(&place),
        }),
        Kind::BankCard | Kind::Iban => starred(original, |place, count| place >= 4 && place + 4 < count),
        Kind::Passport => starred(original, |place, count| place >= 1 && place + 2 < count),
        Kind::LicensePlate => starred(original, |place, count| place >= 2 && place + 2 < count),
        Kind::Email => {
            let at = original.rfind('@').unwrap_or(original.len());
            let (local, domain) = original.split_at(at);
            let keep = usize::from(local.chars().nth(1).is_some());
            starred(local, |place, _| place >= keep) + domain
        }
        // Of Han the first character is the family name.
        Kind::Name if original.contains(is_han) => starred(original, |place, _| place >= 1),
        Kind::Name => {
            let mut is_first = true;
            let initial = |c: char| {
                let is_initial = std::mem::replace(&mut is_first, c.is_whitespace());
                if is_initial || !c.is_alphanumeric() { c } else { '*' }
            };
            original.chars().map(initial).collect()
        }
        Kind::Address => {
            let district = original.char_indices().filter(|(_, c)| matches!(c, '省' | '市' | '区' | '县'));
            let keep = district.map(|(at, c)| at + c.len_utf8()).take(3).last().unwrap_or(0);
            let (district, rest) = original.split_at(keep);
            district.to_owned() + &starred(rest, |_, _| true)
        }
    }
}

/// `hide` is asked for each letter and digit: which one it is, and how many there are.
fn starred(original: &str, hide: impl Fn(usize, usize) -> bool) -> String {
    let count = original.chars().filter(|c| c.is_alphanumeric()).count();
    let mut place = 0;
    let star = |c: char| {
        if !c.is_alphanumeric() {
            return c;
        }
        place += 1;
        if hide(place - 1, count) { '*' } else { c }
    };
    original.chars().map(star).collect()
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    fn masked(text: &str, style: Style) -> String {
        mask(text, &find(text, &["张三".to_owned(), "John Smith".to_owned()]), style)
    }

    #[test]
    fn blocks_keep_the_number_of_characters() {
        assert_eq!(masked("甲方张三，电话13800138000。", Style::Block), "甲方██，电话███████████。");
    }

    #[test]
    fn labels_speak_the_language_of_the_text() {
        assert_eq!(masked("甲方张三，电话13800138000。", Style::Label), "甲方[姓名]，电话[电话]。");
        assert_eq!(masked("John Smith, phone 13800138000", Style::Label), "[name], phone [phone]");
    }

    #[test]
    fn parts_stay_for_who_knows_the_whole() {
        for (text, partial) in [
            ("手机13800138000", "手机138****8000"),
            ("+86 138 0013 8000", "+86 138 **** 8000"),
            ("110101199003074573", "110101********4573"),
            ("旧证110101900307457", "旧证110101******457"),
            ("6222 0212 0000 1234 561", "6222 **** **** ***4 561"),
            ("zhang@example.com", "z****@example.com"),
            ("z@example.com", "*@example.com"),
            ("护照E12345678", "护照E******78"),
            ("京A·12345", "京A·***45"),
            ("张三", "张*"),
            ("张 三", "张 *"),
            ("John Smith", "J*** S****"),
            ("浙江省杭州市西湖区文三路90号", "浙江省杭州市西湖区******"),
        ] {
            assert_eq!(masked(text, Style::Partial), partial);
        }
    }

    #[test]
    fn ranges_that_cut_characters_overlap_or_lead_outside_mask_more_rather_than_less() {
        let finding = |range| Finding { kind: Kind::Name, range, certain: true };
        let findings = [finding(4..5), finding(0..4), finding(1..2), finding(6..99), finding(50..60)];
        assert_eq!(mask("张三李四", &findings, Style::Block), "████");
        assert_eq!(mask("张三李四", &[finding(5..5)], Style::Block), "张█李四");
    }

    #[test]
    fn nothing_stays_whole() {
        for kind in [Kind::Phone, Kind::Name, Kind::Passport, Kind::BankCard, Kind::Email, Kind::Address] {
            for original in ["a", "12", "张", "—", "x@"] {
                assert_ne!(stand_in(kind, original, Style::Partial, Language::English), original);
            }
        }
    }
}
