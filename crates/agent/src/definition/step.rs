//! The general steps that procedures are made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Words;
use crate::table::Kind;

#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub name: String,
    /// What it does, for people who look on.
    pub title: Words,
    pub work: Work,
    /// Where it begins in the file, from 1.
    pub line: usize,
}

/// What a step does. `from` and the like name inputs and earlier steps.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    Table(ReadTable),
    Split(Split),
    Form(Form),
    Extract(Extract),
    ForEach(ForEach),
    Query(Query),
    Redact(Redact),
    Ask(Ask),
    Free(Free),
    Write(Write),
    Fill(Fill),
}

/// Reads a sheet into a table: which of its columns is which, its headers say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadTable {
    pub from: String,
    /// Only sheets whose name holds this.
    pub sheet: Option<String>,
    pub columns: Vec<ColumnWanted>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnWanted {
    pub name: String,
    pub kind: Kind,
    /// How people head such a column; the first that fits is taken, to the letter before in part.
    pub headers: Vec<String>,
    #[serde(default = "super::yes")]
    pub required: bool,
}

/// Cuts a document into a table of its parts, with the columns `number` and `text`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    pub from: String,
    pub by: SplitBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// Each line that says something.
    Line,
    /// Lines up to an empty one or a heading.
    Paragraph,
    Sentence,
}

/// Reads the fields of a form into a table with the columns `label` and `value`: neighbours in the rows
/// of a table, and what stands around a colon. A field that is left empty or has only a line to write on
/// has no value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub from: String,
}

/// Fills fields out of documents: a table of one row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    /// Documents, searched together.
    pub from: Vec<String>,
    pub fields: Vec<Field>,
}

/// Fills fields for each row of a table: its rows with more columns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    pub rows: String,
    /// Documents in which the fields are looked up; without any, the row itself is read.
    #[serde(default)]
    pub read: Vec<String>,
    /// What to look up there; `{column}` stands for the row's value. Without it, the field's question.
    pub find: Option<Words>,
    pub fields: Vec<Field>,
}

/// One thing to find, choose or write.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    pub kind: FieldKind,
    /// The question that is put to the model; `{column}` stands for the row's value.
    #[serde(default)]
    pub ask: Words,
    /// A field before it, out of whose quote this one is read; for numbers and dates.
    pub of: Option<String>,
    /// Of a choice, what may be chosen.
    #[serde(default)]
    pub options: Vec<OptionOf>,
    /// The field is left out where a field before it has another value than one of these.
    #[serde(default)]
    pub when: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Words of the text, to the letter.
    Quote,
    /// A number that stands in the text.
    Number,
    /// A date that stands in the text.
    Date,
    /// Where a quote before it stands: a number that grows from the document's beginning to its end.
    Position,
    /// One of the options.
    Choice,
    /// A short text of the model's own, whose figures must stand in what it read.
    Text,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionOf {
    /// What stands in the table.
    pub code: String,
    /// What it means, to people and to the model.
    pub says: Words,
}

/// A question to tables in SQL, which reads and changes nothing.
///
/// Each table has the column `row_no`, from 1. A column of the result that is called `T_row` says that
/// the values of its row stand in that row of the table `T`, and carries over where they stand.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    pub sql: String,
}

/// Takes personal data out of a document: an artifact, and the table of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redact {
    pub from: String,
    /// Where names that are to go stand: a column of a table, as `people.name`.
    #[serde(default)]
    pub names: Vec<String>,
    /// The artifact's file name; `{input}` stands for the document's own without its ending.
    pub file: String,
}

/// A question to the person: a table with the column `answer`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub question: Words,
    #[serde(default)]
    pub options: Vec<OptionOf>,
}

/// Lets the model choose tools, one after the other, until it can answer: a table of the calls with the
/// columns `tool`, `arguments` and `result`; the last row is the `answer`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Free {
    /// What is to be done; `{step.column}` stands for the value of a table of one row.
    pub goal: Words,
    /// Tools that only read or compute: `search`, `calculate`.
    pub tools: Vec<String>,
    /// Calls at most.
    #[serde(default = "eight")]
    pub most: usize,
}

fn eight() -> usize {
    8
}

/// Writes tables and texts into a new file, whose ending decides how: xlsx, docx, csv or md.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    pub file: String,
    #[serde(default)]
    pub heading: Words,
    /// Paragraphs between heading and tables; `{step.column}` stands for the value of a table of one
    /// row.
    #[serde(default)]
    pub paragraphs: Vec<Words>,
    #[serde(default)]
    pub tables: Vec<TableOut>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableOut {
    pub from: String,
    pub title: Words,
    pub columns: Vec<ColumnOut>,
    /// Columns, by their `from`, that get a sum.
    #[serde(default)]
    pub totals: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnOut {
    /// A column of the table; with `@place` behind it, where its value stands.
    pub from: String,
    pub title: Words,
    /// What is written in place of a code.
    #[serde(default)]
    pub words: BTreeMap<String, Words>,
}

/// Fills a template of the agent's folder: `{{step.column}}`, and for each row of a table the rows and
/// paragraphs of the template that name its columns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    pub file: String,
    /// A DOCX in the agent's folder.
    pub template: Words,
    /// What is written in place of codes, by `step.column`.
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<String, Words>>,
}
