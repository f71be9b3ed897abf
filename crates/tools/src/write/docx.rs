//! New Word documents.

mod table;

use std::io::{Cursor, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::error::{WriteError, cut};
use super::grid::Grid;
use super::run::push_text;
use super::text::clean;

/// A piece of a document. The ends of lines in a text are breaks within its paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Title(String),
    /// The level from 1 to 6.
    Heading(u8, String),
    Paragraph(String),
    Bullet(String),
    Quote(String),
    /// Below its name, if it has one; its headings are repeated on every page.
    Table(Grid),
}

/// Deepest level of a heading that has a style.
const LEVELS: u8 = 6;

/// What every document has besides its text, in the order of the package.
const PARTS: &[(&str, &str)] = &[
    ("[Content_Types].xml", include_str!("docx/content_types.xml")),
    ("_rels/.rels", include_str!("docx/package_rels.xml")),
    ("word/_rels/document.xml.rels", include_str!("docx/document_rels.xml")),
    ("word/styles.xml", include_str!("docx/styles.xml")),
    ("word/numbering.xml", include_str!("docx/numbering.xml")),
    ("word/settings.xml", include_str!("docx/settings.xml")),
    ("word/fontTable.xml", include_str!("docx/font_table.xml")),
];

const HEAD: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    "\n",
    r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>"#,
);

/// A4 with margins of an inch, in twentieths of a point.
const FOOT: &str = concat!(
    r#"<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>"#,
    r#"<w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="720" w:footer="720" w:gutter="0"/>"#,
    "</w:sectPr></w:body></w:document>",
);

/// A document of A4 pages with styles of its own, so that it can be changed as one that was typed.
pub fn docx(blocks: &[Block]) -> Result<Vec<u8>, WriteError> {
    let mut document = String::from(HEAD);
    for block in blocks {
        match block {
            Block::Title(text) => push_paragraph(&mut document, "Title", text),
            Block::Heading(level @ 1..=LEVELS, text) => {
                push_paragraph(&mut document, &format!("Heading{level}"), text);
            }
            Block::Heading(level, text) => {
                let place = format!("the heading `{}`", cut(text));
                let wrong = format!("there is no level {level}");
                return Err(WriteError::data(place, wrong, "give one from 1 to 6"));
            }
            Block::Paragraph(text) => push_paragraph(&mut document, "Normal", text),
            Block::Bullet(text) => push_paragraph(&mut document, "ListBullet", text),
            Block::Quote(text) => push_paragraph(&mut document, "Quote", text),
            Block::Table(grid) => table::push(&mut document, grid)?,
        }
    }
    document.push_str(FOOT);
    packed(&document).map_err(|error| WriteError::failed("write the document", error))
}

fn push_paragraph(out: &mut String, style: &str, text: &str) {
    out.push_str(&format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r>"#));
    push_text(out, "w:", &clean(text));
    out.push_str("</w:r></w:p>");
}

fn packed(document: &str) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix);
    let mut package = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in PARTS.iter().copied().chain([("word/document.xml", document)]) {
        package.start_file(name, options)?;
        package.write_all(content.as_bytes())?;
    }
    Ok(package.finish()?.into_inner())
}

#[cfg(test)]
mod tests;
