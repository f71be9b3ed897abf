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
    /// A template with its places filled.
    Filled {
        template: &'a Path,
        values: BTreeMap<String, String>,
        lists: BTreeMap<String, List>,
    },
}

/// Texts for what a template repeats, by column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
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
