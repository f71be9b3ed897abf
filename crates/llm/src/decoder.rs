//! The network of a chat model: tokens in, logits of the next token out.
//!
//! Which network it is, the file's `general.architecture` says; all that are known here are variants
//! of one transformer (see [`network`]). Keys and values of what was read are kept, and can be cut
//! back to any earlier position, so that a prompt which begins like the last one is not read twice.

use inhouse_agent::chat::ModelError;

use self::network::Network;
pub(crate) use self::shape::Shape;
use self::weights::Weights;
use crate::gguf::Gguf;

mod architecture;
mod block;
mod cache;
mod linear;
mod network;
mod rotation;
mod shape;
mod weights;

/// A network and what it has read.
pub(crate) struct Decoder {
    network: Network,
    /// The tokens whose keys and values are kept.
    read: Vec<u32>,
}

impl Decoder {
    /// Reads the weights; `shape` is this file's, with the context that will be used.
    pub(crate) fn load(gguf: Gguf, shape: &Shape) -> Result<Self, ModelError> {
        let path = gguf.path().display().to_string();
        let network = Weights::open(gguf).and_then(|mut weights| Network::load(&mut weights, shape));
        let network = network.map_err(|error| ModelError::Load {
            path,
            reason: format!("its weights cannot be read: {error}"),
        })?;
        Ok(Self { network, read: Vec::new() })
    }

    /// The tokens that it has read and not forgotten.
    pub(crate) fn read(&self) -> &[u32] {
        &self.read
    }

    /// Forgets all but the first `count` tokens.
    pub(crate) fn cut(&mut self, count: usize) {
        self.read.truncate(count);
    }

    /// Reads `tokens` behind what was read before; gives the logits after the last one, in f32, of
    /// shape `[vocabulary]`. `goes_on` is asked between layers; when it says no, or when reading
    /// fails, nothing new was read.
    pub(crate) fn forward(
        &mut self,
        tokens: &[u32],
        goes_on: &dyn Fn() -> bool,
    ) -> candle_core::Result<Option<candle_core::Tensor>> {
        let logits = self.network.forward(tokens, self.read.len(), goes_on)?;
        if logits.is_some() {
            self.read.extend_from_slice(tokens);
        }
        Ok(logits)
    }
}

#[cfg(test)]
mod tests;
