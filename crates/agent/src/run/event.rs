//! What happened in a run, as it is kept: enough to go on from, and to prove what was done.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::table::Table;

/// Names such as `issues/3/quote` say where in the procedure something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// It was begun, with this agent's file (by its SHA-256) and what was given.
    Begun {
        agent: String,
        definition: String,
        model: String,
        language: String,
        seed: u64,
        given: BTreeMap<String, String>,
        allow: Vec<String>,
        /// The day, as `2026-03-01`.
        #[serde(default)]
        today: String,
    },
    /// A document of the person was read.
    Read {
        input: String,
        document: String,
        sha256: String,
        pages: usize,
        empty_pages: usize,
    },
    /// A folder of the person was looked through; `table` is what it yields.
    Listed {
        input: String,
        table: Table,
    },
    StepBegun {
        step: String,
    },
    /// The model answered. `request` is a digest of what it was asked.
    Filled {
        at: String,
        request: String,
        text: String,
        prompt_tokens: usize,
        answer_tokens: usize,
    },
    /// A tool that reads or computes was called.
    Called {
        at: String,
        tool: String,
        arguments: String,
        result: String,
        failed: bool,
    },
    /// A person is asked.
    Asked {
        at: String,
        question: String,
        options: Vec<String>,
    },
    Answered {
        at: String,
        text: String,
    },
    /// What a step would do outside the agent's folder, told to the person.
    Previewed {
        at: String,
        path: String,
        preview: String,
        fingerprint: String,
    },
    /// The person's yes or no to exactly that.
    Decided {
        at: String,
        fingerprint: String,
        approved: bool,
    },
    /// A file was made; `journal` is the number by which it is undone.
    Wrote {
        at: String,
        path: String,
        sha256: String,
        bytes: usize,
        journal: Option<u64>,
    },
    /// A folder was made to file something in.
    MadeFolder {
        at: String,
        path: String,
        journal: u64,
    },
    /// A file of the person was moved or copied; `journal` is the number by which it is undone.
    Filed {
        at: String,
        from: String,
        to: String,
        copied: bool,
        journal: u64,
    },
    StepDone {
        step: String,
        table: Table,
    },
    Checked {
        check: String,
        passed: bool,
        detail: String,
    },
    Ended {
        outcome: Outcome,
    },
    /// It ended before its end: a failure, a limit or a person's wish, in words.
    Halted {
        code: String,
        at: String,
        what: String,
    },
    /// What was made was taken back.
    Undone {
        path: String,
        what: String,
    },
    /// What a person says of the result: accepted, corrected or rejected.
    Judged {
        verdict: String,
        note: String,
    },
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    Failed { checks: Vec<String> },
}

/// The events of a run before it was taken up again.
#[derive(Default)]
pub(super) struct Past {
    filled: BTreeMap<String, (String, String, usize)>,
    answered: BTreeMap<String, String>,
    listed: BTreeMap<String, Table>,
    /// Of the others, each as it was written.
    noted: HashSet<String>,
}

impl Past {
    pub(super) fn new(events: Vec<Event>) -> Self {
        let mut past = Self::default();
        for event in events {
            match event {
                Event::Filled { at, request, text, prompt_tokens, answer_tokens } => {
                    past.filled.insert(at, (request, text, prompt_tokens + answer_tokens));
                }
                Event::Answered { at, text } => {
                    past.answered.insert(at, text);
                }
                Event::Listed { input, table } => {
                    past.listed.insert(input, table);
                }
                other => {
                    past.noted.insert(written(&other));
                }
            }
        }
        past
    }

    /// What the model answered to this very request, and the tokens that it took.
    pub(super) fn filled(&self, at: &str, request: &str) -> Option<(&str, usize)> {
        let (asked, text, tokens) = self.filled.get(at)?;
        (asked == request).then_some((text.as_str(), *tokens))
    }

    pub(super) fn answered(&self, at: &str) -> Option<&str> {
        self.answered.get(at).map(String::as_str)
    }

    /// What was in a folder when the run began: files may have been moved since.
    pub(super) fn listed(&self, input: &str) -> Option<&Table> {
        self.listed.get(input)
    }

    pub(super) fn holds(&self, event: &Event) -> bool {
        !self.noted.is_empty() && self.noted.contains(&written(event))
    }
}

fn written(event: &Event) -> String {
    format!("{event:?}")
}
