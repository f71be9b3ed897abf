//! Text as glyphs, and its lines.

use std::collections::HashMap;

use inhouse_agent::answer::Language;
use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::super::error::WriteError;
use super::super::fonts::{Fonts, Glyph, Writing};
use super::super::text::{clean, is_wide};
use super::script::{is_ignorable, is_of_both, is_shaped, space, stand_in};

/// Glyphs of a text without an end of a line in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Shaped {
    glyphs: Vec<Glyph>,
    /// Whether a line may end behind the glyph.
    breaks: Vec<bool>,
}

/// A line as it is set.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) glyphs: Vec<Glyph>,
    /// In ems.
    pub(super) width: f32,
}

/// Turns texts into glyphs.
pub(super) struct Setter<'f> {
    fonts: &'f Fonts,
    known: HashMap<(char, bool, Writing), Option<Glyph>>,
}

impl<'f> Setter<'f> {
    pub(super) fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, known: HashMap::new() }
    }

    pub(super) fn fonts(&self) -> &'f Fonts {
        self.fonts
    }

    /// Each of the lines that the text has by itself. `place`: where the text stands, for messages.
    pub(super) fn shape(
        &mut self,
        text: &str,
        is_bold: bool,
        place: impl Fn() -> String,
    ) -> Result<Vec<Shaped>, WriteError> {
        let writing = match Language::of(text) {
            Language::English => Writing::Latin,
            Language::Chinese => Writing::Han,
        };
        let text = clean(text);
        let shaped = text.split('\n').map(|line| self.shape_line(&prepared(line), is_bold, writing));
        shaped.collect::<Result<_, _>>().map_err(|c| self.told(c, &text, is_bold, writing, place()))
    }

    fn shape_line(&mut self, line: &str, is_bold: bool, writing: Writing) -> Result<Shaped, char> {
        let mut shaped = Shaped::default();
        let mut ends = linebreaks(line).filter(|(_, kind)| *kind == BreakOpportunity::Allowed).peekable();
        for (at, c) in line.char_indices() {
            let end = at + c.len_utf8();
            shaped.glyphs.push(self.glyph(c, is_bold, writing).ok_or(c)?);
            let is_break = ends.next_if(|(break_at, _)| *break_at == end).is_some();
            shaped.breaks.push(is_break);
        }
        Ok(shaped)
    }

    fn glyph(&mut self, c: char, is_bold: bool, writing: Writing) -> Option<Glyph> {
        if let Some(known) = self.known.get(&(c, is_bold, writing)) {
            return *known;
        }
        let own = if is_wide(c) || (is_of_both(c) && writing == Writing::Han) {
            Writing::Han
        } else {
            Writing::Latin
        };
        let of = |c| self.fonts.glyph(c, is_bold, own);
        let found = if is_shaped(c) {
            None
        } else {
            let blank = || Some(Glyph { advance: space(c)?, ..of(' ')? });
            of(c).or_else(blank).or_else(|| Some(Glyph { c, ..of(stand_in(c)?)? }))
        };
        self.known.insert((c, is_bold, writing), found);
        found
    }

    /// That a character can't be set, and what else in the text can't.
    fn told(
        &mut self,
        first: char,
        text: &str,
        is_bold: bool,
        writing: Writing,
        place: String,
    ) -> WriteError {
        /// Characters that are named.
        const NAMED: usize = 8;

        let is_joined = is_shaped(first);
        let mut missing: Vec<char> = Vec::new();
        for c in prepared(&text.replace('\n', " ")).chars() {
            if missing.len() < NAMED
                && !missing.contains(&c)
                && is_shaped(c) == is_joined
                && self.glyph(c, is_bold, writing).is_none()
            {
                missing.push(c);
            }
        }
        let named: Vec<String> = missing.iter().map(|&c| format!("`{c}` (U+{:04X})", u32::from(c))).collect();
        let named = named.join(", ");
        if is_joined {
            let wrong =
                format!("{named} is of a script whose letters join or stack, which a PDF is not written in");
            return WriteError::data(place, wrong, "write a Word document");
        }
        WriteError::Font { place, characters: named, way_out: way_out(first) }
    }
}

fn way_out(c: char) -> &'static str {
    if ('\u{1f000}'..'\u{20000}').contains(&c) {
        "install a font of plain emoji such as Noto Emoji or Symbola, or leave them out"
    } else if is_wide(c) {
        "install a Chinese font such as Noto Sans CJK SC (Debian, Ubuntu: fonts-noto-cjk), Source Han Sans \
         SC or Microsoft YaHei"
    } else {
        "install a font that has it, such as Noto Sans (Debian, Ubuntu: fonts-noto-core) or DejaVu Sans \
         (fonts-dejavu-core)"
    }
}

/// Letters and their marks as one character where there is one, tabs as spaces, nothing that asks for
/// no ink, and U+FFFD for control characters.
fn prepared(line: &str) -> String {
    let mut prepared = String::with_capacity(line.len());
    let mut rest = line.chars().filter(|c| !is_ignorable(*c)).peekable();
    while let Some(c) = rest.next() {
        if c == '\t' {
            prepared.push_str("\u{2003}\u{2003}");
        } else if c.is_control() {
            prepared.push(char::REPLACEMENT_CHARACTER);
        } else if rest.peek().is_some_and(|next| is_combining_mark(*next)) {
            let mut letter = String::from(c);
            while let Some(mark) = rest.next_if(|next| is_combining_mark(*next)) {
                letter.push(mark);
            }
            prepared.extend(letter.nfc());
        } else {
            prepared.push(c);
        }
    }
    prepared
}

impl Shaped {
    /// In ems, without the spaces at the end.
    pub(super) fn width(&self) -> f32 {
        sum(without_spaces(&self.glyphs))
    }

    /// The widest stretch within which no line may end, in ems.
    pub(super) fn widest_part(&self) -> f32 {
        let mut widest = 0.0_f32;
        let mut start = 0;
        for (at, is_break) in self.breaks.iter().enumerate() {
            if *is_break || at + 1 == self.glyphs.len() {
                widest = widest.max(sum(without_spaces(&self.glyphs[start..=at])));
                start = at + 1;
            }
        }
        widest
    }

    /// Lines of at most this width in ems, as full as they get (UAX #14). What is wider than a line is
    /// cut between characters. There is at least one line.
    pub(super) fn lines(&self, width: f32) -> Vec<Line> {
        /// Sums of widths differ by their order.
        const SLACK: f32 = 0.001;

        let glyphs = &self.glyphs;
        let mut lines = Vec::new();
        let (mut start, mut end, mut filled) = (0, None, 0.0);
        for (at, glyph) in glyphs.iter().enumerate() {
            while !is_blank(glyph) && at > start && filled + glyph.advance > width + SLACK {
                let cut = end.take().unwrap_or(at);
                lines.push(Line::of(&glyphs[start..cut]));
                start = cut;
                filled = sum(&glyphs[start..at]);
            }
            filled += glyph.advance;
            if self.breaks[at] {
                end = Some(at + 1);
            }
        }
        if start < glyphs.len() || lines.is_empty() {
            lines.push(Line::of(&glyphs[start..]));
        }
        lines
    }
}

impl Line {
    pub(super) fn of(glyphs: &[Glyph]) -> Self {
        let glyphs = without_spaces(glyphs);
        Self { glyphs: glyphs.to_vec(), width: sum(glyphs) }
    }
}

fn sum(glyphs: &[Glyph]) -> f32 {
    glyphs.iter().map(|glyph| glyph.advance).sum()
}

fn without_spaces(glyphs: &[Glyph]) -> &[Glyph] {
    let end = glyphs.iter().rposition(|glyph| !is_blank(glyph)).map_or(0, |last| last + 1);
    &glyphs[..end]
}

/// A space that may hang over the end of a line.
fn is_blank(glyph: &Glyph) -> bool {
    glyph.c != '\u{a0}' && glyph.c.is_whitespace()
}
