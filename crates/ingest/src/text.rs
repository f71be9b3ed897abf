//! Plain text: any common encoding in, pages of a readable length out.

mod encoding;
mod heading;
pub(crate) mod paging;
pub(crate) mod symbol;
pub(crate) mod tidy;

use inhouse_agent::read::ReadFailure;

use crate::read::{Give, broken, empty};

pub(crate) use encoding::guess;
pub(crate) use heading::headings;

/// Reads plain text. A form feed ends a page; otherwise pages are cut as `paging` says.
pub(crate) fn read(bytes: &[u8], give: Give) -> Result<(), ReadFailure> {
    give_pages(&readable(bytes)?, give)
}

/// `text`: as [`plain`] leaves it.
pub(crate) fn give_pages(text: &str, give: Give) -> Result<(), ReadFailure> {
    let mut number = 0;
    for part in text.split('\u{c}') {
        for mut page in paging::pages(part, &headings(part)) {
            number += 1;
            page.number = number;
            give(page)?;
        }
    }
    Ok(())
}

/// The text of a file as a person sees it: decoded, lines ended by `\n`, and no control characters
/// besides line breaks, tabs and form feeds.
pub(crate) fn readable(bytes: &[u8]) -> Result<String, ReadFailure> {
    plain(&encoding::decode(bytes))
}

/// The same of a text that is decoded.
pub(crate) fn plain(text: &str) -> Result<String, ReadFailure> {
    /// Text has at most this share of control characters; compressed data has a tenth.
    const CONTROL_SHARE: f64 = 0.01;
    /// A damaged text is still worth reading; beyond this share it is the wrong encoding.
    const DAMAGED_SHARE: f64 = 0.02;

    let (mut chars, mut controls, mut damaged) = (0_usize, 0_usize, 0_usize);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        chars += 1;
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                clean.push('\n');
            }
            '\n' | '\t' | '\u{c}' => clean.push(c),
            '\u{1b}' if rest.next_if_eq(&'[').is_some() => {
                // A terminal's colour sequence ends with a letter.
                while rest.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
            }
            '\u{feff}' => {}
            c if c.is_control() => controls += 1,
            c => {
                damaged += usize::from(c == char::REPLACEMENT_CHARACTER);
                clean.push(c);
            }
        }
    }
    let share = |count: usize| count as f64 / chars.max(1) as f64;
    if share(controls) > CONTROL_SHARE {
        return Err(broken(format!(
            "it is no text: {controls} of {chars} characters are control characters"
        )));
    }
    if share(damaged) > DAMAGED_SHARE {
        return Err(broken(format!("it is no text: {damaged} of {chars} characters can't be decoded")));
    }
    if clean.trim().is_empty() { Err(empty()) } else { Ok(clean) }
}

#[cfg(test)]
mod tests {
    use inhouse_agent::passage::Page;
    use inhouse_agent::read::FailureCode;

    use super::*;

    fn pages(bytes: &[u8]) -> Result<Vec<Page>, FailureCode> {
        let mut pages = Vec::new();
        read(bytes, &mut |page| {
            pages.push(page);
            Ok(())
        })
        .map_err(|failure| failure.code)?;
        Ok(pages)
    }

    #[test]
    fn line_ends_and_terminal_colours_are_made_plain() {
        let pages = pages(b"one\r\ntwo\rthree \x1b[1;31mred\x1b[0m\n").expect("text");
        assert_eq!(pages[0].text, "one\ntwo\nthree red");
    }

    #[test]
    fn a_form_feed_ends_a_page() {
        let pages = pages(b"first\n\x0csecond\n\x0c\n").expect("text");
        let texts: Vec<_> = pages.iter().map(|page| (page.number, page.text.as_str())).collect();
        assert_eq!(texts, [(1, "first"), (2, "second")]);
    }

    #[test]
    fn white_space_alone_is_empty_and_junk_is_broken() {
        assert_eq!(pages(b" \n\t\r\n"), Err(FailureCode::Empty));
        assert_eq!(pages(b"\xef\xbb\xbf"), Err(FailureCode::Empty));
        let junk: Vec<u8> = (0..4000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(pages(&junk), Err(FailureCode::Broken));
        assert_eq!(pages(b"MThd\0\0\0\x06\0\x01\0\x02\x01\xe0MTrk\0\0\0\x13"), Err(FailureCode::Broken));
    }
}
