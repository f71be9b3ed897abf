//! The networks that can be computed, and the tensors that each of them has.

use crate::gguf::Gguf;

/// A kind of network, as `general.architecture` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    Qwen2,
    Llama,
    Qwen3,
    Gemma3,
    Phi3,
}

/// Tensors outside the blocks; `output.weight` is missing where it is the embedding itself.
const EMBEDDING: &str = "token_embd.weight";
const OUTPUT_NORM: &str = "output_norm.weight";
const OUTPUT: &str = "output.weight";
/// Factors that divide the angles of rotation (Llama 3); others have none.
const ROTATION_FACTORS: &str = "rope_freqs.weight";

const SPLIT_ATTENTION: &[&str] =
    &["attn_norm.weight", "attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"];
const GATED: &[&str] = &["ffn_norm.weight", "ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"];
const BIASES: &[&str] = &["attn_q.bias", "attn_k.bias", "attn_v.bias"];
const HEAD_NORMS: &[&str] = &["attn_q_norm.weight", "attn_k_norm.weight"];
const OUTER_NORMS: &[&str] = &["post_attention_norm.weight", "post_ffw_norm.weight"];
const FUSED: &[&str] = &[
    "attn_norm.weight",
    "attn_qkv.weight",
    "attn_output.weight",
    "ffn_norm.weight",
    "ffn_up.weight",
    "ffn_down.weight",
];

impl Architecture {
    const ALL: [Self; 5] = [Self::Qwen2, Self::Llama, Self::Qwen3, Self::Gemma3, Self::Phi3];

    fn name(self) -> &'static str {
        match self {
            Self::Qwen2 => "qwen2",
            Self::Llama => "llama",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
            Self::Phi3 => "phi3",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|architecture| architecture.name() == name)
    }

    /// The metadata key of one of this architecture's properties.
    pub(crate) fn key(self, property: &str) -> String {
        format!("{}.{property}", self.name())
    }

    /// The names of all architectures, for a refusal.
    pub(crate) fn known() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    fn block(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Llama => &[SPLIT_ATTENTION, GATED],
            Self::Qwen2 => &[SPLIT_ATTENTION, GATED, BIASES],
            Self::Qwen3 => &[SPLIT_ATTENTION, GATED, HEAD_NORMS],
            Self::Gemma3 => &[SPLIT_ATTENTION, GATED, HEAD_NORMS, OUTER_NORMS],
            Self::Phi3 => &[FUSED],
        }
    }

    /// Says what is wrong when the file's tensors are not exactly this network's. A tensor too many
    /// means that the network has a part (biases, experts, long rotations) that would be left
    /// out silently, and its answers would be subtly wrong.
    pub(crate) fn check_tensors(self, gguf: &Gguf, layers: usize) -> Result<(), TensorFault> {
        let parts = self.block().concat();
        for needed in [EMBEDDING, OUTPUT_NORM] {
            if !gguf.tensors().contains_key(needed) {
                return Err(TensorFault::Missing(needed.into()));
            }
        }
        for layer in 0..layers {
            for part in &parts {
                let name = format!("blk.{layer}.{part}");
                if !gguf.tensors().contains_key(&name) {
                    return Err(TensorFault::Missing(name));
                }
            }
        }
        let surplus = gguf.tensors().keys().filter(|name| {
            let in_block = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')).is_some_and(
                |(layer, part)| {
                    layer.parse::<usize>().is_ok_and(|layer| layer < layers) && parts.contains(&part)
                },
            );
            let factors = self == Self::Llama && name.as_str() == ROTATION_FACTORS;
            !in_block && !factors && ![EMBEDDING, OUTPUT_NORM, OUTPUT].contains(&name.as_str())
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
