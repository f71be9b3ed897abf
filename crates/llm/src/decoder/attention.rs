//! Attention over what was read (Vaswani et al. 2017), with heads that share keys and values.

use candle_core::Result;

use super::block::Pass;
use super::linear::Linear;
use super::norm::{Norm, scale};
use super::scratch::Scratch;
use super::shape::Shape;
use super::weights::Weights;
use crate::kernel::attend::{Kept, Span};

pub(super) struct Attention {
    inputs: Inputs,
    query_norm: Option<Norm>,
    key_norm: Option<Norm>,
    output: Linear,
    /// Of each sequence.
    pub(super) kept: Vec<Kept>,
}

enum Inputs {
    Split { query: Linear, key: Linear, value: Linear },
    Fused(Linear),
}

impl Attention {
    /// `name` names the tensors of its layer.
    pub(super) fn load(weights: &mut Weights, name: &impl Fn(&str) -> String, shape: &Shape) -> Result<Self> {
        let Shape { architecture, width, heads, kv_heads, head, epsilon, .. } = *shape;
        let (queries, keys) = (heads * head, kv_heads * head);
        let inputs = if weights.has(&name("attn_qkv.weight")) {
            Inputs::Fused(weights.linear(&name("attn_qkv"), queries + 2 * keys, width)?)
        } else {
            Inputs::Split {
                query: weights.linear(&name("attn_q"), queries, width)?,
                key: weights.linear(&name("attn_k"), keys, width)?,
                value: weights.linear(&name("attn_v"), keys, width)?,
            }
        };
        let normed = |units| if architecture.whole_norms { units } else { head };
        Ok(Self {
            inputs,
            query_norm: weights.norm_if_any(&name("attn_q_norm.weight"), normed(queries), epsilon)?,
            key_norm: weights.norm_if_any(&name("attn_k_norm.weight"), normed(keys), epsilon)?,
            output: weights.linear(&name("attn_output"), width, queries)?,
            kept: (0..shape.sequences)
                .map(|_| Kept::new(kv_heads, head, shape.context).capped(shape.score_cap))
                .collect(),
        })
    }

    /// Maps `states`, `[tokens, width]`, and keeps their keys and values.
    pub(super) fn forward(
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
            Inputs::Split { query: by_query, key: by_key, value: by_value } => {
                by_query.forward(states, scratch, &mut query)?;
                by_key.forward(states, scratch, &mut key)?;
                by_value.forward(states, scratch, &mut value)?;
            }
            Inputs::Fused(all) => {
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
        let turn = |values: &mut [f32], heads: usize, norm: Option<&Norm>, is_query: bool| {
            if let Some(norm) = norm {
                norm.apply(values);
            }
            for (position, values) in pass.positions().zip(values.chunks_exact_mut(heads * head)) {
                if let Some(rotation) = pass.rotation {
                    rotation.turn(values, position);
                }
                if is_query {
                    scale(values, pass.shape.query_scale(position));
                }
            }
        };
        turn(&mut query, heads, self.query_norm.as_ref(), true);
        turn(&mut key, kv_heads, self.key_norm.as_ref(), false);
        attended.resize(query.len(), 0.0);
        let mut from = 0;
        for strand in pass.strands {
            let tokens = from..from + strand.tokens;
            let of = |units: usize| tokens.start * units..tokens.end * units;
            let kept = &mut self.kept[strand.sequence];
            kept.put(&key[of(kv_heads * head)], &value[of(kv_heads * head)], strand.at);
            let span = Span { at: strand.at, window: pass.window, end: None, level: scratch.level };
            let (query, out) = (&query[of(heads * head)], &mut attended[of(heads * head)]);
            kept.attend(query, heads, span, &mut scratch.by_heads, out);
            from = tokens.end;
        }
        scratch.set_inputs(&attended, heads * head);
        self.output.forward(&attended, scratch, out)?;
        (scratch.query, scratch.key, scratch.value, scratch.attended) = (query, key, value, attended);
        Ok(())
    }
}
