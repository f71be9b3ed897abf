//! The words by which sentences are held against each other, read from `wording.toml`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::answer::language::is_han;
use crate::answer::terms::stem;

/// What a figure counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Unit {
    /// ISO 4217.
    Money(String),
    /// In days.
    Span(f64),
    Measure(String),
}

/// The lists of both languages, ready to be asked.
pub struct Wording {
    pub english: Phrases,
    pub chinese: Phrases,
    pub columns: Columns,
    /// By the stem; what stands for a group of words that mean the same.
    same: HashMap<String, String>,
    plain: HashSet<String>,
    /// Stems of English words for parties.
    parties: HashSet<String>,
    /// Longest first.
    units: Vec<(String, Unit)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    english: Phrases,
    chinese: Phrases,
    money: BTreeMap<String, Vec<String>>,
    span: BTreeMap<String, Vec<String>>,
    measure: BTreeMap<String, Vec<String>>,
    columns: Columns,
}

/// Words and phrases of one language; what they are for, `wording.toml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    pub plain: Vec<String>,
    pub same: Vec<Vec<String>>,
    pub at_most: Vec<String>,
    pub at_least: Vec<String>,
    pub about: Vec<String>,
    pub forbidden: Vec<String>,
    pub optional: Vec<String>,
    pub required: Vec<String>,
    pub allowed: Vec<String>,
    pub negated: Vec<String>,
    pub itself: Vec<String>,
    pub opens_without_subject: Vec<String>,
    pub once: Vec<String>,
    pub due: Vec<String>,
    pub condition: Vec<String>,
    pub label: Vec<String>,
    pub parties: Vec<String>,
    pub marks_of_title: Vec<String>,
}

/// Names of columns.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    pub identity: Vec<String>,
    pub booked: Vec<String>,
    pub general: Vec<String>,
}

impl Wording {
    pub fn get() -> &'static Self {
        static WORDING: LazyLock<Wording> = LazyLock::new(|| {
            Wording::read(include_str!("wording.toml")).expect("the lists are part of the program and tested")
        });
        &WORDING
    }

    fn read(text: &str) -> Option<Self> {
        let Lists { english, mut chinese, money, span, measure, columns } = toml::from_str(text).ok()?;
        chinese.plain.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut units = Vec::new();
        for (code, words) in money {
            units.extend(words.into_iter().map(|word| (word, Unit::Money(code.clone()))));
        }
        for (days, words) in span {
            let days: f64 = days.parse().ok()?;
            units.extend(words.into_iter().map(|word| (word, Unit::Span(days))));
        }
        for (name, words) in measure {
            units.extend(words.into_iter().map(|word| (word, Unit::Measure(name.clone()))));
        }
        units.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        let mut same = HashMap::new();
        for group in &english.same {
            let first = stem(group.first()?);
            same.extend(group.iter().map(|word| (stem(word), first.clone())));
        }
        let plain = english.plain.iter().map(|word| stem(word)).collect();
        let parties = english.parties.iter().map(|word| stem(word)).collect();
        Some(Self { english, chinese, columns, same, plain, parties, units })
    }

    /// The word that stands for a stem; `None` when the stem is a plain word.
    pub fn meaning(&self, stem: String) -> Option<String> {
        if self.plain.contains(&stem) {
            return None;
        }
        Some(self.same.get(&stem).cloned().unwrap_or(stem))
    }

    /// The unit with which a text begins, and the bytes up to its end.
    pub fn unit(&self, behind: &str) -> Option<(Unit, usize)> {
        let gap = behind.len() - behind.trim_start_matches([' ', '\u{A0}', '\n', '-']).len();
        let rest = &behind[gap..];
        self.units.iter().find_map(|(word, unit)| {
            let head = rest.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
            let next = rest[head.len()..].chars().next();
            let ends = !head.ends_with(|c: char| c.is_ascii_alphanumeric())
                || !next.is_some_and(|c| c.is_alphanumeric() && !is_han(c));
            ends.then(|| (unit.clone(), gap + word.len()))
        })
    }

    /// The currency with which a text ends, and its bytes with the gap behind it.
    pub fn money_before(&self, before: &str) -> Option<(String, usize)> {
        let trimmed = before.trim_end_matches([' ', '\u{A0}']);
        self.units.iter().find_map(|(word, unit)| {
            let Unit::Money(code) = unit else { return None };
            let start = trimmed.len().checked_sub(word.len())?;
            let tail = trimmed.get(start..).filter(|tail| tail.eq_ignore_ascii_case(word))?;
            let starts = !tail.starts_with(|c: char| c.is_ascii_alphanumeric())
                || !trimmed[..start].ends_with(|c: char| c.is_alphanumeric() && !is_han(c));
            // "180 元" belongs to the figure before it.
            let own = tail.chars().all(|c| !is_han(c)) || *word == "人民币";
            let free = !trimmed[..start].trim_end().ends_with(|c: char| c.is_ascii_digit());
            (starts && own && free).then(|| (code.clone(), before.len() - start))
        })
    }

    /// Whether a text in lower case names a currency, whatever figures stand there.
    pub fn names_money(&self, text: &str, currency: &str) -> bool {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_han(c));
        let is_it = |unit: &Unit| matches!(unit, Unit::Money(code) if code == currency);
        self.units.iter().filter(|(_, unit)| is_it(unit)).any(|(word, _)| {
            let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic());
            // 欧元 is no 元, and HK$ no $.
            let others = || {
                self.units.iter().filter(|(other, unit)| {
                    matches!(unit, Unit::Money(_)) && !is_it(unit) && other.len() > word.len()
                })
            };
            text.match_indices(word.as_str()).any(|(at, _)| {
                let (before, behind) = (&text[..at], &text[at + word.len()..]);
                let stands_alone =
                    !is_word || !(is_part(before.chars().next_back()) || is_part(behind.chars().next()));
                let upto = &text[..at + word.len()];
                stands_alone && !others().any(|(other, _)| upto.ends_with(other.as_str()))
            })
        })
    }

    /// Whether a stem is of an English word for a party.
    pub fn is_party(&self, stem: &str) -> bool {
        self.parties.contains(stem)
    }

    pub fn is_label(&self, word: &str) -> bool {
        self.english.label.iter().any(|label| label == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_can_be_read() {
        assert!(Wording::read(include_str!("wording.toml")).is_some());
    }

    #[test]
    fn units_are_found_on_both_sides_of_a_figure() {
        let wording = Wording::get();
        assert_eq!(wording.unit(" euros a night"), Some((Unit::Money("EUR".into()), 6)));
        assert_eq!(wording.unit(" made"), None);
        assert_eq!(wording.unit("日内"), Some((Unit::Span(1.0), 3)));
        assert_eq!(wording.money_before("cost EUR "), Some(("EUR".into(), 4)));
        assert_eq!(wording.money_before("180 EUR and "), None);
    }
}
