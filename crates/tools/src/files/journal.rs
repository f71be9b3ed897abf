//! The journal of one run: every change to a person's files, with what undoes it.
//!
//! # Why nothing is lost
//! A piece of work goes through five states, and each is on the disk before the next begins:
//! 1. `Begin` says what will be done, and every name that will be made for it.
//! 2. What has to be written is written under temporary names and synced: the new file, and on
//!    another file system the copy that is kept. Nothing that a person sees has changed.
//! 3. `Staged` says which moves follow, each with the inode and hash of what it moves. A move is one
//!    `renameat2` that overwrites nothing, or that exchanges two files: it is done or not, and where
//!    an inode lies tells which. A file of the person is only ever moved, to where the moves say.
//! 4. `Done` makes it final. Before it, every move can be taken back.
//! 5. Only now is removed what lies under a temporary name and has a synced copy in the journal.
//!
//! A kill or a power cut in 1 or 2 leaves temporary names, which [`Journal::recover`] removes. In 3
//! it finds out by the inodes how far the moves came: when none was made, it is as in 2; otherwise
//! the rest is made, and where that can't be, because somebody changed something, the others are
//! taken back. In 5 the removal is made up for. An undo is a piece of work like any other, so the
//! same holds while undoing. Where neither way is open, the journal says so (`Left`) and touches
//! nothing more; what was kept stays in the folder `kept`.
//!
//! # What comes back
//! Bytes, names, permission bits and modification times, to the nanosecond; of folders too, as far
//! as nobody else changed them. Where the journal is on the same file system it is the very file that comes
//! back, with its owner, hard links and attributes. From another one it is a copy: another inode,
//! without its other names, and with its owner, set-id bits and attributes only where the system
//! lets this user set them. Times of access and of change of status are not restored.

mod apply;
mod entry;
mod hands;
mod log;
mod recover;
mod times;
mod undo;
mod work;

use std::ffi::OsStr;
use std::fmt;
use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use inhouse_agent::source::Sha256;
use serde::{Deserialize, Serialize};

use super::effect::{Effect, EffectKind, Limits};
use super::folder::{Folder, Identity};
use super::grant::Grant;
use super::preview::Preview;
use super::{FilesError, facts::Facts};
use entry::{Entry, Place};
use log::Log;
use work::Work;

pub use recover::Recovered;
pub use undo::Undone;

const LOCK: &str = "lock";
const KEPT: &str = "kept";

/// A journal that is open, and nobody else's meanwhile.
#[derive(Debug)]
pub struct Journal {
    folder: Folder,
    kept: Rc<Folder>,
    log: Log,
    /// By their number.
    works: Vec<Work>,
    limits: Limits,
    /// What the file systems are able to do; tests take it away.
    means: work::Means,
    /// Locked as long as the journal is open.
    _lock: File,
}

/// The number of an effect in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId(pub u64);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An effect of the run as the journal knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub id: StepId,
    pub kind: EffectKind,
    /// What was changed, or what was made where nothing was changed.
    pub path: PathBuf,
    pub to: Option<PathBuf>,
    pub state: StepState,
    /// Where what was there before is kept in the journal.
    pub kept: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    Applied,
    Undone,
    /// It was not done; everything was put back.
    Dropped,
    /// Cut short; [`Journal::recover`] decides it.
    CutShort,
    /// Somebody changed what it needed while it was cut short. What it had kept is in the journal.
    Left,
}

impl Journal {
    /// Opens the journal in `folder`, which is made when it is not there and is readable by its
    /// owner only. A step that was cut short has to be recovered before anything else is done.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, FilesError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| FilesError::io("make the folder", folder, source))?;
        let path =
            folder.canonicalize().map_err(|source| FilesError::io("find the folder", folder, source))?;
        let folder = Folder::open(&path)?;
        Folder::open(path.parent().unwrap_or(&path))?.sync()?;
        let lock = folder.own_file(OsStr::new(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FilesError::JournalBusy { journal: path }),
            Err(TryLockError::Error(source)) => return Err(FilesError::io("lock", &path, source)),
        }
        if folder.stat_of(OsStr::new(KEPT))?.is_none() {
            folder.make_folder(OsStr::new(KEPT), 0o700)?;
        }
        let kept = Rc::new(folder.below(&[KEPT.into()])?);
        let (log, entries) = Log::open(&folder)?;
        let works = work::gather(entries, log.path())?;
        let means = work::Means::default();
        Ok(Self { folder, kept, log, works, limits, means, _lock: lock })
    }

    /// What `effect` will do, and what stands there now. Changes nothing.
    pub fn preview(&self, grant: &Grant, effect: &Effect) -> Result<Preview, FilesError> {
        Preview::of(&effect.look(grant, &self.limits, self.identity()?)?)
    }

    /// Every effect that was begun, in order.
    pub fn steps(&self) -> Vec<Step> {
        self.works.iter().filter_map(|work| self.step(work)).collect()
    }

    /// The hash over all that the journal says. Kept elsewhere, it tells whether its end was cut off.
    pub fn sum(&self) -> Sha256 {
        self.log.sum()
    }

    fn step(&self, work: &Work) -> Option<Step> {
        let begin = &work.begin;
        if begin.undoes.is_some() {
            return None;
        }
        let id = StepId(begin.id);
        let state = match work.end {
            None => StepState::CutShort,
            Some(work::End::Dropped) => StepState::Dropped,
            Some(work::End::Left) => StepState::Left,
            Some(work::End::Done) if self.is_undone(id) => StepState::Undone,
            Some(work::End::Done) => StepState::Applied,
        };
        let is_kept = matches!(state, StepState::Applied | StepState::Left);
        Some(Step {
            id,
            kind: begin.kind,
            path: begin.path()?,
            to: begin.from.as_ref().and(begin.to.as_ref()).and_then(Place::path),
            state,
            kept: work.kept().filter(|_| is_kept).map(|name| self.kept.path_of(OsStr::new(name))),
        })
    }

    fn is_undone(&self, step: StepId) -> bool {
        self.works.iter().any(|work| work.begin.undoes == Some(step) && work.end == Some(work::End::Done))
    }

    fn identity(&self) -> Result<Identity, FilesError> {
        self.folder.identity()
    }

    /// Appends to the log, and to what is known of it.
    fn note(&mut self, entry: Entry) -> Result<(), FilesError> {
        self.log.append(&entry)?;
        work::add(&mut self.works, entry, self.log.path())
    }

    fn must_be_recovered(&self) -> Result<(), FilesError> {
        match self.works.last() {
            Some(work) if work.is_open() => {
                Err(FilesError::Unrecovered { journal: self.folder.path().to_owned() })
            }
            _ => Ok(()),
        }
    }
}

/// What a look tells when something has to be there.
fn must_be_there(found: Option<Facts>, path: PathBuf) -> Result<Facts, FilesError> {
    found.ok_or(FilesError::NotFound { path })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't set up its files has failed")]

    use std::fs;

    use super::work::Means;
    use super::*;
    use crate::files::May;

    #[test]
    fn what_a_file_system_can_t_do_is_done_in_another_way() {
        for number in 0..8 {
            let means =
                Means { exchange: number & 1 > 0, into_journal: number & 2 > 0, across: number & 4 > 0 };
            let dir = tempfile::tempdir().unwrap();
            let (root, backups) = (dir.path().join("root"), dir.path().join("backups"));
            fs::create_dir(&root).unwrap();
            for name in ["replaced", "moved", "trashed"] {
                fs::write(root.join(name), name).unwrap();
            }
            let mut grant = Grant::new();
            grant.allow(&root, May::EVERYTHING).unwrap();
            let limits = Limits { reserve: 0, ..Limits::default() };
            let mut journal = Journal { means, ..Journal::open(&backups, limits).unwrap() };
            for effect in [
                Effect::Create { path: "new".into(), bytes: b"new".to_vec() },
                Effect::MakeFolder { path: "folder".into() },
                Effect::Replace { path: "replaced".into(), bytes: b"other".to_vec() },
                Effect::Move { from: "moved".into(), to: "folder/moved".into() },
                Effect::Trash { path: "trashed".into() },
            ] {
                let approval = journal.preview(&grant, &effect).unwrap().approve();
                journal.apply(&grant, &effect, approval).unwrap();
            }
            assert_eq!(fs::read(root.join("replaced")).unwrap(), b"other");
            assert_eq!(fs::read(root.join("folder/moved")).unwrap(), b"moved");
            assert!(!root.join("trashed").exists() && !root.join("moved").exists());
            for undone in journal.undo().unwrap() {
                assert!(undone.left.is_none(), "{means:?}: {undone:?}");
            }
            let mut names: Vec<_> =
                fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            assert_eq!(names, ["moved", "replaced", "trashed"], "{means:?}");
            for name in names {
                assert_eq!(fs::read(root.join(&name)).unwrap(), name.as_encoded_bytes());
            }
        }
    }
}
