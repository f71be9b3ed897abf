//! `inhouse add`: files and folders into memory.

use std::path::PathBuf;

use clap::Args;
use inhouse_agent::source::{Source, SourceState};
use inhouse_app::sources::AddReport;
use inhouse_app::{AppError, AppEvent};
use serde::Serialize;

use crate::command::print_json;
use crate::command::sources::{SourceLine, describe};
use crate::{Context, End, progress};

#[derive(Debug, Args)]
pub struct Add {
    /// Files, and folders with all readable files in them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Output {
    /// The sources that the given paths hold.
    sources: Vec<SourceLine>,
    unchanged: usize,
    skipped: Vec<SkippedLine>,
}

#[derive(Serialize)]
struct SkippedLine {
    path: String,
    reason: String,
}

impl Add {
    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        let app = &context.app;
        let report = app.add(&self.paths).await?;
        let watching = tokio::spawn(watch(app.clone()));
        let read = app.read_queued().await;
        watching.abort();
        read?;

        let added: Vec<Source> = app.sources()?.into_iter().filter(|source| is_of(source, &report)).collect();
        if context.json {
            print_json(&output(&added, &report))?;
        } else {
            print(&added, &report);
        }
        if context.cancel.is_cancelled() {
            return Ok(End::Cancelled);
        }
        let any_usable =
            added.iter().any(|source| matches!(source.state, SourceState::Ready | SourceState::PartlyRead));
        Ok(if any_usable { End::Done } else { End::NothingDone })
    }
}

fn is_of(source: &Source, report: &AddReport) -> bool {
    [&report.queued, &report.unchanged, &report.failed].iter().any(|ids| ids.contains(&source.id))
}

fn output(added: &[Source], report: &AddReport) -> Output {
    let skipped = report.skipped.iter().map(|skipped| SkippedLine {
        path: skipped.path.display().to_string(),
        reason: skipped.reason.code.code().to_owned(),
    });
    Output {
        sources: added.iter().map(SourceLine::of).collect(),
        unchanged: report.unchanged.len(),
        skipped: skipped.collect(),
    }
}

fn print(added: &[Source], report: &AddReport) {
    for source in added {
        println!("{}", describe(source));
    }
    for skipped in &report.skipped {
        println!("left out     {}: {}", skipped.path.display(), skipped.reason.code.message());
    }
    let usable =
        added.iter().filter(|source| matches!(source.state, SourceState::Ready | SourceState::PartlyRead));
    println!("{} of {} files in memory", usable.count(), added.len());
}

/// Draws what is being read.
async fn watch(app: inhouse_app::App) {
    let mut events = app.events();
    let bar = progress::bar("{bar:30} {pos}/{len} passages  {wide_msg}");
    loop {
        match events.recv().await {
            Ok(AppEvent::SourceChanged(id)) => {
                let Ok(source) = app.source(id) else { continue };
                bar.set_length(source.passages.into());
                bar.set_position(source.passages_in_memory.into());
                bar.set_message(source.path.file_name().unwrap_or_default().to_string_lossy().into_owned());
            }
            Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}
