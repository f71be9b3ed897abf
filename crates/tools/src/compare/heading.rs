//! The number that a clause begins with.

/// What Chinese documents count: parts, chapters, sections, articles, paragraphs, items.
const COUNTED: &str = "编章节条款项目部";
/// Words that go on after a number that is referred to: the line is no heading.
const REFERENCE: &[&str] =
    &["规定", "所述", "约定", "所列", "的", "第", "、", "和", "及", "或", "至", "中", "之"];
const WORDS: &[&str] =
    &["article", "section", "clause", "chapter", "schedule", "annex", "appendix", "exhibit", "part"];
/// What follows a number in the middle of a sentence: `Section 2 of this Agreement`.
const ENGLISH_REFERENCE: &[&str] =
    &["of", "and", "or", "to", "above", "below", "shall", "hereof", "is", "are", "may"];
/// Behind a number with a point these make it an amount.
const UNITS: &str = "元万亿年月日天个%‰℃";

/// The number that a line begins with, as it is written, and how many bytes of the line it takes with
/// the marks and blanks behind it.
pub(super) fn heading(line: &str) -> Option<(String, usize)> {
    let start = line.len() - line.trim_start_matches(|c: char| c.is_whitespace() || c == '#').len();
    let text = &line[start..];
    let (number, length) = counted(text)
        .or_else(|| bracketed(text))
        .or_else(|| listed(text))
        .or_else(|| decimal(text))
        .or_else(|| named(text))?;
    let behind = text[length..].trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：'));
    Some((number, line.len() - behind.len()))
}

/// `第五条`
fn counted(text: &str) -> Option<(String, usize)> {
    let rest = text.strip_prefix('第')?.trim_start();
    let behind = rest.trim_start_matches(|c: char| is_han_digit(c) || c.is_ascii_digit() || c == ' ');
    let mark = behind.chars().next().filter(|c| COUNTED.contains(*c))?;
    let behind_mark = &behind[mark.len_utf8()..];
    let behind_mark = behind_mark.strip_prefix('分').filter(|_| mark == '部').unwrap_or(behind_mark);
    let is_number = rest.len() > behind.len();
    let is_reference = REFERENCE.iter().any(|word| behind_mark.starts_with(word));
    let length = text.len() - behind_mark.len();
    let number: String = text[..length].chars().filter(|c| !c.is_whitespace()).collect();
    (is_number && !is_reference).then_some((number, length))
}

/// `（一）`, `(1)`, `(a)`, `(iv)`
fn bracketed(text: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix(['（', '('])?;
    let end = inner.find(['）', ')'])?;
    let number = inner[..end].trim();
    let is_short = (1..=5).contains(&number.chars().count());
    let is_number = number.chars().all(is_han_digit)
        || number.chars().all(|c| c.is_ascii_digit())
        || number.chars().all(|c| matches!(c, 'i' | 'v' | 'x'))
        || number.len() == 1 && number.chars().all(|c| c.is_ascii_alphabetic());
    let close = inner[end..].chars().next()?;
    let length = text.len() - inner.len() + end + close.len_utf8();
    (is_short && is_number).then(|| (text[..length].to_owned(), length))
}

/// `一、`
fn listed(text: &str) -> Option<(String, usize)> {
    let behind = text.trim_start_matches(is_han_digit);
    let number = &text[..text.len() - behind.len()];
    let mark = behind.chars().next().filter(|c| matches!(c, '、' | '．' | '.'))?;
    (!number.is_empty()).then(|| (number.to_owned(), number.len() + mark.len_utf8()))
}

/// `1.`, `1、`, `1)`, `1.1`, `3.2.1`
fn decimal(text: &str) -> Option<(String, usize)> {
    let mut length = 0;
    let mut parts = 0;
    loop {
        let digits = text[length..].bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=3).contains(&digits) {
            break;
        }
        length += digits;
        parts += 1;
        match text[length..].strip_prefix('.') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => length += 1,
            _ => break,
        }
    }
    let number = &text[..length];
    if parts == 0 || number.ends_with('.') {
        return None;
    }
    let mut behind = text[length..].chars();
    let next = behind.next();
    let is_heading = match next {
        Some('.' | '、' | '．' | ')' | '）') => !matches!(behind.next(), Some('0'..='9')),
        Some('\t') => true,
        None => parts > 1,
        Some(c) if c.is_whitespace() => parts > 1,
        Some(c) => parts > 1 && !c.is_ascii() && !UNITS.contains(c) && c.is_alphabetic(),
    };
    let mark = next.filter(|c| matches!(c, '.' | '、' | '．' | ')' | '）')).map_or(0, char::len_utf8);
    is_heading.then(|| (number.to_owned(), length + mark))
}

/// `Article 5`, `Section 2.1`, `Schedule A`, `Article IV`
fn named(text: &str) -> Option<(String, usize)> {
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    if !WORDS.contains(&word.to_ascii_lowercase().as_str())
        || !word.starts_with(|c: char| c.is_ascii_uppercase())
    {
        return None;
    }
    let rest = text[word.len()..].trim_start_matches([' ', '\u{a0}', '\t']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
    let number = rest[..end].trim_end_matches('.');
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        || !number.is_empty() && number.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'L'))
        || number.len() == 1 && number.chars().all(|c| c.is_ascii_uppercase());
    if !is_number || rest.len() + word.len() == text.len() {
        return None;
    }
    let behind = rest[number.len()..].trim_start_matches('.');
    let next = behind.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let is_reference = ENGLISH_REFERENCE.contains(&next) || behind.starts_with([',', '(', ')', ';']);
    (!is_reference).then(|| (format!("{word} {number}"), text.len() - behind.len()))
}

fn is_han_digit(c: char) -> bool {
    "〇零一二两三四五六七八九十百千".contains(c)
}
