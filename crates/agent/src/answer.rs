//! A question and its passages become a prompt; the model's text becomes an answer whose
//! sentences are bound to quotes.
//!
//! The model proposes and code disposes: which passage a sentence cites, and with which words, is
//! found by comparing the sentence with the passages ([`bind`]), and what has no such words is
//! marked as not supported. What another source says instead is found in the same way ([`conflict`]).
//! [`decline`] tells when the documents do not hold the answer. [`follow_up`] has a question that leans on
//! the one before it restated.

pub mod bind;
pub mod breadth;
pub mod conflict;
pub mod decline;
pub mod follow_up;
pub mod language;
pub mod numeral;
pub mod prompt;
pub mod sentence;
pub mod terms;
mod unit;

use std::ops::Range;

use crate::passage::{Anchor, Passage};

use conflict::Statements;

pub use bind::bind;
pub use breadth::asks_for_many;
pub use language::Language;
pub use prompt::{Prompt, beginning, lay_out, order_for_reuse};

/// An answer as it is shown and kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What is shown; the passage numbers that the model wrote are taken out.
    pub text: String,
    /// The documents do not hold the answer, and `text` says so.
    pub declined: bool,
    pub sentences: Vec<Sentence>,
}

/// A sentence of an answer; it is supported when it has a citation.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    pub text: String,
    pub citations: Vec<Citation>,
    /// What other sources say instead, to the letter; see [`conflict`].
    pub conflicts: Vec<Citation>,
}

impl Sentence {
    pub fn is_supported(&self) -> bool {
        !self.citations.is_empty()
    }
}

/// A quote and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    pub anchor: Anchor,
    /// To the letter what stands at the anchor.
    pub quote: String,
}

impl Answer {
    /// The answer that the documents do not hold one.
    pub fn declined(language: Language) -> Self {
        Self { text: language.not_in_documents().to_owned(), declined: true, sentences: Vec::new() }
    }

    /// The answer of which nothing was written before a person stopped it.
    pub fn unwritten() -> Self {
        Self { text: String::new(), declined: false, sentences: Vec::new() }
    }

    /// The answer that comes of what the model wrote about the passages that it read: the first
    /// `read` of those that were `found`.
    ///
    /// What the model wrote counts as far as it is bound to quotes. When nothing of it is, but a
    /// sentence of the passages is near enough to the question, that sentence answers by itself.
    /// When no sentence is near enough, the documents do not hold the answer, whatever the model
    /// wrote. What contradicts its quotes is looked for in all passages that were found.
    pub fn settle(
        question: &str,
        written: &str,
        found: &[Passage],
        read: usize,
        nearest: Option<&Nearest>,
    ) -> Self {
        let mut answer = Self::without_conflicts(question, written, &found[..read.min(found.len())], nearest);
        if answer.sentences.iter().any(Sentence::is_supported) {
            let statements = Statements::of(found);
            for sentence in &mut answer.sentences {
                sentence.conflicts = statements.contradicting(&sentence.text, &sentence.citations);
            }
        }
        answer
    }

    fn without_conflicts(
        question: &str,
        written: &str,
        passages: &[Passage],
        nearest: Option<&Nearest>,
    ) -> Self {
        let language = Language::of(question);
        if passages.is_empty() || nearest.is_some_and(|nearest| !nearest.is_evidence) {
            return Self::declined(language);
        }
        if let Some(answer) = Self::borne_out(question, written, passages) {
            return answer;
        }
        match nearest {
            Some(nearest) => Self::quoting(nearest, passages),
            None => Self::declined(language),
        }
    }

    /// What the model wrote, when some of it is bound to a quote.
    fn borne_out(question: &str, written: &str, passages: &[Passage]) -> Option<Self> {
        if decline::says_not_found(written) {
            return None;
        }
        let answer = Self::bound(question, written, passages);
        answer.sentences.iter().any(Sentence::is_supported).then_some(answer)
    }

    fn bound(question: &str, written: &str, passages: &[Passage]) -> Self {
        let sentences: Vec<Sentence> = sentence::cited_sentences(written)
            .into_iter()
            .map(|cited| Sentence {
                citations: bind(question, &cited, passages),
                text: cited.text,
                conflicts: Vec::new(),
            })
            .collect();
        let gap = if Language::of(question) == Language::Chinese { "" } else { " " };
        let text = sentences.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(gap);
        Self { text, declined: false, sentences }
    }

    /// The sentence of the documents itself.
    fn quoting(nearest: &Nearest, passages: &[Passage]) -> Self {
        let citation = bind::citation(&passages[nearest.passage], nearest.range.clone());
        let text = citation.quote.split_whitespace().collect::<Vec<_>>().join(" ");
        let sentence = Sentence { text: text.clone(), citations: vec![citation], conflicts: Vec::new() };
        Self { text, declined: false, sentences: vec![sentence] }
    }
}

/// Whether what the model wrote about passages is an answer, and some of it stands in them.
pub fn is_borne_out(question: &str, written: &str, passages: &[Passage]) -> bool {
    Answer::borne_out(question, written, passages).is_some()
}

/// The sentence of the passages that is nearest to the question in meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// Which of the passages that were read, from 0.
    pub passage: usize,
    /// Bytes of the passage's text.
    pub range: Range<usize>,
    /// It is near enough to speak of what was asked.
    pub is_evidence: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::{CharRange, PassageId};
    use crate::source::SourceId;

    const TEXT: &str = "Hotels in Vienna cost up to EUR 170. Taxis need a receipt.";

    fn settle(written: &str, nearest: Option<bool>) -> Answer {
        let range = CharRange::new(0, TEXT.chars().count());
        let anchor = Anchor { source: SourceId(1), page: 1, range };
        let passage = Passage { id: PassageId(1), anchor, text: TEXT.into(), heading: String::new() };
        let nearest = nearest.map(|is_evidence| Nearest { passage: 0, range: 0..36, is_evidence });
        Answer::settle("What may a hotel in Vienna cost?", written, &[passage], 1, nearest.as_ref())
    }

    #[test]
    fn a_bound_answer_stands_as_the_model_wrote_it() {
        let answer = settle("A hotel in Vienna may cost EUR 170. Breakfast is on the house.", Some(true));
        assert_eq!(answer.sentences[0].citations[0].quote, "Hotels in Vienna cost up to EUR 170.");
        assert!(!answer.sentences[1].is_supported());
    }

    #[test]
    fn a_wrong_figure_gives_way_to_the_sentence_of_the_document() {
        let answer = settle("A hotel in Vienna may cost EUR 135.", Some(true));
        assert_eq!(answer.text, "Hotels in Vienna cost up to EUR 170.");
        assert!(answer.sentences[0].is_supported());
    }

    #[test]
    fn what_another_source_says_instead_is_shown_though_the_model_did_not_read_it() {
        let passage = |source, text: &str| {
            let anchor = Anchor {
                source: SourceId(source),
                page: 3,
                range: CharRange::new(7, 7 + text.chars().count()),
            };
            Passage { id: PassageId(source), anchor, text: text.into(), heading: String::new() }
        };
        let found = [passage(1, TEXT), passage(2, "Book early. Hotels in Vienna cost up to EUR 190.")];
        let written = "A hotel in Vienna may cost EUR 170. [1]";
        let answer = Answer::settle("What may a hotel in Vienna cost?", written, &found, 1, None);
        let [conflict] = answer.sentences[0].conflicts.as_slice() else { panic!("{answer:?}") };
        assert_eq!(conflict.quote, "Hotels in Vienna cost up to EUR 190.");
        let range = CharRange::new(7 + 12, 7 + 48);
        assert_eq!(conflict.anchor, Anchor { source: SourceId(2), page: 3, range });
    }

    #[test]
    fn without_evidence_even_a_bound_answer_is_declined() {
        assert!(settle("A hotel in Vienna may cost EUR 170.", Some(false)).declined);
        assert!(settle("A hotel may cost EUR 135.", None).declined);
    }
}
