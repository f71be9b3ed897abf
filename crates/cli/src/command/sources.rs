//! `inhouse sources`: what is in memory, and what is not and why.

use inhouse_agent::source::{Source, SourceState};
use inhouse_app::AppError;
use serde::Serialize;

use crate::command::print_json;
use crate::{Context, End};

/// A source as programs get it.
#[derive(Serialize)]
pub struct SourceLine {
    id: i64,
    path: String,
    state: &'static str,
    /// A code; null unless it failed.
    reason: Option<&'static str>,
    pages: u32,
    pages_empty: usize,
    passages: u32,
    sha256: Option<String>,
}

impl SourceLine {
    pub fn of(source: &Source) -> Self {
        Self {
            id: source.id.0,
            path: source.path.display().to_string(),
            state: source.state.code(),
            reason: source.failure.as_ref().map(|failure| failure.code.code()),
            pages: source.pages,
            pages_empty: source.empty_pages.len(),
            passages: source.passages,
            sha256: source.sha256.map(|hash| hash.to_string()),
        }
    }
}

#[derive(Serialize)]
struct Output {
    sources: Vec<SourceLine>,
}

pub fn run(context: &Context) -> Result<End, AppError> {
    let sources = context.app.sources()?;
    if context.json {
        print_json(&Output { sources: sources.iter().map(SourceLine::of).collect() })?;
    } else if sources.is_empty() {
        println!("no sources yet; add files or a folder with `inhouse add PATH`");
    } else {
        for source in &sources {
            println!("{:>4}  {}", source.id.0, describe(source));
        }
    }
    Ok(End::Done)
}

/// One line for people, with a second one when there is something to do.
pub fn describe(source: &Source) -> String {
    let state = match source.state {
        SourceState::Queued => "queued",
        SourceState::Reading => "reading",
        SourceState::Ready => "ready",
        SourceState::PartlyRead => "partly read",
        SourceState::Failed => "failed",
    };
    let mut line = format!("{state:<12} {}", source.path.display());
    match &source.failure {
        Some(failure) => {
            line.push_str(&format!(": {}\n             {}", failure.code.message(), failure.code.hint()));
        }
        None => {
            line.push_str(&format!("  {} pages, {} passages", source.pages, source.passages));
            if source.passages_in_memory < source.passages {
                line.push_str(&format!(", {} in memory", source.passages_in_memory));
            }
            if !source.empty_pages.is_empty() {
                let numbers: Vec<_> = source.empty_pages.iter().map(u32::to_string).collect();
                line.push_str(&format!(", no text on {}", numbers.join(", ")));
            }
        }
    }
    line
}
