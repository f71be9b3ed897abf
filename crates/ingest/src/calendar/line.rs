//! Lines of a calendar: a name, parameters and a value (RFC 5545, 3.1).

/// A line whose name is in capitals.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    /// The place on earth whose time is meant.
    pub(super) zone: Option<String>,
    pub(super) value: String,
}

impl Line {
    fn of(text: &str) -> Option<Self> {
        let head = &text[..head_end(text)?];
        let value = text[head.len() + 1..].to_owned();
        let mut parts = head.split(';');
        let name = parts.next().filter(|name| is_name(name))?.to_ascii_uppercase();
        let zone = parts.find_map(|part| {
            let (key, value) = part.split_once('=')?;
            key.eq_ignore_ascii_case("TZID").then(|| value.trim_matches('"').to_owned())
        });
        Some(Self { name, zone, value })
    }

    /// The value with its escaped characters as they are meant (RFC 5545, 3.3.11).
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut rest = self.value.chars();
        while let Some(c) = rest.next() {
            match (c, c == '\\') {
                (_, true) => match rest.next() {
                    Some('n' | 'N') => text.push('\n'),
                    Some(c @ ('\\' | ';' | ',' | ':' | '"')) => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                    None => text.push('\\'),
                },
                (c, false) => text.push(c),
            }
        }
        text
    }
}

/// The colon that no quotes are around.
fn head_end(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    text.char_indices().find_map(|(at, c)| {
        is_quoted ^= c == '"';
        (c == ':' && !is_quoted).then_some(at)
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
}

/// Without the breaks within a line. In bytes, because some programs break within a character.
pub(super) fn unfolded(bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(bytes.len());
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        match line {
            [b' ' | b'\t', rest @ ..] if at > 0 => whole.extend_from_slice(rest),
            line => {
                if at > 0 {
                    whole.push(b'\n');
                }
                whole.extend_from_slice(line);
            }
        }
        if whole.last() == Some(&b'\r') {
            whole.pop();
        }
    }
    whole
}

/// The lines of an unfolded text. What has no name belongs to the line before: some programs write
/// the lines of a text as they are.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line> {
    let mut rest = text.lines().peekable();
    std::iter::from_fn(move || {
        let first = rest.next()?;
        let Some(mut line) = Line::of(first) else {
            return Some(Line { name: String::new(), zone: None, value: first.to_owned() });
        };
        while let Some(more) = rest.next_if(|next| head_end(next).is_none_or(|end| !is_name_of(&next[..end])))
        {
            line.value.push('\n');
            line.value.push_str(more);
        }
        Some(line)
    })
    .filter(|line| !(line.name.is_empty() && line.value.trim().is_empty()))
}

fn is_name_of(head: &str) -> bool {
    head.split(';').next().is_some_and(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_parameters_and_a_value() {
        let line = Line::of("dtstart;X=\"a:b;c\";TZID=\"Asia/Shanghai\":2026").expect("it is a line");
        let wanted = Line {
            name: "DTSTART".to_owned(),
            zone: Some("Asia/Shanghai".to_owned()),
            value: "2026".to_owned(),
        };
        assert_eq!(line, wanted);
        assert_eq!(Line::of("no colon"), None);
        assert_eq!(Line::of("two words: x"), None);
        assert_eq!(Line::of(": x"), None);
    }

    #[test]
    fn escaped_characters_are_what_is_meant() {
        let text = |value: &str| Line::of(&format!("X:{value}")).expect("it is a line").text();
        assert_eq!(text(r"a\, b\; c\\n\n\Nd\x\"), "a, b; c\\n\n\nd\\x\\");
    }

    #[test]
    fn broken_lines_are_joined_even_within_a_character() {
        assert_eq!(unfolded(b"a\r\n b\n\tc\r\nd\r\n"), b"abc\nd\n");
        let text = "SUMMARY:付款".as_bytes();
        let broken = [&text[..9], b"\r\n ", &text[9..]].concat();
        assert_eq!(unfolded(&broken), text);
    }

    #[test]
    fn what_has_no_name_belongs_to_the_line_before() {
        let found: Vec<_> =
            lines("A:1\nmore words\n\nand so on: that\nB:2\n").map(|line| line.value).collect();
        assert_eq!(found, ["1\nmore words\n\nand so on: that", "2"]);
    }
}
