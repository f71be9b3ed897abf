//! `inhouse collections`: named sets of sources that agents may read.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use inhouse_app::AppError;
use inhouse_app::pins::{PinCost, PinProgress};
use serde::Serialize;

use crate::command::print_json;
use crate::{Context, End, progress};

#[derive(Debug, Args)]
pub struct Collections {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the collections
    List,
    /// Put files and folders into a collection, which is made when it is not there
    Add {
        name: String,
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Take files and folders out of a collection, or without any the collection away
    Remove { name: String, paths: Vec<PathBuf> },
    /// Compute ahead what questions about a collection need; says first what it takes
    Pin {
        name: String,
        /// Say only what it takes
        #[arg(long)]
        dry_run: bool,
        /// The chat model, by its id
        #[arg(long, value_name = "ID")]
        model: Option<String>,
    },
    /// Pin a collection no longer, and remove what was computed ahead of it
    Unpin { name: String },
}

#[derive(Serialize)]
struct Output {
    collections: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    paths: Vec<PathBuf>,
    pinned: bool,
}

#[derive(Serialize)]
struct PinOutput<'a> {
    name: &'a str,
    passages: usize,
    /// About, for all of it.
    bytes_needed: u64,
    bytes_used: u64,
    bytes_limit: u64,
    /// Beginnings of prompts, and how many of them are ready.
    beginnings: usize,
    ready: usize,
    full: bool,
}

impl Collections {
    /// The chat model that was named.
    pub fn model(&self) -> Option<String> {
        match &self.what {
            Some(What::Pin { model, .. }) => model.clone(),
            _ => None,
        }
    }

    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        match self.what.unwrap_or(What::List) {
            What::List => {}
            What::Add { name, paths } => {
                for path in &paths {
                    context.app.add_to_collection(&name, path)?;
                }
            }
            What::Remove { name, paths } if paths.is_empty() => {
                context.app.remove_from_collection(&name, None).await?;
            }
            What::Pin { name, dry_run, .. } => return pin(context, &name, dry_run).await,
            What::Unpin { name } => context.app.set_pinned(&name, false).await?,
            What::Remove { name, paths } => {
                for path in &paths {
                    context.app.remove_from_collection(&name, Some(path)).await?;
                }
            }
        }
        let all = context.app.collections()?;
        if context.json {
            let line = |one: inhouse_app::collections::Collection| Line {
                name: one.name,
                paths: one.paths,
                pinned: one.is_pinned,
            };
            print_json(&Output { collections: all.into_iter().map(line).collect() })?;
        } else {
            for one in all {
                println!("{}{}", one.name, if one.is_pinned { "  (pinned)" } else { "" });
                one.paths.iter().for_each(|path| println!("  {}", path.display()));
            }
        }
        Ok(End::Done)
    }
}

async fn pin(context: &Context, name: &str, only_look: bool) -> Result<End, AppError> {
    let cost = context.app.cost_of_pinning(name).await?;
    if !context.json {
        println!("{}", told(name, &cost));
    }
    let done = if only_look {
        PinProgress { bytes: cost.used, ..PinProgress::default() }
    } else {
        context.app.set_pinned(name, true).await?;
        let bar = progress::bar("{bar:30} {pos}/{len}  {wide_msg}  {eta} left");
        let shown = bar.clone();
        let done = context.app.prepare_pinned(&context.cancel, move |progress| {
            shown.set_length(progress.all as u64);
            shown.set_position(progress.done as u64);
            shown.set_message(format!("{} MB on disk", progress.bytes >> 20));
        });
        let done = done.await;
        bar.finish_and_clear();
        done?
    };
    if context.json {
        print_json(&PinOutput {
            name,
            passages: cost.passages,
            bytes_needed: cost.bytes,
            bytes_used: done.bytes,
            bytes_limit: cost.limit,
            beginnings: done.all,
            ready: done.done,
            full: done.is_full,
        })?;
    } else if !only_look {
        println!("{} of {} are ready, {} MB on disk", done.done, done.all, done.bytes >> 20);
        if done.is_full {
            println!("there is no room for the rest: unpin another collection, or free disk space");
        }
    }
    Ok(if context.cancel.is_cancelled() { End::Cancelled } else { End::Done })
}

fn told(name: &str, cost: &PinCost) -> String {
    format!(
        "{name}: {} passages, about {} MB of disk; {} of {} MB are in use",
        cost.passages,
        cost.bytes.div_ceil(1 << 20),
        cost.used >> 20,
        cost.limit >> 20,
    )
}
