//! A question and its passages become a prompt; the model's text becomes an answer whose
//! sentences are bound to quotes.
//!
//! The model proposes and code disposes: which passage a sentence cites, and with which words, is
//! found by comparing the sentence with the passages ([`bind`]), and what has no such words is
//! marked as not supported. [`decline`] tells when the documents do not hold the answer.

pub mod bind;
pub mod decline;
pub mod language;
pub mod prompt;
pub mod sentence;
pub mod terms;

use crate::passage::{Anchor, Passage};

pub use bind::bind;
pub use language::Language;
pub use prompt::{Prompt, lay_out};

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

    /// Binds what the model wrote to the passages that it read.
    pub fn from_model(question: &str, written: &str, passages: &[Passage]) -> Self {
        let language = Language::of(question);
        if passages.is_empty() || decline::says_not_found(written) {
            return Self::declined(language);
        }
        let sentences: Vec<Sentence> = sentence::cited_sentences(written)
            .into_iter()
            .map(|cited| Sentence { citations: bind(question, &cited, passages), text: cited.text })
            .collect();
        if !sentences.iter().any(Sentence::is_supported) {
            return Self::declined(language);
        }
        let gap = if language == Language::Chinese { "" } else { " " };
        let text = sentences.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(gap);
        Self { text, declined: false, sentences }
    }
}
