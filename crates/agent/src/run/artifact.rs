//! What a file that a run makes shall hold, before it becomes bytes.

use std::collections::BTreeMap;
use std::path::Path;

use crate::table::Kind;

/// A file to be made.
#[derive(Debug, Clone, PartialEq)]
pub enum Artifact<'a> {
    Workbook(Vec<Grid>),
    Csv(Grid),
    Markdown(Vec<Block>),
    Docx(Vec<Block>),
    Pdf(Vec<Block>),
    Mail(Draft<'a>),
    /// Entries, and the day on which they were made.
    Calendar(Vec<Entry>, String),
    /// A template with its places filled.
    Filled {
        template: &'a Path,
        values: BTreeMap<String, (String, Kind)>,
        lists: BTreeMap<String, List>,
    },
}

/// Texts for what a template repeats, by column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<(String, Kind)>>,
}

/// A mail that nobody has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft<'a> {
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub subject: String,
    pub paragraphs: Vec<String>,
    /// File names and what the files hold.
    pub attachments: Vec<(&'a str, &'a [u8])>,
    /// The day on which it was drafted.
    pub day: String,
}

/// An entry of a calendar, for a whole day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub title: String,
    pub day: String,
    pub notes: String,
    /// Days before, at which it reminds.
    pub remind: Option<u16>,
}

/// A table as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    pub title: String,
    pub columns: Vec<(String, Kind)>,
    /// Empty texts for what is missing.
    pub rows: Vec<Vec<String>>,
    /// Columns, from 0, that get a sum.
    pub totals: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Heading(String),
    Paragraph(String),
    Table(Grid),
}
