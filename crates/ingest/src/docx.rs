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
mod paragraph;
mod parts;
mod styles;
mod table;

use std::io::{Read, Seek};

use inhouse_agent::read::ReadFailure;

use crate::package::Package;
use crate::read::{Give, broken, empty};
use body::{Body, Story};
use layout::Layout;
use numbering::Numbering;
use parts::Part;
use styles::Styles;

/// Reads the Word document of a package. `document`: its main part.
pub(crate) fn read<R: Read + Seek>(
    package: &mut Package<R>,
    document: &str,
    text_bytes: u64,
    give: Give,
) -> Result<(), ReadFailure> {
    let layout = lay_out(package, document, text_bytes)?;
    if layout.is_blank() {
        return Err(empty());
    }
    layout.into_pages().into_iter().try_for_each(give)
}

fn lay_out<R: Read + Seek>(
    package: &mut Package<R>,
    document: &str,
    text_bytes: u64,
) -> Result<Layout, ReadFailure> {
    let related = parts::related(package, document)?;
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

#[cfg(test)]
mod tests;
