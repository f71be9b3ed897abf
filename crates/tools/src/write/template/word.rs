//! Word documents as templates.
//!
//! A template is a .docx file whose text holds placeholders: `{{name}}` for a field, and
//! `{{list.column}}` for a column of a list. A row of a table, or a paragraph outside of such a row,
//! that holds `{{list.column}}` is repeated for each row of the list; an empty list leaves none. A
//! placeholder has the format of its first character, and may be cut into pieces as Word likes to do.
//! Blanks around a name don't count, blanks within it count as one.
//!
//! Placeholders stand in the text, in headers and footers, and in notes; not in comments, fields,
//! links, pictures or properties of the document. All other parts of the package are copied as they
//! are.

mod fill;
mod paragraph;

use std::collections::BTreeMap;

use super::super::error::WriteError;
use super::package::{ContentTypes, Format, Package, UNPACKED_BYTES};
use super::placeholder::Placeholder;
use super::tree::{self, Known, Node};
use super::values::Values;
use fill::Filler;
use paragraph::Paragraph;

/// A part with text for readers.
struct Story {
    index: usize,
    part: String,
    xml: String,
}

type Element<'a> = tree::Element<'a, Kind>;

/// Elements of WordprocessingML that matter to a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Row,
    Paragraph,
    ParagraphProperties,
    /// The end of a section, which stands in its last paragraph.
    Section,
    /// `w:t`
    Text,
    Bookmark,
    /// What stands between two texts and is seen.
    Seen,
    Other,
}

impl Known for Kind {
    const FORMAT: Format = Format::Word;
    const OTHER: Self = Self::Other;

    fn of(namespace: &str, name: &str) -> Self {
        let is_word = matches!(
            namespace,
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
                | "http://purl.oclc.org/ooxml/wordprocessingml/main"
        );
        match name {
            _ if !is_word => Self::Other,
            "tbl" => Self::Table,
            "tr" => Self::Row,
            "p" => Self::Paragraph,
            "pPr" => Self::ParagraphProperties,
            "sectPr" => Self::Section,
            "t" => Self::Text,
            "bookmarkStart" | "bookmarkEnd" => Self::Bookmark,
            "tab" | "ptab" | "br" | "cr" | "sym" | "noBreakHyphen" | "softHyphen" | "drawing" | "pict"
            | "object" | "fldChar" | "footnoteReference" | "endnoteReference" => Self::Seen,
            _ => Self::Other,
        }
    }
}

/// What a template wants, each once, in the order of the document.
pub fn placeholders(template: &[u8]) -> Result<Vec<Placeholder>, WriteError> {
    let stories = stories(&mut Package::open(template, Format::Word)?)?;
    let mut wanted = Vec::new();
    for story in &stories {
        for placeholder in wanted_by(&tree::parse(&story.xml, &story.part)?, &story.part)? {
            if !wanted.contains(&placeholder) {
                wanted.push(placeholder);
            }
        }
    }
    Ok(wanted)
}

/// The document that a template and values make. Values that the template doesn't want are left out.
pub fn fill_docx(template: &[u8], values: &Values) -> Result<Vec<u8>, WriteError> {
    let mut package = Package::open(template, Format::Word)?;
    let stories = stories(&mut package)?;
    let mut wanting = Vec::new();
    let mut unknown = Vec::new();
    for story in &stories {
        let tree = tree::parse(&story.xml, &story.part)?;
        let wanted = wanted_by(&tree, &story.part)?;
        if !wanted.is_empty() {
            wanting.push((story, tree));
        }
        for placeholder in wanted {
            if !values.has(&placeholder) && !unknown.contains(&placeholder) {
                unknown.push(placeholder);
            }
        }
    }
    if !unknown.is_empty() {
        return Err(WriteError::Unknown { names: unknown });
    }
    let mut filled = BTreeMap::new();
    let mut room = UNPACKED_BYTES;
    for (story, tree) in wanting {
        let xml = Filler::new(values, &story.part, room).fill(&tree)?;
        room = room.saturating_sub(xml.len());
        filled.insert(story.index, Some(xml));
    }
    package.with(&filled)
}

/// The document first, then its headers, footers and notes.
fn stories(package: &mut Package) -> Result<Vec<Story>, WriteError> {
    let types = ContentTypes::read(package)?;
    let mut main = Vec::new();
    let mut others = Vec::new();
    for (index, part) in package.names().to_vec().into_iter().enumerate() {
        let content_type = types.checked(&part)?;
        let kind = content_type.rsplit_once('.').map_or("", |(_, kind)| kind);
        let list = match (is_word(content_type), kind) {
            (true, "main+xml") if content_type.contains("template") => {
                return Err(WriteError::NotDocx {
                    wrong: "it is a .dotx".to_owned(),
                    way_out: "save it as .docx",
                });
            }
            (true, "main+xml") => &mut main,
            (true, "header+xml" | "footer+xml" | "footnotes+xml" | "endnotes+xml") => &mut others,
            _ => continue,
        };
        list.push(Story { index, xml: package.read(index)?, part });
    }
    if main.is_empty() {
        return Err(Format::Word.broken("there is no Word document in it"));
    }
    main.extend(others);
    Ok(main)
}

fn is_word(content_type: &str) -> bool {
    content_type.starts_with("application/vnd.openxmlformats-officedocument.wordprocessingml.")
}

fn wanted_by(tree: &[Node<Kind>], part: &str) -> Result<Vec<Placeholder>, WriteError> {
    let mut wanted = Vec::new();
    visit_paragraphs(tree, true, &mut |paragraph| {
        wanted.extend(Paragraph::read(paragraph, part)?.placeholders().cloned());
        Ok(())
    })?;
    Ok(wanted)
}

/// Visits all paragraphs, those within others too; those in rows of tables only when asked to.
fn visit_paragraphs(
    nodes: &[Node<Kind>],
    into_rows: bool,
    visit: &mut impl FnMut(&Element) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    for node in nodes {
        let Node::Element(element) = node else { continue };
        if element.kind == Kind::Row && !into_rows {
            continue;
        }
        if element.kind == Kind::Paragraph {
            visit(element)?;
        }
        visit_paragraphs(&element.children, into_rows, visit)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
