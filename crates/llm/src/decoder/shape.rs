//! The measures of a network, and the memory that it takes.

use inhouse_agent::chat::ModelError;

use super::architecture::{Architecture, TensorFault};
use super::linear;
use super::rotation::Pairs;
use crate::gguf::Gguf;
use crate::kernel::attend::Kept;

/// No real network comes near these; they keep arithmetic from overflowing.
const MOST_LAYERS: u64 = 1_024;
const MOST_UNITS: u64 = 1 << 20;
const BYTES_OF_F32: u64 = 4;

/// The measures of a network, checked against the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(super) layers: usize,
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    /// Units of one head.
    pub(super) head: usize,
    pub(super) epsilon: f32,
    pub(super) pairs: Pairs,
    pub(super) rotation_base: f32,
    /// Divides positions.
    pub(super) stretch: f32,
    pub(super) windows: Option<Windows>,
    pub(super) scaled_embedding: bool,
    /// Whether the gate is GELU; else it is SiLU.
    pub(super) gelu: bool,
    /// Tokens that prompt and answer may have together.
    pub(crate) context: usize,
    pub(crate) vocabulary: usize,
    /// Bytes of memory that all tensors take.
    tensor_memory: u64,
}

/// Layers that see the last tokens only.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Windows {
    pub(super) tokens: usize,
    pub(super) rotation_base: f32,
    /// Every so manieth layer sees everything.
    period: usize,
}

impl Shape {
    /// Reads the measures and checks that the network can be computed as the file describes it.
    pub(crate) fn of(gguf: &Gguf) -> Result<Self, ModelError> {
        let name = gguf.text("general.architecture").ok_or_else(|| gguf.missing("general.architecture"))?;
        let architecture = Architecture::from_name(name).ok_or_else(|| {
            let known = Architecture::known();
            gguf.unsupported(format!("its architecture {name:?} is not known; known are {known}"))
        })?;
        let measures = Measures { gguf, architecture };
        let layers = measures.count("block_count", MOST_LAYERS)?;
        let width = measures.count("embedding_length", MOST_UNITS)?;
        let heads = measures.count("attention.head_count", MOST_UNITS)?;
        let kv_heads = measures.count("attention.head_count_kv", MOST_UNITS)?;
        if heads % kv_heads != 0 {
            return Err(gguf.broken(format!("{heads} heads cannot share {kv_heads} keys and values")));
        }
        architecture.check_tensors(gguf, layers).map_err(|fault| match fault {
            TensorFault::Missing(tensor) => gguf.broken(format!("its tensor {tensor:?} is missing")),
            TensorFault::Surplus(tensor) => gguf.unsupported(format!(
                "its tensor {tensor:?} has no place in a {name} network as it is known here"
            )),
        })?;
        let gemma = architecture == Architecture::Gemma3;
        Ok(Self {
            layers,
            width,
            heads,
            kv_heads,
            head: measures.head(width, heads)?,
            epsilon: measures.positive("attention.layer_norm_rms_epsilon", None)?,
            pairs: if architecture == Architecture::Llama { Pairs::Neighbours } else { Pairs::Halves },
            rotation_base: measures.positive("rope.freq_base", Some(if gemma { 1e6 } else { 1e4 }))?,
            stretch: measures.stretch()?,
            windows: if gemma { Some(measures.windows()?) } else { None },
            scaled_embedding: gemma,
            gelu: gemma,
            context: measures.count("context_length", u64::from(u32::MAX))?,
            vocabulary: measures.vocabulary(width)?,
            tensor_memory: gguf.tensors().values().map(linear::memory).sum(),
        })
    }

    /// Upper bound of the memory that a loaded model takes with `context` tokens, in bytes: the
    /// weights, keys and values, and tables of rotations.
    pub(crate) fn memory(&self, context: usize) -> u64 {
        let kept = (self.layers * Kept::memory(self.kv_heads, self.head)) as u64;
        let rotations = if self.windows.is_some() { 2 } else { 1 } * self.head as u64 * BYTES_OF_F32;
        self.tensor_memory.saturating_add((kept + rotations).saturating_mul(context as u64))
    }

    pub(super) fn sees_window(&self, layer: usize) -> bool {
        self.windows.as_ref().is_some_and(|windows| !(layer + 1).is_multiple_of(windows.period))
    }
}

/// Reads one architecture's properties.
struct Measures<'a> {
    gguf: &'a Gguf,
    architecture: Architecture,
}

impl Measures<'_> {
    fn count(&self, property: &str, most: u64) -> Result<usize, ModelError> {
        let key = self.architecture.key(property);
        match self.gguf.number(&key) {
            None => Err(self.gguf.missing(&key)),
            Some(n) if (1..=most).contains(&n) => usize::try_from(n).map_err(|_| self.gguf.missing(&key)),
            Some(n) => Err(self.gguf.broken(format!("{key} is {n}"))),
        }
    }

    fn positive(&self, property: &str, otherwise: Option<f32>) -> Result<f32, ModelError> {
        let key = self.architecture.key(property);
        let value = self.gguf.float(&key).or(otherwise).ok_or_else(|| self.gguf.missing(&key))?;
        if value.is_finite() && value > 0.0 {
            Ok(value)
        } else {
            Err(self.gguf.broken(format!("{key} is {value}")))
        }
    }

    /// Units of one attention head.
    fn head(&self, width: usize, heads: usize) -> Result<usize, ModelError> {
        let key = self.architecture.key("attention.key_length");
        let units = match self.gguf.number(&key) {
            Some(units) => usize::try_from(units.min(MOST_UNITS)).unwrap_or(0),
            None => width / heads,
        };
        if units == 0 || units % 2 != 0 {
            return Err(self.gguf.broken(format!("its heads have {units} units")));
        }
        let values = self.gguf.number(&self.architecture.key("attention.value_length"));
        if values.is_some_and(|values| values != units as u64) {
            return Err(self.gguf.unsupported(format!("its keys have {units} units, its values {values:?}")));
        }
        let rotated = self.gguf.number(&self.architecture.key("rope.dimension_count"));
        if rotated.is_some_and(|rotated| rotated != units as u64) {
            return Err(self
                .gguf
                .unsupported(format!("only {rotated:?} of {units} units of a head are rotated")));
        }
        Ok(units)
    }

    fn stretch(&self) -> Result<f32, ModelError> {
        match self.gguf.text(&self.architecture.key("rope.scaling.type")) {
            None | Some("none") => Ok(1.0),
            Some("linear") => self.positive("rope.scaling.factor", None),
            Some(kind) => Err(self.gguf.unsupported(format!("its positions are scaled by {kind:?}"))),
        }
    }

    /// Gemma 3's layers see a window, but for every sixth, unless the file says otherwise.
    fn windows(&self) -> Result<Windows, ModelError> {
        let period = self.architecture.key("attention.sliding_window_pattern");
        Ok(Windows {
            tokens: self.count("attention.sliding_window", MOST_UNITS)?,
            rotation_base: self.positive("rope.local_freq_base", Some(1e4))?,
            period: self
                .gguf
                .number(&period)
                .and_then(|n| usize::try_from(n).ok())
                .filter(|n| *n > 0)
                .unwrap_or(6),
        })
    }

    fn vocabulary(&self, width: usize) -> Result<usize, ModelError> {
        let embedding = self.gguf.tensors()["token_embd.weight"].shape.dims();
        match *embedding {
            [vocabulary, units] if units == width => Ok(vocabulary),
            _ => Err(self.gguf.broken(format!("its embedding is {embedding:?}, its width {width}"))),
        }
    }
}
