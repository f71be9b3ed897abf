//! `inhouse search`: passages that speak of something.

use clap::Args;
use inhouse_app::AppError;
use inhouse_app::ask::{DEFAULT_TOP, Found};
use serde::Serialize;

use crate::command::print_json;
use crate::{Context, End};

#[derive(Debug, Args)]
pub struct Search {
    /// What to look for, in English or Chinese
    query: String,
    /// Passages to find
    #[arg(long, value_name = "N", default_value_t = DEFAULT_TOP)]
    top: usize,
}

#[derive(Serialize)]
struct Output {
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
        let found = context.app.search(&self.query, self.top).await?;
        if context.json {
            print_json(&Output { hits: found.iter().map(hit).collect() })?;
        } else if found.is_empty() {
            println!("nothing found; `inhouse sources` shows what is in memory");
        } else {
            for (number, found) in (1..).zip(&found) {
                println!("{number}. {}, page {}", found.path.display(), found.passage.anchor.page);
                println!("{}\n", found.passage.text.trim());
            }
        }
        Ok(End::Done)
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
