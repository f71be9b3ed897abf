//! What can go wrong, cut by what the caller can do about it.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Correct the file at that line.
    #[error("{}:{line}: {reason}", path.display())]
    Invalid { path: PathBuf, line: usize, reason: String },
    /// Take one of the known ids.
    #[error("there is no model {id:?}; known are {}", known.join(", "))]
    Unknown { id: String, known: Vec<String> },
    /// Free some space and try again; nothing was left behind.
    #[error("the disk has no room for {}, which needs {bytes} bytes", path.display())]
    DiskFull { path: PathBuf, bytes: u64 },
    /// The file changed while it was copied: try again when nobody is writing to it.
    #[error("{} changed while it was read: {expected} bytes at first, {found} bytes copied", path.display())]
    Changed { path: PathBuf, expected: u64, found: u64 },
    /// A person asked to stop; nothing was left behind.
    #[error("stopped while {doing} {}", path.display())]
    Cancelled { doing: &'static str, path: PathBuf },
    #[error("{doing} {} failed: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

impl CatalogError {
    /// For `map_err`: what was done, to which path.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
