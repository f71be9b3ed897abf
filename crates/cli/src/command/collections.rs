//! `inhouse collections`: named sets of sources that agents may read.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use inhouse_app::AppError;
use serde::Serialize;

use crate::command::print_json;
use crate::{Context, End};

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
}

#[derive(Serialize)]
struct Output {
    collections: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    paths: Vec<PathBuf>,
}

impl Collections {
    pub fn run(self, context: &Context) -> Result<End, AppError> {
        match self.what.unwrap_or(What::List) {
            What::List => {}
            What::Add { name, paths } => {
                for path in &paths {
                    context.app.add_to_collection(&name, path)?;
                }
            }
            What::Remove { name, paths } if paths.is_empty() => {
                context.app.remove_from_collection(&name, None)?;
            }
            What::Remove { name, paths } => {
                for path in &paths {
                    context.app.remove_from_collection(&name, Some(path))?;
                }
            }
        }
        let all = context.app.collections()?;
        if context.json {
            let line = |one: inhouse_app::collections::Collection| Line { name: one.name, paths: one.paths };
            print_json(&Output { collections: all.into_iter().map(line).collect() })?;
        } else {
            for one in all {
                println!("{}", one.name);
                one.paths.iter().for_each(|path| println!("  {}", path.display()));
            }
        }
        Ok(End::Done)
    }
}
