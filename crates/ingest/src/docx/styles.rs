//! Styles: which of them are headings, numbered, or begin a page.

use std::collections::HashMap;

use inhouse_agent::read::ReadFailure;

use crate::xml::{Token, Xml};

/// Styles stand on others; a longer chain is a circle.
const CHAIN: usize = 20;

#[derive(Debug, Default)]
pub(super) struct Styles {
    by_id: HashMap<String, Style>,
    /// The style of paragraphs that name none.
    default: Option<String>,
}

#[derive(Debug, Default)]
struct Style {
    /// In lower case. Built-in styles have English names in every language.
    name: String,
    based_on: Option<String>,
    properties: ParagraphProperties,
}

/// What a paragraph or its style says about it.
#[derive(Debug, Default, Clone)]
pub(super) struct ParagraphProperties {
    pub(super) style: Option<String>,
    /// 0 to 8 for headings, 9 for body text.
    pub(super) outline: Option<u8>,
    pub(super) list: ListReference,
    pub(super) page_break_before: Option<bool>,
}

/// Which list a paragraph is an item of, and on which level.
#[derive(Debug, Default, Clone)]
pub(super) struct ListReference {
    /// "0" takes a paragraph out of its style's list.
    pub(super) list: Option<String>,
    pub(super) level: Option<usize>,
}

impl ParagraphProperties {
    /// Takes one element within `w:pPr`.
    pub(super) fn take(&mut self, element: &crate::xml::Element) {
        match element.name.as_str() {
            "pStyle" => self.style = element.value().map(str::to_owned),
            "outlineLvl" => self.outline = element.value().and_then(|value| value.parse().ok()),
            "numId" => self.list.list = element.value().map(str::to_owned),
            "ilvl" => self.list.level = element.value().and_then(|value| value.parse().ok()),
            "pageBreakBefore" => self.page_break_before = Some(element.is_on()),
            _ => {}
        }
    }
}

impl Styles {
    pub(super) fn read(xml: &mut Xml) -> Result<Self, ReadFailure> {
        let mut styles = Self::default();
        let mut open: Option<(String, Style)> = None;
        let mut in_paragraph_properties = false;
        while let Some(token) = xml.next()? {
            match token {
                Token::Start(element) if element.is_word("style") => {
                    let id = element.attribute("styleId").unwrap_or_default().to_owned();
                    let is_default = matches!(element.attribute("default"), Some("1" | "true" | "on"));
                    if is_default && element.attribute("type") == Some("paragraph") {
                        styles.default = Some(id.clone());
                    }
                    open = Some((id, Style::default()));
                }
                Token::Start(element) => {
                    let Some((_, style)) = &mut open else { continue };
                    match element.name.as_str() {
                        "name" => style.name = element.value().unwrap_or_default().to_lowercase(),
                        "basedOn" => style.based_on = element.value().map(str::to_owned),
                        "pPr" => in_paragraph_properties = true,
                        _ if in_paragraph_properties => style.properties.take(&element),
                        _ => {}
                    }
                }
                Token::End(_, name) if name == "style" => styles.by_id.extend(open.take()),
                Token::End(_, name) if name == "pPr" => in_paragraph_properties = false,
                Token::End(..) | Token::Text(_) => {}
            }
        }
        Ok(styles)
    }

    /// From 1, or `None` for body text.
    pub(super) fn heading_level(&self, paragraph: &ParagraphProperties) -> Option<u8> {
        if let Some(outline) = paragraph.outline {
            return (outline < 9).then_some(outline + 1);
        }
        let mut chain = self.chain(paragraph.style.as_deref());
        let (_, own) = chain.next()?;
        if own.name == "title" {
            return Some(1);
        }
        std::iter::once(own).chain(chain.map(|(_, style)| style)).find_map(|style| {
            match style.properties.outline {
                Some(outline) => Some((outline < 9).then_some(outline + 1)),
                None => style.name.strip_prefix("heading ").map(|level| level.parse().ok()),
            }
        })?
    }

    pub(super) fn page_break_before(&self, paragraph: &ParagraphProperties) -> bool {
        paragraph
            .page_break_before
            .or_else(|| {
                self.chain(paragraph.style.as_deref())
                    .find_map(|(_, style)| style.properties.page_break_before)
            })
            .unwrap_or(false)
    }

    /// The list of a paragraph, its level when one is given, and the style that brings it.
    pub(super) fn list<'a>(
        &'a self,
        paragraph: &'a ParagraphProperties,
    ) -> Option<(&'a str, Option<usize>, Option<&'a str>)> {
        let own = &paragraph.list;
        let (list, level, style) = match &own.list {
            Some(list) => (list.as_str(), own.level, None),
            None => self.chain(paragraph.style.as_deref()).find_map(|(id, style)| {
                let list = &style.properties.list;
                Some((list.list.as_deref()?, own.level.or(list.level), Some(id)))
            })?,
        };
        (list != "0").then_some((list, level, style))
    }

    /// The list that a numbering style stands for.
    pub(super) fn list_of_style(&self, style: &str) -> Option<&str> {
        self.by_id.get(style)?.properties.list.list.as_deref()
    }

    fn chain<'a>(&'a self, style: Option<&'a str>) -> impl Iterator<Item = (&'a str, &'a Style)> {
        let first = style.or(self.default.as_deref());
        let find = |id: &'a str| Some((id, self.by_id.get(id)?));
        std::iter::successors(first.and_then(find), move |(_, style)| find(style.based_on.as_deref()?))
            .take(CHAIN)
    }
}
