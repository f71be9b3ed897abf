//! `inhouse remove`: sources out of memory.

use std::path::{Path, PathBuf};

use clap::Args;
use inhouse_agent::source::Source;
use inhouse_app::AppError;

use crate::command::print_json;
use crate::command::sources::SourceLine;
use crate::{Context, End};

#[derive(Debug, Args)]
pub struct Remove {
    /// Numbers as `inhouse sources` shows them, files, or folders with all that is in them
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
}

#[derive(serde::Serialize)]
struct Output {
    removed: Vec<SourceLine>,
}

impl Remove {
    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        let known = context.app.sources()?;
        let mut removed: Vec<Source> = Vec::new();
        for named in &self.sources {
            let number: Option<i64> = named.parse().ok();
            let path = std::path::absolute(named).unwrap_or_else(|_| PathBuf::from(named));
            let chosen: Vec<&Source> =
                known.iter().filter(|source| number == Some(source.id.0) || is_at(source, &path)).collect();
            if chosen.is_empty() {
                return Err(AppError::NotFound { what: format!("source {named}") });
            }
            removed
                .extend(chosen.into_iter().filter(|one| !removed.contains(one)).cloned().collect::<Vec<_>>());
        }
        for source in &removed {
            context.app.remove_source(source.id).await?;
        }
        if context.json {
            print_json(&Output { removed: removed.iter().map(SourceLine::of).collect() })?;
        } else {
            for source in &removed {
                println!("removed from memory: {}", source.path.display());
            }
        }
        Ok(End::Done)
    }
}

fn is_at(source: &Source, path: &Path) -> bool {
    source.path == path || source.path.starts_with(path)
}
