//! Paragraphs and rows become one text, and that becomes pages.

use std::collections::HashMap;

use inhouse_agent::passage::Page;
use inhouse_agent::read::ReadFailure;

use super::numeral::raised;
use crate::child::too_much_text;
use crate::text::paging::{self, TextHeading, headings_within};

/// Longest heading, in characters: some documents give whole paragraphs a heading's style.
const HEADING_CHARS: usize = 200;

/// A last section and the notes behind it that are longer than this, in bytes, are pages of their own.
const TAIL_BYTES: usize = 6000;

/// A piece of a document, in reading order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph {
        text: String,
        heading: Option<u8>,
        /// An item of a list stands close to the next.
        close: bool,
    },
    /// A row of a table, its cells joined.
    Row(String),
    Break(PageBreak),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageBreak {
    /// The author wants a new page here.
    Wanted,
    /// Word began a new page here when it last laid the document out.
    Rendered,
}

/// A footnote or endnote by its id in the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum NoteId {
    Foot(String),
    End(String),
}

#[derive(Debug)]
struct Note {
    id: NoteId,
    number: u32,
    /// Byte of the text where it is referred to.
    at: usize,
}

/// The whole document as it grows.
#[derive(Debug)]
pub(super) struct Layout {
    text: String,
    headings: Vec<TextHeading>,
    /// Bytes of the text at which a page begins.
    breaks: Vec<usize>,
    rendered: bool,
    /// A wanted break was the last thing: the rendered one that Word notes there is the same.
    at_wanted_break: bool,
    last_close: Closeness,
    note_texts: HashMap<NoteId, String>,
    notes: Vec<Note>,
    margin: Vec<String>,
    text_bytes: u64,
}

/// What the last block was, for the blank lines between blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closeness {
    Apart,
    Item,
    Row,
}

impl Layout {
    /// `text_bytes`: how long the text may become.
    pub(super) fn new(text_bytes: u64) -> Self {
        Self {
            text: String::new(),
            headings: Vec::new(),
            breaks: Vec::new(),
            rendered: false,
            at_wanted_break: false,
            last_close: Closeness::Apart,
            note_texts: HashMap::new(),
            notes: Vec::new(),
            margin: Vec::new(),
            text_bytes,
        }
    }

    pub(super) fn push(&mut self, block: Block) -> Result<(), ReadFailure> {
        match block {
            Block::Paragraph { text, heading, close } => {
                let closeness = if close { Closeness::Item } else { Closeness::Apart };
                self.push_text(&text, closeness);
                if let Some(level) = heading.filter(|_| text.chars().nth(HEADING_CHARS).is_none()) {
                    let end = self.text.len();
                    self.headings.push(TextHeading { level, range: end - text.len()..end });
                }
            }
            Block::Row(text) => self.push_text(&text, Closeness::Row),
            Block::Break(kind) => self.push_break(kind),
        }
        if self.text.len() as u64 > self.text_bytes {
            return Err(too_much_text(self.text_bytes));
        }
        Ok(())
    }

    fn push_text(&mut self, text: &str, closeness: Closeness) {
        if text.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            let close = closeness != Closeness::Apart && closeness == self.last_close;
            self.text.push_str(if close { "\n" } else { "\n\n" });
        }
        self.text.push_str(text);
        self.last_close = closeness;
        self.at_wanted_break = false;
    }

    fn push_break(&mut self, kind: PageBreak) {
        match kind {
            PageBreak::Wanted => {
                self.at_wanted_break = true;
                // The first page begins by itself.
                if !self.text.is_empty() || !self.breaks.is_empty() {
                    self.breaks.push(self.text.len());
                }
            }
            PageBreak::Rendered => {
                self.rendered = true;
                if std::mem::take(&mut self.at_wanted_break) {
                    return;
                }
                self.breaks.push(self.text.len());
            }
        }
    }

    pub(super) fn add_note(&mut self, id: NoteId, text: String) {
        self.note_texts.insert(id, text);
    }

    /// The mark of the note in the text, in the order of the marks.
    pub(super) fn refer_to(&mut self, id: NoteId) -> String {
        if !self.note_texts.contains_key(&id) {
            return String::new();
        }
        let known = self.notes.iter().find(|note| note.id == id).map(|note| note.number);
        let number = known.unwrap_or_else(|| {
            let number = u32::try_from(self.notes.len() + 1).unwrap_or(u32::MAX);
            self.notes.push(Note { id, number, at: self.text.len() });
            number
        });
        raised(number)
    }

    /// A line of a header or footer; the same in several sections is kept once.
    pub(super) fn add_margin(&mut self, text: String) {
        if !self.margin.contains(&text) {
            self.margin.push(text);
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.is_empty() && self.margin.is_empty()
    }

    /// Pages as Word laid them out, when the document tells; else sections that begin at wanted
    /// breaks and headings. Footnotes stand at the end of their page, or of the document when its
    /// pages are unknown; endnotes and what stands in the margins at the end of the last page.
    pub(super) fn into_pages(mut self) -> Vec<Page> {
        let mut pages = if self.rendered { self.rendered_pages() } else { self.sections() };
        let mut tail: Vec<String> = Vec::new();
        for note in &self.notes {
            if !(self.rendered && matches!(note.id, NoteId::Foot(_))) {
                tail.push(self.note_line(note));
            }
        }
        tail.append(&mut self.margin);
        let fits = |last: &Page| {
            self.rendered || last.text.len() + tail.iter().map(String::len).sum::<usize>() < TAIL_BYTES
        };
        match pages.last_mut() {
            Some(last) if fits(last) => append(&mut last.text, &tail),
            _ => pages.extend(paging::pages(&tail.join("\n"), &[])),
        }
        for (number, page) in (1..).zip(&mut pages) {
            page.number = number;
        }
        pages
    }

    fn note_line(&self, note: &Note) -> String {
        let text = self.note_texts.get(&note.id).map(String::as_str).unwrap_or_default();
        format!("{} {text}", raised(note.number))
    }

    /// The ranges between breaks.
    fn parts(&self) -> Vec<std::ops::Range<usize>> {
        let ends = self.breaks.iter().copied().chain([self.text.len()]);
        let mut start = 0;
        ends.map(|end| std::mem::replace(&mut start, end)..end).collect()
    }

    fn rendered_pages(&self) -> Vec<Page> {
        let mut parts = self.parts();
        // A break behind the last text begins a page that nobody prints.
        while parts.last().is_some_and(|part| self.text[part.clone()].trim().is_empty()) {
            parts.pop();
        }
        let mut pages = Vec::new();
        for (number, part) in (1..).zip(parts) {
            let slice = &self.text[part.clone()];
            let start = part.end - slice.trim_start().len();
            let headings = headings_within(&self.text, start..part.end, &self.headings);
            let mut text = self.text[start..part.end].to_owned();
            let notes: Vec<String> = self
                .notes
                .iter()
                .filter(|note| matches!(note.id, NoteId::Foot(_)) && self.is_on(note, &part))
                .map(|note| self.note_line(note))
                .collect();
            append(&mut text, &notes);
            pages.push(Page { number, text, headings, sheet: None });
        }
        pages
    }

    /// A note is referred to before its paragraph is laid down, so it belongs to what comes next.
    fn is_on(&self, note: &Note, part: &std::ops::Range<usize>) -> bool {
        part.contains(&note.at)
    }

    fn sections(&self) -> Vec<Page> {
        let mut pages = Vec::new();
        for part in self.parts() {
            let slice = &self.text[part.clone()];
            let headings: Vec<TextHeading> = self
                .headings
                .iter()
                .filter(|heading| part.start <= heading.range.start && heading.range.end <= part.end)
                .map(|heading| TextHeading {
                    level: heading.level,
                    range: heading.range.start - part.start..heading.range.end - part.start,
                })
                .collect();
            pages.extend(paging::pages(slice, &headings));
        }
        pages
    }
}

fn append(text: &mut String, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(&lines.join("\n"));
}
