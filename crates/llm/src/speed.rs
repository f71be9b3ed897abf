//! How fast a model file is read and written with on this machine, and what limits it.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::ModelError;
use rayon::prelude::*;

use crate::decoder::{self, Decoder, Part, Shape};
use crate::gguf::Gguf;
use crate::kernel::Level;

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

/// What was measured of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The instructions that were used.
    pub kernels: &'static str,
    pub speeds: Vec<Speed>,
    /// Two texts written at the same time behind the shortest prompt: that prompt's length, and the tokens
    /// a second of both together.
    pub two: Option<(usize, f64)>,
    /// Threads that are fastest in writing.
    pub threads_for_writing: usize,
    /// Bytes of weights that are read for each token that is written.
    pub weights: u64,
    /// Bytes a second that all cores together read, in order, from memory as large as the weights.
    pub bus: f64,
}

/// What is being done, while a model is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureStep {
    Loading,
    /// A prompt of so many tokens.
    Reading(usize),
    /// Behind a prompt of so many tokens.
    Writing(usize),
    /// Two texts at the same time, behind prompts of so many tokens.
    WritingTwo(usize),
    Memory,
}

/// Measures reading prompts of these lengths, each from the beginning, and writing `decode` tokens
/// behind each. The tokens are a fixed sequence, what follows is the likeliest each time. `None` when
/// it was cancelled.
pub fn measure(
    path: &Path,
    contexts: &[usize],
    decode: usize,
    cancel: &Cancel,
    on_step: &mut dyn FnMut(MeasureStep),
) -> Result<Option<Measured>, ModelError> {
    on_step(MeasureStep::Loading);
    let gguf = Gguf::read(path)?;
    let mut shape = Shape::of(&gguf)?;
    let longest = contexts.iter().max().copied().unwrap_or(0) + decode;
    if longest > shape.context {
        return Err(gguf.broken(format!("{longest} tokens are more than its context of {}", shape.context)));
    }
    shape.context = longest;
    shape.sequences = 2;
    let vocabulary = shape.vocabulary;
    let failed = |error: candle_core::Error| ModelError::Run {
        model: path.display().to_string(),
        doing: "measuring its speed",
        reason: error.to_string(),
    };
    let weights = decoder::weights_of_a_token(&gguf, &shape);
    let mut decoder = Decoder::load(gguf, &shape)?;
    let read = |decoder: &mut Decoder, tokens: &[u32]| {
        decoder.forward(tokens, 1, &|| !cancel.is_cancelled()).map_err(failed)
    };
    let prompt = |context: usize| -> Vec<u32> {
        (0..context).map(|at| ((at * 7919 % 40_000 + 100) % vocabulary) as u32).collect()
    };
    let mut speeds = Vec::new();
    for &context in contexts {
        let prompt = prompt(context);
        decoder.cut(0, 0);
        on_step(MeasureStep::Reading(context));
        let begun = Instant::now();
        let mut logits = Vec::new();
        for piece in prompt.chunks(PIECE) {
            let Some(read) = read(&mut decoder, piece)? else { return Ok(None) };
            logits = read;
        }
        let prefill = context as f64 / begun.elapsed().as_secs_f64();
        on_step(MeasureStep::Writing(context));
        let begun = Instant::now();
        for _ in 0..decode {
            let Some(read) = read(&mut decoder, &[likeliest(&logits)])? else { return Ok(None) };
            logits = read;
        }
        speeds.push(Speed { context, prefill, decode: decode as f64 / begun.elapsed().as_secs_f64() });
    }
    let mut two = None;
    if let Some(&context) = contexts.iter().min() {
        on_step(MeasureStep::WritingTwo(context));
        decoder.cut(0, 0);
        let prompt = prompt(context);
        let mut step = |parts: [&[u32]; 2]| {
            let part = |sequence: usize| Part { sequence, tokens: parts[sequence], count: 1 };
            decoder.forward_together(&[part(0), part(1)], &|| !cancel.is_cancelled()).map_err(failed)
        };
        let mut logits = Vec::new();
        // Each reads half of a piece in a pass.
        for piece in prompt.chunks(PIECE / 2) {
            let Some(read) = step([piece, piece])? else { return Ok(None) };
            logits = read;
        }
        let begun = Instant::now();
        for _ in 0..decode {
            let next = [0, 1].map(|sequence| [likeliest(&logits[sequence])]);
            let Some(read) = step([&next[0], &next[1]])? else { return Ok(None) };
            logits = read;
        }
        two = Some((context, 2.0 * decode as f64 / begun.elapsed().as_secs_f64()));
    }
    let threads_for_writing = decoder.threads_for_writing();
    drop(decoder);
    on_step(MeasureStep::Memory);
    let kernels = Level::best().name();
    Ok(Some(Measured { kernels, speeds, two, threads_for_writing, weights, bus: bus(weights) }))
}

fn likeliest(logits: &[f32]) -> u32 {
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or(0) as u32
}

/// Bytes a second that are read from so many bytes of memory, in order: the best of some times.
fn bus(bytes: u64) -> f64 {
    const TIMES: usize = 5;
    const PIECE: usize = 1 << 16;
    let words = vec![1u64; usize::try_from(bytes / 8).unwrap_or(0).max(PIECE)];
    let seconds = (0..TIMES).map(|_| {
        let begun = Instant::now();
        let sum = words.par_chunks(PIECE).map(|piece| piece.iter().fold(0, |sum, word| sum ^ word));
        black_box(sum.reduce(|| 0, |a, b| a ^ b));
        begun.elapsed().as_secs_f64()
    });
    (words.len() * 8) as f64 / seconds.fold(f64::INFINITY, f64::min)
}
