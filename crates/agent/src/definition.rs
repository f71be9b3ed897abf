//! What an agent is: one TOML file, read strictly.
//!
//! A role is data. Its procedure is a list of steps out of the general ones in [`step`], each with a
//! name under which later steps find what it yields: always a [`crate::table::Table`], or a document.

mod check;
mod parse;
mod schema;
mod step;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::answer::Language;

pub use check::{Check, CheckKind};
pub use parse::Problem;
pub use schema::schema;
pub use step::{
    Ask, Calendar, ColumnOut, ColumnWanted, Compare, Extract, Field, FieldKind, FileAway, FileHow, Fill,
    ForEach, Form, Free, ListOut, Mail, OptionOf, Query, ReadTable, Redact, Split, SplitBy, Step, TableOut,
    Translate, Work, Write,
};

/// An agent as its file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// The name of its folder, also in commands: `contract-reviewer`.
    pub id: String,
    pub name: Words,
    pub description: Words,
    /// A heading of the gallery: `office`, `finance`.
    pub industry: String,
    /// Who it is and what it minds, at the beginning of each prompt.
    pub instructions: Words,
    /// The catalogue's id of the model; `None` for the one in use.
    pub model: Option<String>,
    /// Names of the collections that it may search; none means all that the person has in memory.
    pub collections: Vec<String>,
    /// Tools that it may use when it is asked in a chat, besides searching: `calculate`.
    pub tools: Vec<String>,
    pub inputs: Vec<Input>,
    pub permissions: BTreeMap<Tool, Permission>,
    pub limits: Limits,
    pub steps: Vec<Step>,
    pub checks: Vec<Check>,
    /// The file that it was read from, to the letter.
    pub toml: String,
}

/// A text in each language of the product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub en: String,
    pub zh: String,
}

impl Words {
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Chinese => &self.zh,
        }
    }
}

/// What a person hands over with a task.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub name: String,
    pub label: Words,
    pub kind: InputKind,
    #[serde(default = "yes")]
    pub required: bool,
    /// What stands in for it when nothing is given; of a file one in the agent's folder.
    pub default: Option<String>,
    /// Of a choice, what may be chosen.
    #[serde(default)]
    pub options: Vec<OptionOf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    File,
    /// A folder: a table of the files in it, with the columns `file` (the path beneath the folder),
    /// `name`, `ending`, `pages`, `text` (the beginning) and `problem` (why it can't be read).
    Folder,
    Text,
    Number,
    Date,
    Choice,
}

/// What needs a person's leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Writing a file outside the agent's own folder.
    Write,
    /// Moving or copying the person's files within a folder that was given.
    File,
}

impl Tool {
    /// As it is written in agents' files and commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::File => "file",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Write, Self::File].into_iter().find(|tool| tool.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    Allow,
    Ask,
    Never,
}

/// Where a run is stopped, whatever it has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Tokens that the model reads and writes, all in all.
    pub tokens: usize,
    pub minutes: u64,
    /// Rows that a step goes through.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tokens: 400_000, minutes: 120, rows: 2_000 }
    }
}

impl Agent {
    /// Reads an agent's file. All that is wrong with it is told, each with its line.
    pub fn parse(id: &str, toml: &str) -> Result<Self, Vec<Problem>> {
        parse::parse(id, toml)
    }

    /// Asked where the agent's file says nothing.
    pub fn permission(&self, tool: Tool) -> Permission {
        self.permissions.get(&tool).copied().unwrap_or(Permission::Ask)
    }
}

/// A text for each language, or one for both.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a text, or one in en and zh")]
enum OneOrBoth {
    One(String),
    Both(Words),
}

fn one_or_both<'de, D: Deserializer<'de>>(from: D) -> Result<Words, D::Error> {
    Ok(match OneOrBoth::deserialize(from)? {
        OneOrBoth::One(text) => Words { en: text.clone(), zh: text },
        OneOrBoth::Both(words) => words,
    })
}

fn yes() -> bool {
    true
}
