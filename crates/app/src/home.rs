//! The data folder.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use directories::ProjectDirs;

use crate::AppError;

/// The file whose lock says who writes. It stays when nobody does.
const LOCK: &str = "lock";

/// Where everything of one person lives, and whether this process may write to it.
#[derive(Debug)]
pub struct Home {
    folder: PathBuf,
    /// Locked as long as the app is open, once [`Home::try_lock`] got it.
    file: File,
    is_writer: AtomicBool,
}

impl Home {
    /// Opens `folder`, `INHOUSE_HOME` or the platform's data folder, in this order.
    pub fn open(folder: Option<PathBuf>) -> Result<Self, AppError> {
        let folder = folder
            .or_else(|| std::env::var_os("INHOUSE_HOME").filter(|name| !name.is_empty()).map(PathBuf::from))
            .or_else(|| project().map(|dirs| dirs.data_dir().to_owned()))
            .ok_or(AppError::NoHome)?;
        fs::create_dir_all(&folder)
            .map_err(|source| AppError::io("create the data folder", &folder, source))?;
        let folder =
            folder.canonicalize().map_err(|source| AppError::io("find the data folder", &folder, source))?;
        let path = folder.join(LOCK);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| AppError::io("open", &path, source))?;
        let home = Self { folder, file, is_writer: AtomicBool::new(false) };
        home.try_lock()?;
        Ok(home)
    }

    /// Becomes the one that writes, unless another process is. Says which it is.
    pub(crate) fn try_lock(&self) -> Result<bool, AppError> {
        if !self.is_writer() {
            match self.file.try_lock() {
                Ok(()) => self.is_writer.store(true, Ordering::Release),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => {
                    return Err(AppError::io("lock", &self.folder.join(LOCK), source));
                }
            }
        }
        Ok(self.is_writer())
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether this process may write; another one may have opened the folder before.
    pub fn is_writer(&self) -> bool {
        self.is_writer.load(Ordering::Acquire)
    }

    /// Fails when another process has the folder open for writing.
    pub fn must_be_writer(&self) -> Result<(), AppError> {
        if self.is_writer() { Ok(()) } else { Err(AppError::HomeLocked { home: self.folder.clone() }) }
    }

    /// Bytes that this user can still write here, or `None` when the system does not tell.
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        let facts = rustix::fs::statvfs(&self.folder).ok()?;
        Some(facts.f_bavail * facts.f_frsize)
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.folder.join("record.sqlite")
    }

    pub(crate) fn memory(&self) -> PathBuf {
        self.folder.join("memory")
    }

    /// What models have computed and will need again; it can be thrown away at any time.
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.folder.join("snapshots")
    }

    /// What was computed ahead of pinned collections.
    pub(crate) fn pinned(&self) -> PathBuf {
        self.folder.join("pinned")
    }

    /// A person's own agents, one folder each.
    pub(crate) fn agents(&self) -> PathBuf {
        self.folder.join("agents")
    }

    /// The agents that come with the program, laid out as files; they are written anew as needed.
    pub(crate) fn gallery(&self) -> PathBuf {
        self.folder.join("gallery")
    }

    /// The only place where an agent may write unasked.
    pub(crate) fn work(&self, agent: &str) -> PathBuf {
        self.folder.join("work").join(agent)
    }

    /// What undoes the changes of a run.
    pub(crate) fn backups(&self, run: i64) -> PathBuf {
        self.folder.join("backups").join(format!("run-{run}"))
    }

    /// Where imported models are put.
    pub(crate) fn models(&self) -> PathBuf {
        self.folder.join("models")
    }

    /// Where weights are looked for, in this order.
    pub(crate) fn model_folders(&self) -> Vec<PathBuf> {
        let named = std::env::var_os("INHOUSE_MODELS").filter(|name| !name.is_empty()).map(PathBuf::from);
        let checkout = std::env::current_dir()
            .into_iter()
            .flat_map(|folder| folder.ancestors().map(|above| above.join("models")).collect::<Vec<_>>())
            .find(|models| models.join("all-minilm-l6-v2.toml").is_file());
        [Some(self.models()), named, checkout, project().map(|dirs| dirs.cache_dir().join("models"))]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("org", "Inhouse", "inhouse")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_to_open_a_data_folder_may_write() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = Home::open(Some(folder.path().into())).expect("a home");
        let second = Home::open(Some(folder.path().into())).expect("the same home");
        assert!(first.is_writer());
        assert!(matches!(second.must_be_writer(), Err(AppError::HomeLocked { .. })));
        drop(first);
        assert!(!second.is_writer() && second.try_lock().expect("a lock"));
        drop(second);
        let third = Home::open(Some(folder.path().into())).expect("the same home");
        assert!(third.is_writer());
    }
}
