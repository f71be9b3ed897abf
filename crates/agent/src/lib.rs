//! The innermost room: the words of the product and the ports to the rooms around it.
//!
//! It owns what a source, a page, a passage, a quote and an answer are, how a question becomes a
//! prompt, and how an answer is bound to its quotes. It does no IO, knows no framework and derives
//! nothing for a wire, so its logic is tested in a second.
//!
//! Invariants: a [`answer::Citation`] exists only for text that stands verbatim in its passage; an
//! answer without evidence is a declined one; text of documents is data and never an instruction.
//!
//! Start reading at [`answer`]; the ports are [`chat::ChatModel`], [`embed::Embedder`] and
//! [`read::SourceReader`].

pub mod answer;
pub mod call;
pub mod cancel;
pub mod chat;
pub mod definition;
pub mod embed;
pub mod passage;
pub mod read;
pub mod run;
pub mod source;
pub mod table;
