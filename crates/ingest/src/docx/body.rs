//! One story of a document (its body, its notes, a header) as a stream of blocks.

use inhouse_agent::read::ReadFailure;

use super::field::Fields;
use super::layout::{Block, Layout, NoteId, PageBreak};
use super::numbering::Numbering;
use super::paragraph::Paragraph;
use super::styles::Styles;
use super::table::Table;
use crate::text::symbol::symbol;
use crate::xml::{Element, Space, Token, Xml};

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
    fields: Fields,
    /// For each open choice between alternatives, whether one was taken.
    alternatives: Vec<bool>,
    note: Option<(NoteId, Vec<String>)>,
}

enum Scope {
    TextBox(Vec<Block>),
    Table(Table),
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
            fields: Fields::default(),
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
            (Space::Math, "t") => self.with_paragraph(|paragraph| paragraph.begin_text(true)),
            (Space::Word, name) => {
                if self.paragraphs.last().is_some_and(|paragraph| paragraph.in_properties) {
                    self.with_paragraph(|paragraph| paragraph.take_property(element));
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
            "t" => {
                let keep_blanks = element.attribute("space") == Some("preserve");
                self.with_paragraph(|paragraph| paragraph.begin_text(keep_blanks));
            }
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
                self.fields.begin_simple(instruction);
            }
            "checkBox" => self.fields.set_check_box(false),
            "default" | "checked" => self.fields.check(element.is_on()),
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
            (Space::Word | Space::Math, "t") => self.with_paragraph(Paragraph::end_text),
            (Space::Word, "pPr") => self.end_properties()?,
            (Space::Word, "p") => self.end_paragraph()?,
            (Space::Word, "fldSimple") => self.end_field(),
            (Space::Word, "tc") => {
                if let Some(Scope::Table(table)) = self.scopes.last_mut() {
                    table.end_cell();
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
        if self.fields.take_instruction(text) {
            return;
        }
        if self.paragraphs.last().is_some_and(Paragraph::is_in_text) {
            self.push(text);
        }
    }

    /// Adds to the open paragraph what a reader sees there.
    fn push(&mut self, text: &str) {
        if self.fields.show_text() {
            let is_page_number = self.fields.are_page_number();
            self.with_paragraph(|paragraph| paragraph.push(text, is_page_number));
        }
    }

    fn with_paragraph(&mut self, change: impl FnOnce(&mut Paragraph)) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            change(paragraph);
        }
    }

    fn end_properties(&mut self) -> Result<(), ReadFailure> {
        let Some(paragraph) = self.paragraphs.last_mut() else { return Ok(()) };
        paragraph.in_properties = false;
        if self.styles.page_break_before(&paragraph.properties) {
            self.page_break(PageBreak::Wanted)?;
        }
        Ok(())
    }

    fn end_paragraph(&mut self) -> Result<(), ReadFailure> {
        let Some(mut paragraph) = self.paragraphs.pop() else { return Ok(()) };
        self.fields.end_of_paragraph();
        let block = paragraph.take_block(self.styles, self.numbering);
        let says_nothing = self.story == Story::Margin && paragraph.is_page_number(block.as_ref());
        for block in block.into_iter().filter(|_| !says_nothing).chain(paragraph.boxes) {
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
        let blocks = table.end_row();
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
                table.push(block);
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
            if let Some(paragraph) = self.paragraphs.last_mut().filter(|paragraph| paragraph.has_text()) {
                let block = paragraph.take_block(self.styles, self.numbering);
                block.into_iter().try_for_each(|block| self.lay_down(block))?;
            }
            return self.lay_down(Block::Break(kind));
        };
        // What a text box does with its pages is its own affair.
        if let Scope::Table(table) = scope {
            table.break_page(kind, self.paragraphs.iter().any(Paragraph::has_text));
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
            Some("begin") => self.fields.begin(),
            Some("separate") => self.fields.begin_result(),
            Some("end") => self.end_field(),
            _ => {}
        }
    }

    fn end_field(&mut self) {
        let Some(field) = self.fields.end() else { return };
        self.with_paragraph(|paragraph| paragraph.has_page_number |= field.is_page_number());
        self.push(field.shown());
    }
}
