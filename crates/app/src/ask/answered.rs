//! An answer as it is shown and kept. It holds the quotes themselves, so that an old answer can be
//! read when its source is gone.

use std::path::PathBuf;

use inhouse_agent::answer::follow_up::Exchange;
use inhouse_agent::answer::{Answer, Citation};
use serde::{Deserialize, Serialize};

use crate::ask::{Found, Run};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    pub text: String,
    /// The documents do not hold the answer, and `text` says so.
    pub declined: bool,
    /// A person stopped it.
    pub stopped: bool,
    /// It ends in the middle, because the limit was reached.
    pub cut: bool,
    pub sentences: Vec<AnsweredSentence>,
    /// What was found, best first.
    pub passages: Vec<Evidence>,
    /// How many of `passages`, from the first on, the model read.
    pub passages_read: usize,
    /// What an agent's tool computed, as `(80 + 120) * 3 = 600`; then `text` is that.
    #[serde(default)]
    pub calculation: Option<String>,
    /// The question that was answered, when it was restated because it leans on the one before it.
    #[serde(default)]
    pub understood: Option<String>,
    /// The catalogue's id of the model; empty when none was needed.
    pub model: String,
    pub timing: Timing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnsweredSentence {
    pub text: String,
    pub citations: Vec<Quote>,
    /// Where other sources say something else.
    #[serde(default)]
    pub conflicts: Vec<Quote>,
}

/// A quote and where it stands, to the letter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    pub source: i64,
    pub path: PathBuf,
    /// From 1.
    pub page: u32,
    /// Characters of the page's text.
    pub start: usize,
    pub end: usize,
    pub quote: String,
    /// Where it stands in a sheet.
    #[serde(default)]
    pub cells: Option<Cells>,
}

/// Cells of a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells {
    /// The sheet's name; empty when the file is but one table.
    pub sheet: String,
    /// As people write them: `B7`, `A7:D7, F9`.
    pub names: String,
}

/// A found passage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub source: i64,
    pub path: PathBuf,
    /// From 1.
    pub page: u32,
    /// Characters of the page's text.
    pub start: usize,
    pub end: usize,
    pub heading: String,
    pub text: String,
    pub score: f32,
}

/// Milliseconds from the question on, and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    pub retrieval_ms: u64,
    pub first_token_ms: u64,
    pub total_ms: u64,
    pub prompt_tokens: usize,
    pub answer_tokens: usize,
}

impl Answered {
    /// What a question after this one may lean on.
    pub fn exchange(&self, question: &str) -> Exchange {
        Exchange {
            question: self.understood.as_deref().unwrap_or(question).to_owned(),
            answer: if self.declined { String::new() } else { self.text.clone() },
        }
    }

    /// What a tool computed. It needs no document.
    pub(super) fn computed(calculation: String, value: String, run: Run) -> Self {
        let answer = Answer { text: value, declined: false, sentences: Vec::new() };
        Self { calculation: Some(calculation), ..Self::new(answer, &[], 0, run) }
    }

    pub(super) fn new(answer: Answer, found: &[Found], passages_read: usize, run: Run) -> Self {
        let path_of = |source| {
            let from = found.iter().find(|found| found.passage.anchor.source == source);
            from.map(|found| found.path.clone()).unwrap_or_default()
        };
        let quote = |citation: Citation| Quote {
            source: citation.anchor.source.0,
            path: path_of(citation.anchor.source),
            page: citation.anchor.page,
            start: citation.anchor.range.start,
            end: citation.anchor.range.end,
            quote: citation.quote,
            cells: None,
        };
        let sentences = answer
            .sentences
            .into_iter()
            .map(|sentence| AnsweredSentence {
                text: sentence.text,
                conflicts: sentence.conflicts.into_iter().map(quote).collect(),
                citations: sentence.citations.into_iter().map(quote).collect(),
            })
            .collect();
        let ms = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            text: answer.text,
            calculation: None,
            understood: None,
            declined: answer.declined,
            stopped: run.stopped,
            cut: run.cut,
            sentences,
            passages: found.iter().map(Evidence::of).collect(),
            passages_read,
            model: run.model,
            timing: Timing {
                retrieval_ms: ms(run.retrieval),
                first_token_ms: ms(run.first_token),
                total_ms: ms(run.total),
                prompt_tokens: run.prompt_tokens,
                answer_tokens: run.answer_tokens,
            },
        }
    }
}

impl Evidence {
    pub(super) fn of(found: &Found) -> Self {
        let anchor = found.passage.anchor;
        Self {
            source: anchor.source.0,
            path: found.path.clone(),
            page: anchor.page,
            start: anchor.range.start,
            end: anchor.range.end,
            heading: found.passage.heading.clone(),
            text: found.passage.text.clone(),
            score: found.score,
        }
    }
}
