//! The XML of a part as a tree whose leaves are the very text of the part.

use std::borrow::Cow;
use std::fmt;

use quick_xml::NsReader;
use quick_xml::escape::{escape, resolve_predefined_entity, unescape};
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;

use super::super::error::WriteError;
use super::package::{Format, xml_damaged};

/// Deepest nesting; Word's own documents have some twenty for each table within a table.
const DEPTH: usize = 200;
/// Most nodes of a part; a page of text has about a thousand.
const NODES: usize = 3_000_000;

pub(super) enum Node<'a, K> {
    Element(Element<'a, K>),
    /// Characters as they are written, and what they mean.
    Text {
        raw: &'a str,
        text: Cow<'a, str>,
    },
    /// Comments and the like.
    Other(&'a str),
}

pub(super) struct Element<'a, K> {
    pub(super) kind: K,
    /// The tag that begins it.
    pub(super) start: &'a str,
    pub(super) children: Vec<Node<'a, K>>,
    /// The tag that ends it; nothing when the first does both.
    pub(super) end: &'a str,
}

/// What elements of a kind of file matter to a template.
pub(super) trait Known: Copy {
    /// What files of this kind are called in messages.
    const FORMAT: Format;
    /// Of elements that don't matter.
    const OTHER: Self;

    /// By the namespace and the local name.
    fn of(namespace: &str, name: &str) -> Self;
}

impl<'a, K> Element<'a, K> {
    /// The name as it is written, with its prefix.
    pub(super) fn name(&self) -> &'a str {
        let inner = self.start.trim_start_matches('<');
        &inner[..inner.find([' ', '\t', '\r', '\n', '/', '>']).unwrap_or(inner.len())]
    }

    /// The name without its prefix.
    pub(super) fn local(&self) -> &'a str {
        self.name().rsplit(':').next().unwrap_or_default()
    }

    /// The prefix of the name with its colon, or nothing.
    pub(super) fn prefix(&self) -> &'a str {
        self.name().find(':').map_or("", |colon| &self.name()[..=colon])
    }

    /// The tag that begins it, without its attributes of these local names.
    pub(super) fn start_without(&self, names: &[&str]) -> Cow<'a, str> {
        let tag = self.tag();
        let is_kept = |key: &str| !names.contains(&key.rsplit(':').next().unwrap_or_default());
        if tag.attributes.iter().all(|(key, _)| is_kept(key)) {
            return Cow::Borrowed(self.start);
        }
        let kept = tag.attributes.iter().filter(|(key, _)| is_kept(key));
        Cow::Owned(tag.written(kept.map(|(key, value)| (*key, Cow::Borrowed(*value)))))
    }

    /// The tag that begins it, with other values of some attributes, or without them; names are
    /// compared as they are written.
    pub(super) fn start_with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let tag = self.tag();
        let mut attributes = Vec::with_capacity(tag.attributes.len() + changes.len());
        for (key, value) in &tag.attributes {
            match changes.iter().find(|(name, _)| name == key) {
                Some((_, None)) => {}
                Some((_, Some(value))) => attributes.push((*key, escape(*value))),
                None => attributes.push((*key, Cow::Borrowed(*value))),
            }
        }
        for (name, value) in changes {
            if let Some(value) = value
                && !tag.attributes.iter().any(|(key, _)| key == name)
            {
                attributes.push((*name, escape(*value)));
            }
        }
        tag.written(attributes.into_iter())
    }

    /// The value of an attribute, whose name is compared as it is written.
    pub(super) fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, raw) = self.tag().attributes.into_iter().find(|(key, _)| *key == name)?;
        Some(unescape(raw).unwrap_or(Cow::Borrowed(raw)))
    }

    /// The value of an attribute by its local name; it must have a prefix.
    pub(super) fn attribute_named(&self, local: &str) -> Option<Cow<'a, str>> {
        let is_it = |key: &str| key.split_once(':').is_some_and(|(_, name)| name == local);
        let (_, raw) = self.tag().attributes.into_iter().find(|(key, _)| is_it(key))?;
        Some(unescape(raw).unwrap_or(Cow::Borrowed(raw)))
    }

    /// All that is text in it, one after the other.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for node in &self.children {
            match node {
                Node::Text { text: piece, .. } => text.push_str(piece),
                Node::Element(element) => text.push_str(&element.text()),
                Node::Other(_) => {}
            }
        }
        text
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element<'a, K>> {
        elements(&self.children)
    }

    fn tag(&self) -> Tag<'a> {
        let name = self.name();
        let inner = self.start.strip_prefix('<').unwrap_or(self.start);
        let inner = inner.strip_suffix('>').unwrap_or(inner);
        let (content, close) = match inner.strip_suffix('/') {
            Some(content) => (content, "/>"),
            None => (inner, ">"),
        };
        let mut attributes = Vec::new();
        let mut rest = content.get(name.len()..).unwrap_or_default();
        // What is not well formed ends them.
        while let Some((key, after)) = rest.split_once('=') {
            let after = after.trim_start();
            let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
            let Some((value, after)) = after[1..].split_once(quote) else { break };
            attributes.push((key.trim(), value));
            rest = after;
        }
        Tag { name, attributes, close }
    }
}

/// A tag that begins an element.
struct Tag<'a> {
    name: &'a str,
    /// Names and values as they are written.
    attributes: Vec<(&'a str, &'a str)>,
    close: &'static str,
}

impl Tag<'_> {
    fn written<'b>(&self, attributes: impl Iterator<Item = (&'b str, Cow<'b, str>)>) -> String {
        let mut start = format!("<{}", self.name);
        for (key, value) in attributes {
            let quote = if value.contains('"') { '\'' } else { '"' };
            start.push_str(&format!(" {key}={quote}{value}{quote}"));
        }
        start.push_str(self.close);
        start
    }
}

pub(super) fn elements<'n, 'a, K>(nodes: &'n [Node<'a, K>]) -> impl Iterator<Item = &'n Element<'a, K>> {
    nodes.iter().filter_map(|node| match node {
        Node::Element(element) => Some(element),
        _ => None,
    })
}

/// Writes the nodes as they were read.
pub(super) fn push_raw<K>(out: &mut String, nodes: &[Node<K>]) {
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

pub(super) fn parse<'a, K: Known>(xml: &'a str, part: &str) -> Result<Vec<Node<'a, K>>, WriteError> {
    let xml_damaged = |why: &dyn fmt::Display| xml_damaged(K::FORMAT, part, why);
    let body = xml.strip_prefix('\u{feff}').unwrap_or(xml);
    let mark = &xml[..xml.len() - body.len()];
    let mut nodes = vec![Node::Other(mark)];
    let mut reader = NsReader::from_str(body);
    let mut open: Vec<Element<K>> = Vec::new();
    let mut at = 0;
    let mut count = 0;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| xml_damaged(&error))?;
        let kind = match &event {
            Event::Start(tag) | Event::Empty(tag) => match &namespace {
                ResolveResult::Bound(namespace) => K::of(namespace.as_ref(), tag.local_name().into_inner()),
                _ => K::OTHER,
            },
            _ => K::OTHER,
        };
        let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let raw = body.get(at..end).ok_or_else(|| xml_damaged(&"its text can't be cut into tags"))?;
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
                None => return Err(xml_damaged(&"an element ends that did not begin")),
            },
            Event::Empty(_) => Node::Element(Element { kind, start: raw, children: Vec::new(), end: "" }),
            Event::Text(text) => Node::Text { raw, text: text.xml10_content() },
            Event::CData(text) => Node::Text { raw, text: text.xml10_content() },
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref().map_err(|error| xml_damaged(&error))? {
                    Some(c) => Cow::Owned(c.to_string()),
                    None => resolve_predefined_entity(&reference)
                        .map(Cow::Borrowed)
                        .ok_or_else(|| xml_damaged(&format!("it uses the entity {:?}", &*reference)))?,
                };
                Node::Text { raw, text }
            }
            Event::DocType(_) => {
                return Err(K::FORMAT.broken(format!("{part} has a document type definition")));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Node::Other(raw),
            Event::Eof if open.is_empty() => return Ok(nodes),
            Event::Eof => return Err(xml_damaged(&"it ends within an element")),
        };
        match open.last_mut() {
            Some(element) => element.children.push(node),
            None => nodes.push(node),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::word::Kind;
    use super::*;

    const SPACE: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;

    #[test]
    fn what_was_read_is_written_back_byte_for_byte() {
        let xml = format!(
            "\u{feff}<?xml version='1.0'?>\r\n<!-- 注 --><w:p {SPACE} ><w:t a='1'\n>a &amp; &#x6c49;<![CDATA[<]]>字</w:t >\
             <w:br /><x y=\">\"/></w:p>\n"
        );
        let mut out = String::new();
        push_raw(&mut out, &parse::<Kind>(&xml, "x").expect("it is well formed"));
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
    fn attributes_are_changed_added_and_left_out_by_their_names_as_written() {
        let start = "<c r = 'A&amp;1'\n r:id=\"x\" t='s' />";
        let element = Element { kind: Kind::Other, start, children: Vec::new(), end: "" };
        let changed = element.start_with(&[("r", Some("B<'\"")), ("t", None), ("s", Some("2"))]);
        assert_eq!(changed, r#"<c r="B&lt;&apos;&quot;" r:id="x" s="2"/>"#);
        assert_eq!(element.attribute("r").as_deref(), Some("A&1"));
        assert_eq!(element.attribute("id"), None);
    }

    #[test]
    fn xml_that_is_not_well_formed_is_refused() {
        for xml in ["<a>", "<a></b>", "</a>", "<a>&x;</a>", "<a>&</a>", "<!DOCTYPE a><a/>", "<a"] {
            assert!(parse::<Kind>(xml, "x").is_err(), "{xml}");
        }
        let deep = "<a>".repeat(DEPTH + 2);
        assert!(matches!(parse::<Kind>(&deep, "x"), Err(WriteError::TooLarge { .. })));
    }
}
