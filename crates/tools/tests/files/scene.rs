//! Folders, a grant and a journal to act with, and random effects upon them.

use std::fs;
use std::path::{Path, PathBuf};

use inhouse_tools::files::{Effect, FilesError, Grant, Journal, Limits, May, Recovered, StepId, StepState};
use tempfile::TempDir;

use crate::tree::{self, Tree};

/// Where folders of a scene are, as seen from its journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disks {
    One,
    /// The person's folder is on another file system than the journal.
    Apart,
    /// Two folders of the person, on two file systems; the journal is on the first one's.
    Two,
}

impl Disks {
    pub const ALL: [Self; 3] = [Self::One, Self::Apart, Self::Two];
}

pub struct Scene {
    pub roots: Vec<PathBuf>,
    pub journal: PathBuf,
    _held: Vec<TempDir>,
}

impl Scene {
    pub fn new(disks: Disks) -> Self {
        let (fast, other) = (fast_folder(), other_folder());
        let first = fast.path().join("first");
        let (roots, journal) = match disks {
            Disks::One => (vec![first], fast.path().join("backups/run")),
            Disks::Apart => (vec![first], other.path().join("backups/run")),
            Disks::Two => (vec![first, other.path().join("second")], fast.path().join("backups/run")),
        };
        for root in &roots {
            fs::create_dir(root).unwrap();
        }
        Self { roots, journal, _held: vec![fast, other] }
    }

    pub fn grown(disks: Disks, random: &mut fastrand::Rng) -> Self {
        let scene = Self::new(disks);
        for root in &scene.roots {
            tree::grow(root, disks == Disks::One, random);
        }
        scene
    }

    pub fn root(&self) -> &Path {
        &self.roots[0]
    }

    /// Writes a file of the person.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn grant(&self) -> Grant {
        grant(&self.roots)
    }

    pub fn open(&self) -> Journal {
        open(&self.journal)
    }

    pub fn trees(&self) -> Vec<Tree> {
        Tree::of_all(&self.roots)
    }
}

pub fn grant(roots: &[PathBuf]) -> Grant {
    let mut grant = Grant::new();
    for root in roots {
        grant.allow(root, May::EVERYTHING).unwrap();
    }
    grant
}

pub fn limits() -> Limits {
    Limits { reserve: 0, ..Limits::default() }
}

pub fn open(journal: &Path) -> Journal {
    Journal::open(journal, limits()).unwrap()
}

/// Previews, approves and applies.
pub fn apply(journal: &mut Journal, grant: &Grant, effect: &Effect) -> Result<StepId, FilesError> {
    let approval = journal.preview(grant, effect)?.approve();
    journal.apply(grant, effect, approval)
}

/// Undoes everything, and fails when a step was left.
pub fn undo_all(journal: &mut Journal) {
    for undone in journal.undo().unwrap() {
        assert!(undone.left.is_none(), "{undone:?}");
    }
    assert!(journal.steps().iter().all(|step| step.state != StepState::Applied));
}

pub fn recover(journal: &mut Journal) -> Recovered {
    let recovered = journal.recover().unwrap();
    assert!(!matches!(recovered, Recovered::Left { .. }), "{recovered:?}");
    recovered
}

/// Memory where there is such a file system, because hundreds of journals are written.
fn fast_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// On Linux another file system than the fast one, which the tests insist on.
fn other_folder() -> TempDir {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    if cfg!(target_os = "linux") {
        let shared = "TMPDIR and /dev/shm are one file system: set TMPDIR to a folder on a disk";
        assert_ne!(device(folder.path()), device(Path::new("/dev/shm")), "{shared}");
    }
    folder
}

/// A random effect upon what there is now; some are meant to fail.
pub fn random_effect(roots: &[PathBuf], random: &mut fastrand::Rng) -> Effect {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for root in roots {
        for path in Tree::of(root).paths() {
            let path = root.join(path);
            let facts = fs::symlink_metadata(&path).unwrap();
            if facts.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let names = tree::odd_names();
    let bytes = |random: &mut fastrand::Rng| -> Vec<u8> {
        (0..random.usize(0..3000)).map(|_| random.u8(b'a'..=b'z')).collect()
    };
    let target =
        |random: &mut fastrand::Rng| random.choice(&folders).unwrap().join(random.choice(&names).unwrap());
    let file = |random: &mut fastrand::Rng| random.choice(&files).unwrap_or(&folders[0]).clone();
    let either = |random: &mut fastrand::Rng| {
        if random.u8(..4) == 0 { random.choice(&folders).unwrap().clone() } else { file(random) }
    };
    match random.u8(..10) {
        0 | 1 => Effect::Create { path: target(random), bytes: bytes(random) },
        2 | 3 => Effect::Replace { path: file(random), bytes: bytes(random) },
        4 | 5 => Effect::Move { from: either(random), to: target(random) },
        6 => Effect::Copy { from: file(random), to: target(random) },
        7 => Effect::MakeFolder { path: target(random) },
        _ => Effect::Trash { path: either(random) },
    }
}
