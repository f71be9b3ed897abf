//! The room that computes with language models, and the only one that knows candle.
//!
//! It owns the reading of model files (GGUF, safetensors, e5's own container), tokenizers, chat
//! templates, decoding and sampling, and embedding. It implements the ports
//! [`inhouse_agent::chat::ChatModel`] and [`inhouse_agent::embed::Embedder`].
//!
//! Invariants: what a model is, its file says, and no model's name stands in the code; a file is
//! checked before it is read, and one that would only seem to work is refused by the name of what
//! is not known; text of messages never becomes a special token; no network.
//!
//! Start reading at [`LocalChat`] and [`LocalEmbedder`]; [`inspect`] tells what a file is without
//! loading it.

mod chat;
mod decoder;
mod embedder;
#[cfg(any(test, fuzzing))]
mod fixture;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gguf;
mod kernel;
mod perplexity;
mod speed;
mod template;
mod tokenizer;

pub use chat::pinned::{bytes_in, bytes_of_source, forget_source, is_complete, kept_sources, note_complete};
pub use chat::{LoadOptions, LocalChat, SnapshotOptions};
pub use embedder::LocalEmbedder;
pub use gguf::{GgufFacts, inspect};
pub use perplexity::{Perplexity, perplexity};
pub use speed::{MeasureStep, Measured, Speed, measure};
pub use template::serve_if_asked;
