//! The transformer that all known architectures are variants of: Llama's (Touvron et al. 2023) with
//! grouped heads, and where the file has the tensors for it, biases (Qwen2), norms over heads
//! (Qwen3), norms behind each part and windows of attention (Gemma 3), fused maps (Phi-3).

use candle_core::quantized::QTensor;
use candle_core::{Device, Result, Tensor};
use candle_nn::ops::rms_norm;

use super::block::{Block, Pass};
use super::linear::Linear;
use super::rotation::Rotation;
use super::shape::Shape;
use super::weights::Weights;

pub(super) struct Network {
    shape: Shape,
    /// Rows are turned into f32 when they are looked up.
    embedding: QTensor,
    blocks: Vec<Block>,
    norm: Tensor,
    output: Linear,
    rotation: Rotation,
    /// Of layers that see a window only.
    window_rotation: Option<Rotation>,
}

impl Network {
    pub(super) fn load(weights: &mut Weights, shape: &Shape) -> Result<Self> {
        const EMBEDDING: &str = "token_embd";
        let output = if weights.has("output.weight") { "output" } else { EMBEDDING };
        let factors = weights.floats_if_any("rope_freqs.weight")?;
        let rotation = |base, stretch, factors: Option<&Tensor>| {
            Rotation::new(shape.pairs, shape.head, base, stretch, factors, shape.context)
        };
        let window_rotation =
            shape.windows.as_ref().map(|windows| rotation(windows.rotation_base, 1.0, None));
        Ok(Self {
            embedding: weights.stored(&format!("{EMBEDDING}.weight"))?,
            blocks: (0..shape.layers)
                .map(|layer| Block::load(weights, layer, shape))
                .collect::<Result<_>>()?,
            norm: weights.floats("output_norm.weight")?,
            output: weights.linear(output)?,
            rotation: rotation(shape.rotation_base, shape.stretch, factors.as_ref())?,
            window_rotation: window_rotation.transpose()?,
            shape: shape.clone(),
        })
    }

    /// The logits, `[vocabulary]`, after reading `tokens` from position `at` on; `None` when
    /// `goes_on` said no between two layers.
    pub(super) fn forward(
        &mut self,
        tokens: &[u32],
        at: usize,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Option<Tensor>> {
        let shape = &self.shape;
        let mut states = self.embedding.embedding(&Tensor::new(tokens, &Device::Cpu)?)?;
        if shape.scaled_embedding {
            states = (states * (shape.width as f64).sqrt())?;
        }
        let window = shape.windows.as_ref().map(|windows| windows.tokens);
        let mask = (tokens.len() > 1).then(|| mask(tokens.len(), at, None)).transpose()?;
        let window_mask = (tokens.len() > 1 && window.is_some())
            .then(|| self::mask(tokens.len(), at, window))
            .transpose()?;
        let wide = Pass { shape, at, rotation: &self.rotation, mask: mask.as_ref(), window: None };
        let narrow = self.window_rotation.as_ref().map(|rotation| Pass {
            shape,
            at,
            rotation,
            mask: window_mask.as_ref(),
            window,
        });
        for (layer, block) in self.blocks.iter_mut().enumerate() {
            if !goes_on() {
                return Ok(None);
            }
            let pass = narrow.as_ref().filter(|_| shape.sees_window(layer)).unwrap_or(&wide);
            states = block.forward(&states, pass)?;
        }
        let last = states.narrow(0, tokens.len() - 1, 1)?.contiguous()?;
        self.output.forward(&rms_norm(&last, &self.norm, shape.epsilon)?)?.squeeze(0).map(Some)
    }
}

/// What each of `tokens` tokens from position `at` on may see: itself and what is before it, up to
/// `window` tokens together.
fn mask(tokens: usize, at: usize, window: Option<usize>) -> Result<Tensor> {
    let read = at + tokens;
    let mut mask = vec![f32::NEG_INFINITY; tokens * read];
    for (row, seen) in mask.chunks_exact_mut(read).enumerate() {
        let end = at + row + 1;
        let start = window.map_or(0, |window| end.saturating_sub(window));
        seen[start..end].fill(0.0);
    }
    Tensor::from_vec(mask, (tokens, read), &Device::Cpu)
}
