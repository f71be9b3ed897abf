//! The parts of fonts that a document needs, within it (ISO 32000-1, 9.7 and 9.9).

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Name, Pdf, Rect, Ref, Str};
use sha2::{Digest, Sha256};
use skrifa::raw::{FontRef, TableProvider};

use super::super::error::WriteError;
use super::super::fonts::Face;
use super::content::UsedFace;

const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Writes a font with the glyphs that are used. `next`: gives numbers of objects.
pub(super) fn font(
    pdf: &mut Pdf,
    id: Ref,
    face: &Face,
    used: &UsedFace,
    mut next: impl FnMut() -> Ref,
) -> Result<(), WriteError> {
    let (subset, is_cff) = subset(face, used)?;
    let (descendant, descriptor, to_unicode, file) = (next(), next(), next(), next());
    let name = format!("{}+{}", tag(&subset), face.name());
    let full = if is_cff { format!("{name}-Identity-H") } else { name.clone() };
    pdf.type0_font(id)
        .base_font(Name(full.as_bytes()))
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(descendant)
        .to_unicode(to_unicode);

    let mut cid = pdf.cid_font(descendant);
    cid.subtype(if is_cff { CidFontType::Type0 } else { CidFontType::Type2 });
    cid.base_font(Name(name.as_bytes())).system_info(SYSTEM).font_descriptor(descriptor).default_width(0.0);
    if !is_cff {
        cid.cid_to_gid_map_predefined(Name(b"Identity"));
    }
    cid.widths().consecutive(0, used.of.iter().map(|(_, width)| *width));
    drop(cid);

    describe(pdf, descriptor, &name, face, is_cff, file);
    let packed = packed(&subset)?;
    let mut stream = pdf.stream(file, &packed);
    stream.filter(Filter::FlateDecode);
    if is_cff {
        stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
    } else {
        stream.pair(Name(b"Length1"), i32::try_from(subset.len()).unwrap_or(i32::MAX));
    }
    drop(stream);
    write_meanings(pdf, to_unicode, used)
}

pub(super) fn packed(bytes: &[u8]) -> Result<Vec<u8>, WriteError> {
    let pack = || -> io::Result<Vec<u8>> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes)?;
        encoder.finish()
    };
    pack().map_err(|error| WriteError::failed("pack the document", error))
}

/// The font program of the glyphs, and whether it is one of PostScript outlines.
fn subset(face: &Face, used: &UsedFace) -> Result<(Vec<u8>, bool), WriteError> {
    let weight = face.weight().map(|weight| (subsetter::Tag::new(b"wght"), weight));
    let coordinates: Vec<_> = weight.into_iter().collect();
    let program = subsetter::subset_with_variations(face.data(), face.index(), &coordinates, &used.glyphs)
        .map_err(|error| WriteError::failed("take the glyphs out of a font", error))?;
    let cff = FontRef::new(&program)
        .ok()
        .and_then(|font| font.data_for_tag(skrifa::Tag::new(b"CFF ")).map(|cff| cff.as_bytes().to_vec()));
    Ok(match cff {
        Some(cff) => (cff, true),
        None => (program, false),
    })
}

fn describe(pdf: &mut Pdf, id: Ref, name: &str, face: &Face, is_cff: bool, file: Ref) {
    let measures = face.measures();
    let [left, bottom, right, top] = measures.bounds;
    let mut descriptor = pdf.font_descriptor(id);
    descriptor
        .name(Name(name.as_bytes()))
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(measures.ascent)
        .descent(measures.descent)
        .cap_height(measures.cap_height)
        .stem_v(measures.stem);
    if is_cff {
        descriptor.font_file3(file);
    } else {
        descriptor.font_file2(file);
    }
}

/// What each glyph stands for, so that the text can be searched and copied.
fn write_meanings(pdf: &mut Pdf, id: Ref, used: &UsedFace) -> Result<(), WriteError> {
    let mut meanings = UnicodeCmap::new(Name(b"Inhouse"), SYSTEM);
    for (glyph, (c, _)) in (0_u16..).zip(&used.of).skip(1) {
        meanings.pair(glyph, *c);
    }
    let packed = packed(&meanings.finish())?;
    pdf.cmap(id, &packed).filter(Filter::FlateDecode);
    Ok(())
}

/// Six letters that differ for different subsets (ISO 32000-1, 9.6.4).
fn tag(subset: &[u8]) -> String {
    Sha256::digest(subset).iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}
