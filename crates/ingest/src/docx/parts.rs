//! The parts of a Word document besides its main one.

use std::io::{Read, Seek};

use inhouse_agent::read::ReadFailure;

use crate::package::Package;

/// By their relationship to the main part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Styles,
    Numbering,
    Footnotes,
    Endnotes,
    Headers,
    Footers,
}

/// The parts that the main part is tied to, in the order of the package.
pub(super) fn related<R: Read + Seek>(
    package: &mut Package<R>,
    document: &str,
) -> Result<Vec<(Part, String)>, ReadFailure> {
    let known = |kind: &str| {
        Some(match kind {
            "styles" => Part::Styles,
            "numbering" => Part::Numbering,
            "footnotes" => Part::Footnotes,
            "endnotes" => Part::Endnotes,
            "header" => Part::Headers,
            "footer" => Part::Footers,
            _ => return None,
        })
    };
    let tied = package.relationships(document)?;
    Ok(tied.into_iter().filter_map(|tie| Some((known(&tie.kind)?, tie.part))).collect())
}
