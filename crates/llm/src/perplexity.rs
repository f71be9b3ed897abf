//! How well a model foresees a text: a measure of whether its network is computed right.

use std::path::Path;

use inhouse_agent::chat::ModelError;

use crate::decoder::{Decoder, Shape};
use crate::gguf::Gguf;
use crate::tokenizer::Tokenizer;

/// Tokens whose logits are computed together.
const PIECE: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Perplexity {
    /// e to the mean negative logarithm of the probabilities of the tokens.
    pub value: f64,
    /// Tokens that were foreseen.
    pub tokens: usize,
}

/// The perplexity of a text, cut into windows of so many tokens that are read by themselves. Of each
/// window the second half counts, so that every token has some context; a last window that is not
/// full is left out. That is how llama.cpp's `llama-perplexity` counts. `None` when the text does not
/// fill a window.
pub fn perplexity(path: &Path, text: &str, window: usize) -> Result<Option<Perplexity>, ModelError> {
    let failed = |reason: String| ModelError::Run {
        model: path.display().to_string(),
        doing: "measuring perplexity",
        reason,
    };
    let gguf = Gguf::read(path)?;
    let tokenizer = Tokenizer::of(&gguf)?;
    let mut shape = Shape::of(&gguf)?;
    if window < 4 || window > shape.context {
        return Err(failed(format!("a window must have 4 to {} tokens", shape.context)));
    }
    shape.context = window;
    let tokens = tokenizer.encode(text).map_err(failed)?;
    // Of a prompt without text there is only what every prompt begins with.
    let begin = tokenizer.encode_prompt(&[]).map_err(failed)?;
    if tokens.len() < window {
        return Ok(None);
    }
    let mut decoder = Decoder::load(gguf, &shape)?;
    let (mut sum, mut count) = (0.0, 0);
    for window in tokens.chunks_exact(window) {
        let mut window = window.to_vec();
        window[..begin.len()].copy_from_slice(&begin);
        decoder.cut(0, 0);
        for (number, piece) in window.chunks(PIECE).enumerate() {
            let logits =
                decoder.forward(piece, piece.len(), &|| true).map_err(|error| failed(error.to_string()))?;
            let logits = logits.expect("nothing stops the reading");
            for (at, logits) in logits.chunks_exact(logits.len() / piece.len()).enumerate() {
                let next = number * PIECE + at + 1;
                if next > window.len() / 2 && next < window.len() {
                    sum -= log_probability(logits, window[next]);
                    count += 1;
                }
            }
        }
    }
    Ok(Some(Perplexity { value: (sum / count as f64).exp(), tokens: count }))
}

fn log_probability(logits: &[f32], token: u32) -> f64 {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - largest).exp()).sum();
    f64::from(logits[token as usize]) - largest - sum.ln()
}
