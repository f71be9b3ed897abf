//! The XML of a part as a tree whose leaves are the very text of the part.

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use super::super::error::WriteError;
use super::package::{broken, xml_damaged};

/// Deepest nesting; Word's own documents have some twenty for each table within a table.
const DEPTH: usize = 200;
/// Most nodes of a part; a page of text has about a thousand.
const NODES: usize = 3_000_000;

pub(super) enum Node<'a> {
    Element(Element<'a>),
    /// Characters as they are written, and what they mean.
    Text {
        raw: &'a str,
        text: Cow<'a, str>,
    },
    /// Comments and the like.
    Other(&'a str),
}

pub(super) struct Element<'a> {
    pub(super) kind: Kind,
    /// The tag that begins it.
    pub(super) start: &'a str,
    pub(super) children: Vec<Node<'a>>,
    /// The tag that ends it; nothing when the first does both.
    pub(super) end: &'a str,
}

/// Elements of WordprocessingML that matter to a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Row,
    Paragraph,
    ParagraphProperties,
    /// The end of a section, which stands in its last paragraph.
    Section,
    /// `w:t`
    Text,
    Bookmark,
    /// What stands between two texts and is seen.
    Seen,
    Other,
}

impl Kind {
    fn of(namespace: &ResolveResult, name: &str) -> Self {
        let ResolveResult::Bound(namespace) = namespace else { return Self::Other };
        let is_word = matches!(
            namespace.as_ref(),
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
                | "http://purl.oclc.org/ooxml/wordprocessingml/main"
        );
        match name {
            _ if !is_word => Self::Other,
            "tbl" => Self::Table,
            "tr" => Self::Row,
            "p" => Self::Paragraph,
            "pPr" => Self::ParagraphProperties,
            "sectPr" => Self::Section,
            "t" => Self::Text,
            "bookmarkStart" | "bookmarkEnd" => Self::Bookmark,
            "tab" | "ptab" | "br" | "cr" | "sym" | "noBreakHyphen" | "softHyphen" | "drawing" | "pict"
            | "object" | "fldChar" | "footnoteReference" | "endnoteReference" => Self::Seen,
            _ => Self::Other,
        }
    }
}

impl<'a> Element<'a> {
    /// The name as it is written, with its prefix.
    pub(super) fn name(&self) -> &'a str {
        let inner = self.start.trim_start_matches('<');
        &inner[..inner.find([' ', '\t', '\r', '\n', '/', '>']).unwrap_or(inner.len())]
    }

    /// The prefix of the name with its colon, or nothing.
    pub(super) fn prefix(&self) -> &'a str {
        self.name().find(':').map_or("", |colon| &self.name()[..=colon])
    }

    /// The element that begins with a tag, without its attributes of these names.
    pub(super) fn start_without(&self, names: &[&str]) -> Cow<'a, str> {
        let name = self.name();
        let Some(content) = self.start.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
            return Cow::Borrowed(self.start);
        };
        let (content, close) = match content.strip_suffix('/') {
            Some(content) => (content, "/>"),
            None => (content, ">"),
        };
        let tag = BytesStart::from_content(content, name.len());
        let attributes: Vec<_> = tag.attributes().with_checks(false).flatten().collect();
        let is_kept = |name: &str| !names.contains(&name);
        if attributes.iter().all(|attribute| is_kept(attribute.key.local_name().into_inner())) {
            return Cow::Borrowed(self.start);
        }
        let mut start = format!("<{name}");
        for attribute in attributes {
            if is_kept(attribute.key.local_name().into_inner()) {
                let quote = if attribute.value.contains('"') { '\'' } else { '"' };
                start.push_str(&format!(" {}={quote}{}{quote}", attribute.key.into_inner(), attribute.value));
            }
        }
        start.push_str(close);
        Cow::Owned(start)
    }
}

/// Writes the nodes as they were read.
pub(super) fn push_raw(out: &mut String, nodes: &[Node]) {
    for node in nodes {
        match node {
            Node::Element(element) => {
                out.push_str(element.start);
                push_raw(out, &element.children);
                out.push_str(element.end);
            }
            Node::Text { raw, .. } | Node::Other(raw) => out.push_str(raw),
        }
    }
}

pub(super) fn parse<'a>(xml: &'a str, part: &str) -> Result<Vec<Node<'a>>, WriteError> {
    let body = xml.strip_prefix('\u{feff}').unwrap_or(xml);
    let mark = &xml[..xml.len() - body.len()];
    let mut nodes = vec![Node::Other(mark)];
    let mut reader = NsReader::from_str(body);
    let mut open: Vec<Element> = Vec::new();
    let mut at = 0;
    let mut count = 0;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| xml_damaged(part, error))?;
        let kind = match &event {
            Event::Start(tag) | Event::Empty(tag) => Kind::of(&namespace, tag.local_name().into_inner()),
            _ => Kind::Other,
        };
        let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let raw = body.get(at..end).ok_or_else(|| xml_damaged(part, "its text can't be cut into tags"))?;
        at = end;
        count += 1;
        if count > NODES || open.len() > DEPTH {
            let wrong = format!(
                "{part} of the template has more than {NODES} parts or is nested deeper than {DEPTH}"
            );
            return Err(WriteError::TooLarge { wrong, way_out: "use a simpler template" });
        }
        let node = match event {
            Event::Start(_) => {
                open.push(Element { kind, start: raw, children: Vec::new(), end: "" });
                continue;
            }
            Event::End(_) => match open.pop() {
                Some(element) => Node::Element(Element { end: raw, ..element }),
                None => return Err(xml_damaged(part, "an element ends that did not begin")),
            },
            Event::Empty(_) => Node::Element(Element { kind, start: raw, children: Vec::new(), end: "" }),
            Event::Text(text) => Node::Text { raw, text: text.xml10_content() },
            Event::CData(text) => Node::Text { raw, text: text.xml10_content() },
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref().map_err(|error| xml_damaged(part, error))? {
                    Some(c) => Cow::Owned(c.to_string()),
                    None => resolve_predefined_entity(&reference)
                        .map(Cow::Borrowed)
                        .ok_or_else(|| xml_damaged(part, format!("it uses the entity {:?}", &*reference)))?,
                };
                Node::Text { raw, text }
            }
            Event::DocType(_) => return Err(broken(format!("{part} has a document type definition"))),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Node::Other(raw),
            Event::Eof if open.is_empty() => return Ok(nodes),
            Event::Eof => return Err(xml_damaged(part, "it ends within an element")),
        };
        match open.last_mut() {
            Some(element) => element.children.push(node),
            None => nodes.push(node),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACE: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;

    #[test]
    fn what_was_read_is_written_back_byte_for_byte() {
        let xml = format!(
            "\u{feff}<?xml version='1.0'?>\r\n<!-- 注 --><w:p {SPACE} ><w:t a='1'\n>a &amp; &#x6c49;<![CDATA[<]]>字</w:t >\
             <w:br /><x y=\">\"/></w:p>\n"
        );
        let mut out = String::new();
        push_raw(&mut out, &parse(&xml, "x").expect("it is well formed"));
        assert_eq!(out, xml);
    }

    #[test]
    fn elements_are_known_by_their_namespace_and_not_by_their_prefix() {
        let xml = r#"<q:p xmlns:q="http://purl.oclc.org/ooxml/wordprocessingml/main"><p/></q:p>"#;
        let nodes = parse(xml, "x").expect("it is well formed");
        let [_, Node::Element(outer)] = nodes.as_slice() else { panic!("there is one element") };
        assert_eq!((outer.kind, outer.prefix()), (Kind::Paragraph, "q:"));
        assert!(matches!(outer.children.as_slice(), [Node::Element(Element { kind: Kind::Other, .. })]));
    }

    #[test]
    fn attributes_are_left_out_by_their_local_names() {
        let element = |start| Element { kind: Kind::Other, start, children: Vec::new(), end: "" };
        let start = r#"<w:p w14:paraId="1A" a='"' b="x"/>"#;
        assert_eq!(element(start).start_without(&["paraId"]), r#"<w:p a='"' b="x"/>"#);
        assert_eq!(element("<w:p>").start_without(&["paraId"]), "<w:p>");
    }

    #[test]
    fn xml_that_is_not_well_formed_is_refused() {
        for xml in ["<a>", "<a></b>", "</a>", "<a>&x;</a>", "<a>&</a>", "<!DOCTYPE a><a/>", "<a"] {
            assert!(parse(xml, "x").is_err(), "{xml}");
        }
        let deep = "<a>".repeat(DEPTH + 2);
        assert!(matches!(parse(&deep, "x"), Err(WriteError::TooLarge { .. })));
    }
}
