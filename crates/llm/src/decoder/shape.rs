//! The measures of a network, and the memory that it takes.

use inhouse_agent::chat::ModelError;

use self::measures::{MOST_LAYERS, MOST_UNITS, Measures};
use super::architecture::{Architecture, TensorFault};
use super::convolution::Convolution;
use super::linear;
use super::rotation::Turns;
use crate::gguf::Gguf;
use crate::kernel::attend::Kept;

mod measures;

const BYTES_OF_F32: u64 = 4;

/// The measures of a network, checked against the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(super) architecture: &'static Architecture,
    pub(super) width: usize,
    pub(super) heads: usize,
    /// Heads of keys and values in the layers that attend.
    pub(super) kv_heads: usize,
    /// Units of one head.
    pub(super) head: usize,
    pub(super) epsilon: f32,
    /// Of each layer.
    pub(super) views: Vec<View>,
    /// The turns of all layers, or also, second, those of layers that see a window.
    pub(super) turns: Vec<Turns>,
    /// Tokens of context from which on the factors for long contexts divide the turns.
    pub(super) long_from: usize,
    /// Tokens that convolutions see, where there are such.
    pub(super) convolved: usize,
    pub(super) experts: Option<Choice>,
    pub(super) query_scale: f32,
    pub(super) temperature: Option<Temperature>,
    /// Caps that scores of attention, and logits, come near but never reach.
    pub(super) score_cap: Option<f32>,
    pub(super) logit_cap: Option<f32>,
    /// What embeddings, what each part of a layer adds, and logits are multiplied with.
    pub(super) embedding_scale: f32,
    pub(super) residual_scale: f32,
    pub(super) logit_scale: f32,
    /// Tokens that prompt and answer may have together.
    pub(crate) context: usize,
    /// Texts that are read and written at the same time, each with its own keys and values.
    pub(crate) sequences: usize,
    pub(crate) vocabulary: usize,
    /// Bytes of memory that all tensors take.
    tensor_memory: u64,
}

/// Maps of which a token goes through some.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) experts: usize,
    /// Experts of a token.
    pub(super) used: usize,
    /// Units within an expert.
    pub(super) inner: usize,
}

/// What a layer sees of what was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    /// Whether by attention; else by a convolution.
    pub(super) attends: bool,
    /// Tokens, the own one included; all when `None`.
    pub(super) window: Option<usize>,
    /// Which of the turns are its own; `None` where it does not turn its heads.
    pub(super) turns: Option<usize>,
}

/// Queries that grow with their position (Llama 4, Ministral 3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Temperature {
    pub(super) scale: f32,
    /// Tokens that stand on one step.
    pub(super) step: usize,
}

impl Shape {
    /// Reads the measures and checks that the network can be computed as the file describes it.
    pub(crate) fn of(gguf: &Gguf) -> Result<Self, ModelError> {
        let name = gguf.text("general.architecture").ok_or_else(|| gguf.missing("general.architecture"))?;
        let architecture = Architecture::from_name(name).ok_or_else(|| {
            let known = Architecture::known();
            gguf.unsupported(format!("its architecture {name:?} is not known; known are {known}"))
        })?;
        Self::of_kind(gguf, architecture)
    }

    /// The same as a network of a kind.
    pub(super) fn of_kind(gguf: &Gguf, architecture: &'static Architecture) -> Result<Self, ModelError> {
        let name = architecture.name();
        let measures = Measures { gguf, architecture };
        let layers = measures.count("block_count", MOST_LAYERS)?;
        let width = measures.count("embedding_length", MOST_UNITS)?;
        let heads = measures.count("attention.head_count", MOST_UNITS)?;
        let (kv_heads, attends) = measures.kv_heads(layers, heads)?;
        if heads % kv_heads != 0 {
            return Err(gguf.broken(format!("{heads} heads cannot share {kv_heads} keys and values")));
        }
        architecture.check_tensors(gguf, &attends).map_err(|fault| match fault {
            TensorFault::Missing(tensor) => gguf.broken(format!("its tensor {tensor:?} is missing")),
            TensorFault::Surplus(tensor) => gguf.unsupported(format!(
                "its tensor {tensor:?} has no place in a {name} network as it is known here"
            )),
        })?;
        measures.check_factors()?;
        let head = measures.head(width, heads)?;
        let context = measures.count("context_length", u64::from(u32::MAX))?;
        let turns = measures.turns(head, context)?;
        let (views, turns) = measures.views(&attends, turns)?;
        let [score_cap, logit_cap] = measures.caps()?;
        let [embedding_scale, residual_scale, logit_scale] = measures.scales(width)?;
        Ok(Self {
            architecture,
            width,
            heads,
            kv_heads,
            head,
            epsilon: measures.positive("attention.layer_norm_rms_epsilon", None)?,
            views,
            turns,
            long_from: measures.stretched_from(context)?,
            convolved: measures.convolved()?,
            experts: measures.experts()?,
            query_scale: measures.query_scale(layers, width, heads, head)?,
            temperature: measures.temperature(context)?,
            score_cap,
            logit_cap,
            embedding_scale,
            residual_scale,
            logit_scale,
            context,
            sequences: 1,
            vocabulary: measures.vocabulary(width)?,
            tensor_memory: gguf.tensors().values().map(linear::memory).sum(),
        })
    }

    /// How many experts a token is given, and of how many, where the network has experts.
    pub(super) fn experts_of_a_token(&self) -> Option<(usize, usize)> {
        self.experts.as_ref().map(|choice| (choice.used, choice.experts))
    }

    /// Upper bound of the memory that a loaded model takes with `context` tokens, in bytes: the
    /// weights, keys and values of all sequences, and tables of rotations.
    pub(crate) fn memory(&self, context: usize) -> u64 {
        let kept = |view: &View| match view.attends {
            true => Kept::memory(self.kv_heads, self.head),
            false => Convolution::memory(self.width, self.convolved),
        };
        let kept = self.views.iter().map(kept).sum::<usize>() as u64 * self.sequences as u64;
        let rotations = self.turns.iter().map(|turns| turns.units as u64 * BYTES_OF_F32).sum::<u64>();
        self.tensor_memory.saturating_add((kept + rotations).saturating_mul(context as u64))
    }

    /// Bytes of keys and values of a token, as they can be kept; 0 of a network that keeps other things.
    pub(crate) fn memory_of_a_token(&self) -> u64 {
        let attends = self.views.iter().all(|view| view.attends);
        if attends { (self.views.len() * Kept::memory(self.kv_heads, self.head)) as u64 } else { 0 }
    }

    /// What the queries at a position are multiplied with.
    pub(super) fn query_scale(&self, position: usize) -> f32 {
        match self.temperature {
            None => self.query_scale,
            Some(Temperature { scale, step }) => {
                self.query_scale * (scale * ((position / step) as f32 + 1.0).ln() + 1.0)
            }
        }
    }
}
