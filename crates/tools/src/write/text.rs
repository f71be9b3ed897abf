//! Text as documents can hold it.

use std::borrow::Cow;

/// Only characters that XML allows (XML 1.0, section 2.2), others as U+FFFD; every end of a line is
/// `\n`.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| is_allowed(c) && !is_other_line_end(c)) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            c if is_other_line_end(c) => cleaned.push('\n'),
            c if is_allowed(c) => cleaned.push(c),
            _ => cleaned.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Cow::Owned(cleaned)
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn is_other_line_end(c: char) -> bool {
    matches!(c, '\r' | '\u{b}' | '\u{2028}' | '\u{2029}')
}

/// Text for formats whose readers may take any control character for the end of a line: as [`clean`],
/// and only line ends and tabs are left of the control characters.
pub(super) fn plain(text: &str) -> String {
    clean(text)
        .chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{85}' => '\n',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// Whether a text is one line for every reader.
pub(super) fn is_one_line(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// Columns of the longest line, where an East Asian wide character takes two.
pub(super) fn width(text: &str) -> usize {
    let of_line = |line: &str| line.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum();
    text.lines().map(of_line).max().unwrap_or(0)
}

/// The blocks of wide and fullwidth characters (UAX #11).
pub(super) fn is_wide(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_are_replaced_and_line_ends_are_one() {
        assert!(matches!(clean("合同 a\tb\n<&>"), Cow::Borrowed(_)));
        assert_eq!(clean("a\r\nb\rc\u{b}d\u{2028}e"), "a\nb\nc\nd\ne");
        assert_eq!(clean("a\0b\u{1b}c\u{ffff}d😀"), "a\u{fffd}b\u{fffd}c\u{fffd}d😀");
    }

    #[test]
    fn plain_text_has_no_control_characters_but_line_ends_and_tabs() {
        assert_eq!(
            plain("a\u{85}b\r\nc\td\u{7f}e\u{9b}f\u{1c}\u{2028}合"),
            "a\nb\nc\td\u{fffd}e\u{fffd}f\u{fffd}\n合"
        );
        assert!(is_one_line("合同 <a@b>"));
        for end in ["\n", "\r", "\0", "\u{b}", "\u{c}", "\u{1c}", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert!(!is_one_line(end), "{end:?}");
        }
    }

    #[test]
    fn han_characters_are_two_columns_wide() {
        assert_eq!(width("合同ab"), 6);
        assert_eq!(width("a\n合同\nb"), 4);
        assert_eq!(width(""), 0);
    }
}
