//! The measures of a network, and the memory that it takes.

use inhouse_agent::chat::ModelError;

use super::architecture::{Architecture, TensorFault};
use crate::gguf::Gguf;

/// No real network comes near these; they keep arithmetic from overflowing.
const MOST_LAYERS: u64 = 1_024;
const MOST_UNITS: u64 = 1 << 20;
const BYTES_OF_F32: u64 = 4;

/// The measures of a network, checked against the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) architecture: Architecture,
    layers: usize,
    width: usize,
    kv_heads: usize,
    head: usize,
    /// Tokens that prompt and answer may have together.
    pub(crate) context: usize,
    pub(crate) vocabulary: usize,
    /// Stored bytes of all tensors.
    tensor_bytes: u64,
}

impl Shape {
    /// Reads the measures and checks that the network can be computed as the file describes it.
    pub(crate) fn of(gguf: &Gguf) -> Result<Self, ModelError> {
        let name = gguf.text("general.architecture").ok_or_else(|| gguf.missing("general.architecture"))?;
        let architecture = Architecture::from_name(name).ok_or_else(|| {
            gguf.unsupported(format!(
                "its architecture {name:?} is not known; known are {}",
                Architecture::known()
            ))
        })?;
        let number = |property: &str, most: u64| {
            let key = architecture.key(property);
            match gguf.number(&key) {
                None => Err(gguf.missing(&key)),
                Some(n) if (1..=most).contains(&n) => usize::try_from(n).map_err(|_| gguf.missing(&key)),
                Some(n) => Err(gguf.broken(format!("{key} is {n}"))),
            }
        };
        let layers = number("block_count", MOST_LAYERS)?;
        let width = number("embedding_length", MOST_UNITS)?;
        let heads = number("attention.head_count", MOST_UNITS)?;
        let kv_heads = number("attention.head_count_kv", MOST_UNITS)?;
        let context = number("context_length", u64::from(u32::MAX))?.min(architecture.most_positions());
        if heads % kv_heads != 0 {
            return Err(gguf.broken(format!("{heads} heads cannot share {kv_heads} keys and values")));
        }
        let head = head(gguf, architecture, width, heads)?;
        check_rotation(gguf, architecture)?;
        architecture.check_tensors(gguf, layers).map_err(|fault| match fault {
            TensorFault::Missing(tensor) => gguf.broken(format!("its tensor {tensor:?} is missing")),
            TensorFault::Surplus(tensor) => gguf.unsupported(format!(
                "its tensor {tensor:?} has no place in a {name} network as it is known here"
            )),
        })?;
        let embedding = gguf.tensors()["token_embd.weight"].shape.dims().to_vec();
        let [vocabulary, units] = embedding[..] else {
            return Err(gguf.broken(format!("its embedding has the shape {embedding:?}")));
        };
        if units != width {
            return Err(gguf.broken(format!("its embedding has {units} units, its header says {width}")));
        }
        let tensor_bytes = gguf.tensor_bytes();
        Ok(Self { architecture, layers, width, kv_heads, head, context, vocabulary, tensor_bytes })
    }

    /// Units of one attention head.
    pub(crate) fn head(&self) -> usize {
        self.head
    }

    /// Upper bound of the memory that a loaded model takes with `context` tokens, in bytes.
    ///
    /// Candle keeps the weights as stored and, on processors with vector instructions for them, a
    /// second copy in the order that these want; the embedding once more in f32; keys and values
    /// in f32; and tables of rotations.
    pub(crate) fn memory(&self, context: usize) -> u64 {
        let embedding = (self.vocabulary as u64).saturating_mul(self.width as u64);
        let rotations = match self.architecture {
            // Each layer has its own table, of all positions that the architecture can number.
            Architecture::Gemma3 => (self.layers * self.architecture.most_positions()) as u64,
            _ => context.min(self.context) as u64,
        };
        let kept = (2 * self.layers * self.kv_heads) as u64 * context as u64 + rotations;
        let floats = embedding.saturating_add(kept.saturating_mul(self.head as u64));
        self.tensor_bytes.saturating_mul(2).saturating_add(floats.saturating_mul(BYTES_OF_F32))
    }
}

/// Units of one attention head.
fn head(gguf: &Gguf, architecture: Architecture, width: usize, heads: usize) -> Result<usize, ModelError> {
    let stated = gguf.number(&architecture.key("attention.key_length"));
    let divided = (width % heads == 0).then_some((width / heads) as u64);
    let head = match architecture {
        Architecture::Qwen3 | Architecture::Gemma3 => stated.filter(|units| *units <= MOST_UNITS),
        // The readers of these divide, whatever the file states.
        Architecture::Qwen2 | Architecture::Llama | Architecture::Phi3 => {
            divided.filter(|units| stated.is_none_or(|stated| stated == *units))
        }
    };
    let head = head.filter(|units| *units > 0 && units % 2 == 0).ok_or_else(|| {
        gguf.unsupported(format!("heads of {stated:?} units beside {heads} heads in {width} units"))
    })?;
    let rotated = gguf.number(&architecture.key("rope.dimension_count"));
    if rotated.is_some_and(|units| units != head) {
        return Err(gguf.unsupported(format!("only {rotated:?} of {head} units of a head are rotated")));
    }
    Ok(head as usize)
}

/// Scaled rotary positions are not applied by candle's readers; such a model would only seem to
/// work.
fn check_rotation(gguf: &Gguf, architecture: Architecture) -> Result<(), ModelError> {
    match gguf.text(&architecture.key("rope.scaling.type")) {
        None | Some("none") => Ok(()),
        Some(kind) => Err(gguf.unsupported(format!("its positions are scaled ({kind})"))),
    }
}
