//! Why a file could not be redacted, cut by what its owner can do about it.

use super::Kind;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedactError {
    /// Another file, or the same one saved as DOCX, may do.
    #[error("redacting a document: it is no DOCX file: {why}")]
    NotDocx { why: String },
    /// It has to be saved without a password first.
    #[error("redacting a document: it is locked with a password")]
    Encrypted,
    /// It has to be cut in parts.
    #[error("redacting a document: {what}")]
    TooLarge { what: String },
    /// Opening it in an office program and saving it again may mend it.
    #[error("redacting {part}: it is damaged: {why}")]
    Damaged { part: String, why: String },
    /// Something found stands where it can't be masked, so the file must not be passed on: only a
    /// person can take it out.
    #[error("redacting {part}: a {kind:?} stands in its markup, where it can't be masked")]
    Remains { part: String, kind: Kind },
}

impl RedactError {
    pub(super) fn damaged(part: &str, why: impl std::fmt::Display) -> Self {
        Self::Damaged { part: part.to_owned(), why: why.to_string() }
    }
}
