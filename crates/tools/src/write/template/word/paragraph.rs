//! The placeholders of a paragraph, however its text is cut into runs.

use super::super::super::error::WriteError;
use super::super::pieces::Pieces;
use super::super::placeholder::Placeholder;
use super::super::tree::Node;
use super::{Element, Kind};

pub(super) struct Paragraph {
    /// Its `w:t`.
    texts: Pieces,
}

impl Paragraph {
    /// `part`: for messages.
    pub(super) fn read(element: &Element, part: &str) -> Result<Self, WriteError> {
        let mut paragraph = Self { texts: Pieces::default() };
        paragraph.collect(&element.children);
        paragraph.texts.find().map_err(|wrong| wrong.at(part))?;
        Ok(paragraph)
    }

    pub(super) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.texts.placeholders()
    }

    /// The new text of each `w:t`, `None` where it stays.
    pub(super) fn filled(
        &self,
        value: impl FnMut(&Placeholder) -> Result<String, WriteError>,
    ) -> Result<Vec<Option<String>>, WriteError> {
        self.texts.filled(value)
    }

    /// The texts of a paragraph, without those of paragraphs within it.
    fn collect(&mut self, nodes: &[Node<Kind>]) {
        for node in nodes {
            let Node::Element(element) = node else { continue };
            match element.kind {
                Kind::Paragraph | Kind::ParagraphProperties => {}
                Kind::Text => self.texts.push(&text_of(element)),
                kind => {
                    if kind == Kind::Seen {
                        self.texts.push_seen();
                    }
                    self.collect(&element.children);
                }
            }
        }
    }
}

/// What Word shows of a `w:t`.
fn text_of(element: &Element) -> String {
    let mut text = String::new();
    for node in &element.children {
        if let Node::Text { text: piece, .. } = node {
            text.extend(piece.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
        }
    }
    match element.start.contains("preserve") {
        true => text,
        false => text.trim_matches([' ', '\t']).to_owned(),
    }
}
