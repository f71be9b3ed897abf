//! Tables: what the steps of a run hand to each other. Each value knows where it comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::Language;

/// Rows of named columns. One value is a table of one row and one column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub columns: Vec<Column>,
    /// Each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What the values of a column are, besides empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    /// Decimal digits with a point and perhaps a minus sign, of any length: `-1234.50`.
    Number,
    /// `2026-03-01`
    Date,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// Written as its column's [`Kind`] says; empty when there is none.
    pub text: String,
    pub evidence: Evidence,
}

/// Why a value stands where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Evidence {
    /// A person gave it.
    Given,
    /// It is read off what stands at these places.
    Quoted { places: Vec<Place> },
    /// Code worked it out of other values.
    Computed,
    /// A model chose it among what was allowed.
    Chosen,
    /// A model wrote it.
    Written,
    /// A model wrote it, and a figure of it stands nowhere in what it read.
    Unsupported,
    /// It was looked for and not found.
    Missing,
}

/// Where a quote stands in a document of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The document's name in the run: of a file its file name.
    pub document: String,
    /// From 1.
    pub page: u32,
    /// Characters of the page's text.
    pub start: usize,
    pub end: usize,
    /// To the letter what stands there.
    pub quote: String,
    /// Of a sheet its name and cells: `Limits!B7`.
    pub cells: Option<String>,
}

/// An answer to a question in SQL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queried {
    pub table: Table,
    /// Of each column, the tables and their columns whose values it hands on unchanged.
    pub origins: Vec<Vec<(String, String)>>,
}

impl Place {
    /// As a person reads it: `contract.docx, p. 3`.
    pub fn told(&self, language: Language) -> String {
        match (&self.cells, language) {
            (Some(cells), Language::English) => format!("{}, {cells}", self.document),
            (Some(cells), Language::Chinese) => format!("{}，{cells}", self.document),
            (None, Language::English) => format!("{}, p. {}", self.document, self.page),
            (None, Language::Chinese) => format!("{}，第 {} 页", self.document, self.page),
        }
    }
}

impl Column {
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

impl Value {
    pub fn new(text: impl Into<String>, evidence: Evidence) -> Self {
        Self { text: text.into(), evidence }
    }

    pub fn missing() -> Self {
        Self::new("", Evidence::Missing)
    }

    pub fn computed(text: impl Into<String>) -> Self {
        Self::new(text, Evidence::Computed)
    }

    pub fn places(&self) -> &[Place] {
        match &self.evidence {
            Evidence::Quoted { places } => places,
            _ => &[],
        }
    }
}

impl Table {
    /// One row, with one value for each column.
    pub fn record(columns: Vec<Column>, values: Vec<Value>) -> Self {
        debug_assert_eq!(columns.len(), values.len(), "a value for each column");
        Self { columns, rows: vec![values] }
    }

    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The value of a column in a row; `None` when there is no such column or row.
    pub fn value(&self, row: usize, column: &str) -> Option<&Value> {
        self.rows.get(row)?.get(self.column(column)?)
    }
}
