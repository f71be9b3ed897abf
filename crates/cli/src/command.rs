//! The commands, one file each.

pub mod add;
pub mod agents;
pub mod ask;
pub mod bench;
pub mod collections;
pub mod models;
pub mod remove;
pub mod runs;
pub mod search;
pub mod sources;

use std::fs;
use std::path::Path;

use inhouse_app::AppError;
use serde::Serialize;

/// Prints one JSON object on one line.
fn print_json(object: &impl Serialize) -> Result<(), AppError> {
    let line = serde_json::to_string(object).map_err(|error| AppError::Bug { what: error.to_string() })?;
    println!("{line}");
    Ok(())
}

/// The lines of a file that have something in them.
fn read_questions(file: &Path) -> Result<Vec<String>, AppError> {
    let text = fs::read_to_string(file).map_err(|source| AppError::Io {
        doing: "read the questions in",
        path: file.to_owned(),
        source,
    })?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
