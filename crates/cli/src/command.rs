//! The commands, one file each.

pub mod add;
pub mod ask;
pub mod models;
pub mod remove;
pub mod search;
pub mod sources;

use inhouse_app::AppError;
use serde::Serialize;

/// Prints one JSON object on one line.
fn print_json(object: &impl Serialize) -> Result<(), AppError> {
    let line = serde_json::to_string(object).map_err(|error| AppError::Bug { what: error.to_string() })?;
    println!("{line}");
    Ok(())
}
