//! Which texts are nearest to a query: by meaning and by words, fused.

use std::collections::HashMap;
use std::sync::Arc;

use inhouse_agent::answer::terms::Terms;
use inhouse_agent::chat::ModelError;
use inhouse_agent::embed::{Embedder, Purpose};

/// Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009), with a small constant since there are
/// few texts.
const RANK: f32 = 10.0;

/// Orders texts by their nearness; vectors are kept, since the same texts are asked for again.
pub struct Nearest {
    embedder: Arc<dyn Embedder>,
    vectors: HashMap<String, Vec<f32>>,
}

impl Nearest {
    pub fn new(embedder: Arc<dyn Embedder>) -> Self {
        Self { embedder, vectors: HashMap::new() }
    }

    /// The texts' numbers, the nearest first.
    pub fn order(&mut self, query: &str, texts: &[&str]) -> Result<Vec<usize>, ModelError> {
        let mut new: Vec<&str> =
            texts.iter().copied().filter(|text| !self.vectors.contains_key(*text)).collect();
        new.sort_unstable();
        new.dedup();
        for batch in new.chunks(32) {
            let vectors = self.embedder.embed(batch, Purpose::Passage)?;
            self.vectors.extend(batch.iter().map(|text| (*text).to_owned()).zip(vectors));
        }
        let asked = self.embedder.embed(&[query], Purpose::Query)?.pop().unwrap_or_default();
        let meaning: Vec<f32> = texts
            .iter()
            .map(|text| self.vectors[*text].iter().zip(&asked).map(|(a, b)| a * b).sum())
            .collect();
        let terms = Terms::of(query);
        let words: Vec<f32> = texts.iter().map(|text| terms.recall_in(&Terms::of(text))).collect();
        let (by_meaning, by_words) = (ranks(&meaning), ranks(&words));
        let score = |i: usize| 1.0 / (RANK + by_meaning[i]) + 1.0 / (RANK + by_words[i]);
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)));
        Ok(order)
    }
}

/// The rank of each score, from 0 for the largest; equal ones share a rank.
fn ranks(scores: &[f32]) -> Vec<f32> {
    scores.iter().map(|score| scores.iter().filter(|other| *other > score).count() as f32).collect()
}
