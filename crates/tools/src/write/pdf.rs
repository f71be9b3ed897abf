//! New PDF documents.

mod content;
mod element;
mod embed;
mod file;
mod outline;
mod pages;
mod piece;
mod prose;
mod script;
mod table;
mod text;

use inhouse_agent::answer::Language;

use super::docx::Block;
use super::error::{WriteError, cut};
use super::fonts::Fonts;
use super::text::clean;
use element::{Element, Role};
use pages::Pages;
use text::Setter;

/// Deepest level of a heading that has a look.
const LEVELS: u8 = 6;

/// Characters of a document, so that it is refused before it takes long; each block and cell counts as
/// some more.
const SIZE: usize = 5_000_000;
const CELL: usize = 4;

/// A document of A4 pages, with page numbers, an outline of its headings, and tags for those who have
/// it read aloud. Its text can be searched and copied. A table that is too wide for a page that stands
/// gets pages that lie. Its title and language are told by its text, and it holds no clock, no
/// actions and no links.
///
/// A character that no font has is an error, as is one of a script whose letters join or stack; what
/// asks for no ink, such as marks of direction, is left out.
pub fn pdf(blocks: &[Block], fonts: &Fonts) -> Result<Vec<u8>, WriteError> {
    if blocks.iter().map(size).fold(0, usize::saturating_add) > SIZE {
        let wrong = format!("the document has more than {SIZE} characters, where each cell counts as {CELL}");
        return Err(WriteError::TooLarge { wrong, way_out: "write less, or write a workbook" });
    }
    let mut document = Document::new(blocks, fonts);
    for (at, block) in blocks.iter().enumerate() {
        let above = at.checked_sub(1).map(|at| &blocks[at]);
        document.push(block, above)?;
    }
    document.pages.finish()?;
    file::written(document)
}

/// A document as it grows.
struct Document<'f> {
    setter: Setter<'f>,
    pages: Pages,
    /// The first is the document itself.
    elements: Vec<Element>,
    outline: Vec<Entry>,
    title: String,
    is_chinese: bool,
    has_title: bool,
    /// Room that the last block asks for below itself, in points.
    after: f32,
    /// The list that the last block belongs to.
    list: Option<usize>,
}

/// A heading in the outline.
struct Entry {
    /// 0 for a title.
    level: u8,
    text: String,
}

impl<'f> Document<'f> {
    fn new(blocks: &[Block], fonts: &'f Fonts) -> Self {
        let title = |block: &Block| match block {
            Block::Title(text) => Some(one_line(text)),
            _ => None,
        };
        let heading = |block: &Block| match block {
            Block::Heading(_, text) => Some(one_line(text)),
            _ => None,
        };
        let titles = blocks.iter().find_map(title);
        Self {
            setter: Setter::new(fonts),
            pages: Pages::default(),
            elements: vec![Element { role: Role::Document, parent: 0 }],
            outline: Vec::new(),
            has_title: titles.is_some(),
            title: titles.or_else(|| blocks.iter().find_map(heading)).unwrap_or_default(),
            is_chinese: is_chinese(blocks),
            after: 0.0,
            list: None,
        }
    }

    fn push(&mut self, block: &Block, above: Option<&Block>) -> Result<(), WriteError> {
        if !matches!(block, Block::Bullet(_)) {
            self.list = None;
        }
        match block {
            Block::Title(text) => self.push_title(text),
            Block::Heading(level @ 1..=LEVELS, text) => self.push_heading(*level, text),
            Block::Heading(level, text) => {
                let place = format!("the heading `{}`", cut(text));
                let wrong = format!("there is no level {level}");
                Err(WriteError::data(place, wrong, "give one from 1 to 6"))
            }
            Block::Paragraph(text) => self.push_paragraph(text),
            Block::Bullet(text) => self.push_bullet(text),
            Block::Quote(text) => self.push_quote(text),
            Block::Table(grid) => {
                // A heading right above that says the same is its name already.
                let is_named = matches!(above, Some(Block::Heading(_, text)) if *text == grid.name);
                self.push_table(grid, !is_named && !grid.name.is_empty())
            }
        }
    }

    fn element(&mut self, role: Role, parent: usize) -> usize {
        self.elements.push(Element { role, parent });
        self.elements.len() - 1
    }
}

fn size(block: &Block) -> usize {
    match block {
        Block::Title(text)
        | Block::Heading(_, text)
        | Block::Paragraph(text)
        | Block::Bullet(text)
        | Block::Quote(text) => text.chars().count() + CELL,
        Block::Table(grid) => {
            let names = grid.columns.iter().map(|name| name.chars().count() + CELL);
            let cells = grid.all_rows().flatten().map(|datum| datum.to_string().chars().count() + CELL);
            names.chain(cells).fold(0, usize::saturating_add)
        }
    }
}

/// By the text of its blocks; figures and dates are of no language.
fn is_chinese(blocks: &[Block]) -> bool {
    let mut all = String::new();
    for block in blocks {
        match block {
            Block::Title(text)
            | Block::Heading(_, text)
            | Block::Paragraph(text)
            | Block::Bullet(text)
            | Block::Quote(text) => all.push_str(text),
            Block::Table(grid) => all.extend(grid.columns.iter().map(String::as_str)),
        }
    }
    Language::of(&all) == Language::Chinese
}

fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
