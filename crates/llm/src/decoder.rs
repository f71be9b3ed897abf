//! The network of a chat model: tokens in, logits of the next token out.
//!
//! Which network it is, the file's `general.architecture` says; all that are known here are variants
//! of one transformer (see [`network`]). Keys and values of what was read are kept, and can be cut
//! back to any earlier position, so that a prompt which begins like the last one is not read twice.

use inhouse_agent::chat::ModelError;
use rayon::{ThreadPool, ThreadPoolBuilder};

use self::network::Network;
pub(crate) use self::shape::Shape;
use self::weights::Weights;
use crate::gguf::Gguf;

mod architecture;
mod block;
mod linear;
mod network;
mod norm;
mod rotation;
mod scratch;
mod shape;
mod weights;

/// A network and what it has read.
pub(crate) struct Decoder {
    network: Network,
    /// Its own threads, so that waiting for other work never holds up a token.
    threads: ThreadPool,
    /// The tokens whose keys and values are kept.
    read: Vec<u32>,
}

impl Decoder {
    /// Reads the weights; `shape` is this file's, with the context that will be used.
    pub(crate) fn load(gguf: Gguf, shape: &Shape) -> Result<Self, ModelError> {
        let path = gguf.path().display().to_string();
        let failed = |reason: String| ModelError::Load { path: path.clone(), reason };
        let threads = ThreadPoolBuilder::new()
            .thread_name(|number| format!("model-{number}"))
            .build()
            .map_err(|error| failed(format!("its threads cannot be started: {error}")))?;
        let network = threads
            .install(|| Weights::open(gguf).and_then(|mut weights| Network::load(&mut weights, shape)))
            .map_err(|error| failed(format!("its weights cannot be read: {error}")))?;
        Ok(Self { network, threads, read: Vec::new() })
    }

    /// The tokens that it has read and not forgotten.
    pub(crate) fn read(&self) -> &[u32] {
        &self.read
    }

    /// Forgets all but the first `count` tokens.
    pub(crate) fn cut(&mut self, count: usize) {
        self.read.truncate(count);
    }

    /// Reads `tokens` behind what was read before; gives the logits after the last one, of shape
    /// `[vocabulary]`. They are the same to the bit however the tokens are divided among calls, as
    /// long as the weights are quantised. `goes_on` is asked between layers; when it says no, or when reading
    /// fails, nothing new was read.
    pub(crate) fn forward(
        &mut self,
        tokens: &[u32],
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> candle_core::Result<Option<Vec<f32>>> {
        let (network, at) = (&mut self.network, self.read.len());
        let logits = self.threads.install(|| network.forward(tokens, at, goes_on))?;
        if logits.is_some() {
            self.read.extend_from_slice(tokens);
        }
        Ok(logits)
    }
}

#[cfg(test)]
mod tests;
