//! The embedding port over model files.

use std::borrow::Cow;
use std::path::Path;

use inhouse_agent::chat::ModelError;
use inhouse_agent::embed::{Embedder, Purpose};
use rayon::prelude::*;
use tokenizers::Tokenizer;

use self::bert::Bert;

mod bert;
mod container;
mod folder;
mod words;

/// Tokens from which on another batch begins: enough for the matrix products to be efficient, few
/// enough to stay in the processor's cache.
const BATCH_TOKENS: usize = 256;

/// A text encoder of the BERT family, from a folder (`config.json`, `tokenizer.json`,
/// `model.safetensors`) or from a file in the container that begins with `E5S1`.
pub struct LocalEmbedder {
    id: String,
    reader: TextReader,
    network: Bert,
}

/// How texts become tokens.
struct TextReader {
    tokenizer: Tokenizer,
    /// Applied to a text before the tokenizer.
    normalise: Option<container::Normaliser>,
    /// Around every text.
    first: Vec<u32>,
    last: u32,
    /// What a model wants before a text, by purpose: its tokens' text.
    query: &'static str,
    passage: &'static str,
    /// Tokens that are read at most, `first` and `last` included.
    limit: usize,
}

impl LocalEmbedder {
    /// Reads a model; which form it has, the path itself tells.
    pub fn load(id: impl Into<String>, path: &Path) -> Result<Self, ModelError> {
        let (reader, network) = if path.is_dir() { folder::read(path) } else { container::read(path) }?;
        Ok(Self { id: id.into(), reader, network })
    }

    fn failed(&self, doing: &'static str, reason: impl ToString) -> ModelError {
        ModelError::Run { model: self.id.clone(), doing, reason: reason.to_string() }
    }

    /// Embeds texts that are already tokens, in batches that are spread over the cores.
    fn embed_tokens(&self, texts: &[Vec<u32>]) -> candle_core::Result<Vec<Vec<f32>>> {
        let mut tokens = 0;
        let mut batches: Vec<Vec<&[u32]>> = Vec::new();
        for text in texts {
            match batches.last_mut() {
                Some(batch) if tokens < BATCH_TOKENS => batch.push(text),
                _ => {
                    tokens = 0;
                    batches.push(vec![text]);
                }
            }
            tokens += text.len();
        }
        let vectors: Vec<_> =
            batches.par_iter().map(|batch| self.network.embed(batch)).collect::<candle_core::Result<_>>()?;
        Ok(vectors.concat())
    }
}

impl Embedder for LocalEmbedder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimensions(&self) -> usize {
        self.network.dimensions()
    }

    fn max_tokens(&self) -> usize {
        let prefix = self.reader.bare(self.reader.passage).map_or(0, |tokens| tokens.len());
        self.reader.limit - self.reader.first.len() - 1 - prefix
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        let tokens = self.reader.bare(text).map_err(|reason| self.failed("counting tokens", reason))?;
        Ok(tokens.len())
    }

    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vec<f32>>, ModelError> {
        let tokens = texts
            .par_iter()
            .map(|text| self.reader.tokens(text, purpose))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|reason| self.failed("tokenising a text", reason))?;
        self.embed_tokens(&tokens).map_err(|error| self.failed("embedding", error))
    }
}

impl TextReader {
    /// The tokens of a text alone.
    fn bare(&self, text: &str) -> Result<Vec<u32>, String> {
        let text = match &self.normalise {
            Some(normaliser) => Cow::Owned(normaliser.apply(text)),
            None => Cow::Borrowed(text),
        };
        let encoding = self.tokenizer.encode_fast(text.as_ref(), false).map_err(|error| error.to_string())?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The tokens that the network reads; what is beyond the limit is left away.
    fn tokens(&self, text: &str, purpose: Purpose) -> Result<Vec<u32>, String> {
        let prefix = match purpose {
            Purpose::Query => self.query,
            Purpose::Passage => self.passage,
        };
        let mut tokens = self.first.clone();
        tokens.extend(self.bare(&format!("{prefix}{text}"))?);
        tokens.truncate(self.limit - 1);
        tokens.push(self.last);
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests;
