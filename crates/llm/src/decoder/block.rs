//! One layer of the transformer: attention over what was read, and a gated map.

use candle_core::Result;
use rayon::prelude::*;

use super::linear::Linear;
use super::norm::Norm;
use super::rotation::Rotation;
use super::scratch::Scratch;
use super::shape::Shape;
use super::weights::Weights;
use crate::kernel::attend::{Gate, Kept, Span, gate};

pub(super) struct Block {
    attention_norm: Norm,
    attention: Attention,
    /// Over the attention's output, where the network has it.
    attention_out_norm: Option<Norm>,
    map_norm: Norm,
    map: GatedMap,
    map_out_norm: Option<Norm>,
}

struct Attention {
    inputs: AttentionInputs,
    query_norm: Option<Norm>,
    key_norm: Option<Norm>,
    output: Linear,
    kept: Kept,
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
    kind: Gate,
}

/// What all layers of one kind share in reading some tokens.
pub(super) struct Pass<'a> {
    pub(super) shape: &'a Shape,
    pub(super) rotation: &'a Rotation,
    pub(super) span: Span,
}

impl Block {
    pub(super) fn load(weights: &mut Weights, layer: usize, shape: &Shape) -> Result<Self> {
        let Shape { width, heads, kv_heads, head, epsilon, .. } = *shape;
        let name = |part: &str| format!("blk.{layer}.{part}");
        let norm = |weights: &mut Weights, part: &str, units| -> Result<Option<Norm>> {
            let weight = weights.floats_if_any(&name(part), units)?;
            Ok(weight.map(|weight| Norm::new(weight, epsilon)))
        };
        let (queries, keys) = (heads * head, kv_heads * head);
        let inputs = if weights.has(&name("attn_qkv.weight")) {
            AttentionInputs::Fused(weights.linear(&name("attn_qkv"), queries + 2 * keys, width)?)
        } else {
            AttentionInputs::Split {
                query: weights.linear(&name("attn_q"), queries, width)?,
                key: weights.linear(&name("attn_k"), keys, width)?,
                value: weights.linear(&name("attn_v"), keys, width)?,
            }
        };
        let is_split = weights.has(&name("ffn_gate.weight"));
        let up_outputs = weights.outputs(&name("ffn_up"))?;
        let inner = if is_split { up_outputs } else { up_outputs / 2 };
        Ok(Self {
            attention_norm: Norm::new(weights.floats(&name("attn_norm.weight"), width)?, epsilon),
            attention: Attention {
                inputs,
                query_norm: norm(weights, "attn_q_norm.weight", head)?,
                key_norm: norm(weights, "attn_k_norm.weight", head)?,
                output: weights.linear(&name("attn_output"), width, queries)?,
                kept: Kept::new(kv_heads, head, shape.context),
            },
            attention_out_norm: norm(weights, "post_attention_norm.weight", width)?,
            map_norm: Norm::new(weights.floats(&name("ffn_norm.weight"), width)?, epsilon),
            map: GatedMap {
                gate: if is_split { Some(weights.linear(&name("ffn_gate"), inner, width)?) } else { None },
                up: weights.linear(&name("ffn_up"), up_outputs, width)?,
                down: weights.linear(&name("ffn_down"), width, inner)?,
                kind: if shape.gelu { Gate::Gelu } else { Gate::Silu },
            },
            map_out_norm: norm(weights, "post_ffw_norm.weight", width)?,
        })
    }

    /// Keys and values of what it has read.
    pub(super) fn kept(&mut self) -> &mut Kept {
        &mut self.attention.kept
    }

    /// Changes `states`, `[tokens, width]`, as the layer does.
    pub(super) fn forward(
        &mut self,
        states: &mut [f32],
        pass: &Pass<'_>,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let mut normed = std::mem::take(&mut scratch.normed);
        let mut out = std::mem::take(&mut scratch.out);
        self.attention_norm.apply_to(states, &mut normed);
        self.attention.forward(&normed, pass, scratch, &mut out)?;
        add(states, &mut out, self.attention_out_norm.as_ref());
        self.map_norm.apply_to(states, &mut normed);
        self.map.forward(&normed, pass.shape.width, scratch, &mut out)?;
        add(states, &mut out, self.map_out_norm.as_ref());
        (scratch.normed, scratch.out) = (normed, out);
        Ok(())
    }
}

fn add(states: &mut [f32], out: &mut [f32], norm: Option<&Norm>) {
    if let Some(norm) = norm {
        norm.apply(out);
    }
    states.iter_mut().zip(out).for_each(|(state, out)| *state += *out);
}

impl Attention {
    fn forward(
        &mut self,
        states: &[f32],
        pass: &Pass<'_>,
        scratch: &mut Scratch,
        out: &mut Vec<f32>,
    ) -> Result<()> {
        let Shape { width, heads, kv_heads, head, .. } = *pass.shape;
        scratch.set_inputs(states, width);
        let mut query = std::mem::take(&mut scratch.query);
        let mut key = std::mem::take(&mut scratch.key);
        let mut value = std::mem::take(&mut scratch.value);
        let mut attended = std::mem::take(&mut scratch.attended);
        match &self.inputs {
            AttentionInputs::Split { query: by_query, key: by_key, value: by_value } => {
                by_query.forward(states, scratch, &mut query)?;
                by_key.forward(states, scratch, &mut key)?;
                by_value.forward(states, scratch, &mut value)?;
            }
            AttentionInputs::Fused(all) => {
                all.forward(states, scratch, &mut attended)?;
                let (queries, keys) = (heads * head, kv_heads * head);
                let part = |start: usize, units: usize, part: &mut Vec<f32>| {
                    part.clear();
                    attended.chunks_exact(all.outputs()).for_each(|row| {
                        part.extend_from_slice(&row[start..start + units]);
                    });
                };
                part(0, queries, &mut query);
                part(queries, keys, &mut key);
                part(queries + keys, keys, &mut value);
            }
        }
        let turn = |values: &mut [f32], heads: usize, norm: Option<&Norm>, scale: f32| {
            if let Some(norm) = norm {
                norm.apply(values);
            }
            for (token, values) in values.chunks_exact_mut(heads * head).enumerate() {
                pass.rotation.turn(values, pass.span.at + token);
                if scale != 1.0 {
                    values.iter_mut().for_each(|value| *value *= scale);
                }
            }
        };
        turn(&mut query, heads, self.query_norm.as_ref(), (head as f32).powf(-0.5));
        turn(&mut key, kv_heads, self.key_norm.as_ref(), 1.0);
        self.kept.put(&key, &value, pass.span.at);
        attended.resize(query.len(), 0.0);
        self.kept.attend(&query, heads, pass.span, &mut scratch.product, &mut attended);
        scratch.set_inputs(&attended, heads * head);
        self.output.forward(&attended, scratch, out)?;
        (scratch.query, scratch.key, scratch.value, scratch.attended) = (query, key, value, attended);
        Ok(())
    }
}

impl GatedMap {
    fn forward(&self, states: &[f32], width: usize, scratch: &mut Scratch, out: &mut Vec<f32>) -> Result<()> {
        scratch.set_inputs(states, width);
        let (mut gated, mut up) = (std::mem::take(&mut scratch.gate), std::mem::take(&mut scratch.up));
        let inner = match &self.gate {
            Some(gate) => {
                gate.forward(states, scratch, &mut gated)?;
                self.up.forward(states, scratch, &mut up)?;
                gate.outputs()
            }
            None => {
                self.up.forward(states, scratch, out)?;
                let inner = self.up.outputs() / 2;
                gated.clear();
                up.clear();
                for row in out.chunks_exact(2 * inner) {
                    gated.extend_from_slice(&row[..inner]);
                    up.extend_from_slice(&row[inner..]);
                }
                inner
            }
        };
        let level = scratch.level;
        if gated.len() == inner {
            gate(self.kind, &mut gated, &up, level);
        } else {
            let rows = gated.par_chunks_exact_mut(inner).zip(up.par_chunks_exact(inner));
            rows.with_min_len(4).for_each(|(gated, up)| gate(self.kind, gated, up, level));
        }
        scratch.set_inputs(&gated, inner);
        self.down.forward(&gated, scratch, out)?;
        (scratch.gate, scratch.up) = (gated, up);
        Ok(())
    }
}
