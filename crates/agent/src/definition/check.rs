//! Acceptance tests of a run, decided by code.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Words;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: String,
    /// What holds when it passes, for people.
    pub says: Words,
    pub kind: CheckKind,
    /// Where it begins in the file, from 1.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CheckKind {
    /// Every value of these columns is there.
    Filled { table: String, columns: Vec<String> },
    /// Every value of these columns that is there stands in its document, to the letter.
    Quoted { table: String, columns: Vec<String> },
    /// As many rows come out of a step as go in.
    SameRows { tables: Vec<String> },
    /// A question in SQL that finds no row.
    NoRow { sql: String },
    /// The artifact opens and holds text.
    Reopens { file: String },
    /// Nothing in the artifact looks like personal data, and none of the names that were to go.
    NoPersonalData { step: String },
}
