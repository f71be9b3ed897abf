//! XML as this room needs it: names with the namespaces that matter, and text.

use std::io::BufRead;

use inhouse_agent::read::ReadFailure;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};

use crate::read::broken;

/// Namespaces of elements, each in its transitional and its strict spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    Word,
    /// Markup compatibility: alternatives of which a reader takes one.
    Compatibility,
    Math,
    Other,
}

impl Space {
    fn of(resolved: &ResolveResult) -> Self {
        let ResolveResult::Bound(namespace) = resolved else { return Self::Other };
        match namespace.as_ref() {
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
            | "http://purl.oclc.org/ooxml/wordprocessingml/main" => Self::Word,
            "http://schemas.openxmlformats.org/markup-compatibility/2006" => Self::Compatibility,
            "http://schemas.openxmlformats.org/officeDocument/2006/math"
            | "http://purl.oclc.org/ooxml/officeDocument/math" => Self::Math,
            _ => Self::Other,
        }
    }
}

pub(crate) enum Token {
    Start(Element),
    /// An element without content gives its end too.
    End(Space, String),
    Text(String),
}

pub(crate) struct Element {
    pub(crate) space: Space,
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute by its local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The attribute `w:val`.
    pub(crate) fn value(&self) -> Option<&str> {
        self.attribute("val")
    }

    /// Whether a property that is on by its presence is not switched off by its value.
    pub(crate) fn is_on(&self) -> bool {
        !matches!(self.value(), Some("0" | "false" | "off"))
    }

    pub(crate) fn is_word(&self, name: &str) -> bool {
        self.space == Space::Word && self.name == name
    }
}

pub(crate) struct Xml<'a> {
    reader: NsReader<Box<dyn BufRead + 'a>>,
    buffer: Vec<u8>,
}

impl<'a> Xml<'a> {
    pub(crate) fn new(input: Box<dyn BufRead + 'a>) -> Self {
        let mut reader = NsReader::from_reader(input);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new() }
    }

    /// The next token, or `None` at the end. Entities that a document defines itself are refused
    /// with the document: Office files have none.
    pub(crate) fn next(&mut self) -> Result<Option<Token>, ReadFailure> {
        loop {
            self.buffer.clear();
            let (resolved, event) =
                self.reader.read_resolved_event_into(&mut self.buffer).map_err(damaged)?;
            let token = match event {
                Event::Start(start) => Token::Start(element(Space::of(&resolved), &start)?),
                Event::End(end) => Token::End(Space::of(&resolved), end.local_name().into_inner().to_owned()),
                Event::Text(text) => Token::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Token::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(reference) => {
                    let text = match reference.resolve_char_ref().map_err(damaged)? {
                        Some(c) => c.to_string(),
                        None => resolve_predefined_entity(&reference)
                            .ok_or_else(|| broken(format!("its XML uses the entity {:?}", &*reference)))?
                            .to_owned(),
                    };
                    Token::Text(text)
                }
                Event::DocType(_) => return Err(broken("its XML has a document type definition")),
                Event::Eof => return Ok(None),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            };
            return Ok(Some(token));
        }
    }
}

fn element(space: Space, start: &BytesStart) -> Result<Element, ReadFailure> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| broken(format!("its XML is damaged: {error}")))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(damaged)?.into_owned();
        attributes.push((attribute.key.local_name().into_inner().to_owned(), value));
    }
    Ok(Element { space, name: start.local_name().into_inner().to_owned(), attributes })
}

fn damaged(error: impl std::fmt::Display) -> ReadFailure {
    broken(format!("its XML is damaged: {error}"))
}
