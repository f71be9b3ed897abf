//! `inhouse search`: passages that speak of something.

use std::path::PathBuf;

use clap::Args;
use inhouse_app::AppError;
use inhouse_app::ask::{DEFAULT_TOP, Found};
use serde::Serialize;

use crate::command::{print_json, read_questions};
use crate::{Context, End};

#[derive(Debug, Args)]
pub struct Search {
    /// What to look for, in English or Chinese
    #[arg(required_unless_present = "questions", conflicts_with = "questions")]
    query: Option<String>,
    /// A text file with one query a line, searched one after the other
    #[arg(long, value_name = "FILE")]
    questions: Option<PathBuf>,
    /// Passages to find
    #[arg(long, value_name = "N", default_value_t = DEFAULT_TOP)]
    top: usize,
    /// Searches only what lies in this collection; given several times, in any of them
    #[arg(long = "collection", value_name = "NAME")]
    collections: Vec<String>,
}

#[derive(Serialize)]
struct Output<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<&'a str>,
    hits: Vec<HitLine>,
}

#[derive(Serialize)]
struct HitLine {
    source: i64,
    path: String,
    page: u32,
    score: f32,
    text: String,
}

impl Search {
    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        let queries = match (self.query, &self.questions) {
            (Some(query), _) => vec![query],
            (None, Some(file)) => read_questions(file)?,
            (None, None) => return Err(AppError::EmptyQuestion),
        };
        for query in &queries {
            let found = context.app.search(query, self.top, &self.collections).await?;
            if context.json {
                print_json(&Output {
                    question: self.questions.is_some().then_some(query.as_str()),
                    hits: found.iter().map(hit).collect(),
                })?;
            } else {
                if self.questions.is_some() {
                    println!("> {query}");
                }
                print(&found, &self.collections);
            }
            if context.cancel.is_cancelled() {
                return Ok(End::Cancelled);
            }
        }
        Ok(End::Done)
    }
}

fn print(found: &[Found], collections: &[String]) {
    match (found, collections) {
        ([], []) => println!("nothing found; `inhouse sources` shows what is in memory"),
        ([], names) => {
            println!("nothing found in {}; without --collection all is searched", names.join(", "))
        }
        _ => {}
    }
    for (number, found) in (1..).zip(found) {
        println!("{number}. {}, page {}", found.path.display(), found.passage.anchor.page);
        println!("{}\n", found.passage.text.trim());
    }
}

fn hit(found: &Found) -> HitLine {
    HitLine {
        source: found.passage.anchor.source.0,
        path: found.path.display().to_string(),
        page: found.passage.anchor.page,
        score: found.score,
        text: found.passage.text.clone(),
    }
}
