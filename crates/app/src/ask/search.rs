//! Finding passages.

use std::path::PathBuf;
use std::sync::Arc;

use inhouse_agent::embed::Purpose;
use inhouse_agent::passage::Passage;
use inhouse_agent::source::SourceId;
use inhouse_memory::Query;

use crate::{App, AppError, blocking};

/// A passage that was found, with where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub passage: Passage,
    pub path: PathBuf,
    /// For ranking only; larger is better.
    pub score: f32,
}

impl App {
    /// Every passage that a search can find, once for each time that it stands in memory: what is
    /// in memory, as the record knows it.
    pub async fn all_passages(&self) -> Result<Vec<Passage>, AppError> {
        let finder = self.finder().await?;
        let ids: Vec<_> = finder.memory.contents().await?.into_iter().map(|(_, passage)| passage).collect();
        Ok(self.record().usable_passages(&ids)?)
    }

    /// The passages nearest to a question, best first, at most `top`; of sources in any of the collections,
    /// of all when none is named.
    pub async fn search(
        &self,
        question: &str,
        top: usize,
        collections: &[String],
    ) -> Result<Vec<Found>, AppError> {
        let within = self.sources_for(collections, &[])?;
        self.search_within(question, top, within.as_deref()).await
    }

    /// The same, only among these sources.
    pub(crate) async fn search_within(
        &self,
        question: &str,
        top: usize,
        within: Option<&[SourceId]>,
    ) -> Result<Vec<Found>, AppError> {
        if within.is_some_and(<[SourceId]>::is_empty) || self.record().sources()?.is_empty() {
            return Ok(Vec::new());
        }
        let finder = self.finder().await?;
        let embedder = Arc::clone(&finder.embedder);
        let text = question.to_owned();
        let vectors = blocking(move || embedder.embed(&[&text], Purpose::Query)).await??;
        let vector = vectors.first().expect("one text gives one vector");
        // Memory may still hold what the record has removed, so a few more are asked for.
        let query = Query { words: question, vector, limit: top + 16, within };
        let hits = finder.memory.search(query).await?;
        let ids: Vec<_> = hits.iter().map(|hit| hit.passage).collect();
        let mut found = Vec::new();
        for passage in self.record().usable_passages(&ids)? {
            let score = hits.iter().find(|hit| hit.passage == passage.id).map_or(0.0, |hit| hit.score);
            let path = self.record().source(passage.anchor.source)?.path;
            found.push(Found { passage, path, score });
            if found.len() == top {
                break;
            }
        }
        Ok(found)
    }
}
