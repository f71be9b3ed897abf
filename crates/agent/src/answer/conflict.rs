//! Where another source says something else about the same thing.
//!
//! A quote is held against every sentence of the other sources' passages. Two sentences are about
//! the same thing when each has all words of the other, apart from figures, from words that only
//! word it ("the limit is", 标准为) and from what means the same (`wording.toml`). They then contradict
//! each other when figures of the same kind differ in value, or when one requires, allows or denies
//! what the other does not. A false conflict is worse than a missed one, so every doubt is decided
//! against it:
//! - a year, a date, a grade or the number of a section says which thing is meant, unless the
//!   sentence is about a day that there is but once, or about a deadline in the same year;
//! - names and parties must come in the same order;
//! - a sentence that speaks of its own document ("this policy") or whose subject stands in another
//!   sentence ("it") is held against nothing;
//! - rows of tables must have the same columns and the same text in every cell, and amounts of
//!   bookings contradict nothing;
//! - what stands above the two (headings, titles) must not name different things;
//! - when either source says both, the two are no contradiction.

pub(super) mod figure;
mod statement;
pub(super) mod wording;

use crate::answer::bind::citation;
use crate::answer::sentence::{is_row, sentence_ranges};
use crate::answer::{Citation, Language};
use crate::passage::Passage;
use crate::run::figures::half_width;
use crate::source::SourceId;
use figure::{Figure, Kind, figures};
use statement::{Cell, Decides, Statement, Words};
use wording::Wording;

/// What two sentences must share to be about the same thing, as [`Words::weight`] counts: three
/// words or five Han characters; two words or four characters when every figure says what it counts.
const SHARED: usize = 5;
const SHARED_WITH_UNITS: usize = 4;
/// From this on a sentence says by itself what it is about, and the words above it may say more.
const CLEAR: usize = 8;
/// Share by which figures differ that are given roughly.
const ROUGH: f64 = 0.25;
/// Share of a statement's words in a sentence that says it too.
const SAID_TOO: f32 = 0.8;

/// The sentences of passages, taken apart.
pub struct Statements<'a> {
    passages: Vec<(&'a Passage, Vec<Statement>)>,
}

impl<'a> Statements<'a> {
    /// Takes the sentences of the passages apart; nothing when all are of one source.
    pub fn of(passages: &'a [Passage]) -> Self {
        let first = passages.first().map(|passage| passage.anchor.source);
        let alone = passages.iter().all(|passage| Some(passage.anchor.source) == first);
        let taken = if alone { &[] } else { passages };
        Self { passages: taken.iter().map(|passage| (passage, statements(passage))).collect() }
    }

    /// The sentences of other sources that contradict the quotes of `sentence`, each once, in the
    /// order of the passages. When the sentence names figures, only what contradicts one of them.
    pub fn contradicting(&self, sentence: &str, citations: &[Citation]) -> Vec<Citation> {
        let named = figures(&half_width(sentence));
        let mut found: Vec<Citation> = Vec::new();
        for quoted in citations.iter().flat_map(|citation| self.quoted(citation)) {
            for (passage, said) in self.others(quoted.0) {
                let contradicts =
                    against(quoted.1, said).is_some_and(|differing| is_named(&differing, &named));
                if contradicts && !self.says_both(quoted, (passage.anchor.source, said)) {
                    let conflict = citation(passage, said.range.clone());
                    if !found.contains(&conflict) {
                        found.push(conflict);
                    }
                }
            }
        }
        found
    }

    /// The statements within a quote.
    fn quoted(&self, quote: &Citation) -> impl Iterator<Item = (SourceId, &Statement)> {
        let at = quote.anchor;
        let holds = move |passage: &Passage| {
            let here = passage.anchor;
            here.source == at.source
                && here.page == at.page
                && here.range.start <= at.range.start
                && at.range.end <= here.range.end
        };
        let passage = self.passages.iter().find(|(passage, _)| holds(passage));
        passage.into_iter().flat_map(move |(passage, statements)| {
            let within = move |statement: &&Statement| {
                let range = citation(passage, statement.range.clone()).anchor.range;
                at.range.start <= range.start && range.end <= at.range.end
            };
            statements.iter().filter(within).map(move |statement| (at.source, statement))
        })
    }

    fn others(&self, source: SourceId) -> impl Iterator<Item = (&'a Passage, &Statement)> {
        let other = move |(passage, _): &&(&Passage, Vec<Statement>)| passage.anchor.source != source;
        self.passages
            .iter()
            .filter(other)
            .flat_map(|(passage, statements)| statements.iter().map(move |statement| (*passage, statement)))
    }

    /// Whether either source says what the other one says, too.
    fn says_both(&self, a: (SourceId, &Statement), b: (SourceId, &Statement)) -> bool {
        let says = |source: SourceId, what: &Statement| {
            let own = self.passages.iter().filter(|(passage, _)| passage.anchor.source == source);
            own.flat_map(|(_, statements)| statements).any(|statement| says_too(statement, what))
        };
        says(b.0, a.1) || says(a.0, b.1)
    }
}

/// How two statements about the same thing differ: pairs of figures, or in what they decide.
#[derive(Debug)]
enum Differing<'a> {
    Figures(Vec<(&'a Figure, &'a Figure)>),
    Decision,
}

/// Whether the figures that differ are among those of the sentence, if it names any of the quote.
fn is_named(differing: &Differing<'_>, named: &[Figure]) -> bool {
    let Differing::Figures(pairs) = differing else { return true };
    named.is_empty() || pairs.iter().any(|(own, _)| named.iter().any(|figure| figure.value == own.value))
}

/// How the two contradict each other; `None` when they don't or may be about different things.
fn against<'a>(a: &'a Statement, b: &'a Statement) -> Option<Differing<'a>> {
    if a.signs.leans || b.signs.leans || !same_matter(a, b) || !same_context(a, b) {
        return None;
    }
    match (&a.cells, &b.cells) {
        (Some(own), Some(other)) => rows_differ(own, other, a.context == b.context && !a.context.is_empty()),
        (None, None) => sentences_differ(a, b),
        _ => None,
    }
}

fn same_matter(a: &Statement, b: &Statement) -> bool {
    let units = !a.figures.is_empty() && a.figures.iter().all(|figure| figure.kind != Kind::Amount(None));
    let enough = if units { SHARED_WITH_UNITS } else { SHARED };
    a.figures.len() == b.figures.len()
        && (a.cells.is_some() || a.words.weight() >= enough)
        && a.words.lacking_in(&b.words) == 0
        && b.words.lacking_in(&a.words) == 0
        && a.same_order(b)
}

/// Whether what stands above the two allows that they are about the same thing.
fn same_context(a: &Statement, b: &Statement) -> bool {
    let (more, less) = (a.context.lacking_in(&b.context), b.context.lacking_in(&a.context));
    let unknown = a.context.is_empty() || b.context.is_empty();
    (more == 0 && less == 0) || ((unknown || a.words.weight() >= CLEAR) && (more == 0 || less == 0))
}

fn sentences_differ<'a>(a: &'a Statement, b: &'a Statement) -> Option<Differing<'a>> {
    let opposed = (a.signs.at_most && b.signs.at_least) || (a.signs.at_least && b.signs.at_most);
    let pairs = paired(&a.figures, &b.figures)?;
    let differing: Vec<_> = pairs.into_iter().filter(|(own, other)| !own.agrees(other)).collect();
    if differing.is_empty() {
        return (!opposed && decisions_differ(a.decides, b.decides)).then_some(Differing::Decision);
    }
    if opposed || a.decides.negated != b.decides.negated || a.decides.forbidden != b.decides.forbidden {
        return None;
    }
    let condition = a.signs.condition || b.signs.condition;
    let states = |(own, other): &(&Figure, &Figure)| match own.kind {
        Kind::Label => false,
        Kind::Year => a.signs.once && b.signs.once,
        Kind::Date | Kind::MonthDay => {
            let same_year =
                own.kind == Kind::MonthDay || (own.value / 1e4).floor() == (other.value / 1e4).floor();
            (a.signs.once && b.signs.once) || (a.signs.due && b.signs.due && same_year)
        }
        _ => !(own.rough || other.rough) || own.distance(other) > ROUGH,
    };
    let fits = differing.iter().all(states) && (differing.len() == 1 || !condition);
    fits.then_some(Differing::Figures(differing))
}

fn decisions_differ(a: Decides, b: Decides) -> bool {
    let classes =
        |d: Decides| [d.forbidden, d.optional, d.required, d.allowed].iter().filter(|is| **is).count();
    if a.negated != b.negated {
        return Decides { negated: b.negated, ..a } == b && classes(a) == 0;
    }
    let opposed =
        |a: Decides, b: Decides| (a.required && (b.optional || b.forbidden)) || (a.allowed && b.forbidden);
    classes(a) == 1 && classes(b) == 1 && (opposed(a, b) || opposed(b, a))
}

/// The figures of both in pairs of one kind, in the order of each; `None` when they don't pair up.
fn paired<'a>(a: &'a [Figure], b: &'a [Figure]) -> Option<Vec<(&'a Figure, &'a Figure)>> {
    let mut left: Vec<&Figure> = b.iter().collect();
    let mut pairs = Vec::new();
    for own in a {
        let at = left.iter().position(|other| own.kind.fits(&other.kind))?;
        pairs.push((own, left.remove(at)));
    }
    Some(pairs)
}

/// How two rows contradict each other: figures under the same name, where all else is the same.
fn rows_differ<'a>(a: &'a [Cell], b: &'a [Cell], same_title: bool) -> Option<Differing<'a>> {
    let columns = &Wording::get().columns;
    let is = |list: &[String], name: &str| list.iter().any(|word| word == name);
    if a.len() != b.len() || a.first().is_none_or(|key| key.words.is_empty()) {
        return None;
    }
    let mut differing = Vec::new();
    for own in a {
        let other = b.iter().find(|other| other.name == own.name)?;
        let pairs = paired(&own.figures, &other.figures).filter(|_| own.words == other.words)?;
        let apart: Vec<_> = pairs.into_iter().filter(|(own, other)| !own.agrees(other)).collect();
        let names_it = apart.iter().any(|(own, _)| match own.kind {
            Kind::Label | Kind::Date | Kind::MonthDay => true,
            Kind::Year => (1900.0..2100.0).contains(&own.value),
            _ => false,
        });
        let general = a.len() < 3 && is(&columns.general, &own.name) && !same_title;
        if !apart.is_empty()
            && (names_it || general || is(&columns.identity, &own.name) || is(&columns.booked, &own.name))
        {
            return None;
        }
        differing.extend(apart);
    }
    (!differing.is_empty()).then_some(Differing::Figures(differing))
}

/// Whether a statement says what another one says, perhaps among other things.
fn says_too(statement: &Statement, what: &Statement) -> bool {
    let weight = what.words.weight().max(1) as f32;
    let said = weight - what.words.lacking_in(&statement.words) as f32;
    let has = |figure: &Figure| {
        statement.figures.iter().any(|own| own.kind.fits(&figure.kind) && own.agrees(figure))
    };
    said / weight >= SAID_TOO
        && what.figures.iter().all(has)
        && !decisions_differ(statement.decides, what.decides)
}

/// The sentences and rows of a passage, taken apart.
fn statements(passage: &Passage) -> Vec<Statement> {
    let text = passage.text.as_str();
    let heading = title_words(&passage.heading);
    let mut context = heading.clone();
    let mut header: Option<Vec<String>> = None;
    let mut found = Vec::new();
    for range in sentence_ranges(text) {
        let line = &text[range.clone()];
        if is_row(line) {
            match (named_cells(line), &header) {
                (Some(cells), _) => found.push(Statement::of_row(range, &cells, context.clone())),
                (None, None) => header = Some(cells(line)),
                (None, Some(names)) => {
                    let values = cells(line);
                    if values.len() == names.len() {
                        let cells: Vec<_> = names.iter().cloned().zip(values).collect();
                        found.push(Statement::of_row(range, &cells, context.clone()));
                    }
                }
            }
            continue;
        }
        header = None;
        if is_title(line) {
            context = heading.clone();
            context.extend(&title_words(line));
        } else {
            found.push(Statement::of(text, range, context.clone()));
        }
    }
    found
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|');
    row.split(['|', '\t']).map(|cell| cell.trim().to_owned()).collect()
}

/// The cells of a row in which each stands behind the name of its column.
fn named_cells(row: &str) -> Option<Vec<(String, String)>> {
    let named =
        |cell: &String| cell.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    cells(row).iter().map(named).collect()
}

/// A line over what follows it: short, and without the end of a sentence.
fn is_title(line: &str) -> bool {
    let width = if Language::of(line) == Language::Chinese { 30 } else { 60 };
    line.starts_with('#')
        || (line.chars().count() < width && !line.ends_with(['.', '。', '!', '！', '?', '？', ';', '；']))
}

/// The words of a heading, without those that only tell a version.
fn title_words(title: &str) -> Words {
    let wording = Wording::get();
    let mut text = half_width(title).to_lowercase();
    for mark in &wording.chinese.marks_of_title {
        text = text.replace(mark.as_str(), " ");
    }
    let keep = |word: &&str| {
        !wording.english.marks_of_title.iter().any(|mark| mark == word)
            && !word.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let kept: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '.').filter(keep).collect();
    Words::of(&kept.join(" "))
}

#[cfg(test)]
mod tests;
