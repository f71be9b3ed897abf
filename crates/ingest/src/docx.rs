//! DOCX: paragraphs, headings, lists, tables, text boxes and notes, in reading order.
//!
//! Deleted and hidden text is left out, inserted text is in: the page shows what a reader of the
//! document sees. What stands in headers and footers is given once, after the end, since it may
//! hold a document number or a date that is found nowhere else.

mod body;
mod field;
mod layout;
mod numbering;
mod numeral;
mod package;
mod paragraph;
mod styles;
mod table;
mod xml;

use std::fs::File;
use std::io::{Read, Seek};

use inhouse_agent::read::{FailureCode, ReadFailure};

use crate::child::system_failure;
use crate::kind::OLE_MAGIC;
use crate::read::{Give, broken, empty};
use body::{Body, Story};
use layout::Layout;
use numbering::Numbering;
use package::{Package, Part};
use styles::Styles;

/// Reads a Word document. A container of another name that holds none is unsupported, one that is
/// named as a Word document is broken.
pub(crate) fn read(mut file: File, named_docx: bool, text_bytes: u64, give: Give) -> Result<(), ReadFailure> {
    let mut magic = Vec::new();
    let is_ole = (&file)
        .take(OLE_MAGIC.len() as u64)
        .read_to_end(&mut magic)
        .and_then(|_| file.rewind())
        .map(|()| magic == OLE_MAGIC)
        .map_err(|error| system_failure("reading its first bytes", &error))?;
    if is_ole {
        return Err(compound_file(file)?);
    }
    let no_word = |detail: String| {
        let code = if named_docx { FailureCode::Broken } else { FailureCode::Unsupported };
        ReadFailure::new(code, detail)
    };
    let mut package = match Package::open(file) {
        Ok(package) => package,
        Err(failure) if failure.code == FailureCode::Broken => return Err(no_word(failure.detail)),
        Err(failure) => return Err(failure),
    };
    let Some(document) = package.main_part()? else {
        return Err(no_word("there is no document in the package".to_owned()));
    };
    if !package.is_word_document(&document)? {
        let detail = format!("{document} is no Word document");
        return Err(ReadFailure::new(FailureCode::Unsupported, detail));
    }
    let layout = lay_out(&mut package, &document, text_bytes)?;
    if layout.is_blank() {
        return Err(empty());
    }
    layout.into_pages().into_iter().try_for_each(give)
}

fn lay_out(package: &mut Package, document: &str, text_bytes: u64) -> Result<Layout, ReadFailure> {
    let related = package.related_parts(document)?;
    let of =
        |part: Part| related.iter().filter(move |(kind, _)| *kind == part).map(|(_, name)| name.as_str());

    let styles = match of(Part::Styles).next() {
        Some(name) => package.read_part(name, Styles::read)?.unwrap_or_default(),
        None => Styles::default(),
    };
    let mut numbering = match of(Part::Numbering).next() {
        Some(name) => package.read_part(name, Numbering::read)?.unwrap_or_default(),
        None => Numbering::default(),
    };
    numbering.link(&styles);

    let mut layout = Layout::new(text_bytes);
    for (part, story) in [(Part::Footnotes, Story::Footnotes), (Part::Endnotes, Story::Endnotes)] {
        for name in of(part) {
            package
                .read_part(name, |xml| Body::new(story, &styles, &mut numbering, &mut layout).read(xml))?;
        }
    }
    package
        .read_part(document, |xml| Body::new(Story::Main, &styles, &mut numbering, &mut layout).read(xml))?
        .ok_or_else(|| broken(format!("{document} is missing")))?;
    for part in [Part::Headers, Part::Footers] {
        for name in of(part) {
            package.read_part(name, |xml| {
                Body::new(Story::Margin, &styles, &mut numbering, &mut layout).read(xml)
            })?;
        }
    }
    Ok(layout)
}

/// What a compound file is: never readable, for one of two reasons.
fn compound_file(mut file: File) -> Result<ReadFailure, ReadFailure> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| system_failure("reading it", &error))?;
    let name: Vec<u8> = "EncryptedPackage\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // Entries of its directory are 128 bytes long and begin with their name.
    let encrypted = bytes.chunks(128).any(|entry| entry.starts_with(&name));
    Ok(if encrypted {
        ReadFailure::new(FailureCode::Encrypted, "it is an encrypted Office document")
    } else {
        ReadFailure::new(FailureCode::Unsupported, "it is a binary file of an old Office version")
    })
}

#[cfg(test)]
mod tests;
