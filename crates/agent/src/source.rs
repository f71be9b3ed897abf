//! A source: one file that agents may read, known by its content.

use std::fmt;
use std::path::PathBuf;

use crate::read::ReadFailure;

/// A source as it stands in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub id: SourceId,
    /// Where it was last found. The same content may be found at more places.
    pub path: PathBuf,
    /// Unknown when its bytes could not be read.
    pub sha256: Option<Sha256>,
    pub state: SourceState,
    /// Set exactly when the state is failed.
    pub failure: Option<ReadFailure>,
    pub pages: u32,
    /// Numbers of the pages without text, ascending.
    pub empty_pages: Vec<u32>,
    pub passages: u32,
    /// Passages that are in memory so far.
    pub passages_in_memory: u32,
}

/// The record's number of a source. A changed file is another source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub i64);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// SHA-256 of a file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Reads 64 hexadecimal digits of either case.
    pub fn parse(hex: &str) -> Option<Self> {
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

/// Where a source is on its way into memory. Never prettier than the truth: only a source with
/// passages in memory is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceState {
    Queued,
    Reading,
    /// Every page that has text is in memory, and no page was empty.
    Ready,
    /// In memory, but some pages held no text (a scan, say).
    PartlyRead,
    Failed,
}

impl SourceState {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Reading, Self::Ready, Self::PartlyRead, Self::Failed];

    pub fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Reading => "reading",
            Self::Ready => "ready",
            Self::PartlyRead => "partly_read",
            Self::Failed => "failed",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_survives_being_written_and_read() {
        let hex = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046";
        assert_eq!(Sha256::parse(hex).expect("64 digits").to_string(), hex);
        assert_eq!(Sha256::parse(&hex[1..]), None);
        assert_eq!(Sha256::parse(&hex.replace('c', "g")), None);
    }

    #[test]
    fn every_state_is_found_by_its_code() {
        for state in SourceState::ALL {
            assert_eq!(SourceState::from_code(state.code()), Some(state));
        }
    }
}
