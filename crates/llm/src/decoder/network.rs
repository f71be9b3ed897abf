//! The transformer that all known architectures are variants of: Llama's (Touvron et al. 2023) with
//! grouped heads, and where the file has the tensors for it, biases (Qwen2), norms over heads
//! (Qwen3), norms behind each part and windows of attention (Gemma 3), fused maps (Phi-3); and where
//! it has the numbers for it, caps (Gemma 2) and scales (Granite). Two kinds of network have another
//! part in the place of one of its: experts (Qwen3 MoE), short convolutions (LFM2).

use std::ops::Range;

use candle_core::{Result, bail};

use super::block::{Block, Pass, Strand};
use super::convolution::STEP;
use super::linear::{self, Matrix};
use super::norm::{Norm, scale};
use super::rotation::Rotation;
use super::scratch::Scratch;
use super::shape::Shape;
use super::weights::Weights;
use crate::kernel::Level;
use crate::kernel::maps::cap;

pub(super) struct Network {
    shape: Shape,
    embedding: Matrix,
    blocks: Vec<Block>,
    norm: Norm,
    /// `None` where it is the embedding itself.
    output: Option<Matrix>,
    /// As [`Shape::turns`] has them.
    rotations: Vec<Rotation>,
    scratch: Scratch,
}

impl Network {
    pub(super) fn load(weights: &mut Weights, shape: &Shape) -> Result<Self> {
        const OUTPUT: &str = "output.weight";
        let factors = turn_factors(weights, shape)?;
        let output = if weights.has(OUTPUT) { Some(weights.matrix(OUTPUT)?) } else { None };
        if let Some(output) = output.as_ref().filter(|output| output.inputs() != shape.width) {
            bail!("{OUTPUT} takes {} inputs instead of {}", output.inputs(), shape.width);
        }
        let rotations = shape.turns.iter().map(|turns| {
            Rotation::new(shape.architecture.pairs, shape.head, turns, factors.as_deref(), shape.context)
        });
        Ok(Self {
            embedding: weights.matrix("token_embd.weight")?,
            blocks: (0..shape.views.len())
                .map(|layer| Block::load(weights, layer, shape))
                .collect::<Result<_>>()?,
            norm: Norm::new(weights.floats(shape.architecture.output_norm, shape.width)?, shape.epsilon),
            output,
            rotations: rotations.collect(),
            shape: shape.clone(),
            scratch: Scratch::new(Level::best()),
        })
    }

    /// Whether it can go on from any position that it has read.
    pub(super) fn resumes_anywhere(&self) -> bool {
        self.shape.views.iter().all(|view| view.attends)
    }

    /// The last position, at most `count`, from which it can go on after it has read `read` tokens.
    pub(super) fn resumes_at(&self, count: usize, read: usize) -> usize {
        if !self.resumes_anywhere() && count < read { count / STEP * STEP } else { count.min(read) }
    }

    /// Keys and values of a range of tokens of a sequence, of all layers; `None` when there is more to keep
    /// than these.
    pub(super) fn save(&self, sequence: usize, tokens: &Range<usize>) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.blocks.iter().try_for_each(|block| {
            block.kept(sequence)?.save(tokens.clone(), &mut bytes);
            Some(())
        })?;
        Some(bytes)
    }

    /// Takes up what [`Self::save`] gave; false when it has another size.
    pub(super) fn restore(&mut self, sequence: usize, tokens: &Range<usize>, mut bytes: &[u8]) -> bool {
        let sizes: Option<Vec<usize>> =
            self.blocks.iter().map(|block| Some(block.kept(sequence)?.saved(tokens))).collect();
        let Some(sizes) = sizes.filter(|sizes| sizes.iter().sum::<usize>() == bytes.len()) else {
            return false;
        };
        for (kept, size) in self.blocks.iter_mut().filter_map(|block| block.kept_mut(sequence)).zip(sizes) {
            let (own, rest) = bytes.split_at(size);
            kept.restore(tokens.clone(), own);
            bytes = rest;
        }
        true
    }

    /// Reads the tokens of all strands, each behind what its sequence has read; gives for each the logits
    /// after its last `count` tokens, `[count, vocabulary]`; `None` when `goes_on` said no between two
    /// layers. What is computed of a strand is the same to the bit whatever is read beside it.
    pub(super) fn forward(
        &mut self,
        strands: &[(Strand, usize)],
        tokens: &[u32],
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<Vec<f32>>>> {
        let Shape { width, context, embedding_scale, logit_scale, .. } = self.shape;
        for (strand, count) in strands {
            let Strand { at, tokens, .. } = *strand;
            if tokens == 0 || at + tokens > context {
                bail!("{tokens} tokens at {at} are none, or beyond the context of {context}");
            }
            if !(1..=tokens).contains(count) {
                bail!("logits of {count} of {tokens} tokens are wanted");
            }
        }
        let mut states = vec![0.0; tokens.len() * width];
        for (token, state) in tokens.iter().zip(states.chunks_exact_mut(width)) {
            if *token as usize >= self.embedding.outputs() {
                bail!("token {token} is beyond the vocabulary of {}", self.embedding.outputs());
            }
            self.embedding.row(*token as usize, state)?;
        }
        scale(&mut states, embedding_scale);
        let all: Vec<Strand> = strands.iter().map(|(strand, _)| *strand).collect();
        for (view, block) in self.shape.views.iter().zip(&mut self.blocks) {
            if !goes_on() {
                return Ok(None);
            }
            let rotation = view.turns.map(|turns| &self.rotations[turns]);
            let pass = Pass { shape: &self.shape, rotation, window: view.window, strands: &all };
            block.forward(&mut states, &pass, &mut self.scratch)?;
        }
        let (mut wanted, mut end) = (Vec::new(), 0);
        for (strand, count) in strands {
            end += strand.tokens;
            wanted.extend_from_slice(&states[(end - count) * width..end * width]);
        }
        self.norm.apply(&mut wanted);
        self.scratch.set_inputs(&wanted, width);
        let mut logits = Vec::new();
        let output = self.output.as_ref().unwrap_or(&self.embedding);
        linear::forward(output, None, &wanted, &mut self.scratch, &mut logits)?;
        scale(&mut logits, logit_scale);
        if let Some(most) = self.shape.logit_cap {
            cap(&mut logits, most);
        }
        let vocabulary = output.outputs();
        if let [_] = strands {
            return Ok(Some(vec![logits]));
        }
        let mut rest = &logits[..];
        let own = strands.iter().map(|(_, count)| {
            let (own, others) = rest.split_at(count * vocabulary);
            rest = others;
            own.to_vec()
        });
        Ok(Some(own.collect()))
    }
}

/// What divides the angle of each pair, where the file has it: Llama 3's factors, or those for the
/// context that was chosen (LongRoPE).
fn turn_factors(weights: &mut Weights, shape: &Shape) -> Result<Option<Vec<f32>>> {
    const LONG: &str = "rope_factors_long.weight";
    const SHORT: &str = "rope_factors_short.weight";
    let pairs = shape.turns[0].units / 2;
    if !weights.has(LONG) && !weights.has(SHORT) {
        return weights.floats_if_any("rope_freqs.weight", pairs);
    }
    let (long, short) = (weights.floats(LONG, pairs)?, weights.floats(SHORT, pairs)?);
    Ok(Some(if shape.context > shape.long_from { long } else { short }))
}
