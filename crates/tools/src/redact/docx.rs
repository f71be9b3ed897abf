//! A DOCX file without what was found in it.
//!
//! Each part that is XML is read whole and changed in place, so whatever is not found stays as it
//! was, byte for byte. First every paragraph, attribute and property is looked at; then what was
//! found is taken out wherever else it stands, also in markup; at last it is made sure that nothing
//! of it is left.

mod package;
mod paragraph;
mod tag;
mod ties;
mod wash;

use std::collections::BTreeSet;

use super::repeats::{Repeats, Within};
use super::{Finding, Kind, RedactError, Style};
use package::{Content, Package};
use ties::Ties;
use wash::{Place, Wash};

/// A file without what was found in it, and what nobody could look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The new DOCX file.
    pub bytes: Vec<u8>,
    pub found: Vec<Found>,
    /// Parts that are as they were since they are no text: pictures, embedded files, macros, fonts,
    /// signatures, and files that Word would read in when it opens the document.
    pub not_checked: Vec<String>,
}

/// What was masked, once for each place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name of the part, as `word/document.xml`.
    pub part: String,
    pub kind: Kind,
    /// What stood there.
    pub text: String,
}

/// Takes out of a DOCX file what `find` finds in its paragraphs, and who wrote it. `find` is handed
/// each paragraph as it reads with and without its tracked changes, the codes of its fields, and
/// each text of attributes and properties; ranges are of the text it was handed.
///
/// Needs memory for all of the unpacked text, at most 256 MB.
pub fn redact_docx(
    bytes: &[u8],
    find: &mut dyn FnMut(&str) -> Vec<Finding>,
    style: Style,
) -> Result<Redacted, RedactError> {
    let mut package = Package::open(bytes)?;
    let ties = Ties::of(&package)?;
    package.set_apart(&ties.read_in);

    let mut found = Vec::new();
    let mut first = |place: Place, text: &str| if place == Place::Markup { Vec::new() } else { find(text) };
    wash_all(&mut package, &mut Wash { look: &mut first, style, dropped: &ties.dropped, found: &mut found })?;

    let repeats = Repeats::of(found.iter().map(|found| (found.kind, found.text.as_str())));
    let mut second = |place: Place, text: &str| {
        repeats.find(text, if place == Place::Markup { Within::Markup } else { Within::Text })
    };
    wash_all(
        &mut package,
        &mut Wash { look: &mut second, style, dropped: &ties.dropped, found: &mut found },
    )?;
    make_sure(&package, &ties.dropped, &repeats)?;

    let not_checked = not_checked(&package, &ties);
    Ok(Redacted { bytes: package.write(&ties.dropped)?, found, not_checked })
}

fn wash_all(package: &mut Package, wash: &mut Wash) -> Result<(), RedactError> {
    for part in &mut package.parts {
        let Content::Xml { text, is_changed, is_sure } = &mut part.content else { continue };
        match wash.part(&part.name, text) {
            Ok(None) => {}
            Ok(Some(washed)) => {
                *text = washed;
                *is_changed = true;
            }
            Err(error @ RedactError::Damaged { .. }) if *is_sure => return Err(error),
            // It only looked like XML.
            Err(RedactError::Damaged { .. }) => part.content = Content::Opaque,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn make_sure(package: &Package, dropped: &BTreeSet<String>, repeats: &Repeats) -> Result<(), RedactError> {
    for part in package.parts.iter().filter(|part| !dropped.contains(&part.key())) {
        let text = match &part.content {
            Content::Xml { text, .. } => text.as_str(),
            Content::Opaque | Content::Folder => "",
        };
        let left =
            [part.name.as_str(), text].into_iter().flat_map(|text| repeats.find(text, Within::Markup)).next();
        if let Some(Finding { kind, .. }) = left {
            return Err(RedactError::Remains { part: part.name.clone(), kind });
        }
    }
    Ok(())
}

fn not_checked(package: &Package, ties: &Ties) -> Vec<String> {
    /// Folders whose parts are drawn, run or proven rather than read, even where they are XML.
    const FOLDERS: &[&str] = &["media/", "embeddings/", "activex/", "_xmlsignatures/"];

    let unseen = package.parts.iter().filter(|part| {
        let key = part.key();
        let in_folder = || FOLDERS.iter().any(|folder| key.contains(folder));
        !ties.dropped.contains(&key)
            && match part.content {
                Content::Opaque => true,
                Content::Xml { .. } => in_folder(),
                Content::Folder => false,
            }
    });
    unseen.map(|part| part.name.clone()).collect()
}

#[cfg(test)]
mod tests;
