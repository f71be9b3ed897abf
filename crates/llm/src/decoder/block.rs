//! One layer of the transformer: attention over what was read, and a gated map.

use candle_core::{D, Result, Tensor};
use candle_nn::ops::{rms_norm, silu, softmax_last_dim};

use super::cache::Cache;
use super::linear::Linear;
use super::rotation::Rotation;
use super::shape::Shape;
use super::weights::Weights;

pub(super) struct Block {
    attention_norm: Tensor,
    attention: Attention,
    /// Over the attention's output, where the network has it.
    attention_out_norm: Option<Tensor>,
    map_norm: Tensor,
    map: GatedMap,
    map_out_norm: Option<Tensor>,
}

struct Attention {
    inputs: AttentionInputs,
    query_norm: Option<Tensor>,
    key_norm: Option<Tensor>,
    output: Linear,
    cache: Cache,
}

enum AttentionInputs {
    Split { query: Linear, key: Linear, value: Linear },
    Fused(Linear),
}

struct GatedMap {
    /// `None` when `up` computes the gate too, before itself.
    gate: Option<Linear>,
    up: Linear,
    down: Linear,
    gelu: bool,
}

/// What all layers of one kind share in reading some tokens.
pub(super) struct Pass<'a> {
    pub(super) shape: &'a Shape,
    /// Position of the first token.
    pub(super) at: usize,
    pub(super) rotation: &'a Rotation,
    /// `[tokens, at + tokens]`: 0 where a token may look, minus infinity where not; `None` for one
    /// token alone.
    pub(super) mask: Option<&'a Tensor>,
    /// Tokens that may be seen, the own one included.
    pub(super) window: Option<usize>,
}

impl Block {
    pub(super) fn load(weights: &mut Weights, layer: usize, shape: &Shape) -> Result<Self> {
        let name = |part: &str| format!("blk.{layer}.{part}");
        let inputs = if weights.has(&name("attn_qkv.weight")) {
            AttentionInputs::Fused(weights.linear(&name("attn_qkv"))?)
        } else {
            AttentionInputs::Split {
                query: weights.linear(&name("attn_q"))?,
                key: weights.linear(&name("attn_k"))?,
                value: weights.linear(&name("attn_v"))?,
            }
        };
        let gate = name("ffn_gate.weight");
        Ok(Self {
            attention_norm: weights.floats(&name("attn_norm.weight"))?,
            attention: Attention {
                inputs,
                query_norm: weights.floats_if_any(&name("attn_q_norm.weight"))?,
                key_norm: weights.floats_if_any(&name("attn_k_norm.weight"))?,
                output: weights.linear(&name("attn_output"))?,
                cache: Cache::default(),
            },
            attention_out_norm: weights.floats_if_any(&name("post_attention_norm.weight"))?,
            map_norm: weights.floats(&name("ffn_norm.weight"))?,
            map: GatedMap {
                gate: if weights.has(&gate) { Some(weights.linear(&name("ffn_gate"))?) } else { None },
                up: weights.linear(&name("ffn_up"))?,
                down: weights.linear(&name("ffn_down"))?,
                gelu: shape.gelu,
            },
            map_out_norm: weights.floats_if_any(&name("post_ffw_norm.weight"))?,
        })
    }

    /// `[tokens, width]` to the same.
    pub(super) fn forward(&mut self, states: &Tensor, pass: &Pass<'_>) -> Result<Tensor> {
        let epsilon = pass.shape.epsilon;
        let attended = self.attention.forward(&rms_norm(states, &self.attention_norm, epsilon)?, pass)?;
        let states = (states + normed(attended, self.attention_out_norm.as_ref(), epsilon)?)?;
        let mapped = self.map.forward(&rms_norm(&states, &self.map_norm, epsilon)?)?;
        states + normed(mapped, self.map_out_norm.as_ref(), epsilon)?
    }
}

fn normed(states: Tensor, norm: Option<&Tensor>, epsilon: f32) -> Result<Tensor> {
    match norm {
        Some(norm) => rms_norm(&states, norm, epsilon),
        None => Ok(states),
    }
}

impl Attention {
    fn forward(&mut self, states: &Tensor, pass: &Pass<'_>) -> Result<Tensor> {
        let Shape { heads, kv_heads, head, context, epsilon, .. } = *pass.shape;
        let tokens = states.dim(0)?;
        let (query, key, value) = self.inputs.forward(states, heads * head, kv_heads * head)?;
        let turned = |part: Tensor, heads: usize, norm: Option<&Tensor>| {
            let part = part.reshape((1, tokens, heads, head))?.transpose(1, 2)?.contiguous()?;
            pass.rotation.turn(&normed(part, norm, epsilon)?, pass.at)
        };
        let query = turned(query, heads, self.query_norm.as_ref())?;
        let key = turned(key, kv_heads, self.key_norm.as_ref())?.squeeze(0)?;
        let value = value.reshape((tokens, kv_heads, head))?.transpose(0, 1)?;
        let (mut keys, mut values) = self.cache.put(&key, &value, pass.at, context)?;
        let read = pass.at + tokens;
        if let (Some(window), None) = (pass.window, pass.mask) {
            let seen = read.min(window);
            (keys, values) = (keys.narrow(1, read - seen, seen)?, values.narrow(1, read - seen, seen)?);
        }

        // Heads that share keys and values are rows of one product with them.
        let group = heads / kv_heads;
        let query = (query * (head as f64).powf(-0.5))?.reshape((kv_heads, group * tokens, head))?;
        let mut scores = query.matmul(&keys.t()?)?;
        if let Some(mask) = pass.mask {
            let every = scores.reshape((heads, tokens, read))?.broadcast_add(mask)?;
            scores = every.reshape((kv_heads, group * tokens, read))?;
        }
        let attended = softmax_last_dim(&scores)?.matmul(&values)?;
        let attended = attended.reshape((heads, tokens, head))?.transpose(0, 1)?;
        self.output.forward(&attended.reshape((tokens, heads * head))?)
    }
}

impl AttentionInputs {
    fn forward(
        &self,
        states: &Tensor,
        query_units: usize,
        kv_units: usize,
    ) -> Result<(Tensor, Tensor, Tensor)> {
        match self {
            Self::Split { query, key, value } => {
                Ok((query.forward(states)?, key.forward(states)?, value.forward(states)?))
            }
            Self::Fused(all) => {
                let all = all.forward(states)?;
                let part = |start, units| all.narrow(D::Minus1, start, units)?.contiguous();
                let key_end = query_units + kv_units;
                Ok((part(0, query_units)?, part(query_units, kv_units)?, part(key_end, kv_units)?))
            }
        }
    }
}

impl GatedMap {
    fn forward(&self, states: &Tensor) -> Result<Tensor> {
        let up = self.up.forward(states)?;
        let (gate, up) = match &self.gate {
            Some(gate) => (gate.forward(states)?, up),
            None => {
                let units = up.dim(D::Minus1)? / 2;
                (
                    up.narrow(D::Minus1, 0, units)?.contiguous()?,
                    up.narrow(D::Minus1, units, units)?.contiguous()?,
                )
            }
        };
        let gate = if self.gelu { gate.gelu()? } else { silu(&gate)? };
        self.down.forward(&(gate * up)?)
    }
}
