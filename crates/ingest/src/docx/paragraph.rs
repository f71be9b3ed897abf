//! A paragraph while it is read.

use super::layout::Block;
use super::numbering::Numbering;
use super::styles::{ParagraphProperties, Styles};
use crate::text::tidy::tidy;
use crate::xml::Element;

#[derive(Default)]
pub(super) struct Paragraph {
    text: String,
    pub(super) properties: ParagraphProperties,
    pub(super) in_properties: bool,
    /// The section that ends with this paragraph has its successor begin on a new page.
    pub(super) ends_section: bool,
    /// Where the open text element began, and whether blanks at its ends count.
    open_text: Option<(usize, bool)>,
    pub(super) hidden: bool,
    /// A page break cut it: its number stands on the page before.
    continued: bool,
    pub(super) has_page_number: bool,
    /// Blocks of the text boxes that are anchored in it.
    pub(super) boxes: Vec<Block>,
}

impl Paragraph {
    pub(super) fn begin_text(&mut self, keep_blanks: bool) {
        self.open_text = Some((self.text.len(), keep_blanks));
    }

    pub(super) fn is_in_text(&self) -> bool {
        self.open_text.is_some()
    }

    pub(super) fn end_text(&mut self) {
        if let Some((start, false)) = self.open_text.take() {
            let text = self.text.split_off(start);
            self.text.push_str(text.trim());
        }
    }

    /// Adds what a reader sees, but for the number of the page.
    pub(super) fn push(&mut self, text: &str, is_page_number: bool) {
        if self.hidden {
            return;
        }
        self.has_page_number |= is_page_number;
        if !is_page_number {
            self.text.push_str(text);
        }
    }

    pub(super) fn take_property(&mut self, element: &Element) {
        match element.name.as_str() {
            // A section starts on a new page unless it says otherwise.
            "sectPr" => self.ends_section = true,
            "type" if element.value() == Some("continuous") => self.ends_section = false,
            _ => self.properties.take(element),
        }
    }

    pub(super) fn has_text(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Takes the text so far as a block, behind its number or bullet if it is an item of a list.
    pub(super) fn take_block(&mut self, styles: &Styles, numbering: &mut Numbering) -> Option<Block> {
        // Also an empty item is counted.
        let is_first = !std::mem::replace(&mut self.continued, true);
        let mark = is_first.then(|| numbering.mark(&self.properties, styles)).flatten();
        let text = tidy(&std::mem::take(&mut self.text));
        self.open_text = self.open_text.map(|(_, keep_blanks)| (0, keep_blanks));
        if text.is_empty() {
            return None;
        }
        let heading = styles.heading_level(&self.properties);
        let close = mark.is_some() && heading.is_none();
        let text = mark.map(|mark| format!("{mark}{text}")).unwrap_or(text);
        Some(Block::Paragraph { text, heading, close })
    }

    /// "Page 3 of 7" says nothing once its numbers are left out.
    pub(super) fn is_page_number(&self, block: Option<&Block>) -> bool {
        /// Letters and digits that a line has that says more.
        const SAYS_MORE: usize = 12;
        let says_more = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() >= SAYS_MORE;
        self.has_page_number && matches!(block, Some(Block::Paragraph { text, .. }) if !says_more(text))
    }
}
