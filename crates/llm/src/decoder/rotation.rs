//! Rotary positions (Su et al. 2021, "RoFormer"): a head's units are turned in pairs, by an angle
//! that grows with the position.

use candle_core::{DType, Device, Result, Tensor};

/// Which units make up a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pairs {
    /// Neighbours, as llama's files are laid out.
    Neighbours,
    /// One of the first half and one of the second.
    Halves,
}

/// The turns of all positions of a context.
pub(super) struct Rotation {
    pairs: Pairs,
    /// `[context, head / 2]`
    cos: Tensor,
    sin: Tensor,
}

impl Rotation {
    /// `stretch` divides the positions; `factors`, `[head / 2]`, divide each pair's angle.
    pub(super) fn new(
        pairs: Pairs,
        head: usize,
        base: f32,
        stretch: f32,
        factors: Option<&Tensor>,
        context: usize,
    ) -> Result<Self> {
        let frequencies: Vec<f32> =
            (0..head / 2).map(|pair| base.powf(-2.0 * pair as f32 / head as f32) / stretch).collect();
        let mut frequencies = Tensor::from_vec(frequencies, (1, head / 2), &Device::Cpu)?;
        if let Some(factors) = factors {
            frequencies = frequencies.broadcast_div(factors)?;
        }
        let positions = Tensor::arange(0, context as u32, &Device::Cpu)?.to_dtype(DType::F32)?;
        let angles = positions.reshape((context, 1))?.matmul(&frequencies)?;
        Ok(Self { pairs, cos: angles.cos()?, sin: angles.sin()? })
    }

    /// Turns `[1, heads, tokens, head]` of which the first token stands at position `at`.
    pub(super) fn turn(&self, heads: &Tensor, at: usize) -> Result<Tensor> {
        let tokens = heads.dim(2)?;
        let (cos, sin) = (self.cos.narrow(0, at, tokens)?, self.sin.narrow(0, at, tokens)?);
        match self.pairs {
            Pairs::Neighbours => candle_nn::rotary_emb::rope_i(heads, &cos, &sin),
            Pairs::Halves => candle_nn::rotary_emb::rope(heads, &cos, &sin),
        }
    }
}
