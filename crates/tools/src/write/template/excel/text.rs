//! The text of cells, however it is cut into runs.

use std::borrow::Cow;
use std::collections::BTreeSet;

use quick_xml::escape::partial_escape;

use super::super::super::error::WriteError;
use super::super::pieces::Pieces;
use super::super::tree::{self, Node, push_raw};
use super::Element;
use super::book::Part;

/// The texts that cells share, with those that may hold placeholders.
pub(super) struct Strings<'a> {
    items: Vec<Element<'a>>,
    suspects: BTreeSet<usize>,
}

impl<'a> Strings<'a> {
    pub(super) fn read(part: Option<&'a Part>) -> Result<Self, WriteError> {
        let mut strings = Self { items: Vec::new(), suspects: BTreeSet::new() };
        let Some(part) = part else { return Ok(strings) };
        for node in tree::parse(&part.xml, &part.name)? {
            let Node::Element(root) = node else { continue };
            for node in root.children {
                match node {
                    Node::Element(item) if item.local() == "si" => strings.items.push(item),
                    _ => {}
                }
            }
        }
        let is_suspect = |item: &&Element| {
            let text = item.text();
            text.contains("{{") || text.contains("｛｛")
        };
        let suspects = strings.items.iter().enumerate().filter(|(_, item)| is_suspect(item));
        strings.suspects = suspects.map(|(at, _)| at).collect();
        Ok(strings)
    }

    /// The text of this number when it may hold placeholders.
    pub(super) fn suspect(&self, number: usize) -> Option<&Element<'a>> {
        self.suspects.contains(&number).then(|| self.items.get(number))?
    }
}

/// The text of an `si` or `is` without its phonetic hints.
pub(super) fn pieces_of(item: &Element) -> Pieces {
    let mut pieces = Pieces::default();
    collect(item, &mut pieces);
    pieces
}

fn collect(item: &Element, pieces: &mut Pieces) {
    for element in item.elements() {
        match element.local() {
            "rPh" | "phoneticPr" => {}
            "t" => pieces.push(&decoded(&element.text())),
            _ => collect(element, pieces),
        }
    }
}

/// Writes an `is` with what stands in an `si` or `is`, and other texts in some of its places. `prefix`:
/// that of the sheet, which may differ from that of the texts.
pub(super) fn push_filled(out: &mut String, prefix: &str, item: &Element, texts: Vec<Option<String>>) {
    out.push_str(&format!("<{prefix}is>"));
    push_children(out, prefix, item, &mut texts.into_iter());
    out.push_str(&format!("</{prefix}is>"));
}

fn push_children(
    out: &mut String,
    prefix: &str,
    item: &Element,
    texts: &mut std::vec::IntoIter<Option<String>>,
) {
    for element in item.elements() {
        let local = element.local();
        match local {
            "rPh" | "phoneticPr" => continue,
            "t" => {
                if let Some(text) = texts.next().flatten() {
                    push_text(out, prefix, &text);
                    continue;
                }
            }
            _ => {}
        }
        let rest = element.start.get(1 + element.name().len()..).unwrap_or_default();
        out.push_str(&format!("<{prefix}{local}{rest}"));
        match local {
            "t" => push_raw(out, &element.children),
            _ => push_children(out, prefix, element, texts),
        }
        if !element.end.is_empty() {
            out.push_str(&format!("</{prefix}{local}>"));
        }
    }
}

/// Writes a `t` with a text that is clean, but for what only cells can hold.
pub(super) fn push_text(out: &mut String, prefix: &str, text: &str) {
    let text = encoded(text);
    out.push_str(&format!(r#"<{prefix}t xml:space="preserve">{}</{prefix}t>"#, partial_escape(text)));
}

/// Bytes of `_xHHHH_`, a character of a cell by its number (ISO/IEC 29500-1, 22.9.2.19).
const CODE: usize = 7;

fn code(text: &str) -> Option<u32> {
    let digits = text.get(..CODE)?.strip_prefix("_x")?.strip_suffix('_')?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (c, length) = match code(rest).and_then(char::from_u32) {
            Some(c) => (c, CODE),
            None => (c, c.len_utf8()),
        };
        decoded.push(c);
        rest = &rest[length..];
    }
    decoded
}

fn encoded(text: &str) -> Cow<'_, str> {
    let is_coded = |c: char| c < ' ' && !matches!(c, '\t' | '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    if !text.contains(|c: char| c == '_' || is_coded(c)) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '_' if code(&text[at..]).is_some() => encoded.push_str("_x005F_"),
            c if is_coded(c) => encoded.push_str(&format!("_x{:04X}_", u32::from(c))),
            c => encoded.push(c),
        }
    }
    Cow::Owned(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_by_number_are_read_and_written() {
        assert_eq!(decoded("a_x000D_b_x005F_x0041_ _x41_ _xD800_"), "a\rb_x0041_ _x41_ _xD800_");
        assert_eq!(encoded("a\rb_x0041_ _x41_\n"), "a_x000D_b_x005F_x0041_ _x41_\n");
    }

    #[test]
    fn runs_keep_their_looks_and_take_the_prefix_of_the_sheet() {
        let xml = "<x:si xmlns:x='a'><x:r><x:rPr><x:b/></x:rPr><x:t>{{a</x:t></x:r><x:r><x:t>}} </x:t></x:r>\
                   <x:rPh sb='0'><x:t>k</x:t></x:rPh></x:si>";
        let tree = tree::parse(xml, "x").expect("it is well formed");
        let item = tree::elements(&tree).next().expect("it is there");
        let mut pieces = pieces_of(item);
        assert!(pieces.find().is_ok());
        let texts = pieces.filled(|_| Ok("<1>".to_owned())).expect("there is a value");
        let mut out = String::new();
        push_filled(&mut out, "", item, texts);
        assert_eq!(
            out,
            "<is><r><rPr><b/></rPr><t xml:space=\"preserve\">&lt;1&gt;</t></r>\
             <r><t xml:space=\"preserve\"> </t></r></is>"
        );
    }
}
