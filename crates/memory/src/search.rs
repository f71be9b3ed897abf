//! Searching by meaning and by words, fused.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int64Type};
use futures::TryStreamExt;
use inhouse_agent::passage::PassageId;
use lancedb::DistanceType;
use lancedb::index::scalar::FullTextSearchQuery;
use lancedb::query::{ExecutableQuery, QueryBase, Select};

use crate::{Memory, MemoryError, column};

/// What is sought.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    pub words: &'a str,
    /// Of the same embedder as the memory, of length 1.
    pub vector: &'a [f32],
    /// Hits wanted.
    pub limit: usize,
}

/// A found passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub passage: PassageId,
    /// For ranking only: the sum of `1 / (60 + rank)` over both searches.
    pub score: f32,
    /// Cosine of the angle to the query, when the search by meaning found it.
    pub similarity: Option<f32>,
    /// BM25, when the search by words found it.
    pub bm25: Option<f32>,
}

/// The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
const RRF_K: f32 = 60.0;

/// Each search looks further than what is wanted, so that a passage that only both together
/// rank high is not missed.
const DEPTH: usize = 50;

impl Memory {
    /// The passages nearest to the query, best first.
    pub async fn search(&self, query: Query<'_>) -> Result<Vec<Hit>, MemoryError> {
        let depth = query.limit.max(DEPTH);
        let by_meaning = self.by_meaning(query.vector, depth).await?;
        let by_words = self.by_words(query.words, depth).await?;
        Ok(fuse(&by_meaning, &by_words, query.limit))
    }

    async fn by_meaning(&self, vector: &[f32], limit: usize) -> Result<Vec<(PassageId, f32)>, MemoryError> {
        if vector.len() != self.dimensions {
            return Err(MemoryError::Dimensions { found: vector.len(), expected: self.dimensions });
        }
        let searching = self.failing("search by meaning");
        let batches: Vec<RecordBatch> = self
            .table
            .query()
            .nearest_to(vector)
            .map_err(|error| searching.because(error))?
            .distance_type(DistanceType::Dot)
            .select(Select::columns(&[column::ID, "_distance"]))
            .limit(limit)
            .execute()
            .await
            .map_err(|error| searching.because(error))?
            .try_collect()
            .await
            .map_err(|error| searching.because(error))?;
        // Lance's dot distance is one minus the dot product.
        Ok(ranked(&batches, "_distance", |distance| 1.0 - distance))
    }

    async fn by_words(&self, words: &str, limit: usize) -> Result<Vec<(PassageId, f32)>, MemoryError> {
        if words.trim().is_empty() {
            return Ok(Vec::new());
        }
        let searching = self.failing("search by words");
        let batches: Vec<RecordBatch> = self
            .table
            .query()
            .full_text_search(FullTextSearchQuery::new(words.to_owned()))
            .select(Select::columns(&[column::ID, "_score"]))
            .limit(limit)
            .execute()
            .await
            .map_err(|error| searching.because(error))?
            .try_collect()
            .await
            .map_err(|error| searching.because(error))?;
        Ok(ranked(&batches, "_score", |score| score))
    }
}

/// Rows with their measure, largest first; equal ones by number, so that a search gives the same
/// order each time.
fn ranked(batches: &[RecordBatch], measure: &str, larger: fn(f32) -> f32) -> Vec<(PassageId, f32)> {
    let mut rows: Vec<_> = batches
        .iter()
        .flat_map(|batch| {
            let ids = batch[column::ID].as_primitive::<Int64Type>().values();
            let measures = batch[measure].as_primitive::<Float32Type>().values();
            ids.iter().zip(measures).map(|(id, value)| (PassageId(*id), larger(*value)))
        })
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    rows
}

fn fuse(by_meaning: &[(PassageId, f32)], by_words: &[(PassageId, f32)], limit: usize) -> Vec<Hit> {
    let mut hits: HashMap<PassageId, Hit> = HashMap::new();
    let empty = |passage| Hit { passage, score: 0.0, similarity: None, bm25: None };
    let share = |rank: usize| 1.0 / (RRF_K + 1.0 + rank as f32);
    for (rank, (passage, similarity)) in by_meaning.iter().enumerate() {
        let hit = hits.entry(*passage).or_insert_with(|| empty(*passage));
        hit.score += share(rank);
        hit.similarity = Some(*similarity);
    }
    for (rank, (passage, bm25)) in by_words.iter().enumerate() {
        let hit = hits.entry(*passage).or_insert_with(|| empty(*passage));
        hit.score += share(rank);
        hit.bm25 = Some(*bm25);
    }
    let mut fused: Vec<Hit> = hits.into_values().collect();
    fused.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
    fused.truncate(limit);
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_that_both_searches_rank_second_beats_one_that_a_single_search_ranks_first() {
        let [a, b, c] = [1, 2, 3].map(PassageId);
        let fused = fuse(&[(a, 0.9), (b, 0.8)], &[(c, 7.0), (b, 6.0)], 2);
        assert_eq!(fused[0].passage, b);
        assert_eq!((fused[0].similarity, fused[0].bm25), (Some(0.8), Some(6.0)));
        assert_eq!(fused.len(), 2);
    }
}
