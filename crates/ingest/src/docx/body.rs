//! One story of a document (its body, its notes, a header) as a stream of blocks.

use inhouse_agent::read::ReadFailure;

use super::layout::{Block, Layout, NoteId, PageBreak};
use super::numbering::Numbering;
use super::styles::{ParagraphProperties, Styles};
use super::xml::{Element, Space, Token, Xml};
use crate::text::symbol::symbol;
use crate::text::tidy::tidy;

/// Which story is read, and so where its text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    Main,
    Footnotes,
    Endnotes,
    /// Headers and footers.
    Margin,
}

pub(super) struct Body<'a> {
    story: Story,
    styles: &'a Styles,
    numbering: &'a mut Numbering,
    layout: &'a mut Layout,
    /// Paragraphs that are open: a text box stands within a paragraph and has its own.
    paragraphs: Vec<Paragraph>,
    /// What the next block goes into, innermost last; the layout when there is none.
    scopes: Vec<Scope>,
    fields: Vec<Field>,
    /// For each open choice between alternatives, whether one was taken.
    alternatives: Vec<bool>,
    note: Option<(NoteId, Vec<String>)>,
}

#[derive(Default)]
struct Paragraph {
    text: String,
    properties: ParagraphProperties,
    in_properties: bool,
    /// The section that ends with this paragraph starts its successor on a new page.
    ends_section: bool,
    in_text: bool,
    keep_blanks: bool,
    hidden: bool,
    /// It was cut by a page break before: its number stands on the page before.
    continued: bool,
    has_page_number: bool,
    /// Blocks of text boxes that are anchored in it.
    boxes: Vec<Block>,
}

enum Scope {
    TextBox(Vec<Block>),
    Table(Table),
}

#[derive(Default)]
struct Table {
    /// The finished cells of the open row.
    cells: Vec<Vec<Block>>,
    cell: Vec<Block>,
    break_before: Option<PageBreak>,
    break_after: Option<PageBreak>,
}

#[derive(Default)]
struct Field {
    instruction: String,
    in_result: bool,
    /// Of a form's check box, whether it is checked.
    check_box: Option<bool>,
}

impl Field {
    /// The number of a page is not text of the document, it differs on each page.
    fn is_page_number(&self) -> bool {
        matches!(self.instruction.split_whitespace().next(), Some("PAGE" | "NUMPAGES" | "SECTIONPAGES"))
    }
}

impl<'a> Body<'a> {
    pub(super) fn new(
        story: Story,
        styles: &'a Styles,
        numbering: &'a mut Numbering,
        layout: &'a mut Layout,
    ) -> Self {
        Self {
            story,
            styles,
            numbering,
            layout,
            paragraphs: Vec::new(),
            scopes: Vec::new(),
            fields: Vec::new(),
            alternatives: Vec::new(),
            note: None,
        }
    }

    pub(super) fn read(mut self, xml: &mut Xml) -> Result<(), ReadFailure> {
        // Depth within an element whose content is left out.
        let mut skipped = 0_usize;
        while let Some(token) = xml.next()? {
            match token {
                Token::Start(_) if skipped > 0 => skipped += 1,
                Token::End(..) if skipped > 0 => skipped -= 1,
                Token::Text(_) if skipped > 0 => {}
                Token::Start(element) if self.is_left_out(&element) => skipped = 1,
                Token::Start(element) => self.start(&element)?,
                Token::End(space, name) => self.end(space, &name)?,
                Token::Text(text) => self.text(&text),
            }
        }
        Ok(())
    }

    fn is_left_out(&mut self, element: &Element) -> bool {
        match element.space {
            Space::Word => {
                // Earlier versions of properties, deleted and moved text, phonetic guides.
                element.name.ends_with("Change")
                    || matches!(element.name.as_str(), "del" | "moveFrom" | "delText" | "rt")
            }
            Space::Compatibility if element.name == "Fallback" => {
                self.alternatives.last().copied().unwrap_or(false)
            }
            Space::Compatibility if element.name == "Choice" => {
                // Of several choices the first is taken.
                self.alternatives.last_mut().is_some_and(|taken| std::mem::replace(taken, true))
            }
            _ => false,
        }
    }

    fn start(&mut self, element: &Element) -> Result<(), ReadFailure> {
        match (element.space, element.name.as_str()) {
            (Space::Compatibility, "AlternateContent") => self.alternatives.push(false),
            (Space::Math, "t") => self.begin_text(true),
            (Space::Word, name) => {
                if self.paragraphs.last().is_some_and(|paragraph| paragraph.in_properties) {
                    self.take_property(element);
                } else {
                    self.start_word(name, element)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn start_word(&mut self, name: &str, element: &Element) -> Result<(), ReadFailure> {
        match name {
            "p" => self.paragraphs.push(Paragraph::default()),
            "pPr" => self.with_paragraph(|paragraph| paragraph.in_properties = true),
            "r" => self.with_paragraph(|paragraph| paragraph.hidden = false),
            "vanish" => {
                let hidden = element.is_on();
                self.with_paragraph(|paragraph| paragraph.hidden = hidden);
            }
            "t" => self.begin_text(element.attribute("space") == Some("preserve")),
            "tab" | "ptab" => self.push("\t"),
            "br" if element.attribute("type") == Some("page") => self.page_break(PageBreak::Wanted)?,
            "br" | "cr" => self.push("\n"),
            "lastRenderedPageBreak" => self.page_break(PageBreak::Rendered)?,
            "noBreakHyphen" => self.push("-"),
            "sym" => {
                let code = element.attribute("char").and_then(|code| u32::from_str_radix(code, 16).ok());
                // Some writers leave out the private range that symbol fonts stand in.
                let private = |code: u32| if code < 0x100 { code + 0xf000 } else { code };
                let font = element.attribute("font").unwrap_or_default();
                if let Some(c) = code.map(private).and_then(char::from_u32) {
                    self.push(symbol(c, font).encode_utf8(&mut [0; 4]));
                }
            }
            "footnoteReference" | "endnoteReference" => self.note_reference(name, element),
            "footnote" | "endnote" => self.begin_note(name, element),
            "fldChar" => self.field_mark(element.attribute("fldCharType")),
            "fldSimple" => {
                let instruction = element.attribute("instr").unwrap_or_default().to_owned();
                self.fields.push(Field { instruction, in_result: true, check_box: None });
            }
            "checkBox" => self.with_field(|field| field.check_box = Some(false)),
            "default" | "checked" => {
                let is_on = element.is_on();
                self.with_field(|field| field.check_box = field.check_box.map(|_| is_on));
            }
            "txbxContent" => self.scopes.push(Scope::TextBox(Vec::new())),
            "tbl" => self.scopes.push(Scope::Table(Table::default())),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, space: Space, name: &str) -> Result<(), ReadFailure> {
        match (space, name) {
            (Space::Compatibility, "AlternateContent") => {
                self.alternatives.pop();
            }
            (Space::Word | Space::Math, "t") => self.with_paragraph(|paragraph| paragraph.in_text = false),
            (Space::Word, "pPr") => self.end_properties()?,
            (Space::Word, "p") => self.end_paragraph()?,
            (Space::Word, "fldSimple") => self.end_field(),
            (Space::Word, "tc") => {
                if let Some(Scope::Table(table)) = self.scopes.last_mut() {
                    table.cells.push(std::mem::take(&mut table.cell));
                }
            }
            (Space::Word, "tr") => self.end_row()?,
            (Space::Word, "tbl") => {
                if matches!(self.scopes.last(), Some(Scope::Table(_))) {
                    self.scopes.pop();
                }
            }
            (Space::Word, "txbxContent") => {
                if let Some(Scope::TextBox(blocks)) =
                    self.scopes.pop_if(|scope| matches!(scope, Scope::TextBox(_)))
                {
                    self.end_text_box(blocks)?;
                }
            }
            (Space::Word, "footnote" | "endnote") => {
                if let Some((id, lines)) = self.note.take() {
                    self.layout.add_note(id, lines.join(" "));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(field) = self.fields.last_mut()
            && !field.in_result
        {
            field.instruction.push_str(text);
            return;
        }
        let Some(paragraph) = self.paragraphs.last() else { return };
        if paragraph.in_text {
            let text = if paragraph.keep_blanks { text } else { text.trim() };
            self.push(text);
        }
    }

    /// Adds to the open paragraph what a reader sees there.
    fn push(&mut self, text: &str) {
        let is_page_number = self.fields.iter().any(Field::is_page_number);
        let is_shown = self.fields.iter().all(|field| field.in_result);
        if let Some(paragraph) = self.paragraphs.last_mut()
            && !paragraph.hidden
            && is_shown
        {
            paragraph.has_page_number |= is_page_number;
            if !is_page_number {
                paragraph.text.push_str(text);
            }
        }
    }

    fn with_paragraph(&mut self, change: impl FnOnce(&mut Paragraph)) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            change(paragraph);
        }
    }

    fn with_field(&mut self, change: impl FnOnce(&mut Field)) {
        if let Some(field) = self.fields.last_mut() {
            change(field);
        }
    }

    fn begin_text(&mut self, keep_blanks: bool) {
        self.with_paragraph(|paragraph| {
            paragraph.in_text = true;
            paragraph.keep_blanks = keep_blanks;
        });
    }

    fn take_property(&mut self, element: &Element) {
        self.with_paragraph(|paragraph| match element.name.as_str() {
            // A section starts on a new page unless it says otherwise.
            "sectPr" => paragraph.ends_section = true,
            "type" if element.value() == Some("continuous") => paragraph.ends_section = false,
            _ => paragraph.properties.take(element),
        });
    }

    fn end_properties(&mut self) -> Result<(), ReadFailure> {
        let Some(paragraph) = self.paragraphs.last_mut() else { return Ok(()) };
        paragraph.in_properties = false;
        if self.styles.page_break_before(&paragraph.properties) {
            self.page_break(PageBreak::Wanted)?;
        }
        Ok(())
    }

    /// The number or bullet of a list and the text, as a block, unless there is none.
    fn block(&mut self, paragraph: &mut Paragraph) -> Option<Block> {
        let mark = if std::mem::replace(&mut paragraph.continued, true) {
            None
        } else {
            self.numbering.mark(&paragraph.properties, self.styles)
        };
        let text = tidy(&std::mem::take(&mut paragraph.text));
        if text.is_empty() {
            return None;
        }
        let heading = self.styles.heading_level(&paragraph.properties);
        let close = mark.is_some() && heading.is_none();
        let text = mark.map(|mark| format!("{mark}{text}")).unwrap_or(text);
        Some(Block::Paragraph { text, heading, close })
    }

    fn end_paragraph(&mut self) -> Result<(), ReadFailure> {
        let Some(mut paragraph) = self.paragraphs.pop() else { return Ok(()) };
        let block = self.block(&mut paragraph);
        // "Page 3 of 7" says nothing once the number is left out.
        let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() >= 12;
        let may_say_nothing = self.story == Story::Margin && paragraph.has_page_number;
        let keep = |block: &Block| match block {
            Block::Paragraph { text, .. } => !may_say_nothing || words(text),
            Block::Row(_) | Block::Break(_) => true,
        };
        // An instruction stands in one paragraph; one without an end must not swallow the rest.
        self.fields.iter_mut().for_each(|field| field.in_result = true);
        for block in block.into_iter().filter(keep).chain(paragraph.boxes) {
            self.emit(block)?;
        }
        if paragraph.ends_section {
            self.page_break(PageBreak::Wanted)?;
        }
        Ok(())
    }

    fn end_text_box(&mut self, blocks: Vec<Block>) -> Result<(), ReadFailure> {
        match self.paragraphs.last_mut() {
            Some(host) => host.boxes.extend(blocks),
            None => blocks.into_iter().try_for_each(|block| self.emit(block))?,
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), ReadFailure> {
        let Some(Scope::Table(table)) = self.scopes.last_mut() else { return Ok(()) };
        let row = std::mem::take(table);
        let before = row.break_before.map(Block::Break);
        let after = row.break_after.map(Block::Break);
        let blocks = before.into_iter().chain(join_cells(row.cells)).chain(after);
        // A row belongs to what its table stands in.
        let table = self.scopes.pop();
        blocks.into_iter().try_for_each(|block| self.emit(block))?;
        self.scopes.extend(table);
        Ok(())
    }

    fn emit(&mut self, block: Block) -> Result<(), ReadFailure> {
        match self.scopes.last_mut() {
            Some(Scope::TextBox(blocks)) => {
                blocks.push(block);
                Ok(())
            }
            Some(Scope::Table(table)) => {
                table.cell.push(block);
                Ok(())
            }
            None => self.lay_down(block),
        }
    }

    fn lay_down(&mut self, block: Block) -> Result<(), ReadFailure> {
        let text = match (self.story, block) {
            (Story::Main, block) => return self.layout.push(block),
            (_, Block::Paragraph { text, .. } | Block::Row(text)) => text,
            (_, Block::Break(_)) => return Ok(()),
        };
        match (self.story, &mut self.note) {
            (Story::Margin, _) => self.layout.add_margin(text),
            (_, Some((_, lines))) => lines.push(text.replace('\n', " ")),
            (_, None) => {}
        }
        Ok(())
    }

    /// Ends the page at this point of the paragraph; within a table, at the nearest end of a row.
    fn page_break(&mut self, kind: PageBreak) -> Result<(), ReadFailure> {
        let Some(scope) = self.scopes.first_mut() else {
            if let Some(mut paragraph) = self.paragraphs.pop() {
                let block = if tidy(&paragraph.text).is_empty() { None } else { self.block(&mut paragraph) };
                self.paragraphs.push(paragraph);
                block.into_iter().try_for_each(|block| self.lay_down(block))?;
            }
            return self.lay_down(Block::Break(kind));
        };
        // What a text box does with its pages is its own affair.
        if let Scope::Table(table) = scope {
            let begun = !table.cell.is_empty() || table.cells.iter().any(|cell| !cell.is_empty());
            let place = if begun { &mut table.break_after } else { &mut table.break_before };
            *place = place.take().or(Some(kind));
        }
        Ok(())
    }

    fn note_reference(&mut self, name: &str, element: &Element) {
        let id = element.attribute("id").unwrap_or_default().to_owned();
        let id = if name == "footnoteReference" { NoteId::Foot(id) } else { NoteId::End(id) };
        let mark = self.layout.refer_to(id);
        self.push(&mark);
    }

    fn begin_note(&mut self, name: &str, element: &Element) {
        // Separators and their like are notes to the program.
        if matches!(element.attribute("type"), None | Some("normal")) {
            let id = element.attribute("id").unwrap_or_default().to_owned();
            let id = if name == "footnote" { NoteId::Foot(id) } else { NoteId::End(id) };
            self.note = Some((id, Vec::new()));
        }
    }

    fn field_mark(&mut self, kind: Option<&str>) {
        match kind {
            Some("begin") => self.fields.push(Field::default()),
            Some("separate") => self.with_field(|field| field.in_result = true),
            Some("end") => self.end_field(),
            _ => {}
        }
    }

    fn end_field(&mut self) {
        let Some(field) = self.fields.pop() else { return };
        self.with_paragraph(|paragraph| paragraph.has_page_number |= field.is_page_number());
        if let Some(is_checked) = field.check_box {
            self.push(if is_checked { "☑ " } else { "☐ " });
        }
    }
}

/// A row is one line, and what stands in a cell is joined by blanks. A row of a single cell only
/// frames what stands in it.
fn join_cells(mut cells: Vec<Vec<Block>>) -> Vec<Block> {
    if cells.len() == 1 {
        return cells.remove(0);
    }
    let texts: Vec<String> = cells.into_iter().map(cell_text).collect();
    if texts.iter().all(String::is_empty) { Vec::new() } else { vec![Block::Row(texts.join(" | "))] }
}

fn cell_text(blocks: Vec<Block>) -> String {
    let texts: Vec<String> = blocks
        .into_iter()
        .filter_map(|block| match block {
            Block::Paragraph { text, .. } | Block::Row(text) => Some(text.replace(['\n', '\t'], " ")),
            Block::Break(_) => None,
        })
        .collect();
    texts.join(" ")
}
