//! The reading port: a file in, pages out, or a reason that a person can act on.

use std::path::Path;

use crate::cancel::Cancel;
use crate::passage::Page;

/// Reads files into pages. Calls block, within the limits that the reader was made with.
pub trait SourceReader: Send + Sync {
    /// `on_page` gets each page once, in order; pages without text are given too.
    fn read(&self, path: &Path, cancel: &Cancel, on_page: &mut dyn FnMut(Page)) -> Result<(), ReadFailure>;
}

/// Why a file gave no pages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.code())]
pub struct ReadFailure {
    pub code: FailureCode,
    /// For the log and the curious: what exactly was found, no path.
    pub detail: String,
}

impl ReadFailure {
    pub fn new(code: FailureCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

macro_rules! failure_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Reasons that a source failed, each with its own way out for the person.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FailureCode { $($(#[$doc])* $name,)* }

        impl FailureCode {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

failure_codes! {
    /// No bytes, or nothing but white space.
    Empty = "empty",
    /// It has pages, but no page has text: a scan or pictures.
    NoText = "no_text",
    /// It is not what its name says, or its end is missing.
    Broken = "broken",
    /// It wants a password.
    Encrypted = "encrypted",
    /// No reader for this kind of file.
    Unsupported = "unsupported",
    /// Larger than the limit.
    TooLarge = "too_large",
    /// Reading took longer than the limit.
    TimedOut = "timed_out",
    /// Reading needed more memory than the limit.
    OutOfMemory = "out_of_memory",
    /// The reading process died.
    Crashed = "crashed",
    /// The system refuses to open it.
    PermissionDenied = "permission_denied",
    /// It was there when it was added and is not any more.
    Vanished = "vanished",
    /// It changed while it was read.
    Changed = "changed",
    /// The disk has no room for its text.
    DiskFull = "disk_full",
    /// Reading was cancelled by a person.
    Cancelled = "cancelled",
    /// The system reported another error.
    Io = "io",
    /// Its passages could not be embedded.
    Embedding = "embedding",
    /// Its passages could not be written to memory.
    Memory = "memory",
}

impl FailureCode {
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|failure| failure.code() == code)
    }

    /// One sentence in English: what is wrong.
    pub fn message(self) -> &'static str {
        match self {
            Self::Empty => "the file is empty",
            Self::NoText => "no page has text, it seems to be a scan or pictures",
            Self::Broken => "the file is broken or is not what its name says",
            Self::Encrypted => "the file is protected by a password",
            Self::Unsupported => "this kind of file can't be read",
            Self::TooLarge => "the file is larger than the limit",
            Self::TimedOut => "reading took too long and was stopped",
            Self::OutOfMemory => "reading needed too much memory and was stopped",
            Self::Crashed => "the reading process ended unexpectedly",
            Self::PermissionDenied => "the system does not allow reading it",
            Self::Vanished => "the file is no longer there",
            Self::Changed => "the file changed while it was read",
            Self::DiskFull => "the disk is full",
            Self::Cancelled => "reading was cancelled",
            Self::Io => "the system reported an error while reading",
            Self::Embedding => "its passages could not be embedded",
            Self::Memory => "its passages could not be written to memory",
        }
    }

    /// One sentence in English: what to do now.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Empty => "check that the right file was added",
            Self::NoText => "add a version with a text layer",
            Self::Broken => "open it in the program that made it, save it again and add it again",
            Self::Encrypted => "save a copy without the password and add that",
            Self::Unsupported => "save it as PDF, DOCX, XLSX, Markdown or plain text and add that",
            Self::TooLarge => "split it and add the parts",
            Self::TimedOut | Self::OutOfMemory | Self::Crashed => {
                "save it in another format or split it, and add that"
            }
            Self::PermissionDenied => "give yourself permission to read it, then try again",
            Self::Vanished => "put it back and try again, or remove the source",
            Self::Changed => "try again when nobody is writing to it",
            Self::DiskFull => "free some space and try again; nothing was lost",
            Self::Cancelled | Self::Io => "try again",
            Self::Embedding => "run `inhouse models verify`, then try again",
            Self::Memory => "check that the disk has room, then try again",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_found_by_its_code_once() {
        for failure in FailureCode::ALL {
            assert_eq!(FailureCode::from_code(failure.code()), Some(*failure));
        }
    }
}
