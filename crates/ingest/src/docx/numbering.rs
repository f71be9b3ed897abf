//! Lists: the number or bullet before a paragraph, which stands nowhere in its text.

use std::collections::{HashMap, HashSet};

use inhouse_agent::read::ReadFailure;

use super::numeral::numeral;
use super::styles::{ParagraphProperties, Styles};
use crate::xml::{Element, Token, Xml};

/// Word's lists have nine levels.
const LEVELS: usize = 9;

#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// What lists look like, by the id of their definition.
    definitions: HashMap<String, Definition>,
    /// Lists by the id that paragraphs name.
    lists: HashMap<String, List>,
    /// Where each definition's counting stands; lists of one definition go on with it.
    counters: HashMap<String, [Option<u32>; LEVELS]>,
    /// Lists whose numbers were set to their own start already, with the level.
    restarted: HashSet<(String, usize)>,
}

#[derive(Debug, Default, Clone)]
struct Definition {
    levels: [Level; LEVELS],
    /// The numbering style that holds the levels instead.
    style_link: Option<String>,
}

#[derive(Debug, Clone)]
struct Level {
    start: u32,
    format: String,
    /// "%1.%2" stands for the numbers of the first two levels.
    text: String,
    /// Whether a blank parts number and text.
    blank: bool,
    /// All numbers in digits.
    legal: bool,
    /// The paragraph style that this level belongs to.
    style: Option<String>,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            start: 1,
            format: "decimal".to_owned(),
            text: String::new(),
            blank: true,
            legal: false,
            style: None,
        }
    }
}

#[derive(Debug, Default)]
struct List {
    definition: String,
    starts: HashMap<usize, u32>,
    /// Levels that this list defines anew.
    levels: HashMap<usize, Level>,
}

/// Where the reading of numbering.xml stands.
#[derive(Default)]
struct Place {
    definition: Option<String>,
    list: Option<String>,
    level: usize,
    in_override: bool,
}

impl Numbering {
    pub(super) fn read(xml: &mut Xml) -> Result<Self, ReadFailure> {
        let mut numbering = Self::default();
        let mut place = Place::default();
        while let Some(token) = xml.next()? {
            match token {
                Token::Start(element) => numbering.take(&element, &mut place),
                Token::End(_, name) => match name.as_str() {
                    "abstractNum" => place.definition = None,
                    "num" => place.list = None,
                    "lvlOverride" => place.in_override = false,
                    _ => {}
                },
                Token::Text(_) => {}
            }
        }
        Ok(numbering)
    }

    fn take(&mut self, element: &Element, place: &mut Place) {
        let id = |name| element.attribute(name).unwrap_or_default().to_owned();
        let level = element.attribute("ilvl").and_then(|level| level.parse().ok()).unwrap_or(0_usize);
        match element.name.as_str() {
            "abstractNum" => {
                place.definition = Some(id("abstractNumId"));
                self.definitions.insert(id("abstractNumId"), Definition::default());
            }
            "num" => {
                place.list = Some(id("numId"));
                self.lists.insert(id("numId"), List::default());
            }
            "abstractNumId" => {
                if let Some(list) = place.list.as_ref().and_then(|list| self.lists.get_mut(list)) {
                    list.definition = element.value().unwrap_or_default().to_owned();
                }
            }
            "numStyleLink" => {
                if let Some(open) = place.definition.as_ref().and_then(|open| self.definitions.get_mut(open))
                {
                    open.style_link = element.value().map(str::to_owned);
                }
            }
            "lvlOverride" => {
                place.level = level;
                place.in_override = true;
            }
            "startOverride" => {
                let start = element.value().and_then(|start| start.parse().ok());
                if let Some(list) = place.list.as_ref().and_then(|list| self.lists.get_mut(list)) {
                    list.starts.extend(start.map(|start| (place.level, start)));
                }
            }
            "lvl" => {
                place.level = level;
                if let Some(level) = self.open_level(place) {
                    *level = Level::default();
                }
            }
            property => {
                if let Some(level) = self.open_level(place) {
                    level.take(property, element);
                }
            }
        }
    }

    fn open_level(&mut self, place: &Place) -> Option<&mut Level> {
        if place.level >= LEVELS {
            return None;
        }
        if let Some(definition) = &place.definition {
            return self.definitions.get_mut(definition).map(|open| &mut open.levels[place.level]);
        }
        let list = place.list.as_ref().filter(|_| place.in_override)?;
        Some(self.lists.get_mut(list)?.levels.entry(place.level).or_default())
    }

    /// Follows the definitions that are kept in a numbering style.
    pub(super) fn link(&mut self, styles: &Styles) {
        let linked: Vec<_> = self
            .definitions
            .iter()
            .filter_map(|(id, definition)| {
                let list = styles.list_of_style(definition.style_link.as_deref()?)?;
                let target = self.definitions.get(&self.lists.get(list)?.definition)?;
                Some((id.clone(), target.levels.clone()))
            })
            .collect();
        for (id, levels) in linked {
            self.definitions.entry(id).or_default().levels = levels;
        }
    }

    /// Counts a paragraph that is an item of a list, and gives what Word writes before its text,
    /// with the blank behind it. `None` when it is no item of a known list.
    pub(super) fn mark(&mut self, paragraph: &ParagraphProperties, styles: &Styles) -> Option<String> {
        let (id, level, style) = styles.list(paragraph)?;
        let list = self.lists.get(id)?;
        let definition = self.definitions.get(&list.definition)?;
        let level_of_style =
            || definition.levels.iter().position(|level| style.is_some() && level.style.as_deref() == style);
        let at = level.or_else(level_of_style).unwrap_or(0).min(LEVELS - 1);

        let level = |at: usize| list.levels.get(&at).unwrap_or(&definition.levels[at]);
        let counters = self.counters.entry(list.definition.clone()).or_default();
        let restart = list.starts.get(&at).filter(|_| self.restarted.insert((id.to_owned(), at)));
        counters[at] = Some(match (restart, counters[at]) {
            (Some(start), _) => *start,
            (None, Some(last)) => last.saturating_add(1),
            (None, None) => level(at).start,
        });
        counters[at + 1..].fill(None);

        let own = level(at);
        if own.format == "bullet" {
            return Some("• ".to_owned());
        }
        let number = |of: usize| {
            let count = counters[of].unwrap_or(level(of).start);
            if own.legal { count.to_string() } else { numeral(count, &level(of).format) }
        };
        let mut mark = fill(&own.text, number);
        if !mark.is_empty() && own.blank {
            mark.push(' ');
        }
        Some(mark)
    }
}

impl Level {
    fn take(&mut self, property: &str, element: &Element) {
        match property {
            "start" => self.start = element.value().and_then(|start| start.parse().ok()).unwrap_or(1),
            // Formats of newer versions stand beside a fallback that names a known one.
            "numFmt" => self.format = element.value().unwrap_or("decimal").to_owned(),
            "lvlText" => self.text = element.value().unwrap_or_default().to_owned(),
            "suff" => self.blank = element.value() != Some("nothing"),
            "isLgl" => self.legal = element.is_on(),
            "pStyle" => self.style = element.value().map(str::to_owned),
            _ => {}
        }
    }
}

/// Puts numbers where a level's text has "%1" to "%9".
fn fill(text: &str, number: impl Fn(usize) -> String) -> String {
    let mut filled = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let level = rest.peek().and_then(|digit| digit.to_digit(10)).filter(|digit| c == '%' && *digit > 0);
        match level {
            Some(level) => {
                rest.next();
                filled.push_str(&number(level as usize - 1));
            }
            None => filled.push(c),
        }
    }
    filled
}
