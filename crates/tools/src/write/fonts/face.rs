//! One face of a font file: which glyph a character has, and how wide it is.

use std::path::PathBuf;
use std::sync::Arc;

use skrifa::attribute::{Stretch, Style};
use skrifa::instance::{Location, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::raw::{FileRef, TableProvider};
use skrifa::string::StringId;
use skrifa::{FontRef, GlyphId, MetadataProvider, Tag};

/// Faces of a collection that are looked at.
const FACES: u32 = 100;
const WEIGHT: Tag = Tag::new(b"wght");
/// Weights that pass as regular and as bold, with the one that is meant (OpenType, `usWeightClass`).
const REGULAR: (f32, std::ops::RangeInclusive<f32>) = (400.0, 300.0..=500.0);
const BOLD: (f32, std::ops::RangeInclusive<f32>) = (700.0, 600.0..=900.0);

/// A face that may be embedded and has outlines.
#[derive(Clone)]
pub(in super::super) struct Face {
    data: Arc<Vec<u8>>,
    index: u32,
    /// The coordinate on the axis of weights of a variable font.
    weight: Option<f32>,
    /// Whether it stands in for a bold one, and its strokes are thickened.
    pub(in super::super) is_thickened: bool,
}

/// The measures of a face, in thousandths of an em.
pub(in super::super) struct Measures {
    pub(in super::super) ascent: f32,
    pub(in super::super) descent: f32,
    pub(in super::super) cap_height: f32,
    /// How thick its stems are, about.
    pub(in super::super) stem: f32,
    /// Left, bottom, right, top.
    pub(in super::super) bounds: [f32; 4],
}

/// The regular and the bold face of a family in these files. Without a bold one, the regular is
/// thickened. `None` when there is no regular one that may be embedded.
pub(super) fn pair(family: &str, files: &[PathBuf]) -> Option<[Face; 2]> {
    let mut faces = Vec::new();
    for file in files {
        // A font that can't be read is as one that is not there: the next one takes its place, and a
        // character without any is told of.
        if let Ok(bytes) = std::fs::read(file) {
            push_faces(&mut faces, family, Arc::new(bytes));
        }
    }
    let regular = nearest(&faces, &REGULAR)?;
    let bold = nearest(&faces, &BOLD).unwrap_or_else(|| Face { is_thickened: true, ..regular.clone() });
    Some([regular, bold])
}

fn push_faces(faces: &mut Vec<(f32, Face)>, family: &str, data: Arc<Vec<u8>>) {
    let count = match FileRef::new(&data) {
        Ok(FileRef::Collection(collection)) => collection.len(),
        Ok(FileRef::Font(_)) => 1,
        Err(_) => 0,
    };
    for index in 0..count.min(FACES) {
        let Ok(font) = FontRef::from_index(&data, index) else { continue };
        if !is_family(&font, family) || !is_upright(&font) || !may_be_embedded(&font) {
            continue;
        }
        let face = |weight| Face { data: Arc::clone(&data), index, weight, is_thickened: false };
        match font.axes().get_by_tag(WEIGHT) {
            Some(axis) => faces.extend([REGULAR.0, BOLD.0].map(|weight| {
                let weight = weight.clamp(axis.min_value(), axis.max_value());
                (weight, face(Some(weight)))
            })),
            None => faces.push((font.attributes().weight.value(), face(None))),
        }
    }
}

fn nearest(faces: &[(f32, Face)], (meant, range): &(f32, std::ops::RangeInclusive<f32>)) -> Option<Face> {
    let fitting = faces.iter().filter(|(weight, _)| range.contains(weight));
    fitting
        .min_by(|(one, _), (other, _)| (one - meant).abs().total_cmp(&(other - meant).abs()))
        .map(|(_, face)| face.clone())
}

fn is_family(font: &FontRef<'_>, family: &str) -> bool {
    [StringId::TYPOGRAPHIC_FAMILY_NAME, StringId::FAMILY_NAME]
        .into_iter()
        .flat_map(|id| font.localized_strings(id))
        .any(|name| name.chars().eq(family.chars()))
}

fn is_upright(font: &FontRef<'_>) -> bool {
    let attributes = font.attributes();
    attributes.style == Style::Normal && attributes.stretch == Stretch::NORMAL
}

/// Outlines that PDF knows, and a licence for embedding a part of them (OpenType, `fsType`).
fn may_be_embedded(font: &FontRef<'_>) -> bool {
    /// Of the lowest four bits the second alone forbids embedding.
    const RESTRICTED: u16 = 2;
    const NO_SUBSETS: u16 = 0x100;
    const BITMAPS_ONLY: u16 = 0x200;

    let has_outlines = font.glyf().is_ok() || font.cff().is_ok() || font.cff2().is_ok();
    let licence = font.os2().map_or(0, |os2| os2.fs_type());
    has_outlines && licence & 0xf != RESTRICTED && licence & (NO_SUBSETS | BITMAPS_ONLY) == 0
}

impl Face {
    /// The glyph of a character and its width in ems; `None` when it has none or an invisible one.
    pub(super) fn glyph(&self, c: char) -> Option<(u16, f32)> {
        let font = self.font()?;
        let glyph = font.charmap().map(c).filter(|glyph| *glyph != GlyphId::NOTDEF)?;
        if !c.is_whitespace() && !self.is_drawn(&font, glyph) {
            return None;
        }
        let advance = font.glyph_metrics(Size::unscaled(), &self.location(&font)).advance_width(glyph)?;
        Some((u16::try_from(glyph.to_u32()).ok()?, advance / f32::from(units(&font)?)))
    }

    pub(in super::super) fn data(&self) -> &[u8] {
        &self.data
    }

    pub(in super::super) fn index(&self) -> u32 {
        self.index
    }

    pub(in super::super) fn weight(&self) -> Option<f32> {
        self.weight
    }

    /// As PDF can write it; empty when it has none.
    pub(in super::super) fn name(&self) -> String {
        let Some(font) = self.font() else { return String::new() };
        let name = font.localized_strings(StringId::POSTSCRIPT_NAME).english_or_first();
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        name.map(|name| name.chars().filter(is_plain).take(100).collect()).unwrap_or_default()
    }

    pub(in super::super) fn measures(&self) -> Measures {
        self.own_measures().unwrap_or(Measures {
            ascent: 880.0,
            descent: -120.0,
            cap_height: 730.0,
            stem: 80.0,
            bounds: [0.0, -250.0, 1000.0, 1000.0],
        })
    }

    fn own_measures(&self) -> Option<Measures> {
        let font = self.font()?;
        let metrics = font.metrics(Size::unscaled(), &self.location(&font));
        let scale = 1000.0 / f32::from(units(&font)?);
        let weight = self.weight.unwrap_or_else(|| font.attributes().weight.value());
        let bounds = metrics.bounds.map_or([0.0, -250.0, 1000.0, 1000.0], |bounds| {
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|edge| edge * scale)
        });
        Some(Measures {
            ascent: metrics.ascent * scale,
            descent: metrics.descent * scale,
            cap_height: metrics.cap_height.unwrap_or(metrics.ascent) * scale,
            stem: 10.0 + weight / 5.0,
            bounds,
        })
    }

    fn font(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(&self.data, self.index).ok()
    }

    fn location(&self, font: &FontRef<'_>) -> Location {
        font.axes().location(self.weight.map(|weight| (WEIGHT, weight)))
    }

    fn is_drawn(&self, font: &FontRef<'_>, glyph: GlyphId) -> bool {
        let mut strokes = Strokes(false);
        let location = self.location(font);
        let settings = DrawSettings::unhinted(Size::unscaled(), &location);
        let drawn = font
            .outline_glyphs()
            .get(glyph)
            .is_some_and(|outline| outline.draw(settings, &mut strokes).is_ok());
        drawn && strokes.0
    }
}

/// Units of the font to an em.
fn units(font: &FontRef<'_>) -> Option<u16> {
    font.head().ok().map(|head| head.units_per_em()).filter(|units| *units > 0)
}

/// Notes whether anything is drawn.
struct Strokes(bool);

impl OutlinePen for Strokes {
    fn move_to(&mut self, _: f32, _: f32) {}

    fn line_to(&mut self, _: f32, _: f32) {
        self.0 = true;
    }

    fn quad_to(&mut self, _: f32, _: f32, _: f32, _: f32) {
        self.0 = true;
    }

    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, _: f32, _: f32) {
        self.0 = true;
    }

    fn close(&mut self) {}
}
