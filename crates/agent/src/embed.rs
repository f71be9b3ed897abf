//! The embedding port: texts in, vectors of meaning out.

use crate::chat::ModelError;

/// A model that turns texts into vectors whose dot product says how near they are in meaning.
pub trait Embedder: Send + Sync {
    /// The catalogue's id of the model; vectors of two ids are never compared.
    fn id(&self) -> &str;

    fn dimensions(&self) -> usize;

    /// Tokens of a passage that are read; what comes after them does not count in its vector.
    fn max_tokens(&self) -> usize;

    /// Tokens of a text, without the special ones.
    fn count_tokens(&self, text: &str) -> Result<usize, ModelError>;

    /// One vector of length 1 (L2) per text, in the same order.
    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vec<f32>>, ModelError>;
}

/// Some models embed what is sought and what is searched differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Query,
    Passage,
}
