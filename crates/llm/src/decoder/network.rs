//! The transformer that all known architectures are variants of: Llama's (Touvron et al. 2023) with
//! grouped heads, and where the file has the tensors for it, biases (Qwen2), norms over heads
//! (Qwen3), norms behind each part and windows of attention (Gemma 3), fused maps (Phi-3).

use candle_core::{Result, bail};

use super::block::{Block, Pass};
use super::linear::{self, Matrix};
use super::norm::Norm;
use super::rotation::Rotation;
use super::scratch::Scratch;
use super::shape::Shape;
use super::weights::Weights;
use crate::kernel::Level;
use crate::kernel::attend::Span;

pub(super) struct Network {
    shape: Shape,
    embedding: Matrix,
    blocks: Vec<Block>,
    norm: Norm,
    /// `None` where it is the embedding itself.
    output: Option<Matrix>,
    rotation: Rotation,
    /// Of layers that see a window only.
    window_rotation: Option<Rotation>,
    scratch: Scratch,
}

impl Network {
    pub(super) fn load(weights: &mut Weights, shape: &Shape) -> Result<Self> {
        const OUTPUT: &str = "output.weight";
        let factors = weights.floats_if_any("rope_freqs.weight", shape.head / 2)?;
        let rotation = |base, stretch, factors: Option<&[f32]>| {
            Rotation::new(shape.pairs, shape.head, base, stretch, factors, shape.context)
        };
        let output = if weights.has(OUTPUT) { Some(weights.matrix(OUTPUT)?) } else { None };
        if let Some(output) = output.as_ref().filter(|output| output.inputs() != shape.width) {
            bail!("{OUTPUT} takes {} inputs instead of {}", output.inputs(), shape.width);
        }
        Ok(Self {
            embedding: weights.matrix("token_embd.weight")?,
            blocks: (0..shape.layers)
                .map(|layer| Block::load(weights, layer, shape))
                .collect::<Result<_>>()?,
            norm: Norm::new(weights.floats("output_norm.weight", shape.width)?, shape.epsilon),
            output,
            rotation: rotation(shape.rotation_base, shape.stretch, factors.as_deref()),
            window_rotation: shape.windows.as_ref().map(|windows| rotation(windows.rotation_base, 1.0, None)),
            shape: shape.clone(),
            scratch: Scratch::new(Level::best()),
        })
    }

    /// Keys and values of the first `count` tokens of all layers.
    pub(super) fn save(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.blocks.iter_mut().for_each(|block| block.kept().save(count, &mut bytes));
        bytes
    }

    /// Takes up what [`Self::save`] gave; false when it has another size.
    pub(super) fn restore(&mut self, count: usize, mut bytes: &[u8]) -> bool {
        let sizes: Vec<usize> = self.blocks.iter_mut().map(|block| block.kept().saved(count)).collect();
        if sizes.iter().sum::<usize>() != bytes.len() {
            return false;
        }
        for (block, size) in self.blocks.iter_mut().zip(sizes) {
            let (own, rest) = bytes.split_at(size);
            block.kept().restore(count, own);
            bytes = rest;
        }
        true
    }

    /// The logits after each of the last `count` of `tokens`, `[count, vocabulary]`, which are read
    /// from position `at` on; `None` when `goes_on` said no between two layers.
    pub(super) fn forward(
        &mut self,
        tokens: &[u32],
        at: usize,
        count: usize,
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<f32>>> {
        let Shape { width, context, .. } = self.shape;
        if tokens.is_empty() || at + tokens.len() > context {
            bail!("{} tokens at {at} are none, or beyond the context of {context}", tokens.len());
        }
        if !(1..=tokens.len()).contains(&count) {
            bail!("logits of {count} of {} tokens are wanted", tokens.len());
        }
        let mut states = vec![0.0; tokens.len() * width];
        for (token, state) in tokens.iter().zip(states.chunks_exact_mut(width)) {
            if *token as usize >= self.embedding.outputs() {
                bail!("token {token} is beyond the vocabulary of {}", self.embedding.outputs());
            }
            self.embedding.row(*token as usize, state)?;
        }
        if self.shape.scaled_embedding {
            let scale = (width as f32).sqrt();
            states.iter_mut().for_each(|state| *state *= scale);
        }
        let level = self.scratch.level;
        let wide =
            Pass { shape: &self.shape, rotation: &self.rotation, span: Span { at, window: None, level } };
        let window = self.shape.windows.as_ref().map(|windows| windows.tokens);
        let narrow = self.window_rotation.as_ref().map(|rotation| Pass {
            rotation,
            span: Span { at, window, level },
            ..wide
        });
        for (layer, block) in self.blocks.iter_mut().enumerate() {
            if !goes_on() {
                return Ok(None);
            }
            let pass = narrow.as_ref().filter(|_| self.shape.sees_window(layer)).unwrap_or(&wide);
            block.forward(&mut states, pass, &mut self.scratch)?;
        }
        let last = &mut states[(tokens.len() - count) * width..];
        self.norm.apply(last);
        self.scratch.set_inputs(last, width);
        let mut logits = Vec::new();
        let output = self.output.as_ref().unwrap_or(&self.embedding);
        linear::forward(output, None, last, &mut self.scratch, &mut logits)?;
        Ok(Some(logits))
    }
}
