//! The network of a chat model: tokens in, logits of the next token out.
//!
//! Which network it is, the file's `general.architecture` says; all that are known here are variants
//! of one transformer (see [`network`]). Keys and values of what was read are kept, and can be cut
//! back to any earlier position, so that a prompt which begins like the last one is not read twice.

use std::ops::Range;

use candle_core::quantized::gguf_file::TensorInfo;
use inhouse_agent::chat::ModelError;

use self::block::Strand;
use self::network::Network;
pub(crate) use self::shape::Shape;
use self::threads::Threads;
use self::weights::Weights;
use crate::gguf::Gguf;
use crate::kernel::packed::LANES;

mod architecture;
mod attention;
mod block;
mod convolution;
mod experts;
mod linear;
mod map;
mod network;
mod norm;
mod rotation;
mod scratch;
mod shape;
mod threads;
mod weights;

/// A network and what it has read: some sequences of tokens, as many as its [`Shape`] says, numbered
/// from 0, each with keys and values of its own.
pub(crate) struct Decoder {
    network: Network,
    is_exact: bool,
    /// Its own threads, so that waiting for other work never holds up a token.
    threads: Threads,
    /// The tokens whose keys and values are kept, of each sequence.
    read: Vec<Vec<u32>>,
}

/// What a sequence goes on with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) sequence: usize,
    pub(crate) tokens: &'a [u32],
    /// The logits after so many of the last tokens are wanted.
    pub(crate) count: usize,
}

impl Decoder {
    /// Reads the weights; `shape` is this file's, with the context that will be used.
    pub(crate) fn load(gguf: Gguf, shape: &Shape) -> Result<Self, ModelError> {
        let path = gguf.path().display().to_string();
        let failed = |reason| ModelError::Load { path: path.clone(), reason };
        let threads = Threads::start(failed)?;
        let is_exact = gguf.tensors().values().all(linear::is_exact);
        let network = threads
            .install(|| Weights::open(gguf).and_then(|mut weights| Network::load(&mut weights, shape)))
            .map_err(|error| failed(format!("its weights cannot be read: {error}")))?;
        Ok(Self { network, is_exact, threads, read: vec![Vec::new(); shape.sequences] })
    }

    /// The tokens that a sequence has read and not forgotten.
    pub(crate) fn read(&self, sequence: usize) -> &[u32] {
        &self.read[sequence]
    }

    /// Forgets all but the first `count` tokens, or some more where the network can go on only from
    /// an earlier one; [`Decoder::read`] tells.
    pub(crate) fn cut(&mut self, sequence: usize, count: usize) {
        let read = &mut self.read[sequence];
        read.truncate(self.network.resumes_at(count, read.len()));
    }

    /// What it keeps of a range of the tokens that it has read, as bytes; `None` when that is not all
    /// that is needed to go on. The range begins at a multiple of [`LANES`].
    pub(crate) fn save(&self, sequence: usize, tokens: Range<usize>) -> Option<Vec<u8>> {
        self.network.save(sequence, &tokens)
    }

    /// Takes up what [`Self::save`] gave for these tokens, as if it had read them, and nothing else,
    /// behind the first `at` that it has read; false, and nothing is changed, when it does not fit this
    /// network.
    pub(crate) fn restore(&mut self, sequence: usize, at: usize, tokens: &[u32], saved: &[u8]) -> bool {
        let read = &mut self.read[sequence];
        assert!(at.is_multiple_of(LANES) && at <= read.len(), "a block behind what was read");
        let fits = self.network.restore(sequence, &(at..at + tokens.len()), saved);
        if fits {
            read.truncate(at);
            read.extend_from_slice(tokens);
        }
        fits
    }

    /// Whether tokens may be read ahead and cut off again without a trace: logits are the same to the
    /// bit however tokens are divided among calls, but for weights in floats, and what was read can be
    /// cut at any place, but for convolutions.
    pub(crate) fn reads_ahead(&self) -> bool {
        self.is_exact && self.network.resumes_anywhere()
    }

    /// Threads that are fastest in writing an answer, as far as was seen.
    pub(crate) fn threads_for_writing(&self) -> usize {
        self.threads.for_writing()
    }

    /// Reads `tokens` behind what the first sequence has read; see [`Self::forward_together`].
    pub(crate) fn forward(
        &mut self,
        tokens: &[u32],
        count: usize,
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> candle_core::Result<Option<Vec<f32>>> {
        let logits = self.forward_together(&[Part { sequence: 0, tokens, count }], goes_on)?;
        Ok(logits.and_then(|mut logits| logits.pop()))
    }

    /// Reads tokens of several sequences in one pass, so that they share the reading of the weights; a
    /// sequence has one part at most. Gives for each part the logits after each of the last tokens that are
    /// wanted, `[count, vocabulary]`, the same as if it were read alone (but for weights in floats).
    /// `goes_on` is asked between layers; when it says no, or when reading fails, nothing new was read.
    pub(crate) fn forward_together(
        &mut self,
        parts: &[Part<'_>],
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> candle_core::Result<Option<Vec<Vec<f32>>>> {
        let strand = |part: &Part<'_>| {
            let Part { sequence, tokens, count } = *part;
            (Strand { sequence, at: self.read[sequence].len(), tokens: tokens.len() }, count)
        };
        let strands: Vec<(Strand, usize)> = parts.iter().map(strand).collect();
        let tokens = parts.iter().map(|part| part.tokens).collect::<Vec<_>>().concat();
        let network = &mut self.network;
        let logits = self.threads.pass(tokens.len(), || network.forward(&strands, &tokens, goes_on))?;
        if logits.is_some() {
            parts.iter().for_each(|part| self.read[part.sequence].extend_from_slice(part.tokens));
        }
        Ok(logits)
    }
}

/// Bytes of packed weights that are read for a token; of experts, those of the ones that it is given.
pub(crate) fn weights_of_a_token(gguf: &Gguf, shape: &Shape) -> u64 {
    let tensors = gguf.tensors();
    let has_output = tensors.contains_key("output.weight");
    let is_read = |name: &str| name != "token_embd.weight" || !has_output;
    let read = |(name, tensor): (&String, &TensorInfo)| match shape.experts_of_a_token() {
        Some((used, all)) if name.contains("_exps.") => linear::memory(tensor) / all as u64 * used as u64,
        _ => linear::memory(tensor),
    };
    tensors.iter().filter(|(name, _)| is_read(name)).map(read).sum()
}

#[cfg(test)]
mod tests;
