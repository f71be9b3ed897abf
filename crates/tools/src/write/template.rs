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
mod package;
mod paragraph;
mod tree;
mod values;

use std::collections::BTreeMap;

use super::error::WriteError;
use fill::Filler;
use package::Package;
use paragraph::Paragraph;
use tree::{Element, Kind, Node};

pub use paragraph::Placeholder;
pub use values::{List, Values};

/// What a template wants, each once, in the order of the document.
pub fn placeholders(template: &[u8]) -> Result<Vec<Placeholder>, WriteError> {
    let stories = Package::open(template)?.stories()?;
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
    let mut package = Package::open(template)?;
    let stories = package.stories()?;
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
    let mut room = package::UNPACKED_BYTES;
    for (story, tree) in wanting {
        let xml = Filler::new(values, &story.part, room).fill(&tree)?;
        room = room.saturating_sub(xml.len());
        filled.insert(story.index, xml);
    }
    package.with(&filled)
}

fn wanted_by(tree: &[Node], part: &str) -> Result<Vec<Placeholder>, WriteError> {
    let mut wanted = Vec::new();
    visit_paragraphs(tree, true, &mut |paragraph| {
        wanted.extend(Paragraph::read(paragraph, part)?.into_placeholders());
        Ok(())
    })?;
    Ok(wanted)
}

/// Visits all paragraphs, those within others too; those in rows of tables only when asked to.
fn visit_paragraphs(
    nodes: &[Node],
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
