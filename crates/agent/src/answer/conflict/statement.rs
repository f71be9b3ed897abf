//! What a sentence states, taken apart: its words, its figures, and how it decides.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::figure::{Figure, figures};
use super::wording::{Phrases, Wording};
use crate::answer::language::is_han;
use crate::answer::terms::{HAN_PARTICLES, STOP_WORDS, stem};
use crate::run::figures::half_width;

/// A sentence taken apart.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Bytes of the passage's text.
    pub range: Range<usize>,
    pub words: Words,
    pub figures: Vec<Figure>,
    /// Names and parties in their order.
    pub names: Vec<String>,
    pub decides: Decides,
    pub signs: Signs,
    /// The words above it: of headings, titles and lines that lead in.
    pub context: Words,
    /// Set for rows of tables whose columns have names.
    pub cells: Option<Vec<Cell>>,
}

/// A value in a table under the name of its column.
#[derive(Debug, Clone)]
pub struct Cell {
    /// In lower case.
    pub name: String,
    pub words: Words,
    pub figures: Vec<Figure>,
}

/// The words of a text that say what it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Stems of words in Latin letters.
    pub latin: HashSet<String>,
    /// Runs of Han characters.
    pub han: Vec<Vec<char>>,
    pairs: HashSet<(char, char)>,
    chars: HashSet<char>,
    /// Characters that stand alone.
    single: HashSet<char>,
}

/// The deciding words of a sentence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decides {
    pub forbidden: bool,
    pub optional: bool,
    pub required: bool,
    pub allowed: bool,
    /// Denied an odd number of times.
    pub negated: bool,
}

/// What else was said in words that were taken out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signs {
    pub at_most: bool,
    pub at_least: bool,
    /// It speaks of the document in which it stands, or its subject stands elsewhere.
    pub leans: bool,
    /// Something that happens but once.
    pub once: bool,
    /// Something that is to be done by a day.
    pub due: bool,
    pub condition: bool,
    /// From somewhere to somewhere, in Chinese.
    pub leads: bool,
}

impl Statement {
    /// Takes apart a sentence that is no row. `context` are the words above it.
    pub fn of(text: &str, range: Range<usize>, context: Words) -> Self {
        let half = half_width(&text[range.clone()]);
        let body = &half[enumerator(&half)..];
        let figures = figures(body);
        let mut rest = without(body, &figures).to_lowercase();
        let wording = Wording::get();
        let (mut decides, mut signs) = (Decides::default(), Signs::default());
        let latin =
            rest.contains(|c: char| c.is_ascii_alphabetic()).then_some((&wording.english, find_word as Find));
        let han = rest.contains(is_han).then_some((&wording.chinese, find_text as Find));
        for (phrases, find) in [latin, han].into_iter().flatten() {
            read_signs(&rest, phrases, find, &mut signs);
            read_decides(&mut rest, phrases, find, &mut decides);
        }
        signs.leads = body.find(['从', '由', '自']).is_some_and(|at| body[at..].contains(['到', '至', '往']));
        let names = names(&without(body, &figures));
        Self { range, words: Words::of(&rest), figures, names, decides, signs, context, cells: None }
    }

    /// Whether who does what to whom, from where to where, stands in the same order in both.
    pub fn same_order(&self, other: &Self) -> bool {
        let shared = |own: &'_ [String], others: &[String]| {
            own.iter().filter(|name| others.contains(name)).cloned().collect::<Vec<_>>()
        };
        let leads = self.signs.leads || other.signs.leads;
        shared(&self.names, &other.names) == shared(&other.names, &self.names)
            && (!leads || self.words.han == other.words.han)
    }

    /// Takes apart a row whose cells have names.
    pub fn of_row(range: Range<usize>, cells: &[(String, String)], context: Words) -> Self {
        let cells = cells.iter().map(|(name, value)| {
            let value = half_width(value);
            let figures = figures(&value);
            let words = Words::of(&without(&value, &figures).to_lowercase());
            Cell { name: name.trim().to_lowercase(), words, figures }
        });
        let cells: Vec<Cell> = cells.collect();
        let (mut words, mut figures) = (Words::default(), Vec::new());
        for cell in &cells {
            words.extend(&cell.words);
            figures.extend(cell.figures.iter().cloned());
        }
        let (decides, signs) = (Decides::default(), Signs::default());
        Self { range, words, figures, names: Vec::new(), decides, signs, context, cells: Some(cells) }
    }
}

impl Words {
    /// The words of a text in lower case and half-width characters.
    pub fn of(text: &str) -> Self {
        let wording = Wording::get();
        let mut text = Cow::Borrowed(text);
        if text.contains(is_han) {
            let same = wording
                .chinese
                .same
                .iter()
                .flat_map(|group| group[1..].iter().map(|word| (word, group[0].as_str())));
            for (word, with) in wording.chinese.plain.iter().map(|word| (word, "")).chain(same) {
                if text.contains(word.as_str()) {
                    text = Cow::Owned(text.replace(word.as_str(), with));
                }
            }
        }
        let mut words = Self::default();
        let mut run = Vec::new();
        for c in text.chars().chain([' ']) {
            if is_han(c) {
                run.extend(Some(c).filter(|c| !HAN_PARTICLES.contains(*c)));
            } else if !run.is_empty() {
                words.take_run(std::mem::take(&mut run));
            }
        }
        let latin: String = text.chars().map(|c| if is_han(c) { ' ' } else { c }).collect();
        for word in latin.unicode_words() {
            let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
            if !STOP_WORDS.contains(&word) {
                words.latin.extend(wording.meaning(stem(word)));
            }
        }
        words
    }

    fn take_run(&mut self, run: Vec<char>) {
        self.pairs.extend(run.windows(2).map(|pair| (pair[0], pair[1])));
        self.chars.extend(&run);
        self.single.extend(Some(run[0]).filter(|_| run.len() == 1));
        self.han.push(run);
    }

    pub fn extend(&mut self, other: &Self) {
        self.latin.extend(other.latin.iter().cloned());
        for run in &other.han {
            self.take_run(run.clone());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.latin.is_empty() && self.han.is_empty()
    }

    /// How much it says: a word in Latin letters counts two, a Han character one.
    pub fn weight(&self) -> usize {
        self.latin.len() * 2 + self.han.iter().map(Vec::len).sum::<usize>()
    }

    /// The weight of what the other does not say. A Han character is said too when a pair that it
    /// is in stands there, or when it stands alone in one of the two.
    pub fn lacking_in(&self, other: &Self) -> usize {
        let latin = self.latin.iter().filter(|word| !other.latin.contains(*word)).count();
        let han = self.han.iter().map(|run| {
            let has = |i: usize| {
                run.get(i).zip(run.get(i + 1)).is_some_and(|(a, b)| other.pairs.contains(&(*a, *b)))
            };
            let said = |i: usize| match run.len() {
                1 => other.chars.contains(&run[0]),
                _ => has(i) || (i > 0 && has(i - 1)) || other.single.contains(&run[i]),
            };
            (0..run.len()).filter(|i| !said(*i)).count()
        });
        latin * 2 + han.sum::<usize>()
    }
}

type Find = fn(&str, &str) -> Option<usize>;

fn find_text(text: &str, phrase: &str) -> Option<usize> {
    text.find(phrase)
}

/// Where a phrase stands as words of its own.
fn find_word(text: &str, phrase: &str) -> Option<usize> {
    let is_letter = |c: char| c.is_alphanumeric() && !is_han(c);
    text.match_indices(phrase)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].ends_with(is_letter) && !text[at + phrase.len()..].starts_with(is_letter))
}

fn read_signs(rest: &str, phrases: &Phrases, find: Find, signs: &mut Signs) {
    let any = |list: &[String]| list.iter().any(|phrase| find(rest, phrase).is_some());
    let opening = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    let opens = |list: &[String]| list.iter().any(|phrase| find(opening, phrase) == Some(0));
    signs.at_most |= any(&phrases.at_most);
    signs.at_least |= any(&phrases.at_least);
    signs.leans |= any(&phrases.itself) || opens(&phrases.opens_without_subject);
    signs.once |= any(&phrases.once);
    signs.due |= any(&phrases.due);
    signs.condition |= any(&phrases.condition);
}

/// Reads the deciding words and takes them out.
fn read_decides(rest: &mut String, phrases: &Phrases, find: Find, decides: &mut Decides) {
    let mut take = |list: &[String]| {
        let mut count = 0;
        for phrase in list {
            while let Some(at) = find(rest, phrase) {
                rest.replace_range(at..at + phrase.len(), " ");
                count += 1;
            }
        }
        count
    };
    take(&phrases.at_most);
    take(&phrases.at_least);
    decides.forbidden |= take(&phrases.forbidden) > 0;
    decides.optional |= take(&phrases.optional) > 0;
    decides.required |= take(&phrases.required) > 0;
    decides.allowed |= take(&phrases.allowed) > 0;
    decides.negated ^= take(&phrases.negated) % 2 == 1;
}

/// Capitalised words and the words for parties, as they come.
fn names(text: &str) -> Vec<String> {
    let wording = Wording::get();
    let mut names: Vec<(usize, String)> = Vec::new();
    if text.contains(|c: char| c.is_ascii_alphabetic()) {
        let words = text.unicode_word_indices().filter(|(_, word)| !word.starts_with(is_han));
        names.extend(words.filter_map(|(at, word)| {
            let word_stem = stem(&word.to_lowercase());
            (wording.is_party(&word_stem) || word.starts_with(char::is_uppercase)).then_some((at, word_stem))
        }));
    }
    if text.contains(is_han) {
        let found = wording.chinese.parties.iter().flat_map(|party| text.match_indices(party.as_str()));
        names.extend(found.map(|(at, party)| (at, party.to_owned())));
        names.sort();
    }
    names.into_iter().map(|(_, name)| name).collect()
}

/// The text with spaces where its figures stand.
fn without(text: &str, figures: &[Figure]) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut from = 0;
    for figure in figures {
        rest.push_str(&text[from..figure.start.max(from)]);
        rest.push(' ');
        from = figure.end.max(from);
    }
    rest.push_str(&text[from..]);
    rest
}

/// Bytes of the clause number, bullet or the like with which a sentence opens.
fn enumerator(text: &str) -> usize {
    let rest = text.trim_start_matches(|c: char| c.is_whitespace() || "-*•·#○●▪".contains(c));
    let at = text.len() - rest.len();
    let numbered = |rest: &str| -> Option<usize> {
        let rest_after = rest.trim_start_matches(|c: char| {
            c.is_ascii_digit() || "〇一二三四五六七八九十百零".contains(c) || c == '.'
        });
        let length = rest.len() - rest_after.len();
        (length > 0).then_some(length)
    };
    let words = ["§", "Article", "Section", "Clause", "Art.", "第", "(", ""];
    for word in words {
        let Some(behind) = rest.strip_prefix(word) else { continue };
        let gap = behind.len() - behind.trim_start().len();
        let Some(length) = numbered(&behind[gap..]) else { continue };
        let number = &behind[gap..gap + length];
        let tail = &behind[gap + length..];
        let closed = match word {
            "第" => tail.chars().next().filter(|c| "条章节款项".contains(*c)),
            "(" => tail.chars().next().filter(|c| *c == ')'),
            "" => tail
                .chars()
                .next()
                .filter(|c| "、)".contains(*c) || ((number.contains('.')) && c.is_whitespace())),
            _ => tail.chars().next().filter(|c| c.is_whitespace() || *c == ':'),
        };
        if let Some(mark) = closed {
            let end = at + word.len() + gap + length + mark.len_utf8();
            return end;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(text: &str) -> Statement {
        Statement::of(text, 0..text.len(), Words::default())
    }

    fn lacking(a: &str, b: &str) -> usize {
        statement(a).words.lacking_in(&statement(b).words)
    }

    #[test]
    fn a_clause_number_is_no_part_of_what_is_stated() {
        for text in [
            "§ 12 Meals cost 45 euros.",
            "3.2. Meals cost 45 euros.",
            "(4) Meals cost 45 euros.",
            "Article 9: Meals cost 45 euros.",
        ] {
            assert_eq!(statement(text).figures.len(), 1, "{text}");
        }
        for text in ["第八条 餐费每天45元。", "三、餐费每天45元。", "（三）餐费每天45元。"]
        {
            assert_eq!(statement(text).figures.len(), 1, "{text}");
        }
        assert_eq!(statement("30 days are enough.").figures.len(), 1);
    }

    #[test]
    fn words_of_manner_are_left_out_and_words_of_matter_are_not() {
        let limit = "The limit for a hotel in Zurich is 190 euros per night.";
        assert_eq!(lacking(limit, "A hotel in Zurich may cost no more than €220 a night."), 0);
        assert_eq!(lacking(limit, "A hotel in Vienna may cost no more than €220 a night."), 2);
        assert_eq!(
            lacking("出差期间的餐费补助为每人每天80元。", "出差期间餐费补助标准：每人每天一百元。"),
            0
        );
        assert_eq!(lacking("国内出差的补助", "国外出差的补助"), 2);
    }

    #[test]
    fn deciding_words_are_read() {
        let decides = |text: &str| statement(text).decides;
        assert!(
            decides("A receipt is not required.").optional && !decides("A receipt is not required.").required
        );
        assert!(decides("必须提供发票").required && decides("无需提供发票").optional);
        assert!(decides("Alcohol is not reimbursed.").negated);
        assert!(!decides("The price must not exceed EUR 5.").forbidden);
    }
}
