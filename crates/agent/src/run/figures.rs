//! Numbers and dates as people write them, read exactly.
//!
//! Only what can be read in one way is read: `03/04/2026` is a day in March or in April, so it is no
//! date here.

use crate::answer::language::is_han;

/// The number that a text is, and nothing else: `1,234.50`, `¥ 1 200`, `(350.00)`, `12%`, `3.5万`,
/// `三十`. Written as [`crate::table::Kind::Number`] wants it; a percentage keeps its figure.
pub fn number(text: &str) -> Option<String> {
    let half = half_width(text);
    let mut rest = half.trim();
    let bracketed = rest.starts_with('(') && rest.ends_with(')');
    if bracketed {
        rest = rest[1..rest.len() - 1].trim();
    }
    let found = numbers_in(rest);
    let [one] = found.as_slice() else { return None };
    let around = |c: char| {
        c.is_whitespace() || "¥￥$€£%+元圆整".contains(c) || c.is_ascii_uppercase() || c.is_ascii_lowercase()
    };
    let (before, behind) = (&rest[..one.start], &rest[one.end..]);
    let letters = before.chars().chain(behind.chars()).filter(|c| c.is_alphabetic() && !is_han(*c)).count();
    if !before.chars().all(around) || !behind.chars().all(around) || letters > 4 {
        return None;
    }
    Some(if bracketed && !one.value.starts_with('-') { format!("-{}", one.value) } else { one.value.clone() })
}

/// The date that a text is, or begins with before a time of day.
pub fn date(text: &str) -> Option<String> {
    let half = half_width(text);
    let rest = half.trim();
    let found = dates_in(rest);
    let [one] = found.as_slice() else { return None };
    let is_time = |c: char| c.is_ascii_digit() || c.is_whitespace() || ":.TZ+-".contains(c);
    (one.start == 0 && rest[one.end..].chars().all(is_time)).then(|| one.value.clone())
}

/// The numbers of a text, as it comes.
pub fn all(text: &str) -> Vec<String> {
    numbers_in(&half_width(text)).into_iter().map(|figure| figure.value).collect()
}

/// A figure and the bytes where it stands, of the text in half-width characters ([`half_width`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub start: usize,
    pub end: usize,
    pub value: String,
}

/// The numbers of a text in order; those of its dates too. The text is in half-width characters.
pub fn numbers_in(text: &str) -> Vec<Figure> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let at = |i: usize| chars.get(i).map_or(text.len(), |(at, _)| *at);
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i].1;
        let in_word = i > 0 && chars[i - 1].1.is_ascii_alphanumeric();
        if c.is_ascii_digit() && !in_word {
            let (mut digits, next) = western(&chars, i);
            let (shift, end) = magnitude(&chars, next);
            digits = shifted(&digits, shift);
            let minus =
                i > 0 && matches!(chars[i - 1].1, '-' | '−') && (i == 1 || !chars[i - 2].1.is_alphanumeric());
            found.push(Figure {
                start: at(if minus { i - 1 } else { i }),
                end: at(end),
                value: if minus { format!("-{digits}") } else { digits },
            });
            i = end;
        } else if let Some((figure, end)) = share(&chars, i) {
            found.push(Figure { start: at(i), end: at(end), value: figure });
            i = end;
        } else if numeral(c).is_some() {
            let mut end = i;
            while end < chars.len() && numeral(chars[end].1).is_some() {
                end += 1;
            }
            // A single 一 is mostly no number.
            if let Some(value) = chinese(&chars[i..end]).filter(|_| end - i > 1 || c != '一') {
                found.push(Figure { start: at(i), end: at(end), value: value.to_string() });
            }
            i = end;
        } else {
            i += 1;
        }
    }
    found
}

/// Digits from `i` on, with the marks between thousands taken out, and where they end.
fn western(chars: &[(usize, char)], i: usize) -> (String, usize) {
    let char_at = |i: usize| chars.get(i).map(|(_, c)| *c);
    let is_digit = |i: usize| char_at(i).is_some_and(|c| c.is_ascii_digit());
    let mut digits = String::new();
    let mut end = i;
    let mut point = false;
    while let Some(c) = char_at(end) {
        if c.is_ascii_digit() {
            digits.push(c);
            end += 1;
        } else if c == ','
            && !point
            && (1..=3).all(|k| is_digit(end + k))
            && !is_digit(end + 4)
            && (digits.len() <= 3 || chars[i..end].iter().any(|(_, c)| *c == ','))
        {
            end += 1;
        } else if c == '.' && !point && is_digit(end + 1) {
            // A clause number has more than one point and is no amount.
            let mut after = end + 1;
            while is_digit(after) {
                after += 1;
            }
            if char_at(after) == Some('.') && is_digit(after + 1) {
                break;
            }
            point = true;
            digits.push('.');
            end += 1;
        } else {
            break;
        }
    }
    let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    (if decimals.is_empty() { whole.to_owned() } else { format!("{whole}.{decimals}") }, end)
}

/// 百分之五, 千分之一, 万分之 5 from `i` on as the figure of a percentage, and where it ends.
fn share(chars: &[(usize, char)], i: usize) -> Option<(String, usize)> {
    let places = ['百', '千', '万'].iter().position(|c| *c == chars[i].1)?;
    if chars.get(i + 1)?.1 != '分' || chars.get(i + 2)?.1 != '之' {
        return None;
    }
    let start = blanks(chars, i + 3);
    let (figure, end) = if chars.get(start)?.1.is_ascii_digit() {
        western(chars, start)
    } else {
        let mut end = start;
        while chars.get(end).is_some_and(|(_, c)| numeral(*c).is_some()) {
            end += 1;
        }
        (chinese(chars.get(start..end).filter(|run| !run.is_empty())?)?.to_string(), end)
    };
    // Ten of a thousand are one of a hundred.
    let (whole, decimals) = figure.split_once('.').unwrap_or((&figure, ""));
    let digits = format!("{whole:0>width$}", width = places + 1);
    let (whole, moved) = digits.split_at(digits.len() - places);
    let decimals = format!("{moved}{decimals}");
    let decimals = decimals.trim_end_matches('0');
    Some((if decimals.is_empty() { whole.to_owned() } else { format!("{whole}.{decimals}") }, end))
}

/// 万 and 亿 behind digits: the power of ten, and where they end.
fn magnitude(chars: &[(usize, char)], i: usize) -> (usize, usize) {
    match chars.get(i).map(|(_, c)| *c) {
        Some('万' | '萬') if chars.get(i + 1).is_some_and(|(_, c)| *c == '亿') => (12, i + 2),
        Some('万' | '萬') => (4, i + 1),
        Some('亿' | '億') => (8, i + 1),
        _ => (0, i),
    }
}

/// A decimal number with its point moved to the right.
fn shifted(digits: &str, places: usize) -> String {
    if places == 0 {
        return digits.to_owned();
    }
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let mut decimals = decimals.to_owned();
    while decimals.len() < places {
        decimals.push('0');
    }
    let all = format!("{whole}{}", &decimals[..places]);
    let all = all.trim_start_matches('0');
    let all = if all.is_empty() { "0" } else { all };
    let rest = decimals[places..].trim_end_matches('0');
    if rest.is_empty() { all.to_owned() } else { format!("{all}.{rest}") }
}

fn numeral(c: char) -> Option<u64> {
    Some(match c {
        '〇' | '零' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1000,
        '万' | '萬' => 10_000,
        '亿' | '億' => 100_000_000,
        _ => return None,
    })
}

fn chinese(run: &[(usize, char)]) -> Option<u64> {
    let numerals: Vec<u64> = run.iter().filter_map(|(_, c)| numeral(*c)).collect();
    if numerals.iter().all(|n| *n < 10) {
        return numerals.iter().try_fold(0u64, |sum, n| sum.checked_mul(10)?.checked_add(*n));
    }
    if numerals[0] >= 100 {
        return None;
    }
    let (mut all, mut section, mut digit) = (0u64, 0u64, None);
    for n in numerals {
        match n {
            0..=9 => digit = Some(n),
            10..=1000 => section = section.checked_add(digit.take().unwrap_or(1).checked_mul(n)?)?,
            _ => {
                section = section.checked_add(digit.take().unwrap_or(0))?;
                all = all.checked_add(section)?.checked_mul(n)?;
                section = 0;
            }
        }
    }
    all.checked_add(section)?.checked_add(digit.unwrap_or(0))
}

/// The dates of a text in order. The text is in half-width characters.
pub fn dates_in(text: &str) -> Vec<Figure> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let at = |i: usize| chars.get(i).map_or(text.len(), |(at, _)| *at);
    let mut found: Vec<Figure> = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let starts = i == 0 || !chars[i - 1].1.is_ascii_alphanumeric();
        let read = starts.then(|| iso_or_chinese(&chars, i).or_else(|| english(&chars, i))).flatten();
        match read {
            Some(([year, month, day], end)) if is_day(year, month, day) => {
                found.push(Figure {
                    start: at(i),
                    end: at(end),
                    value: format!("{year:04}-{month:02}-{day:02}"),
                });
                i = end;
            }
            _ => i += 1,
        }
    }
    found
}

type Read = ([u32; 3], usize);

fn small(chars: &[(usize, char)], i: usize, most: usize) -> Option<(u32, usize)> {
    let mut end = i;
    let mut value = 0;
    while end < chars.len() && end - i < most && chars[end].1.is_ascii_digit() {
        value = value * 10 + chars[end].1.to_digit(10)?;
        end += 1;
    }
    (end > i && !chars.get(end).is_some_and(|(_, c)| c.is_ascii_digit())).then_some((value, end))
}

fn blanks(chars: &[(usize, char)], mut i: usize) -> usize {
    while chars.get(i).is_some_and(|(_, c)| c.is_whitespace()) {
        i += 1;
    }
    i
}

/// `2026-03-01`, `2026/3/1`, `2026.3.1` and `2026 年 3 月 1 日`.
fn iso_or_chinese(chars: &[(usize, char)], i: usize) -> Option<Read> {
    let (year, end) = small(chars, i, 4).filter(|(year, end)| end - i == 4 && *year > 0)?;
    let mark = chars.get(end)?.1;
    if "-/.".contains(mark) {
        let (month, end) = small(chars, end + 1, 2)?;
        let (day, end) = small(chars, (chars.get(end)?.1 == mark).then_some(end + 1)?, 2)?;
        return Some(([year, month, day], end));
    }
    let end = blanks(chars, end);
    let (month, end) = small(chars, blanks(chars, (chars.get(end)?.1 == '年').then_some(end + 1)?), 2)?;
    let end = blanks(chars, end);
    let (day, end) = small(chars, blanks(chars, (chars.get(end)?.1 == '月').then_some(end + 1)?), 2)?;
    let end = blanks(chars, end);
    matches!(chars.get(end)?.1, '日' | '号').then_some(([year, month, day], end + 1))
}

/// `1 March 2026`, `March 1st, 2026`, `1 Mar. 2026`.
fn english(chars: &[(usize, char)], i: usize) -> Option<Read> {
    if let Some((day, end)) = small(chars, i, 2) {
        let end = ordinal(chars, end);
        let (month, end) = month(chars, blanks(chars, of(chars, end)))?;
        let (year, end) = small(chars, comma(chars, end), 4).filter(|(year, _)| *year > 999)?;
        return Some(([year, month, day], end));
    }
    let (month, end) = month(chars, i)?;
    let (day, end) = small(chars, blanks(chars, end), 2)?;
    let (year, end) = small(chars, comma(chars, ordinal(chars, end)), 4).filter(|(year, _)| *year > 999)?;
    Some(([year, month, day], end))
}

fn ordinal(chars: &[(usize, char)], i: usize) -> usize {
    let two: String = chars.iter().skip(i).take(2).map(|(_, c)| c.to_ascii_lowercase()).collect();
    if ["st", "nd", "rd", "th"].contains(&two.as_str()) { i + 2 } else { i }
}

fn of(chars: &[(usize, char)], i: usize) -> usize {
    let word: String = chars.iter().skip(i).take(4).map(|(_, c)| *c).collect();
    if word == " of " { i + 3 } else { i }
}

fn comma(chars: &[(usize, char)], i: usize) -> usize {
    blanks(chars, i + usize::from(chars.get(i).is_some_and(|(_, c)| *c == ',')))
}

fn month(chars: &[(usize, char)], i: usize) -> Option<(u32, usize)> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word: String =
        chars.iter().skip(i).map(|(_, c)| *c).take_while(char::is_ascii_alphabetic).take(10).collect();
    let lower = word.to_ascii_lowercase();
    let is_month = |name: &str| {
        let short = lower.len() >= 3 && name[..3] == *lower;
        short || *name == *lower || (lower == "sept" && name == "september")
    };
    let index = MONTHS.iter().position(|name| is_month(name))?;
    let end = i + word.len();
    let end = end + usize::from(chars.get(end).is_some_and(|(_, c)| *c == '.'));
    Some((u32::try_from(index).ok()? + 1, blanks(chars, end)))
}

fn is_day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Full-width letters, digits and marks as their half-width ones; one character each.
pub fn half_width(text: &str) -> String {
    let half = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    };
    text.chars().map(half).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        let cases = [
            ("1,234.50", "1234.50"),
            ("¥ 12,345,678.90", "12345678.90"),
            ("(350.00)", "-350.00"),
            ("-12", "-12"),
            ("EUR 170", "170"),
            ("12%", "12"),
            ("3.5万元", "35000"),
            ("1.25亿", "125000000"),
            ("三十", "30"),
            ("一千二百零五", "1205"),
            ("二十万", "200000"),
            ("１２３", "123"),
            ("0.00", "0.00"),
        ];
        for (text, value) in cases {
            assert_eq!(number(text).as_deref(), Some(value), "{text}");
        }
        for text in ["", "n/a", "about 5 or 6", "1.2.3", "12 Monkeys", "2026-03-01"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_found_in_running_text() {
        let values = |text: &str| numbers_in(text).into_iter().map(|n| n.value).collect::<Vec<_>>();
        assert_eq!(values("pay 30 days after invoice, at most EUR 1,200.00"), ["30", "1200.00"]);
        assert_eq!(values("付款期限为六十日，违约金为合同价款的百分之五"), ["60", "5"]);
        assert_eq!(values("see B12 and X-ray"), [""; 0]);
        assert_eq!(values("千分之一，万分之五，百分之 12.5，千分之十五"), ["0.1", "0.05", "12.5", "1.5"]);
    }

    #[test]
    fn dates_are_read_in_both_languages() {
        let cases = [
            ("2026-03-01", "2026-03-01"),
            ("2026/3/1", "2026-03-01"),
            ("2026年3月1日", "2026-03-01"),
            ("2026 年 12 月 31 日", "2026-12-31"),
            ("1 March 2026", "2026-03-01"),
            ("March 1st, 2026", "2026-03-01"),
            ("28 Feb. 2024", "2024-02-28"),
            ("2026-03-01 14:30:00", "2026-03-01"),
        ];
        for (text, value) in cases {
            assert_eq!(date(text).as_deref(), Some(value), "{text}");
        }
        for text in ["03/04/2026", "2026-02-30", "31 June 2026", "March", "2026"] {
            assert_eq!(date(text), None, "{text}");
        }
        let text = half_width("自２０２６年１月５日起至 2026-12-31 止");
        assert_eq!(dates_in(&text).len(), 2);
    }
}
