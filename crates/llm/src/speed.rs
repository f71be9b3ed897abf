//! How fast a model file is read and written with on this machine.

use std::path::Path;
use std::time::Instant;

use inhouse_agent::chat::ModelError;

use crate::decoder::{Decoder, Shape};
use crate::gguf::Gguf;

/// Tokens that are read in one go, as a prompt is.
pub(crate) const PIECE: usize = 256;

/// Tokens a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// Tokens of the prompt.
    pub context: usize,
    pub prefill: f64,
    /// Of tokens that follow the prompt.
    pub decode: f64,
}

/// Measures reading prompts of these lengths, each from the beginning, and writing `decode` tokens
/// behind each. The tokens are a fixed sequence, what follows is the likeliest each time.
pub fn measure(path: &Path, contexts: &[usize], decode: usize) -> Result<Vec<Speed>, ModelError> {
    let gguf = Gguf::read(path)?;
    let mut shape = Shape::of(&gguf)?;
    let longest = contexts.iter().max().copied().unwrap_or(0) + decode;
    if longest > shape.context {
        return Err(gguf.broken(format!("{longest} tokens are more than its context of {}", shape.context)));
    }
    shape.context = longest;
    let vocabulary = shape.vocabulary;
    let failed = |error: candle_core::Error| ModelError::Run {
        model: path.display().to_string(),
        doing: "measuring its speed",
        reason: error.to_string(),
    };
    let mut decoder = Decoder::load(gguf, &shape)?;
    let read = |decoder: &mut Decoder, tokens: &[u32]| {
        let logits = decoder.forward(tokens, &|| true).map_err(failed)?;
        Ok(logits.expect("nothing stops the reading"))
    };
    contexts
        .iter()
        .map(|&context| {
            let prompt: Vec<u32> =
                (0..context).map(|at| ((at * 7919 % 40_000 + 100) % vocabulary) as u32).collect();
            decoder.cut(0);
            let begun = Instant::now();
            let mut logits = Vec::new();
            for piece in prompt.chunks(PIECE) {
                logits = read(&mut decoder, piece)?;
            }
            let prefill = context as f64 / begun.elapsed().as_secs_f64();
            let begun = Instant::now();
            for _ in 0..decode {
                let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or(0);
                logits = read(&mut decoder, &[best as u32])?;
            }
            Ok(Speed { context, prefill, decode: decode as f64 / begun.elapsed().as_secs_f64() })
        })
        .collect()
}
