//! The content of a page, and which glyphs it uses.

use std::collections::BTreeMap;

use pdf_writer::types::{ArtifactType, TextRenderingMode};
use pdf_writer::{Content, Name, Str, TextStr};
use subsetter::GlyphRemapper;

use super::super::fonts::{FaceId, Fonts, Glyph};
use super::piece::{Colour, Mark, Text};

/// Width of the strokes that thicken a face, of the size.
const THICKENED: f32 = 0.03;

/// The faces of a document, each with the glyphs that it needs.
#[derive(Default)]
pub(super) struct Used {
    pub(super) faces: BTreeMap<FaceId, UsedFace>,
}

pub(super) struct UsedFace {
    /// As pages call it.
    pub(super) name: String,
    pub(super) glyphs: GlyphRemapper,
    /// By glyph of the subset: what it stands for, and its width in thousandths of an em. The first
    /// is the box for what is missing.
    pub(super) of: Vec<(char, f32)>,
    is_thickened: bool,
}

/// Writes the content of one page.
pub(super) struct Writer<'a> {
    content: Content,
    /// Height of the page, in points; pages are counted from below.
    height: f32,
    used: &'a mut Used,
    fonts: &'a Fonts,
    /// The element of each marked stretch, in their order.
    pub(super) marked: Vec<usize>,
    /// The element that is being written, or that it is none.
    open: Option<Option<usize>>,
}

impl Used {
    fn face(&mut self, id: FaceId, fonts: &Fonts) -> &mut UsedFace {
        let count = self.faces.len();
        self.faces.entry(id).or_insert_with(|| UsedFace {
            name: format!("F{count}"),
            glyphs: GlyphRemapper::new(),
            of: vec![('\0', 0.0)],
            is_thickened: fonts.face(id).is_some_and(|face| face.is_thickened),
        })
    }
}

impl UsedFace {
    /// Adds a glyph; gives the character that it stands for, the first that was set with it.
    fn add(&mut self, glyph: &Glyph) -> char {
        let new = usize::from(self.glyphs.remap(glyph.id));
        if new == self.of.len() {
            self.of.push((glyph.c, glyph.width * 1000.0));
        }
        self.of.get(new).map_or(glyph.c, |(c, _)| *c)
    }

    /// Shows glyphs that were added.
    fn show(&self, content: &mut Content, glyphs: &[Glyph]) {
        /// In thousandths of an em.
        const UNSEEN: f32 = 0.5;

        if glyphs.is_empty() {
            return;
        }
        let mut shown = content.show_positioned();
        let mut items = shown.items();
        let mut bytes = Vec::with_capacity(glyphs.len() * 2);
        for glyph in glyphs {
            bytes.extend(self.glyphs.get(glyph.id).unwrap_or(0).to_be_bytes());
            let over = (glyph.advance - glyph.width) * 1000.0;
            if over.abs() > UNSEEN {
                items.show(Str(&bytes)).adjust(-over);
                bytes.clear();
            }
        }
        if !bytes.is_empty() {
            items.show(Str(&bytes));
        }
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(height: f32, used: &'a mut Used, fonts: &'a Fonts) -> Self {
        Self { content: Content::new(), height, used, fonts, marked: Vec::new(), open: None }
    }

    /// `left` and `top`: where the piece of the mark begins, in points.
    pub(super) fn mark(&mut self, mark: &Mark, left: f32, top: f32) {
        match mark {
            Mark::Text(text) => self.text(text, left, top),
            Mark::Fill { left: within, top: below, width, height, colour } => {
                self.open(None);
                self.colour(*colour);
                let bottom = self.height - top - below - height;
                self.content.rect(rounded(left + within), rounded(bottom), rounded(*width), rounded(*height));
                self.content.fill_nonzero();
            }
        }
    }

    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<usize>) {
        self.close();
        (self.content.finish().into_vec(), self.marked)
    }

    fn text(&mut self, text: &Text, left: f32, top: f32) {
        if text.line.glyphs.is_empty() {
            return;
        }
        self.open(text.element);
        self.colour(text.colour);
        self.content.begin_text();
        let (x, y) = (left + text.left, self.height - top - text.baseline);
        self.content.next_line(rounded(x), rounded(y));
        let mut rest = &text.line.glyphs[..];
        while let Some(first) = rest.first() {
            let end = rest.iter().position(|glyph| glyph.face != first.face).unwrap_or(rest.len());
            self.run(&rest[..end], text);
            rest = &rest[end..];
        }
        self.content.end_text();
    }

    /// Glyphs of one face.
    fn run(&mut self, glyphs: &[Glyph], text: &Text) {
        let Some(first) = glyphs.first() else { return };
        let face = self.used.face(first.face, self.fonts);
        self.content.set_font(Name(face.name.as_bytes()), text.size);
        if face.is_thickened {
            let [r, g, b] = text.colour;
            self.content.set_text_rendering_mode(TextRenderingMode::FillStroke);
            self.content.set_line_width(text.size * THICKENED).set_stroke_rgb(r, g, b);
        }
        let mut from = 0;
        for (at, glyph) in glyphs.iter().enumerate() {
            // What a glyph stands for is said once for the whole document, and here where it differs.
            if face.add(glyph) != glyph.c {
                face.show(&mut self.content, &glyphs[from..at]);
                let mut mark = self.content.begin_marked_content_with_properties(Name(b"Span"));
                mark.properties().actual_text(TextStr(&glyph.c.to_string()));
                drop(mark);
                face.show(&mut self.content, &glyphs[at..=at]);
                self.content.end_marked_content();
                from = at + 1;
            }
        }
        face.show(&mut self.content, &glyphs[from..]);
        if face.is_thickened {
            self.content.set_text_rendering_mode(TextRenderingMode::Fill);
        }
    }

    fn colour(&mut self, [r, g, b]: Colour) {
        self.content.set_fill_rgb(r, g, b);
    }

    fn open(&mut self, element: Option<usize>) {
        if self.open == Some(element) {
            return;
        }
        self.close();
        match element {
            Some(element) => {
                // A page does not hold 2^31 stretches.
                let id = i32::try_from(self.marked.len()).unwrap_or(i32::MAX);
                self.content.begin_marked_content_with_properties(Name(b"P")).properties().identify(id);
                self.marked.push(element);
            }
            None => {
                let mut mark = self.content.begin_marked_content_with_properties(Name(b"Artifact"));
                mark.properties().artifact().kind(ArtifactType::Pagination);
            }
        }
        self.open = Some(element);
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.content.end_marked_content();
        }
    }
}

/// To hundredths of a point.
fn rounded(length: f32) -> f32 {
    (length * 100.0).round() / 100.0
}
