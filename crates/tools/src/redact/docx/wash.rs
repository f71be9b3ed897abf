//! One part, read from its first tag to its last, and changed only where something was found.

use std::collections::BTreeSet;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use super::paragraph::{Edit, Paragraph};
use super::ties::Tie;
use super::{Found, tag};
use crate::redact::{Finding, RedactError, Style};

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    /// An attribute that is shown or read out to people.
    Attribute,
    /// Any other attribute.
    Markup,
}

/// What is done with each part, and what was found.
pub(super) struct Wash<'a> {
    pub(super) look: &'a mut dyn FnMut(Place, &str) -> Vec<Finding>,
    pub(super) style: Style,
    /// Parts that the package will not have, in lower case.
    pub(super) dropped: &'a BTreeSet<String>,
    pub(super) found: &'a mut Vec<Found>,
}

/// Elements of a run that hold its text.
const PROSE: &[&str] = &["t", "delText"];
/// Elements of a run that hold the code of a field.
const CODE: &[&str] = &["instrText", "delInstrText"];
/// Elements that stand for a character.
const GLYPHS: &[(&str, &str)] =
    &[("tab", "\t"), ("ptab", "\t"), ("br", "\n"), ("cr", "\n"), ("noBreakHyphen", "-"), ("softHyphen", "")];
/// Properties that name a person or a company, by the root of their part.
const NAMING: &[(&str, &[&str])] =
    &[("coreProperties", &["creator", "lastModifiedBy"]), ("Properties", &["Company", "Manager"])];

impl Wash<'_> {
    /// The part's text anew; `None` when nothing in it changes.
    pub(super) fn part(&mut self, part: &str, xml: &str) -> Result<Option<String>, RedactError> {
        let mut reading = Reading {
            part,
            xml,
            wash: self,
            open: Vec::new(),
            paragraphs: Vec::new(),
            loose: Paragraph::default(),
            gone: None,
            edits: Vec::new(),
        };
        let mut reader = Reader::from_str(xml);
        let mut start = 0;
        loop {
            let event = reader.read_event().map_err(|error| RedactError::damaged(part, error))?;
            let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX).min(xml.len());
            if !reading.take(event, start..end)? {
                break;
            }
            start = end;
        }
        if !reading.open.is_empty() {
            return Err(RedactError::damaged(part, "it ends within an element"));
        }
        let mut edits = reading.edits;
        if edits.is_empty() {
            return Ok(None);
        }
        edits.sort_by_key(|(place, _)| place.start);
        let mut washed = String::with_capacity(xml.len());
        let mut done = 0;
        for (place, text) in edits {
            washed.push_str(&xml[done..place.start]);
            washed.push_str(&text);
            done = place.end;
        }
        washed.push_str(&xml[done..]);
        Ok(Some(washed))
    }
}

struct Reading<'x, 'w, 'a> {
    part: &'x str,
    xml: &'x str,
    wash: &'w mut Wash<'a>,
    /// The local names of the elements that the place stands in, outermost first.
    open: Vec<&'x str>,
    /// The paragraphs that the place stands in: a text box stands within one.
    paragraphs: Vec<Paragraph>,
    /// Text of other elements.
    loose: Paragraph,
    /// Where an element starts that is taken out, and how many elements it stands in.
    gone: Option<(usize, usize)>,
    edits: Vec<Edit>,
}

impl<'x> Reading<'x, '_, '_> {
    /// False at the end.
    fn take(&mut self, event: Event, place: Range<usize>) -> Result<bool, RedactError> {
        match event {
            Event::Start(start) => self.start(&start, place, false)?,
            Event::Empty(start) => self.start(&start, place, true)?,
            Event::End(_) => self.end(place),
            Event::Text(text) => self.text(text.xml10_content().into_owned(), place),
            Event::CData(text) => self.text(text.xml10_content().into_owned(), place),
            Event::GeneralRef(reference) => {
                let text = resolve(&reference).map_err(|why| self.damaged(why))?;
                self.text(text, place);
            }
            // Whatever they say, nobody reads it.
            Event::Comment(_) | Event::PI(_) => self.edit(place, String::new()),
            Event::Decl(decl) => self.declaration(&decl, place)?,
            Event::DocType(_) => return Err(self.damaged("it has a document type definition")),
            Event::Eof => return Ok(false),
        }
        Ok(true)
    }

    fn start(&mut self, start: &BytesStart, place: Range<usize>, is_empty: bool) -> Result<(), RedactError> {
        self.settle_loose();
        let name = local_name(&self.xml[place.clone()]);
        if self.gone.is_none() {
            if self.is_unwanted(name, start)? {
                match is_empty {
                    true => self.edits.push((place, String::new())),
                    false => self.gone = Some((place.start, self.open.len())),
                }
            } else {
                if let Some(tag) = tag::rewrite(start, name, self.part, self.wash)? {
                    let tag = if is_empty { format!("<{tag}/>") } else { format!("<{tag}>") };
                    self.edits.push((place, tag));
                }
                self.enter(name, is_empty);
            }
        }
        if !is_empty {
            self.open.push(name);
        }
        Ok(())
    }

    fn enter(&mut self, name: &str, is_empty: bool) {
        // In the properties of a paragraph a tab is a place on the ruler.
        let is_stop = self.open.last() == Some(&"tabs");
        if name == "p" && !is_empty {
            self.paragraphs.push(Paragraph::default());
        } else if let Some(paragraph) = self.paragraphs.last_mut() {
            if let Some(count) = paragraph.inside.count(name).filter(|_| !is_empty) {
                *count += 1;
            } else if name == "fldChar" {
                paragraph.push("\n".to_owned(), None, true);
            } else if let Some((_, glyph)) = GLYPHS.iter().find(|(glyph, _)| *glyph == name && !is_stop) {
                paragraph.push((*glyph).to_owned(), None, false);
            }
        }
    }

    fn end(&mut self, place: Range<usize>) {
        self.settle_loose();
        let name = self.open.pop().unwrap_or_default();
        if let Some((start, depth)) = self.gone {
            if depth == self.open.len() {
                self.gone = None;
                self.edits.push((start..place.end, String::new()));
            }
        } else if name == "p" {
            if let Some(paragraph) = self.paragraphs.pop() {
                self.edits.extend(paragraph.wash(self.part, self.wash));
            }
        } else if let Some(count) =
            self.paragraphs.last_mut().and_then(|paragraph| paragraph.inside.count(name))
        {
            *count = count.saturating_sub(1);
        }
    }

    fn text(&mut self, text: String, place: Range<usize>) {
        let names = NAMING.iter().find(|(root, _)| self.open.first() == Some(root)).map(|(_, names)| *names);
        let element = self.open.last().copied().unwrap_or_default();
        if self.open.len() == 2 && names.is_some_and(|names| names.contains(&element)) {
            self.edit(place, String::new());
        } else if self.gone.is_none() {
            match self.paragraphs.last_mut() {
                Some(paragraph) if PROSE.contains(&element) => paragraph.push(text, Some(place), false),
                Some(paragraph) if CODE.contains(&element) => paragraph.push(text, Some(place), true),
                _ => self.loose.push(text, Some(place), false),
            }
        }
    }

    fn settle_loose(&mut self) {
        let loose = std::mem::take(&mut self.loose);
        if !loose.is_blank() {
            self.edits.extend(loose.wash(self.part, self.wash));
        }
    }

    /// Whether an element is taken out with all that it holds.
    fn is_unwanted(&self, name: &str, start: &BytesStart) -> Result<bool, RedactError> {
        let tie = || Tie::of(start).map_err(|why| self.damaged(why));
        Ok(match (self.open.as_slice(), name) {
            // Who worked on it, and properties that somebody invented.
            (["people"], _) | (["Properties"], "property") => true,
            (_, "Relationship") => tie()?.kind == "thumbnail",
            (_, "Override") => {
                let part = tie()?.part_name.to_ascii_lowercase();
                self.wash.dropped.contains(part.trim_start_matches('/'))
            }
            _ => false,
        })
    }

    fn declaration(&mut self, decl: &BytesDecl, place: Range<usize>) -> Result<(), RedactError> {
        let Some(encoding) = decl.encoding() else { return Ok(()) };
        let encoding = encoding.map_err(|error| self.damaged(error))?.to_ascii_lowercase();
        match encoding.as_str() {
            "utf-8" | "us-ascii" => Ok(()),
            // It was decoded before.
            "utf-16" => {
                self.edit(place, r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#.to_owned());
                Ok(())
            }
            _ => Err(self.damaged(format!("its encoding {encoding} is none that documents have"))),
        }
    }

    fn edit(&mut self, place: Range<usize>, text: String) {
        if self.gone.is_none() {
            self.edits.push((place, text));
        }
    }

    fn damaged(&self, why: impl std::fmt::Display) -> RedactError {
        RedactError::damaged(self.part, why)
    }
}

/// What a reference stands for. Entities that a document defines itself are refused with it.
fn resolve(reference: &BytesRef) -> Result<String, String> {
    match reference.resolve_char_ref().map_err(|error| error.to_string())? {
        Some(c) => Ok(c.to_string()),
        None => resolve_predefined_entity(reference)
            .map(str::to_owned)
            .ok_or_else(|| format!("it uses the entity {:?}", &**reference)),
    }
}

/// `<w:p w:rsidR="0">` gives `p`.
fn local_name(tag: &str) -> &str {
    let name = tag.trim_start_matches('<');
    let name = name.split(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}
