//! The run loop: an agent's procedure is carried to its end, or to where a person is needed.
//!
//! The loop owns what happens in which order and what counts as done; all that touches the world goes
//! through [`World`]. What the model answered, what a person decided and what was written is noted as an
//! [`Event`] before it is used, and everything else follows from that: carried out again with the same
//! events, a run does nothing twice and goes on where it was. So a crash costs one answer of the model
//! at most.
//!
//! Small models first: a question is always about a short text and answered under a constraint. A quote
//! can only be a stretch of the text, a choice only one of the options, a figure only one that stands in
//! the quote. Arithmetic, comparing and counting are SQL.

pub mod artifact;
mod checks;
mod clause;
mod compare;
mod document;
mod event;
pub(crate) mod figures;
mod filing;
mod fill;
mod folder;
mod form;
mod free;
mod letters;
mod output;
mod sheet;
mod steps;
mod translate;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::answer::Language;
use crate::cancel::Cancel;
use crate::definition::{Agent, Input, InputKind};
use crate::table::{Column, Evidence, Kind, Table, Value};

pub use crate::call::ToolSpec;
pub use compare::{Clause, Compared};
pub use document::{Document, Piece};
pub use event::{Event, Outcome};
pub use world::{Failure, Filing, Halt, Pending, Redacted, Stop, World, Wrote};

use event::Past;

/// What a person hands over.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub language: Language,
    pub seed: u64,
    /// By the input's name; of a file its path.
    pub given: BTreeMap<String, String>,
    /// The agent's folder, where its templates and its own documents stand.
    pub folder: PathBuf,
    /// The day on which it was handed over: `2026-03-01`.
    pub today: String,
}

/// What a name of the procedure stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Yield {
    Document(Document),
    Table(Table),
}

/// A run under way.
pub(crate) struct Run<'a> {
    agent: &'a Agent,
    task: &'a Task,
    world: &'a mut dyn World,
    past: Past,
    cancel: &'a Cancel,
    yields: BTreeMap<String, Yield>,
    /// Documents of folders that were given.
    documents: Vec<Document>,
    /// Folders that were given, by the input's name.
    folders: BTreeMap<String, PathBuf>,
    /// The model of the step under way, when it is not the agent's.
    model: Option<&'a str>,
    /// Files that were made, by the step's name.
    artifacts: BTreeMap<String, Artifact>,
    tokens: usize,
}

/// A file that the run made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Artifact {
    name: String,
    bytes: Vec<u8>,
}

/// Carries out what is left of a run, after `past`, and tells its outcome. Blocks; the caller brings
/// the thread.
pub fn carry_out(
    agent: &Agent,
    task: &Task,
    past: Vec<Event>,
    world: &mut dyn World,
    cancel: &Cancel,
) -> Result<Outcome, Halt> {
    let past = Past::new(past);
    let mut run = Run {
        agent,
        task,
        world,
        past,
        cancel,
        yields: BTreeMap::new(),
        documents: Vec::new(),
        folders: BTreeMap::new(),
        model: None,
        artifacts: BTreeMap::new(),
        tokens: 0,
    };
    run.yields.insert(ITSELF.to_owned(), Yield::Table(itself(task)));
    for input in &agent.inputs {
        run.take(input)?;
    }
    for step in &agent.steps {
        run.pace()?;
        run.note(Event::StepBegun { step: step.name.clone() })?;
        run.model = step.model.as_deref();
        let table = run.step(step)?;
        run.note(Event::StepDone { step: step.name.clone(), table: table.clone() })?;
        run.yields.insert(step.name.clone(), Yield::Table(table));
    }
    let mut failed = Vec::new();
    for check in &agent.checks {
        let detail = run.check(check)?;
        run.note(Event::Checked {
            check: check.name.clone(),
            passed: detail.is_none(),
            detail: detail.clone().unwrap_or_default(),
        })?;
        if detail.is_some() {
            failed.push(check.name.clone());
        }
    }
    let outcome = if failed.is_empty() { Outcome::Passed } else { Outcome::Failed { checks: failed } };
    run.note(Event::Ended { outcome: outcome.clone() })?;
    Ok(outcome)
}

/// The table of the run itself, of one row: `language` (`en`, `zh`) and `today`.
pub(crate) const ITSELF: &str = "run";

fn itself(task: &Task) -> Table {
    let language = match task.language {
        Language::English => "en",
        Language::Chinese => "zh",
    };
    let columns = vec![Column::new("language", Kind::Text), Column::new("today", Kind::Date)];
    Table::record(columns, vec![Value::computed(language), Value::computed(&task.today)])
}

impl Run<'_> {
    /// An input as the person gave it, or what stands in for it.
    fn take(&mut self, input: &Input) -> Result<(), Halt> {
        let given = self.task.given.get(&input.name).map(String::as_str).map(str::trim);
        let given = given.filter(|given| !given.is_empty());
        if given.is_none() && input.default.is_none() && input.required {
            return Err(self.fault(&input.name, format!("`{}` is not given", input.name)));
        }
        let own = || input.default.as_deref().map(|name| self.task.folder.join(name));
        match input.kind {
            InputKind::File => {
                let Some(path) = given.map(PathBuf::from).or_else(own) else {
                    // A document that nobody gave has nothing to say.
                    self.yields.insert(input.name.clone(), Yield::Document(Document::default()));
                    return Ok(());
                };
                let document = self.world.read(&path)?;
                self.note(Event::Read {
                    input: input.name.clone(),
                    document: document.name.clone(),
                    sha256: document.sha256.clone(),
                    pages: document.pages.len(),
                    empty_pages: document.empty_pages(),
                })?;
                self.yields.insert(input.name.clone(), Yield::Document(document));
            }
            InputKind::Folder => {
                let table = match given {
                    Some(path) => self.take_folder(&input.name, Path::new(path))?,
                    None => folder::nothing(),
                };
                self.yields.insert(input.name.clone(), Yield::Table(table));
            }
            InputKind::Text | InputKind::Number | InputKind::Date | InputKind::Choice => {
                let text = given.or(input.default.as_deref()).unwrap_or_default();
                let value = self.read_given(input, text)?;
                let kind = match input.kind {
                    InputKind::Number => Kind::Number,
                    InputKind::Date => Kind::Date,
                    _ => Kind::Text,
                };
                let table = Table::record(vec![Column::new("value", kind)], vec![value]);
                self.yields.insert(input.name.clone(), Yield::Table(table));
            }
        }
        Ok(())
    }

    fn read_given(&self, input: &Input, text: &str) -> Result<Value, Halt> {
        if text.is_empty() {
            return Ok(Value::missing());
        }
        let read = match input.kind {
            InputKind::Number => figures::number(text),
            InputKind::Date => figures::date(text),
            InputKind::Choice => {
                let is_it = |option: &&crate::definition::OptionOf| {
                    [&option.code, &option.says.en, &option.says.zh].iter().any(|says| *says == text)
                };
                input.options.iter().find(is_it).map(|option| option.code.clone())
            }
            InputKind::Text | InputKind::File | InputKind::Folder => Some(text.to_owned()),
        };
        match read {
            Some(text) => Ok(Value::new(text, Evidence::Given)),
            None => Err(self.fault(&input.name, format!("`{text}` can't be read as `{}`", input.name))),
        }
    }

    /// Ends the run where it has gone on long enough, or a person wishes it.
    fn pace(&self) -> Result<(), Halt> {
        let limits = &self.agent.limits;
        if self.cancel.is_cancelled() {
            return Err(Halt::Stopped(Stop::Cancelled));
        }
        if self.tokens > limits.tokens {
            return Err(Halt::Stopped(Stop::Tokens { limit: limits.tokens }));
        }
        if self.world.elapsed().as_secs() > limits.minutes * 60 {
            return Err(Halt::Stopped(Stop::Minutes { limit: limits.minutes }));
        }
        Ok(())
    }

    /// Notes an event that was not noted before.
    fn note(&mut self, event: Event) -> Result<(), Halt> {
        if self.past.holds(&event) { Ok(()) } else { Ok(self.world.note(&event)?) }
    }

    fn fault(&self, at: &str, what: impl Into<String>) -> Halt {
        Halt::Failed(Failure::new(at, what))
    }

    fn table(&self, at: &str, name: &str) -> Result<&Table, Halt> {
        match self.yields.get(name) {
            Some(Yield::Table(table)) => Ok(table),
            Some(Yield::Document(_)) => Err(self.fault(
                at,
                format!("`{name}` is a document, and a table is needed: read it with a step first"),
            )),
            None => Err(self.fault(at, format!("there is no `{name}` yet"))),
        }
    }

    /// All documents of the run.
    fn documents(&self) -> impl Iterator<Item = &Document> {
        let given = self.yields.values().filter_map(|kept| match kept {
            Yield::Document(document) => Some(document),
            Yield::Table(_) => None,
        });
        given.chain(&self.documents)
    }

    fn document(&self, at: &str, name: &str) -> Result<&Document, Halt> {
        match self.yields.get(name) {
            Some(Yield::Document(document)) => Ok(document),
            Some(Yield::Table(_)) => {
                Err(self.fault(at, format!("`{name}` is a table, and a document is needed")))
            }
            None => Err(self.fault(at, format!("there is no `{name}` yet"))),
        }
    }
}

#[cfg(test)]
mod tests;
