//! Binding a sentence of an answer to the words of a passage that say the same.
//!
//! Every sentence, row or pair of neighbouring sentences of a passage is compared with what the
//! model wrote. A span supports a sentence when it has every number and name of it and nearly all
//! words that the question did not bring; the best such span is the quote. Nothing is bound on the
//! word of the model alone. A row of a table speaks for itself only: when another row has a word of
//! question or sentence that this one lacks, this one is about something else.

use std::collections::HashSet;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::answer::Citation;
use crate::answer::Language;
use crate::answer::language::is_han;
use crate::answer::sentence::{CitedSentence, is_row, sentence_ranges};
use crate::answer::terms::{Terms, han_runs, numeral};
use crate::answer::unit;
use crate::passage::{Anchor, CharRange, Passage};

/// Share of the sentence's own words (those that are not the question's) that a quote must have: one
/// of five may be another.
const OWN_WORDS: f32 = 0.8;
/// The same of Chinese characters.
const OWN_HAN: f32 = 0.8;
/// Share of all its words.
const ALL_WORDS: f32 = 0.4;
/// Worth of a span's being in the passage that the model named, against a share of words of 1.
const NAMED: f32 = 0.15;
/// Worth of the question's words in the span.
const QUESTION: f32 = 0.35;
/// Cost of a span's words that neither the sentence nor the question has, per share.
const EXCESS: f32 = 0.1;

/// The quotes that support a sentence: the best span, and none when nothing supports it.
pub fn bind(question: &str, sentence: &CitedSentence, passages: &[Passage]) -> Vec<Citation> {
    let said = Said::of(question, &sentence.text);
    passages
        .iter()
        .enumerate()
        .filter(|(_, passage)| unit::are_named(&sentence.text, &[&passage.text, &passage.heading, question]))
        .flat_map(|(at, passage)| {
            let named = sentence.numbers.contains(&(at + 1));
            let rows = Rows::of(&passage.text);
            let spans: Vec<_> =
                spans(&passage.text).into_iter().filter(|range| rows.may_support(&said, range)).collect();
            spans.into_iter().map(move |range| (named, passage, range))
        })
        .filter_map(|(named, passage, range)| {
            let worth = said.worth(&passage.text[range.clone()], &passage.heading, named)?;
            Some((worth, passage, range))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.2.len().cmp(&a.2.len())))
        .map(|(_, passage, range)| vec![citation(passage, range)])
        .unwrap_or_default()
}

/// What a sentence says, apart from what the question brought.
struct Said {
    sentence: Terms,
    question: Terms,
    own: Terms,
    /// Of its own words those that are names.
    names: HashSet<String>,
    /// Its runs of Chinese characters.
    han: Vec<Vec<char>>,
    language: Language,
}

impl Said {
    fn of(question: &str, sentence: &str) -> Self {
        let question_terms = Terms::of(question);
        let mut sentence_terms = Terms::of(sentence);
        // A character by itself stands beside others elsewhere ("233幅", "233幅画"): the figure tells.
        if !sentence_terms.numbers.is_empty() {
            sentence_terms.words.retain(|word| !(word.starts_with(is_han) && word.chars().count() == 1));
        }
        let own = Terms {
            words: sentence_terms.words.difference(&question_terms.words).cloned().collect(),
            numbers: sentence_terms.numbers.difference(&question_terms.numbers).cloned().collect(),
        };
        let names = names(sentence).intersection(&own.words).cloned().collect();
        let language = Language::of(sentence);
        Self {
            sentence: sentence_terms,
            question: question_terms,
            own,
            names,
            han: han_runs(sentence),
            language,
        }
    }

    /// How well a span supports the sentence, or `None` when it does not.
    fn worth(&self, span: &str, heading: &str, named: bool) -> Option<f32> {
        let terms = Terms::of(span);
        if !self.own.numbers.is_subset(&terms.numbers) {
            return None;
        }
        let context = with(&terms, heading);
        let own = self.own.recall_in(&terms);
        let has_names = self.names.is_subset(&terms.words);
        let all = self.sentence.recall_in(&context);
        let asked = self.question.recall_in(&context);
        let says_nothing_new = self.own.words.is_empty() && self.own.numbers.is_empty();
        let holds = if Language::of(span) == self.language {
            let has_own = words_in(&self.own, &terms) >= OWN_WORDS
                && han_in(&self.han, &self.question, &terms) >= OWN_HAN;
            has_names && has_own && all >= ALL_WORDS && !(says_nothing_new && asked < ALL_WORDS)
        } else {
            // Words can't be compared over languages, so the figures must carry it.
            named && !self.own.numbers.is_empty()
        };
        if !holds {
            return None;
        }
        let known: HashSet<_> = self.sentence.words.union(&self.question.words).collect();
        let excess = terms.words.iter().filter(|word| !known.contains(word)).count() as f32
            / terms.words.len().max(1) as f32;
        let named = if named { NAMED } else { 0.0 };
        Some(own + all + QUESTION * asked + named - EXCESS * excess)
    }
}

/// The words of a text that begin with a capital, but for its first.
fn names(text: &str) -> HashSet<String> {
    let words = text.unicode_words().skip(1).filter(|word| word.starts_with(char::is_uppercase));
    words.flat_map(|word| Terms::of(word).words).collect()
}

/// Share of a text's words, Chinese apart, that another has too.
fn words_in(own: &Terms, text: &Terms) -> f32 {
    let words: HashSet<String> = own.words.iter().filter(|word| !word.starts_with(is_han)).cloned().collect();
    Terms { words, ..Terms::default() }.recall_in(text)
}

/// Share of the characters of `runs` that stand in a text beside a neighbour of theirs, but for those
/// that the question has so and for numerals, which are compared by value.
fn han_in(runs: &[Vec<char>], question: &Terms, text: &Terms) -> f32 {
    let (mut all, mut found) = (0, 0);
    for run in runs.iter().filter(|run| run.len() > 1) {
        let pairs: Vec<String> = run.windows(2).map(|pair| pair.iter().collect()).collect();
        for (at, letter) in run.iter().enumerate() {
            let beside = &pairs[at.saturating_sub(1)..(at + 1).min(pairs.len())];
            let stands_in = |terms: &Terms| beside.iter().any(|pair| terms.words.contains(pair));
            if numeral(*letter).is_none() && !stands_in(question) {
                all += 1;
                found += usize::from(stands_in(text));
            }
        }
    }
    if all == 0 { 1.0 } else { found as f32 / all as f32 }
}

fn with(terms: &Terms, heading: &str) -> Terms {
    let mut both = terms.clone();
    both.words.extend(Terms::of(heading).words);
    both
}

/// The rows of tables in a passage, and the words of each.
struct Rows(Vec<(Range<usize>, HashSet<String>)>);

impl Rows {
    fn of(text: &str) -> Self {
        let rows = sentence_ranges(text).into_iter().filter(|range| is_row(&text[range.clone()]));
        Self(rows.map(|range| (range.clone(), Terms::of(&text[range]).words)).collect())
    }

    /// Whether a span can speak of what was asked and said: it is no row, or no other row has a word
    /// of that which it lacks. Pairs of Chinese characters stand in too many rows to tell.
    fn may_support(&self, said: &Said, span: &Range<usize>) -> bool {
        let Some((_, own)) = self.0.iter().find(|(row, _)| row == span) else { return true };
        let tells = |word: &&String| !own.contains(*word) && !word.chars().any(is_han);
        let mut telling = said.sentence.words.union(&said.question.words).filter(tells);
        !telling.any(|word| self.0.iter().any(|(_, words)| words.contains(word)))
    }
}

/// Byte ranges of what can be quoted: each sentence or row, and each pair of neighbouring sentences.
fn spans(text: &str) -> Vec<Range<usize>> {
    let sentences = sentence_ranges(text);
    let is_row = |range: &Range<usize>| is_row(&text[range.clone()]);
    let pairs =
        sentences.windows(2).filter(|pair| !pair.iter().any(is_row)).map(|pair| pair[0].start..pair[1].end);
    sentences.iter().cloned().chain(pairs.filter(|pair| pair.len() < 600)).collect()
}

/// The quote at a range of bytes of the passage's text.
pub(super) fn citation(passage: &Passage, range: Range<usize>) -> Citation {
    let start = passage.anchor.range.start + passage.text[..range.start].chars().count();
    let quote = passage.text[range].to_owned();
    let end = start + quote.chars().count();
    Citation { anchor: Anchor { range: CharRange::new(start, end), ..passage.anchor }, quote }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::PassageId;
    use crate::source::SourceId;

    fn passage(text: &str) -> Passage {
        let range = CharRange::new(10, 10 + text.chars().count());
        Passage {
            id: PassageId(1),
            anchor: Anchor { source: SourceId(1), page: 2, range },
            text: text.into(),
            heading: String::new(),
        }
    }

    fn bound(question: &str, sentence: &str, text: &str) -> Option<String> {
        let cited = CitedSentence { text: sentence.into(), numbers: vec![1] };
        bind(question, &cited, &[passage(text)]).pop().map(|citation| citation.quote)
    }

    const MEALS: &str = "Hotels cost up to 140 euros a night. Meals are paid up to 45 euros a day in tier one \
        cities. Alcohol is not reimbursed.";

    #[test]
    fn the_quote_is_the_sentence_that_says_it() {
        let quote =
            bound("How much for meals?", "The limit for meals is 45 euros a day in tier one cities.", MEALS);
        assert_eq!(quote.as_deref(), Some("Meals are paid up to 45 euros a day in tier one cities."));
    }

    #[test]
    fn a_number_that_the_passage_does_not_have_supports_nothing() {
        assert_eq!(bound("How much for meals?", "The limit for meals is 54 euros a day.", MEALS), None);
    }

    #[test]
    fn a_figure_in_money_is_not_said_by_a_count() {
        let (asked, text) = ("What do flow meters cost?", "Order 7: 1 flow meter, 2 valves.");
        assert!(bound(asked, "1 flow meter.", text).is_some());
        assert_eq!(bound(asked, "A flow meter costs $1.", text), None);
        assert!(bound(asked, "A flow meter costs $1.", "A flow meter costs 1 US dollar.").is_some());
    }

    #[test]
    fn a_sentence_about_something_else_is_not_supported() {
        assert_eq!(
            bound("How much for meals?", "Dogs may be brought to the office on Fridays.", MEALS),
            None
        );
    }

    #[test]
    fn a_sentence_with_another_word_or_name_in_it_is_not_supported() {
        let text =
            "Von Miller stripped the ball away from Newton, and Malik Jackson recovered it for a touchdown.";
        let asked = "Who took the ball?";
        assert!(bound(asked, "Miller stripped the ball away from Newton.", text).is_some());
        // The same word in another form is the same.
        assert!(bound(asked, "Miller strips the ball away from Newton; Jackson's recovery.", text).is_some());
        assert_eq!(bound(asked, "Miller stripped the ball away from Tesla.", text), None);
        assert_eq!(bound(asked, "Tesla stripped the ball away from Newton.", text), None);
        let text = "The agreement stipulated that ministers from both camps would be appointed depending on each \
            party's strength.";
        assert_eq!(
            bound("What of ministers?", "They would be appointed depending on southwest.", text),
            None
        );
    }

    #[test]
    fn the_anchor_is_where_the_quote_stands_on_the_page() {
        let text = "住宿费标准为每晚三百元。餐费补助为每天80元。";
        let cited = CitedSentence { text: "餐费补助每天80元。".into(), numbers: vec![] };
        let citation = bind("餐费补助是多少？", &cited, &[passage(text)]).pop().expect("a citation");
        assert_eq!(citation.quote, "餐费补助为每天80元。");
        assert_eq!(citation.anchor.range, CharRange::new(10 + 12, 10 + 23));
        assert_eq!(citation.anchor.page, 2);
    }

    const APPROVALS: &str = "City | Limit | Approved by\n\
        City: Vienna | Limit: 140 | Approved by: Head of department\n\
        City: Zurich | Limit: 190 | Approved by: Finance Director";

    #[test]
    fn a_row_of_a_table_supports_nothing_about_another_row() {
        let asked = "Who approves a trip to Zurich?";
        let quote = bound(asked, "The Finance Director approves a trip to Zurich.", APPROVALS);
        assert_eq!(quote.as_deref(), Some("City: Zurich | Limit: 190 | Approved by: Finance Director"));
        assert_eq!(bound(asked, "The head of department approves a trip to Zurich.", APPROVALS), None);
        assert_eq!(bound(asked, "Head of department.", APPROVALS), None);
    }

    #[test]
    fn a_name_must_stand_in_the_quote_as_it_is() {
        let text = "Employees of the Jacksonville office may travel in second class.";
        let asked = "Who may travel in second class?";
        assert!(bound(asked, "Those of the Jacksonville office.", text).is_some());
        assert_eq!(bound(asked, "Those of the Jackson office.", text), None);
    }

    #[test]
    fn chinese_is_compared_over_gaps_and_by_its_words() {
        let text = "1857年约翰捐赠了 233幅 画作，主要来自 英国 当代艺术家。";
        assert!(bound("捐赠了多少幅画？", "233幅", text).is_some());
        assert_eq!(bound("捐赠了多少幅画？", "234幅", text), None);
        assert!(bound("画作来自哪里？", "主要来自英国当代艺术家。", text).is_some());
        assert_eq!(bound("画作来自哪里？", "主要来自汽车制造企业。", text), None);
    }

    #[test]
    fn numerals_and_digits_of_the_same_value_agree() {
        let quote = bound("多久内报销？", "应在30日内报销。", "员工应当在三十日内办理报销手续。");
        assert!(quote.is_some());
    }
}
