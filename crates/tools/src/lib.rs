//! What an agent can do outside itself, each with its permission, its preview and its undo.
//!
//! It owns the tools: what each one takes, does and gives back, and the rules that hold for them
//! whatever a model says. It knows no model, no index and no window. What a tool takes is data that a
//! model filled in under the tool's schema, so it is checked as anything from outside is; what a
//! tool gives back says how it came about, so that it can be shown as evidence.
//!
//! Invariants: a person's files are changed only beneath a granted folder, only as approved, and
//! never without what undoes it; text of documents and models grants nothing; no tool guesses: what
//! can be read in two ways is refused, with both ways named; the clock is an argument.
//!
//! Start reading at [`calculate`] and [`files`]. [`write`] turns data into the bytes of tables and
//! documents, which then go through [`files`]; [`redact`] takes personal data out of texts and DOCX
//! files, [`compare`] tells what changed between two versions of a document.

pub mod calculate;
pub mod compare;
pub mod files;
pub mod redact;
pub mod write;
