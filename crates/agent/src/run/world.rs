//! The port to all that a run needs from outside.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::chat::{ChatRequest, Completion};
use crate::run::artifact::Artifact;
use crate::run::{Compared, Document, Event, ToolSpec};
use crate::table::{Queried, Table};

/// What a run needs from outside. Calls block.
pub trait World {
    /// Keeps an event, on disk, before it counts.
    fn note(&mut self, event: &Event) -> Result<(), Failure>;

    /// Time that the run has taken, waiting for people left out.
    fn elapsed(&self) -> Duration;

    fn read(&mut self, path: &Path) -> Result<Document, Halt>;

    /// The paths beneath a folder of the files in it, in order; what is hidden and links are left out.
    fn list(&mut self, folder: &Path) -> Result<Vec<PathBuf>, Failure>;

    /// `model` is the catalogue's id of another model than the run's.
    fn complete(&mut self, model: Option<&str>, request: &ChatRequest) -> Result<Completion, Halt>;

    fn count_tokens(&mut self, text: &str) -> Result<usize, Failure>;

    /// The texts' numbers, the nearest to the query first.
    fn nearest(&mut self, query: &str, texts: &[&str]) -> Result<Vec<usize>, Failure>;

    /// Answers a question in SQL to tables by name; only reads.
    fn query(&mut self, sql: &str, tables: &[(&str, &Table)]) -> Result<Queried, Failure>;

    /// What became of each clause of the old document in the new one, in the order of the new.
    fn compare(&mut self, old: &Document, new: &Document) -> Vec<Compared>;

    /// Tools that only read or compute, which a model may choose.
    fn tools(&self) -> Vec<ToolSpec>;

    /// Calls one of them with arguments that are valid under its schema. What it says is a text for the
    /// model; an error is told to it too.
    fn call(&mut self, tool: &str, arguments: &str) -> Result<String, Failure>;

    /// The document at a path without personal data and without these names.
    fn redact(&mut self, path: &Path, names: &[String]) -> Result<Redacted, Failure>;

    /// What in a text looks like personal data or is one of the names.
    fn personal(&mut self, text: &str, names: &[String]) -> Vec<String>;

    /// The bytes of a file that holds what an artifact says.
    fn render(&mut self, artifact: &Artifact<'_>) -> Result<Vec<u8>, Failure>;

    /// Reads a file back that was just rendered.
    fn reopen(&mut self, name: &str, bytes: &[u8]) -> Result<Document, Failure>;

    /// Writes a file of the run, once: with the same `at` and bytes it does nothing again.
    fn write(&mut self, at: &str, name: &str, bytes: &[u8]) -> Result<Wrote, Halt>;

    /// Moves or copies files beneath a folder, each once, and tells where they came to stand: the
    /// wanted path, or one with a number where something stands there.
    fn file(&mut self, at: &str, folder: &Path, filings: &[Filing]) -> Result<Vec<String>, Halt>;
}

/// A file that goes elsewhere, by paths beneath the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    pub from: String,
    pub to: String,
    /// It stays where it is, too.
    pub copy: bool,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrote {
    pub path: String,
    pub sha256: String,
}

/// A document without what was to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    pub bytes: Vec<u8>,
    /// Ending of the file that it makes.
    pub ending: String,
    /// Part of the document, kind, and what stood there.
    pub found: Vec<(String, String, String)>,
    /// Parts that could not be looked into.
    pub not_checked: Vec<String>,
}

/// Why a run does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// A person has to answer or decide; then it goes on.
    #[error("{0}")]
    Waiting(Pending),
    #[error("{0}")]
    Stopped(Stop),
    #[error("{0}")]
    Failed(#[from] Failure),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Pending {
    #[error("{at} asks: {question}")]
    Answer { at: String, question: String, options: Vec<String> },
    #[error("{at} waits for approval: {preview}")]
    Approval { at: String, path: String, preview: String, fingerprint: String },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    #[error("it was stopped")]
    Cancelled,
    #[error("it was stopped after {limit} tokens")]
    Tokens { limit: usize },
    #[error("it was stopped after {limit} minutes")]
    Minutes { limit: u64 },
    /// What it was about to do is not allowed, or a person said no.
    #[error("{at} was not allowed to change {path}")]
    Refused { at: String, path: String },
}

/// Something went wrong, and where in the procedure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct Failure {
    pub at: String,
    pub what: String,
}

impl Failure {
    pub fn new(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self { at: at.into(), what: what.into() }
    }
}
