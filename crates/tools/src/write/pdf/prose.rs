//! Titles, headings, paragraphs, lists and quotes.

use super::super::error::{WriteError, cut};
use super::element::Role;
use super::piece::{BAR, Colour, INK, Mark, Piece, SOFT_INK, Text, baseline, text_width};
use super::{Document, Entry, one_line};

/// Size of what is not a heading, in points.
const BODY: f32 = 10.5;
/// Of the size.
const LINE: f32 = 1.6;
const INDENT: f32 = 18.0;

/// How a text stands; lengths in points.
#[derive(Debug, Clone, Copy)]
struct Look {
    size: f32,
    /// Height of a line, of the size.
    line: f32,
    before: f32,
    after: f32,
    left: f32,
    right: f32,
    colour: Colour,
    is_bold: bool,
    is_centred: bool,
    /// Whether it stays with what follows.
    keep: bool,
}

const PARAGRAPH: Look = Look {
    size: BODY,
    line: LINE,
    before: 0.0,
    after: 7.0,
    left: 0.0,
    right: 0.0,
    colour: INK,
    is_bold: false,
    is_centred: false,
    keep: false,
};
const TITLE: Look = Look {
    size: 20.0,
    line: 1.4,
    before: 4.0,
    after: 20.0,
    is_bold: true,
    is_centred: true,
    keep: true,
    ..PARAGRAPH
};
const BULLET: Look = Look { after: 3.0, left: INDENT, ..PARAGRAPH };
const QUOTE: Look =
    Look { before: 8.0, after: 9.0, left: INDENT, right: INDENT, colour: SOFT_INK, ..PARAGRAPH };

/// Of the six levels.
const HEADINGS: [Look; 6] = {
    const HEADING: Look = Look { line: 1.4, is_bold: true, keep: true, ..PARAGRAPH };
    [
        Look { size: 15.0, before: 20.0, after: 8.0, ..HEADING },
        Look { size: 13.0, before: 16.0, after: 7.0, ..HEADING },
        Look { size: 12.0, before: 14.0, after: 6.0, ..HEADING },
        Look { size: 11.0, before: 12.0, after: 5.0, ..HEADING },
        Look { before: 10.0, after: 4.0, ..HEADING },
        Look { before: 10.0, after: 4.0, colour: SOFT_INK, ..HEADING },
    ]
};

/// How the name of a table stands above it.
const CAPTION: Look =
    Look { size: 10.0, line: 1.5, before: 12.0, after: 5.0, is_bold: true, keep: true, ..PARAGRAPH };

impl Document<'_> {
    pub(super) fn push_title(&mut self, text: &str) -> Result<(), WriteError> {
        let element = self.element(Role::Heading(1), 0);
        let entry = self.entry(0, text);
        self.push_text(text, TITLE, element, Some(entry), || format!("the title `{}`", cut(text)))
    }

    pub(super) fn push_heading(&mut self, level: u8, text: &str) -> Result<(), WriteError> {
        let element = self.element(Role::Heading(level + u8::from(self.has_title)), 0);
        let entry = self.entry(level, text);
        let look = HEADINGS[usize::from(level - 1)];
        self.push_text(text, look, element, Some(entry), || format!("the heading `{}`", cut(text)))
    }

    pub(super) fn push_paragraph(&mut self, text: &str) -> Result<(), WriteError> {
        let element = self.element(Role::Paragraph, 0);
        self.push_text(text, PARAGRAPH, element, None, || format!("the paragraph `{}`", cut(text)))
    }

    pub(super) fn push_bullet(&mut self, text: &str) -> Result<(), WriteError> {
        let list = match self.list {
            Some(list) => list,
            None => self.element(Role::List, 0),
        };
        self.list = Some(list);
        let item = self.element(Role::Item, list);
        let label = self.element(Role::Label, item);
        let body = self.element(Role::Body, item);
        let place = || format!("the item `{}`", cut(text));
        let mut pieces = self.pieces(text, BULLET, body, place)?;
        if let Some(first) = pieces.first_mut() {
            let bullet = self.setter.shape("•", false, place)?.into_iter().next();
            if let Some(line) = bullet.and_then(|shaped| shaped.lines(1.0).into_iter().next()) {
                first.marks.insert(0, Mark::Text(Text { left: 5.0, ..text_of(BULLET, line, label) }));
            }
        }
        self.push_pieces(pieces, BULLET)
    }

    pub(super) fn push_quote(&mut self, text: &str) -> Result<(), WriteError> {
        let element = self.element(Role::Quote, 0);
        let mut pieces = self.pieces(text, QUOTE, element, || format!("the quote `{}`", cut(text)))?;
        for piece in &mut pieces {
            let bar = Mark::Fill { left: 4.0, top: 0.0, width: 2.0, height: piece.height, colour: BAR };
            piece.marks.insert(0, bar);
        }
        self.push_pieces(pieces, QUOTE)
    }

    pub(super) fn push_caption(
        &mut self,
        text: &str,
        is_lying: bool,
        table: usize,
    ) -> Result<(), WriteError> {
        let element = self.element(Role::Caption, table);
        let mut pieces = self.pieces(text, CAPTION, element, || format!("the table `{}`", cut(text)))?;
        for piece in &mut pieces {
            piece.is_lying = is_lying;
        }
        self.push_pieces(pieces, CAPTION)
    }

    fn push_text(
        &mut self,
        text: &str,
        look: Look,
        element: usize,
        entry: Option<usize>,
        place: impl Fn() -> String,
    ) -> Result<(), WriteError> {
        let mut pieces = self.pieces(text, look, element, place)?;
        if let Some(first) = pieces.first_mut() {
            first.entry = entry;
        }
        self.push_pieces(pieces, look)
    }

    fn push_pieces(&mut self, mut pieces: Vec<Piece>, look: Look) -> Result<(), WriteError> {
        if let Some(first) = pieces.first_mut() {
            first.before = self.after.max(look.before);
        }
        for piece in pieces {
            self.pages.push(piece)?;
        }
        self.after = look.after;
        Ok(())
    }

    /// A piece for each line. The first two lines stay together, and the last two.
    fn pieces(
        &mut self,
        text: &str,
        look: Look,
        element: usize,
        place: impl Fn() -> String,
    ) -> Result<Vec<Piece>, WriteError> {
        let width = text_width(false) - look.left - look.right;
        let shaped = self.setter.shape(text, look.is_bold, place)?;
        let lines: Vec<_> = shaped.iter().flat_map(|shaped| shaped.lines(width / look.size)).collect();
        let count = lines.len();
        let pieces = lines.into_iter().enumerate().map(|(at, line)| {
            let left = if look.is_centred { (width - line.width * look.size) / 2.0 } else { 0.0 };
            let mut text = text_of(look, line, element);
            text.left += left;
            Piece {
                height: look.line * look.size,
                marks: vec![Mark::Text(text)],
                keep: look.keep || (count > 1 && (at == 0 || at + 2 == count)),
                is_centred: look.is_centred,
                ..Piece::default()
            }
        });
        Ok(pieces.collect())
    }

    fn entry(&mut self, level: u8, text: &str) -> usize {
        self.outline.push(Entry { level, text: one_line(text) });
        self.pages.places.push((0, 0.0));
        self.outline.len() - 1
    }
}

fn text_of(look: Look, line: super::text::Line, element: usize) -> Text {
    Text {
        left: look.left,
        baseline: baseline(look.line * look.size, look.size),
        size: look.size,
        colour: look.colour,
        line,
        element: Some(element),
    }
}
