//! The networks that can be computed: where each differs from the plain transformer, and the tensors
//! that it has.
//!
//! What they compute is what llama.cpp's graphs of the same names compute; the tests hold them
//! against it. What a file says itself (sizes, scales, windows, how positions are stretched) is not
//! here but in [`super::shape`].

use super::rotation::Pairs;
use crate::gguf::Gguf;
use crate::kernel::maps::Gate;

/// A kind of network, as `general.architecture` names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Architecture {
    name: &'static str,
    /// Tensors of every block.
    block: &'static [&'static [&'static str]],
    /// Tensors of blocks without attention, where there are such.
    unattending: Option<&'static [&'static [&'static str]]>,
    /// Tensors that blocks may have besides.
    extras: &'static [&'static [&'static str]],
    /// Tensors outside the blocks that the file may have besides the embedding and the last norm.
    outer: &'static [&'static [&'static str]],
    /// The name of the norm behind the last block.
    pub(super) output_norm: &'static str,
    pub(super) pairs: Pairs,
    pub(super) gate: Gate,
    /// Whether embeddings are multiplied by the root of their width.
    pub(super) scaled_embedding: bool,
    /// Whether the norms of queries and keys go over all heads at once rather than over each.
    pub(super) whole_norms: bool,
    pub(super) windows: Option<Windows>,
    /// Every so manieth layer leaves its heads unturned.
    pub(super) unturned_period: Option<usize>,
    /// Whether no layer turns its heads where the file says that rotations were not tuned.
    pub(super) turns_if_tuned: bool,
    /// Caps of the scores of attention and of the logits where the file has none.
    pub(super) caps: Option<[f32; 2]>,
    /// The number of layers of the one size whose queries are scaled by the width for each head
    /// instead of by a head's units, which its files don't say.
    pub(super) width_scaled_layers: Option<usize>,
    /// Properties that this network computes with and that others must not have.
    pub(super) factors: &'static [&'static str],
}

/// Layers that see the last tokens only.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Windows {
    /// Every so manieth layer sees everything, where the file does not say which; none when 0.
    pub(super) period: usize,
    /// The window where the file has none; without it all layers see everything then.
    pub(super) tokens: Option<usize>,
    /// The base of their rotations; that of the other layers when `None`.
    pub(super) base: Option<f32>,
    /// Whether their positions are stretched as those of the other layers are.
    pub(super) stretched: bool,
}

pub(super) const LOGIT_SCALE: &str = "logit_scale";
pub(super) const RESIDUAL_SCALE: &str = "residual_scale";
pub(super) const EMBEDDING_SCALE: &str = "embedding_scale";
pub(super) const TEMPERATURE_SCALE: &str = "attention.temperature_scale";
pub(super) const SCORE_CAP: &str = "attn_logit_softcapping";
pub(super) const LOGIT_CAP: &str = "final_logit_softcapping";
/// Properties that change what is computed wherever they stand.
pub(super) const FACTORS: [&str; 7] = [
    LOGIT_SCALE,
    RESIDUAL_SCALE,
    EMBEDDING_SCALE,
    TEMPERATURE_SCALE,
    SCORE_CAP,
    LOGIT_CAP,
    "expert_weights_scale",
];

const EMBEDDING: &str = "token_embd.weight";
/// Missing where it is the embedding itself.
const OUTPUT: &[&str] = &["output.weight"];
/// Factors that divide the angles of rotation (Llama 3), and those for short and for long contexts
/// (LongRoPE).
const TURN_FACTORS: &[&str] = &["rope_freqs.weight"];
const LONG_TURN_FACTORS: &[&str] = &["rope_factors_long.weight", "rope_factors_short.weight"];

const NORMS: &[&str] = &["attn_norm.weight", "ffn_norm.weight"];
const OUTER_NORMS: &[&str] = &["post_attention_norm.weight", "post_ffw_norm.weight"];
const HEAD_NORMS: &[&str] = &["attn_q_norm.weight", "attn_k_norm.weight"];
const ATTENTION: &[&str] = &["attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"];
const FUSED_ATTENTION: &[&str] = &["attn_qkv.weight", "attn_output.weight"];
const BIASES: &[&str] = &["attn_q.bias", "attn_k.bias", "attn_v.bias"];
const OUTPUT_BIAS: &[&str] = &["attn_output.bias"];
const GATED: &[&str] = &["ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"];
const GATED_BIASES: &[&str] = &["ffn_gate.bias", "ffn_up.bias", "ffn_down.bias"];
const FUSED_GATED: &[&str] = &["ffn_up.weight", "ffn_down.weight"];
const EXPERTS: &[&str] =
    &["ffn_gate_inp.weight", "ffn_gate_exps.weight", "ffn_up_exps.weight", "ffn_down_exps.weight"];
const CONVOLUTION: &[&str] =
    &["shortconv.conv.weight", "shortconv.in_proj.weight", "shortconv.out_proj.weight"];

/// Llama (Touvron et al. 2023), and what its files may have besides.
const LLAMA: Architecture = Architecture {
    name: "llama",
    block: &[NORMS, ATTENTION, GATED],
    unattending: None,
    extras: &[BIASES, OUTPUT_BIAS, GATED_BIASES],
    outer: &[OUTPUT, TURN_FACTORS, LONG_TURN_FACTORS],
    output_norm: "output_norm.weight",
    pairs: Pairs::Neighbours,
    gate: Gate::Silu,
    scaled_embedding: false,
    whole_norms: false,
    // Mistral's first models are llamas whose layers all see a window.
    windows: Some(Windows { period: 0, tokens: None, base: None, stretched: true }),
    unturned_period: None,
    turns_if_tuned: false,
    caps: None,
    width_scaled_layers: None,
    factors: &[],
};

const QWEN3: Architecture = Architecture {
    name: "qwen3",
    block: &[NORMS, ATTENTION, HEAD_NORMS, GATED],
    extras: &[BIASES],
    outer: &[OUTPUT],
    pairs: Pairs::Halves,
    windows: None,
    ..LLAMA
};

const GEMMA2: Architecture = Architecture {
    name: "gemma2",
    block: &[NORMS, OUTER_NORMS, ATTENTION, GATED],
    extras: &[],
    outer: &[OUTPUT],
    pairs: Pairs::Halves,
    gate: Gate::Gelu,
    scaled_embedding: true,
    windows: Some(Windows { period: 2, tokens: Some(4_096), base: None, stretched: true }),
    caps: Some([50.0, 30.0]),
    width_scaled_layers: Some(46),
    factors: &[SCORE_CAP, LOGIT_CAP],
    ..LLAMA
};

const ALL: &[Architecture] = &[
    LLAMA,
    Architecture { name: "mistral3", windows: None, factors: &[TEMPERATURE_SCALE], ..LLAMA },
    Architecture {
        name: "granite",
        windows: None,
        turns_if_tuned: true,
        factors: &[LOGIT_SCALE, RESIDUAL_SCALE, EMBEDDING_SCALE],
        ..LLAMA
    },
    Architecture {
        name: "smollm3",
        extras: &[BIASES, OUTPUT_BIAS],
        outer: &[OUTPUT],
        windows: None,
        unturned_period: Some(4),
        ..LLAMA
    },
    Architecture {
        name: "qwen2",
        block: &[NORMS, ATTENTION, BIASES, GATED],
        extras: &[OUTPUT_BIAS],
        ..QWEN3
    },
    QWEN3,
    Architecture { name: "qwen3moe", block: &[NORMS, ATTENTION, HEAD_NORMS, EXPERTS], ..QWEN3 },
    Architecture {
        name: "lfm2",
        unattending: Some(&[NORMS, CONVOLUTION, GATED]),
        extras: &[],
        output_norm: "token_embd_norm.weight",
        ..QWEN3
    },
    Architecture {
        name: "phi3",
        block: &[NORMS, FUSED_ATTENTION, FUSED_GATED],
        extras: &[],
        outer: &[OUTPUT, LONG_TURN_FACTORS],
        pairs: Pairs::Halves,
        ..LLAMA
    },
    Architecture {
        name: "glm4",
        block: &[NORMS, OUTER_NORMS, ATTENTION, FUSED_GATED],
        extras: &[BIASES],
        outer: &[OUTPUT],
        windows: None,
        ..LLAMA
    },
    Architecture {
        name: "gemma",
        block: &[NORMS, ATTENTION, GATED],
        windows: None,
        caps: None,
        width_scaled_layers: None,
        factors: &[],
        ..GEMMA2
    },
    GEMMA2,
    Architecture {
        name: "gemma3",
        block: &[NORMS, OUTER_NORMS, ATTENTION, HEAD_NORMS, GATED],
        windows: Some(Windows { period: 6, tokens: None, base: Some(1e4), stretched: false }),
        caps: None,
        width_scaled_layers: Some(62),
        factors: &[LOGIT_CAP],
        ..GEMMA2
    },
    // Its layers have no norms before their parts.
    Architecture {
        name: "olmo2",
        block: &[OUTER_NORMS, ATTENTION, HEAD_NORMS, GATED],
        extras: &[],
        outer: &[OUTPUT],
        pairs: Pairs::Halves,
        whole_norms: true,
        windows: Some(Windows { period: 4, tokens: None, base: None, stretched: false }),
        ..LLAMA
    },
];

impl Architecture {
    pub(crate) fn from_name(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|architecture| architecture.name == name)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The metadata key of one of this architecture's properties.
    pub(crate) fn key(&self, property: &str) -> String {
        format!("{}.{property}", self.name)
    }

    /// The names of all architectures, for a refusal.
    pub(crate) fn known() -> String {
        ALL.iter().map(|architecture| architecture.name).collect::<Vec<_>>().join(", ")
    }

    /// Whether some of its blocks are without attention.
    pub(super) fn has_unattending(&self) -> bool {
        self.unattending.is_some()
    }

    /// Whether its blocks choose among experts.
    pub(super) fn has_experts(&self) -> bool {
        self.block.contains(&EXPERTS)
    }

    /// The tensors of a block.
    pub(super) fn block(&self, attends: bool) -> impl Iterator<Item = &'static str> {
        self.parts(attends).iter().copied().flatten().copied()
    }

    fn parts(&self, attends: bool) -> &'static [&'static [&'static str]] {
        self.unattending.filter(|_| !attends).unwrap_or(self.block)
    }

    /// Says what is wrong when the file's tensors are not exactly this network's, whose layers
    /// attend or not. A tensor too many means that the network has a part (biases, experts, long
    /// rotations) that would be left out silently, and its answers would be subtly wrong.
    pub(crate) fn check_tensors(&self, gguf: &Gguf, attends: &[bool]) -> Result<(), TensorFault> {
        let parts = |layer: usize| self.block(attends[layer]).map(move |part| format!("blk.{layer}.{part}"));
        let outside = [EMBEDDING, self.output_norm];
        for name in (0..attends.len()).flat_map(parts).chain(outside.map(Into::into)) {
            if !gguf.tensors().contains_key(&name) {
                return Err(TensorFault::Missing(name));
            }
        }
        let within = |parts: &[&[&str]], part: &str| parts.iter().any(|parts| parts.contains(&part));
        let surplus = gguf.tensors().keys().filter(|name| {
            let in_block = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')).is_some_and(
                |(layer, part)| {
                    let attends = layer.parse::<usize>().ok().and_then(|layer| attends.get(layer));
                    attends.is_some_and(|attends| {
                        within(self.parts(*attends), part) || within(self.extras, part)
                    })
                },
            );
            !in_block && !outside.contains(&name.as_str()) && !within(self.outer, name)
        });
        match surplus.min() {
            Some(name) => Err(TensorFault::Surplus(name.clone())),
            None => Ok(()),
        }
    }
}

/// Why a file's tensors don't make up its network.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TensorFault {
    Missing(String),
    Surplus(String),
}
