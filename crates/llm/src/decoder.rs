//! The network of a chat model: tokens in, logits of the next token out.
//!
//! Which network it is, the file's `general.architecture` says. The computing is candle's
//! `quantized_*` models; this module gives them one face, repairs their defaults (see
//! [`Decoder::load`]) and keeps account of what their cache holds.

use std::fs::File;

use candle_core::quantized::gguf_file::Value;
use candle_core::{Device, Result, Tensor};
use candle_transformers::models::{
    quantized_gemma3, quantized_llama, quantized_phi3, quantized_qwen2, quantized_qwen3,
};
use inhouse_agent::chat::ModelError;

use self::architecture::Architecture;
pub(crate) use self::shape::Shape;
use crate::gguf::Gguf;

mod architecture;
mod recode;
mod shape;

/// A network with the keys and values of the tokens that it has read.
pub(crate) struct Decoder {
    network: Network,
    /// Tokens whose keys and values are cached, from position 0.
    read: usize,
}

enum Network {
    Qwen2(quantized_qwen2::ModelWeights),
    Llama(quantized_llama::ModelWeights),
    Qwen3(quantized_qwen3::ModelWeights),
    Gemma3(quantized_gemma3::ModelWeights),
    Phi3(quantized_phi3::ModelWeights),
}

impl Decoder {
    /// Reads the weights; `shape` is this file's, with the context that will be used.
    pub(crate) fn load(mut gguf: Gguf, shape: &Shape) -> std::result::Result<Self, ModelError> {
        let path = gguf.path().to_owned();
        let broken = |reason: String| ModelError::Load { path: path.display().to_string(), reason };
        let context = u32::try_from(shape.context).map_err(|_| broken("its context is absurd".into()))?;
        // The readers size their tables, and one of them its cache, by the context that the file
        // claims, up to a gigabyte, whatever part of it is used.
        gguf.set(&shape.architecture.key("context_length"), Value::U32(context));
        let head = u32::try_from(shape.head()).map_err(|_| broken("its heads are absurd".into()))?;
        // Older files leave this out; that it is the whole head was checked.
        gguf.set(&shape.architecture.key("rope.dimension_count"), Value::U32(head));
        // Without this the reader of qwen3 keeps positions in 16 bits, which can't tell 2049 from
        // 2048.
        gguf.set("general.dtype", Value::U32(0));

        let file = File::open(&path).map_err(|error| broken(format!("it cannot be opened: {error}")))?;
        let (content, mut file) = recode::recoded(gguf.into_content(), file)
            .map_err(|error| broken(format!("its size cannot be read: {error}")))?;
        let cpu = Device::Cpu;
        let network = match shape.architecture {
            Architecture::Qwen2 => {
                quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &cpu).map(Network::Qwen2)
            }
            Architecture::Llama => {
                quantized_llama::ModelWeights::from_gguf(content, &mut file, &cpu).map(Network::Llama)
            }
            Architecture::Qwen3 => {
                quantized_qwen3::ModelWeights::from_gguf(content, &mut file, &cpu).map(Network::Qwen3)
            }
            Architecture::Gemma3 => {
                quantized_gemma3::ModelWeights::from_gguf(content, &mut file, &cpu).map(Network::Gemma3)
            }
            Architecture::Phi3 => {
                quantized_phi3::ModelWeights::from_gguf(false, content, &mut file, &cpu).map(Network::Phi3)
            }
        };
        let network = network.map_err(|error| broken(format!("its weights cannot be read: {error}")))?;
        Ok(Self { network, read: 0 })
    }

    /// Whether several tokens may be read behind others in one go. Candle's gemma3 masks what was
    /// read before in that case, so its prompts are read whole.
    pub(crate) fn reads_in_pieces(&self) -> bool {
        !matches!(self.network, Network::Gemma3(_))
    }

    /// Forgets what was read.
    pub(crate) fn reset(&mut self) {
        self.read = 0;
        match &mut self.network {
            Network::Qwen2(network) => network.clear_kv_cache(),
            Network::Llama(network) => network.clear_kv_cache(),
            Network::Qwen3(network) => network.clear_kv_cache(),
            // These two begin a new cache when they are given position 0.
            Network::Gemma3(_) | Network::Phi3(_) => {}
        }
    }

    /// Reads `tokens` behind what was read before; gives the logits after the last one, in f32, of
    /// shape `[vocabulary]`.
    pub(crate) fn forward(&mut self, tokens: &[u32]) -> Result<Tensor> {
        let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        let at = self.read;
        let logits = match &mut self.network {
            Network::Qwen2(network) => network.forward(&input, at),
            Network::Llama(network) => network.forward(&input, at),
            Network::Qwen3(network) => network.forward(&input, at),
            Network::Gemma3(network) => network.forward(&input, at),
            Network::Phi3(network) => network.forward(&input, at),
        }?;
        self.read += tokens.len();
        logits.squeeze(0)?.to_dtype(candle_core::DType::F32)
    }
}

#[cfg(test)]
mod tests;
