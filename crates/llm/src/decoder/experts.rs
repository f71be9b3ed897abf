//! Many gated maps, of which each token goes through a few (Shazeer et al. 2017).

use candle_core::Result;

use super::map::GatedMap;
use super::norm::dot;
use super::scratch::Scratch;
use super::shape::{Choice, Shape};
use super::weights::Weights;

pub(super) struct Experts {
    /// `[experts, width]`; products with it are floats, so that a token's choice never depends on
    /// what is read beside it.
    router: Vec<f32>,
    experts: Vec<GatedMap>,
    /// Experts that a token goes through.
    used: usize,
}

impl Experts {
    /// `name` names the tensors of its layer.
    pub(super) fn load(weights: &mut Weights, name: &impl Fn(&str) -> String, shape: &Shape) -> Result<Self> {
        let width = shape.width;
        let Some(Choice { experts: count, used, inner }) = shape.experts else {
            candle_core::bail!("the network has no experts");
        };
        let gates = weights.linears(&name("ffn_gate_exps"), count, inner, width)?;
        let ups = weights.linears(&name("ffn_up_exps"), count, inner, width)?;
        let downs = weights.linears(&name("ffn_down_exps"), count, width, inner)?;
        let kind = shape.architecture.gate;
        let experts = gates.into_iter().zip(ups).zip(downs);
        Ok(Self {
            router: weights.floats(&name("ffn_gate_inp.weight"), count * width)?,
            experts: experts.map(|((gate, up), down)| GatedMap::new(gate, up, down, kind)).collect(),
            used,
        })
    }

    /// Maps `states`, `[tokens, width]`. What a token's experts give is added in their order.
    pub(super) fn forward(
        &self,
        states: &[f32],
        width: usize,
        scratch: &mut Scratch,
        out: &mut Vec<f32>,
    ) -> Result<()> {
        // Tokens and weights by expert.
        let mut chosen = vec![Vec::new(); self.experts.len()];
        for (token, state) in states.chunks_exact(width).enumerate() {
            for (expert, weight) in self.choose(state) {
                chosen[expert].push((token, weight));
            }
        }
        out.clear();
        out.resize(states.len(), 0.0);
        let (mut inputs, mut given) = (Vec::new(), Vec::new());
        for (expert, chosen) in self.experts.iter().zip(&chosen) {
            if chosen.is_empty() {
                continue;
            }
            inputs.clear();
            for (token, _) in chosen {
                inputs.extend_from_slice(&states[token * width..][..width]);
            }
            expert.forward(&inputs, width, scratch, &mut given)?;
            for ((token, weight), given) in chosen.iter().zip(given.chunks_exact(width)) {
                let out = &mut out[token * width..][..width];
                out.iter_mut().zip(given).for_each(|(out, given)| *out += weight * given);
            }
        }
        Ok(())
    }

    /// A token's experts, the likeliest first, with weights whose sum is 1.
    fn choose(&self, state: &[f32]) -> Vec<(usize, f32)> {
        let chances = self.router.chunks_exact(state.len()).map(|row| dot(row, state));
        let mut experts: Vec<(usize, f32)> = chances.enumerate().collect();
        experts.sort_by(|one, other| other.1.total_cmp(&one.1));
        experts.truncate(self.used);
        let most = experts[0].1;
        experts.iter_mut().for_each(|(_, chance)| *chance = (*chance - most).exp());
        let sum: f32 = experts.iter().map(|(_, chance)| chance).sum();
        experts.iter_mut().for_each(|(_, chance)| *chance /= sum);
        experts
    }
}
