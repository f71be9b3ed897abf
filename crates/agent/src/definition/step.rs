//! The general steps that procedures are made of.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Words;
use crate::table::Kind;

#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub name: String,
    /// What it does, for people who look on.
    pub title: Words,
    pub work: Work,
    /// The catalogue's id of the model that answers its questions; `None` for the agent's.
    pub model: Option<String>,
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
    Compare(Compare),
    Translate(Translate),
    Redact(Redact),
    Ask(Ask),
    Free(Free),
    Write(Write),
    Fill(Fill),
    Mail(Mail),
    Calendar(Calendar),
    File(FileAway),
}

/// Reads a sheet into a table: which of its columns is which, its headers say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadTable {
    pub from: String,
    /// Only sheets whose name holds this.
    pub sheet: Option<String>,
    pub columns: Vec<ColumnWanted>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    pub from: String,
    pub by: SplitBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub from: String,
}

/// Fills fields out of documents: a table of one row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    /// Documents, searched together.
    pub from: Vec<String>,
    pub fields: Vec<Field>,
}

/// Fills fields for each row of a table: its rows with more columns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    pub sql: String,
}

/// Two versions of a document, clause by clause: a table with the columns `kind` (same, moved, changed,
/// added, removed, renumbered), `old_number`, `new_number`, `old`, `new` and `change`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    pub old: String,
    pub new: String,
}

/// Translates the texts of a table's rows: the rows with the columns `translation` and `problem`. A
/// figure that is lost or invented, and a term of the glossary that is not kept, is a problem.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Translate {
    pub rows: String,
    /// The column with the texts.
    pub column: String,
    /// An input or a step whose `value` is the language to translate into, `en` or `zh`; or one of
    /// these itself.
    pub into: String,
    /// A table with the columns `source` and `target`.
    pub glossary: Option<String>,
}

/// Takes personal data out of a document: an artifact, and the table of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redact {
    pub from: String,
    /// Where names that are to go stand: a column of a table, as `people.name`.
    #[serde(default)]
    pub names: Vec<String>,
    /// The artifact's file name, without an ending; `{input}` stands for the document's own.
    #[serde(deserialize_with = "super::one_or_both")]
    #[schemars(with = "super::OneOrBoth")]
    pub file: Words,
}

/// A question to the person: a table with the column `answer`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub question: Words,
    #[serde(default)]
    pub options: Vec<OptionOf>,
}

/// Lets the model choose tools, one after the other, until it can answer: a table of the calls with the
/// columns `tool`, `arguments` and `result`; the last row is the `answer`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
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

/// Writes tables and texts into a new file, whose ending decides how: xlsx, docx, pdf, csv or md.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Write {
    #[serde(deserialize_with = "super::one_or_both")]
    #[schemars(with = "super::OneOrBoth")]
    pub file: Words,
    #[serde(default)]
    pub heading: Words,
    /// Paragraphs between heading and tables; `{step.column}` stands for the value of a table of one
    /// row.
    #[serde(default)]
    pub paragraphs: Vec<Words>,
    #[serde(default)]
    pub tables: Vec<TableOut>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableOut {
    pub from: String,
    pub title: Words,
    pub columns: Vec<ColumnOut>,
    /// Columns, by their `from`, that get a sum.
    #[serde(default)]
    pub totals: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    #[serde(deserialize_with = "super::one_or_both")]
    #[schemars(with = "super::OneOrBoth")]
    pub file: Words,
    /// A DOCX or XLSX in the agent's folder.
    pub template: Words,
    /// What is written in place of codes, by `step.column`.
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<String, Words>>,
}

/// Drafts a mail as a file that a mail program opens; nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    #[serde(deserialize_with = "super::one_or_both")]
    #[schemars(with = "super::OneOrBoth")]
    pub file: Words,
    /// Addresses, parted by commas; `{step.column}` as in texts.
    #[serde(default)]
    pub to: String,
    #[serde(default)]
    pub cc: String,
    pub subject: Words,
    pub paragraphs: Vec<Words>,
    /// Tables whose rows stand below the paragraphs as a list.
    #[serde(default)]
    pub lists: Vec<ListOut>,
    /// Steps whose files go with it.
    #[serde(default)]
    pub attach: Vec<String>,
}

/// Rows of a table as lines of a text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListOut {
    pub from: String,
    /// `{column}` stands for the row's value.
    pub line: Words,
}

/// Writes the rows of a table as entries of a calendar. A row without a day has none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    #[serde(deserialize_with = "super::one_or_both")]
    #[schemars(with = "super::OneOrBoth")]
    pub file: Words,
    pub from: String,
    /// What an entry is called; `{column}` stands for the row's value.
    pub entry: Words,
    /// The column with the day.
    pub day: String,
    #[serde(default)]
    pub notes: Words,
    /// Days before, at which it reminds.
    pub remind: Option<u16>,
}

/// Moves or copies files of a folder that a person gave: the rows with the columns `to` and `state`
/// (`filed`, or `left` where a value of its new name is missing).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileAway {
    /// The input with the folder.
    pub folder: String,
    /// A table whose column `file` holds paths beneath it.
    pub rows: String,
    /// The new path beneath the folder, without the ending, which stays; `{column}` stands for the
    /// row's value.
    #[serde(deserialize_with = "super::one_or_both")]
    #[schemars(with = "super::OneOrBoth")]
    pub to: Words,
    pub how: FileHow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileHow {
    Move,
    Copy,
}
