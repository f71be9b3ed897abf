//! Lines of a calendar (RFC 5545, 3.1) and the text in them (3.3.11).

use super::super::text::plain;

/// Longest line, in octets without its end.
const OCTETS: usize = 75;

/// Ends the line, and folds it where it is too long, never within a character.
pub(super) fn push_line(out: &mut String, line: &str) {
    let mut left = OCTETS;
    for c in line.chars() {
        if c.len_utf8() > left {
            out.push_str("\r\n ");
            left = OCTETS - 1;
        }
        out.push(c);
        left -= c.len_utf8();
    }
    out.push_str("\r\n");
}

pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_folded_between_characters() {
        for line in ["x".repeat(75), "x".repeat(76), "合".repeat(100), "a😀".repeat(100), String::new()] {
            let mut out = String::new();
            push_line(&mut out, &line);
            assert!(out.split("\r\n").all(|piece| piece.len() <= 75), "{out}");
            assert_eq!(out.replace("\r\n ", ""), format!("{line}\r\n"));
            assert_eq!(out.matches("\r\n").count() == 1, line.len() <= 75);
        }
    }

    #[test]
    fn text_cannot_end_its_line() {
        assert_eq!(
            escaped("a;b,c\\n:\"\r\nEND:VEVENT\u{85}\u{2028}\u{7f}\t"),
            "a\\;b\\,c\\\\n:\"\\nEND:VEVENT\\n\\n\u{fffd}\t"
        );
    }
}
