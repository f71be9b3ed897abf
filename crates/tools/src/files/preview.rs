//! What an effect will do, told before it is done, and the approval that holds for exactly that.

use std::path::PathBuf;

use inhouse_agent::source::Sha256;

use super::FilesError;
use super::diff::Diff;
use super::effect::{EffectKind, Looked};
use super::facts::sha256;

/// A file larger than this is told by its size only.
const MOST_COMPARED: u64 = 4 << 20;

/// What will happen, to be shown to the person who decides. Nothing has been changed for it.
#[derive(Debug, Clone)]
pub struct Preview {
    pub kind: EffectKind,
    /// What is changed, or what is made where nothing is changed. Absolute and without links.
    pub path: PathBuf,
    /// Where it will stand afterwards; `None` when it stays at `path` or goes away.
    pub to: Option<PathBuf>,
    /// What stands at `path` now; `None` when nothing does.
    pub now: Option<Standing>,
    /// The bytes that will be written.
    pub new: Option<Content>,
    /// Lines that go and come, when a text takes the place of a text or of nothing.
    pub diff: Option<Diff>,
    fingerprint: Sha256,
}

/// A file or folder that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub is_folder: bool,
    /// Of a folder all that is in it.
    pub bytes: u64,
    /// Files and folders in a folder.
    pub entries: usize,
    /// Of a file that was read for the preview.
    pub content: Option<ContentKind>,
    /// Permission bits.
    pub mode: u32,
    /// How many names a file has. The others keep what it holds now when it is replaced.
    pub names: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    pub bytes: u64,
    pub kind: ContentKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    Empty,
    /// UTF-8 without zero bytes.
    Text,
    /// Anything else, also text in another encoding.
    Binary,
}

impl ContentKind {
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok("") => Self::Empty,
            Ok(text) if !text.contains('\0') => Self::Text,
            _ => Self::Binary,
        }
    }
}

/// A person's yes to one preview. It holds as long as the effect and everything that it meets are
/// what was shown, and for nothing else.
///
/// It is used up by applying it: what was undone is not done again on an old yes.
#[derive(Debug, PartialEq, Eq)]
pub struct Approval(Sha256);

impl Approval {
    /// What was approved, to be kept in the record.
    pub fn fingerprint(&self) -> Sha256 {
        self.0
    }

    pub(super) fn holds_for(&self, looked: &Looked<'_>) -> Result<(), FilesError> {
        if looked.fingerprint()? == self.0 {
            Ok(())
        } else {
            Err(FilesError::Changed { path: looked.path() })
        }
    }
}

impl Preview {
    pub(super) fn of(looked: &Looked<'_>) -> Result<Self, FilesError> {
        let old = match &looked.from {
            Some((spot, facts)) if facts.sha256.is_some() && facts.bytes <= MOST_COMPARED => {
                let mut file = spot.folder.open_file(&spot.name)?;
                let mut bytes = Vec::new();
                std::io::Read::read_to_end(&mut file, &mut bytes)
                    .map_err(|source| FilesError::io("read", &spot.path(), source))?;
                if facts.sha256 != Some(sha256(&bytes)) {
                    return Err(FilesError::Changed { path: spot.path() });
                }
                Some(bytes)
            }
            _ => None,
        };
        let now = looked.from.as_ref().map(|(_, facts)| Standing {
            is_folder: !facts.is_file(),
            bytes: looked.tree.map_or(facts.bytes, |tree| tree.bytes),
            entries: looked.tree.map_or(0, |tree| tree.entries),
            content: old.as_deref().map(ContentKind::of),
            mode: facts.mode,
            names: facts.names,
        });
        let before = if looked.from.is_none() { Some(&[][..]) } else { old.as_deref() };
        let diff = match (before, looked.bytes) {
            (Some(old), Some(new)) if new.len() as u64 <= MOST_COMPARED => Diff::between(old, new),
            _ => None,
        };
        Ok(Self {
            kind: looked.kind,
            path: looked.path(),
            to: looked.from.as_ref().and(looked.to.as_ref()).map(super::grant::Spot::path),
            now,
            new: looked
                .bytes
                .map(|bytes| Content { bytes: bytes.len() as u64, kind: ContentKind::of(bytes) }),
            diff,
            fingerprint: looked.fingerprint()?,
        })
    }

    /// Said by the person, or by a rule that the person made; never by a model.
    pub fn approve(&self) -> Approval {
        Approval(self.fingerprint)
    }
}
