//! Searching by meaning and by words, fused.

use std::collections::{HashMap, HashSet};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int64Type};
use futures::TryStreamExt;
use inhouse_agent::answer::Language;
use inhouse_agent::passage::PassageId;
use inhouse_agent::source::SourceId;
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
    /// Only passages of these sources.
    pub within: Option<&'a [SourceId]>,
}

/// A found passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub passage: PassageId,
    /// For ranking only, from 0 to 1: the mean of what both searches say of it, beside the best and the
    /// worst that they found.
    pub score: f32,
    /// Cosine of the angle to the query, when the search by meaning found it.
    pub similarity: Option<f32>,
    /// BM25, when the search by words found it.
    pub bm25: Option<f32>,
}

/// Each search looks further than what is wanted, so that a passage that only both together
/// rank high is not missed.
const DEPTH: usize = 50;

impl Memory {
    /// The passages nearest to the query, best first.
    pub async fn search(&self, query: Query<'_>) -> Result<Vec<Hit>, MemoryError> {
        let depth = query.limit.max(DEPTH);
        let language = Language::of(query.words);
        let filter = query.within.map(filter);
        let by_meaning = self.by_meaning(query.vector, depth, language, filter.as_deref()).await?;
        let by_words = self.by_words(query.words, depth, filter.as_deref()).await?;
        Ok(fuse(&by_meaning, &by_words, query.limit))
    }

    async fn by_meaning(
        &self,
        vector: &[f32],
        limit: usize,
        language: Language,
        filter: Option<&str>,
    ) -> Result<Vec<Near>, MemoryError> {
        if vector.len() != self.dimensions {
            return Err(MemoryError::Dimensions { found: vector.len(), expected: self.dimensions });
        }
        let searching = self.failing("search by meaning");
        let mut query = self
            .table
            .query()
            .nearest_to(vector)
            .map_err(|error| searching.because(error))?
            .distance_type(DistanceType::Dot)
            .select(Select::columns(&[column::ID, column::WORDS, "_distance"]))
            .limit(limit);
        if let Some(filter) = filter {
            query = query.only_if(filter);
        }
        let batches: Vec<RecordBatch> = query
            .execute()
            .await
            .map_err(|error| searching.because(error))?
            .try_collect()
            .await
            .map_err(|error| searching.because(error))?;
        let foreign: HashSet<PassageId> = batches
            .iter()
            .flat_map(|batch| {
                let ids = batch[column::ID].as_primitive::<Int64Type>().values();
                ids.iter().zip(batch[column::WORDS].as_string::<i32>().iter())
            })
            .filter(|(_, words)| Language::of(words.unwrap_or_default()) != language)
            .map(|(id, _)| PassageId(*id))
            .collect();
        // Lance's dot distance is one minus the dot product.
        let near = ranked(&batches, "_distance", |distance| 1.0 - distance);
        Ok(near
            .into_iter()
            .map(|(passage, similarity)| Near { passage, similarity, is_foreign: foreign.contains(&passage) })
            .collect())
    }

    async fn by_words(
        &self,
        words: &str,
        limit: usize,
        filter: Option<&str>,
    ) -> Result<Vec<(PassageId, f32)>, MemoryError> {
        if words.trim().is_empty() {
            return Ok(Vec::new());
        }
        let searching = self.failing("search by words");
        let mut query = self
            .table
            .query()
            .full_text_search(FullTextSearchQuery::new(words.to_owned()))
            .select(Select::columns(&[column::ID, "_score"]))
            .limit(limit);
        if let Some(filter) = filter {
            query = query.only_if(filter);
        }
        let batches: Vec<RecordBatch> = query
            .execute()
            .await
            .map_err(|error| searching.because(error))?
            .try_collect()
            .await
            .map_err(|error| searching.because(error))?;
        Ok(ranked(&batches, "_score", |score| score))
    }
}

/// The condition that a passage is of one of these sources; of none, none fulfils it.
fn filter(sources: &[SourceId]) -> String {
    if sources.is_empty() {
        return "false".to_owned();
    }
    let numbers: Vec<String> = sources.iter().map(|source| source.0.to_string()).collect();
    format!("{} IN ({})", column::SOURCE, numbers.join(", "))
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

/// A passage that the search by meaning found.
struct Near {
    passage: PassageId,
    similarity: f32,
    /// It is in another language than the query, so that words can't find it.
    is_foreign: bool,
}

/// Takes the mean of both measures, each brought to the range from 0 to 1 (a convex combination; Bruch,
/// Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023): ranks alone
/// would not tell a near miss from a far one, and tie where the two searches disagree. A passage in
/// another language than the query can only be found by meaning, so its measure there counts for
/// both.
fn fuse(by_meaning: &[Near], by_words: &[(PassageId, f32)], limit: usize) -> Vec<Hit> {
    let mut hits: HashMap<PassageId, Hit> = HashMap::new();
    let empty = |passage| Hit { passage, score: 0.0, similarity: None, bm25: None };
    let similarities = || by_meaning.iter().map(|near| near.similarity);
    let nearest = similarities().fold(f32::NEG_INFINITY, f32::max);
    let farthest = similarities().fold(f32::INFINITY, f32::min);
    let mut foreign = HashSet::new();
    for near in by_meaning {
        let hit = hits.entry(near.passage).or_insert_with(|| empty(near.passage));
        let measure = share(near.similarity - farthest, nearest - farthest);
        hit.similarity = Some(near.similarity);
        hit.score = if near.is_foreign { measure } else { measure / 2.0 };
        if near.is_foreign {
            foreign.insert(near.passage);
        }
    }
    // BM25 has a zero of its own: no word in common.
    let most = by_words.iter().map(|(_, bm25)| *bm25).fold(0.0, f32::max);
    for (passage, bm25) in by_words {
        let hit = hits.entry(*passage).or_insert_with(|| empty(*passage));
        hit.bm25 = Some(*bm25);
        if !foreign.contains(passage) {
            hit.score += share(*bm25, most) / 2.0;
        }
    }
    let mut fused: Vec<Hit> = hits.into_values().collect();
    fused.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
    fused.truncate(limit);
    fused
}

/// Where there is no range, all are the best.
fn share(measure: f32, range: f32) -> f32 {
    if range > 0.0 { measure / range } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_that_both_searches_find_near_the_best_beats_one_that_a_single_search_finds() {
        let [a, b, c, far] = [1, 2, 3, 4].map(PassageId);
        let near = |passage, similarity| Near { passage, similarity, is_foreign: false };
        let fused = fuse(&[near(a, 0.9), near(b, 0.88), near(far, 0.7)], &[(c, 7.0), (b, 6.0)], 2);
        assert_eq!(fused[0].passage, b);
        assert_eq!((fused[0].similarity, fused[0].bm25), (Some(0.88), Some(6.0)));
        assert_eq!(fused.len(), 2);
    }

    #[test]
    fn where_the_searches_disagree_the_clearer_one_decides() {
        let [a, b, far] = [1, 2, 3].map(PassageId);
        let near = |passage, similarity| Near { passage, similarity, is_foreign: false };
        let by_meaning = [near(b, 0.9), near(a, 0.89), near(far, 0.7)];
        assert_eq!(fuse(&by_meaning, &[(a, 9.0), (b, 3.0)], 2)[0].passage, a);
        let by_meaning = [near(b, 0.9), near(a, 0.75), near(far, 0.7)];
        assert_eq!(fuse(&by_meaning, &[(a, 9.0), (b, 8.0)], 2)[0].passage, b);
    }

    #[test]
    fn one_hit_alone_is_the_best() {
        let one = Near { passage: PassageId(1), similarity: 0.8, is_foreign: false };
        let fused = fuse(&[one], &[], 5);
        assert_eq!((fused.len(), fused[0].score), (1, 0.5));
    }

    #[test]
    fn a_passage_in_another_language_is_not_pushed_down_by_words_that_it_cannot_have() {
        let [foreign, one, two] = [1, 2, 3].map(PassageId);
        let by_meaning = [
            Near { passage: foreign, similarity: 0.9, is_foreign: true },
            Near { passage: one, similarity: 0.8, is_foreign: false },
            Near { passage: two, similarity: 0.7, is_foreign: false },
        ];
        assert_eq!(fuse(&by_meaning, &[(two, 3.0), (one, 2.0)], 3)[0].passage, foreign);
    }
}
