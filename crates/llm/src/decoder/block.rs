//! One layer of the transformer: attention over what was read, or a convolution over the last of it,
//! and a gated map or a choice of many.

use candle_core::Result;

use super::attention::Attention;
use super::convolution::Convolution;
use super::experts::Experts;
use super::map::GatedMap;
use super::norm::{Norm, scale};
use super::rotation::Rotation;
use super::scratch::Scratch;
use super::shape::Shape;
use super::weights::Weights;
use crate::kernel::attend::Kept;

/// Norms are `None` where the network has none at that place.
pub(super) struct Block {
    mixer_norm: Option<Norm>,
    mixer: Mixer,
    mixer_out_norm: Option<Norm>,
    map_norm: Option<Norm>,
    map: Map,
    map_out_norm: Option<Norm>,
}

/// What lets tokens see each other.
enum Mixer {
    Attention(Attention),
    Convolution(Convolution),
}

enum Map {
    Gated(GatedMap),
    Experts(Experts),
}

/// Tokens of one sequence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strand {
    pub(super) sequence: usize,
    /// Position of the first.
    pub(super) at: usize,
    pub(super) tokens: usize,
}

/// What a layer needs to know in reading some tokens.
pub(super) struct Pass<'a> {
    pub(super) shape: &'a Shape,
    /// `None` where heads are not turned.
    pub(super) rotation: Option<&'a Rotation>,
    /// Tokens that may be seen, the own one included.
    pub(super) window: Option<usize>,
    /// All tokens, in order.
    pub(super) strands: &'a [Strand],
}

impl Pass<'_> {
    /// Of each token.
    pub(super) fn positions(&self) -> impl Iterator<Item = usize> {
        self.strands.iter().flat_map(|strand| strand.at..strand.at + strand.tokens)
    }
}

impl Block {
    pub(super) fn load(weights: &mut Weights, layer: usize, shape: &Shape) -> Result<Self> {
        let Shape { width, epsilon, .. } = *shape;
        let name = |part: &str| format!("blk.{layer}.{part}");
        let norm = |weights: &mut Weights, part: &str| weights.norm_if_any(&name(part), width, epsilon);
        Ok(Self {
            mixer_norm: norm(weights, "attn_norm.weight")?,
            mixer: if shape.views[layer].attends {
                Mixer::Attention(Attention::load(weights, &name, shape)?)
            } else {
                Mixer::Convolution(Convolution::load(weights, &name, shape)?)
            },
            mixer_out_norm: norm(weights, "post_attention_norm.weight")?,
            map_norm: norm(weights, "ffn_norm.weight")?,
            map: if shape.experts.is_some() {
                Map::Experts(Experts::load(weights, &name, shape)?)
            } else {
                Map::Gated(GatedMap::load(weights, &name, shape)?)
            },
            map_out_norm: norm(weights, "post_ffw_norm.weight")?,
        })
    }

    /// Keys and values of what it has read of a sequence, where that is what it keeps.
    pub(super) fn kept(&self, sequence: usize) -> Option<&Kept> {
        match &self.mixer {
            Mixer::Attention(attention) => Some(&attention.kept[sequence]),
            Mixer::Convolution(_) => None,
        }
    }

    pub(super) fn kept_mut(&mut self, sequence: usize) -> Option<&mut Kept> {
        match &mut self.mixer {
            Mixer::Attention(attention) => Some(&mut attention.kept[sequence]),
            Mixer::Convolution(_) => None,
        }
    }

    /// Changes `states`, `[tokens, width]`, as the layer does.
    pub(super) fn forward(
        &mut self,
        states: &mut [f32],
        pass: &Pass<'_>,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let Shape { width, residual_scale, .. } = *pass.shape;
        let mut normed = std::mem::take(&mut scratch.normed);
        let mut out = std::mem::take(&mut scratch.out);
        let inputs = norm_to(self.mixer_norm.as_ref(), states, &mut normed);
        match &mut self.mixer {
            Mixer::Attention(attention) => attention.forward(inputs, pass, scratch, &mut out)?,
            Mixer::Convolution(convolution) => {
                convolution.forward(inputs, pass.strands, scratch, &mut out)?;
            }
        }
        add(states, &mut out, self.mixer_out_norm.as_ref(), residual_scale);
        let inputs = norm_to(self.map_norm.as_ref(), states, &mut normed);
        match &self.map {
            Map::Gated(map) => map.forward(inputs, width, scratch, &mut out)?,
            Map::Experts(experts) => experts.forward(inputs, width, scratch, &mut out)?,
        }
        add(states, &mut out, self.map_out_norm.as_ref(), residual_scale);
        (scratch.normed, scratch.out) = (normed, out);
        Ok(())
    }
}

/// The states, normed where there is a norm.
fn norm_to<'a>(norm: Option<&Norm>, states: &'a [f32], normed: &'a mut Vec<f32>) -> &'a [f32] {
    match norm {
        None => states,
        Some(norm) => {
            norm.apply_to(states, normed);
            normed
        }
    }
}

fn add(states: &mut [f32], out: &mut [f32], norm: Option<&Norm>, scaled: f32) {
    if let Some(norm) = norm {
        norm.apply(out);
    }
    scale(out, scaled);
    states.iter_mut().zip(out).for_each(|(state, out)| *state += *out);
}
