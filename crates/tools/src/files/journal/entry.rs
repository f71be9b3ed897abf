//! What the journal's lines say.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::StepId;
use crate::files::effect::EffectKind;
use crate::files::facts::{Facts, Time};
use crate::files::lossless;
use crate::files::name::TEMPORARY;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Entry {
    /// Written before anything is touched.
    Begin(Begin),
    /// What the work needs is written and synced, under names that nobody sees; now it moves.
    Staged { id: u64, staged: Vec<u64>, moves: Vec<Move>, remove: Vec<Removal> },
    /// Every move is on the disk. What `remove` names may still be there.
    Done { id: u64, times: Vec<FolderTime> },
    /// What `remove` names is gone.
    Tidied { id: u64 },
    /// Everything is as it was before `Begin`.
    Dropped { id: u64, why: String },
    /// It could be neither completed nor taken back, because somebody changed what it needs.
    Left { id: u64, why: String },
}

/// One piece of work: an effect, or the undoing of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// Counts from 1. An effect's number is its step.
    pub id: u64,
    /// The step that it undoes.
    pub undoes: Option<StepId>,
    pub kind: EffectKind,
    /// What is replaced, moved, copied or trashed, as it was.
    pub from: Option<Place>,
    pub before: Option<Facts>,
    pub to: Option<Place>,
    /// Names that the work may make before `Staged`; what it made there is nobody's but ours.
    pub temporary: Vec<Place>,
    /// Every folder whose time the work changes, as it is now.
    pub times: Vec<FolderTime>,
}

/// A name in a folder of the person or in the journal's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    At {
        #[serde(with = "lossless")]
        folder: PathBuf,
        #[serde(with = "lossless")]
        name: OsString,
    },
    Kept {
        name: String,
    },
}

/// One step of work that can't be seen half done, and can be taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Move {
    /// Fails when something stands at `to`.
    Rename { from: Place, to: Place, what: Facts },
    /// Both in one folder; `one` is a temporary name.
    Exchange { one: Place, other: Place, at_one: Facts, at_other: Facts },
}

/// Something at a temporary name that is kept elsewhere too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Removal {
    pub at: Place,
    pub what: Facts,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FolderTime {
    #[serde(with = "lossless")]
    pub folder: PathBuf,
    pub device: u64,
    pub inode: u64,
    pub modified: Time,
}

impl Entry {
    pub fn id(&self) -> u64 {
        match self {
            Self::Begin(begin) => begin.id,
            Self::Staged { id, .. }
            | Self::Done { id, .. }
            | Self::Tidied { id }
            | Self::Dropped { id, .. }
            | Self::Left { id, .. } => *id,
        }
    }
}

impl Begin {
    /// The places that the work changes.
    pub fn changed(&self) -> impl Iterator<Item = &Place> {
        let from = self.from.as_ref().filter(|_| self.kind != EffectKind::Copy);
        from.into_iter().chain(&self.to)
    }

    /// What the work is about, for a person.
    pub fn path(&self) -> Option<PathBuf> {
        let place = self.from.as_ref().or(self.to.as_ref())?;
        place.path()
    }
}

impl Place {
    /// Whether nobody else has a file of this name.
    pub fn is_ours(&self) -> bool {
        match self {
            Self::Kept { .. } => true,
            Self::At { name, .. } => name.as_bytes().starts_with(TEMPORARY.as_bytes()),
        }
    }

    /// `None` for a name in the journal.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::At { folder, name } => Some(folder.join(name)),
            Self::Kept { .. } => None,
        }
    }
}
