//! What a model file says of itself, for a person who decides about it.

use std::collections::BTreeMap;
use std::path::Path;

use inhouse_agent::chat::ModelError;

use super::{Gguf, tensor_bytes};
use crate::decoder::Shape;
use crate::template::Template;
use crate::tokenizer::Tokenizer;

/// What stands in a sound GGUF file's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GgufFacts {
    /// `general.architecture`: the kind of network.
    pub architecture: String,
    /// `general.name`, as its makers called it.
    pub name: Option<String>,
    /// `general.license`, as its makers wrote it.
    pub licence: Option<String>,
    /// Tokens that it was made to read at most; 0 when the file does not say.
    pub context: usize,
    /// Entries of its vocabulary.
    pub vocabulary: usize,
    /// How its weights are stored, the kind with most bytes first: "Q4K 70%, Q6K 30%".
    pub quantisation: String,
    pub parameters: u64,
    pub tensor_bytes: u64,
    pub file_bytes: u64,
    /// Whether it brings a chat template.
    pub has_template: bool,
    /// `tokenizer.ggml.model`.
    pub tokenizer: Option<String>,
    /// `tokenizer.ggml.pre`: how text is cut before it is tokenised.
    pub pre_tokenizer: Option<String>,
    /// Why it can't be run here, or `None` when it can.
    pub unsupported: Option<String>,
}

/// Reads a model file's header. It takes bounded memory and time whatever the file claims; a broken
/// or cut file is [`ModelError::Load`], a sound one that can't be run has
/// [`GgufFacts::unsupported`] set.
pub fn inspect(path: &Path) -> Result<GgufFacts, ModelError> {
    tell(&Gguf::read(path)?)
}

pub(crate) fn tell(gguf: &Gguf) -> Result<GgufFacts, ModelError> {
    let unsupported = match check(gguf) {
        Ok(()) => None,
        Err(ModelError::Unsupported { reason, .. }) => Some(reason),
        Err(broken) => return Err(broken),
    };
    let architecture =
        gguf.text("general.architecture").ok_or_else(|| gguf.missing("general.architecture"))?;
    let context = gguf.number(&format!("{architecture}.context_length")).unwrap_or(0);
    let elements = |dims: &[usize]| dims.iter().map(|side| *side as u64).product::<u64>();
    Ok(GgufFacts {
        architecture: architecture.into(),
        name: gguf.text("general.name").map(Into::into),
        licence: gguf.text("general.license").map(Into::into),
        context: usize::try_from(context).unwrap_or(usize::MAX),
        vocabulary: gguf.array("tokenizer.ggml.tokens").map_or(0, <[_]>::len),
        quantisation: quantisation(gguf),
        parameters: gguf.tensors().values().map(|tensor| elements(tensor.shape.dims())).sum(),
        tensor_bytes: gguf.tensor_bytes(),
        file_bytes: gguf.file_bytes(),
        has_template: Template::source(gguf).is_some(),
        tokenizer: gguf.text("tokenizer.ggml.model").map(Into::into),
        pre_tokenizer: gguf.text("tokenizer.ggml.pre").map(Into::into),
        unsupported,
    })
}

/// Everything that loading checks, short of reading the weights.
fn check(gguf: &Gguf) -> Result<(), ModelError> {
    Shape::of(gguf)?;
    Tokenizer::of(gguf)?;
    Template::of(gguf)?;
    Ok(())
}

fn quantisation(gguf: &Gguf) -> String {
    let mut kinds = BTreeMap::<String, u64>::new();
    for tensor in gguf.tensors().values() {
        *kinds.entry(format!("{:?}", tensor.ggml_dtype)).or_default() += tensor_bytes(tensor).unwrap_or(0);
    }
    let total = kinds.values().sum::<u64>().max(1);
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let shares = kinds.into_iter().map(|(kind, bytes)| (kind, bytes * 100 / total));
    shares
        .filter(|(_, percent)| *percent > 0)
        .map(|(kind, percent)| format!("{kind} {percent}%"))
        .collect::<Vec<_>>()
        .join(", ")
}
