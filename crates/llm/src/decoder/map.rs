//! The gated map of a layer (Shazeer 2020, "GLU variants").

use candle_core::Result;
use rayon::prelude::*;

use super::linear::Linear;
use super::scratch::Scratch;
use super::shape::Shape;
use super::weights::Weights;
use crate::kernel::maps::{Gate, gate};

pub(super) struct GatedMap {
    /// `None` when `up` computes the gate too, before itself.
    gate: Option<Linear>,
    up: Linear,
    down: Linear,
    kind: Gate,
}

impl GatedMap {
    /// `name` names the tensors of its layer.
    pub(super) fn load(weights: &mut Weights, name: &impl Fn(&str) -> String, shape: &Shape) -> Result<Self> {
        let width = shape.width;
        let is_split = weights.has(&name("ffn_gate.weight"));
        let up_outputs = weights.outputs(&name("ffn_up"))?;
        let inner = if is_split { up_outputs } else { up_outputs / 2 };
        Ok(Self {
            gate: if is_split { Some(weights.linear(&name("ffn_gate"), inner, width)?) } else { None },
            up: weights.linear(&name("ffn_up"), up_outputs, width)?,
            down: weights.linear(&name("ffn_down"), width, inner)?,
            kind: shape.architecture.gate,
        })
    }

    pub(super) fn new(gate: Linear, up: Linear, down: Linear, kind: Gate) -> Self {
        Self { gate: Some(gate), up, down, kind }
    }

    pub(super) fn forward(
        &self,
        states: &[f32],
        width: usize,
        scratch: &mut Scratch,
        out: &mut Vec<f32>,
    ) -> Result<()> {
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
