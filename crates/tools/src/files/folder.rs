//! A folder that is held open, and what is done in it: by its handle and one plain name, never by a
//! path. So nothing that happens to the path meanwhile leads anywhere else.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use super::FilesError;
use super::name;

const TO_OPEN: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

/// Tells a file or folder from every other one of this machine as long as it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub device: u64,
    pub inode: u64,
}

impl Identity {
    #[cfg_attr(target_os = "linux", expect(clippy::unnecessary_cast, reason = "other systems, other types"))]
    pub fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev as u64, inode: stat.st_ino }
    }
}

impl Folder {
    /// Opens the folder at an absolute path on which no link may lie.
    pub fn open(path: &Path) -> Result<Self, FilesError> {
        let root = rustix::fs::open("/", TO_OPEN, Mode::empty())
            .map_err(|source| FilesError::io("open", Path::new("/"), source))?;
        let root = Self { fd: root, path: PathBuf::from("/") };
        if path == root.path { Ok(root) } else { root.below(&name::cut(path)?) }
    }

    /// Opens the folder that `names` lead down to. Links are refused wherever they lead.
    ///
    /// Linux does it in one step (`openat2`); where the kernel lacks that, and on other systems,
    /// each name is opened in the folder before it, without following a link. Either way only
    /// handles of real folders are held, so a folder that is swapped for a link meanwhile leads
    /// nowhere.
    pub fn below(&self, names: &[OsString]) -> Result<Self, FilesError> {
        let path = names.iter().fold(self.path.clone(), |path, name| path.join(name));
        match self.descend(names) {
            Ok(fd) => Ok(Self { fd, path }),
            Err(Errno::NOTDIR) if self.has_link(names) => Err(FilesError::Link { path }),
            Err(source) => Err(FilesError::io("open the folder", &path, source)),
        }
    }

    fn descend(&self, names: &[OsString]) -> rustix::io::Result<OwnedFd> {
        #[cfg(target_os = "linux")]
        use std::sync::atomic::Ordering::Relaxed;
        #[cfg(target_os = "linux")]
        if HAS_OPENAT2.load(Relaxed) {
            match self.descend_at_once(names) {
                // An older kernel, or a sandbox that does not know the call.
                Err(Errno::NOSYS | Errno::PERM) => HAS_OPENAT2.store(false, Relaxed),
                other => return other,
            }
        }
        self.descend_by_names(names)
    }

    #[cfg(target_os = "linux")]
    fn descend_at_once(&self, names: &[OsString]) -> rustix::io::Result<OwnedFd> {
        use rustix::fs::ResolveFlags;
        let path: PathBuf = if names.is_empty() { PathBuf::from(".") } else { names.iter().collect() };
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
        loop {
            match rustix::fs::openat2(&self.fd, &path, TO_OPEN, Mode::empty(), resolve) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                other => return other,
            }
        }
    }

    fn descend_by_names(&self, names: &[OsString]) -> rustix::io::Result<OwnedFd> {
        let mut fd = self.fd.try_clone().map_err(|_| Errno::MFILE)?;
        for name in names {
            fd = rustix::fs::openat(&fd, name, TO_OPEN, Mode::empty())?;
        }
        Ok(fd)
    }

    /// Only to tell a person why: what it finds may have changed since.
    fn has_link(&self, names: &[OsString]) -> bool {
        (1..=names.len()).any(|count| {
            let path: PathBuf = names[..count].iter().collect();
            rustix::fs::statat(&self.fd, &path, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|stat| is_link(&stat))
        })
    }

    /// The folder around it, whatever it is called now.
    pub fn above(&self) -> Result<Self, FilesError> {
        // Only to look where it lies, so a folder that may be passed but not listed is enough.
        #[cfg(target_os = "linux")]
        let flags = TO_OPEN | OFlags::PATH;
        #[cfg(not(target_os = "linux"))]
        let flags = TO_OPEN;
        let path = self.path.parent().unwrap_or(&self.path).to_owned();
        let fd = rustix::fs::openat(&self.fd, "..", flags, Mode::empty())
            .map_err(|source| FilesError::io("look at the folder", &path, source))?;
        Ok(Self { fd, path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    pub fn stat(&self) -> Result<Stat, FilesError> {
        rustix::fs::fstat(&self.fd).map_err(|source| FilesError::io("look at", &self.path, source))
    }

    pub fn identity(&self) -> Result<Identity, FilesError> {
        self.stat().map(|stat| Identity::of(&stat))
    }

    /// What stands under `name`, if anything. A link is told as a link.
    pub fn stat_of(&self, name: &OsStr) -> Result<Option<Stat>, FilesError> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(source) => Err(FilesError::io("look at", &self.path_of(name), source)),
        }
    }

    /// Opens an ordinary file. A pipe or a device is not even opened for a moment without need, and
    /// never waited for.
    pub fn open_file(&self, name: &OsStr) -> Result<File, FilesError> {
        let path = self.path_of(name);
        match self.stat_of(name)? {
            None => return Err(FilesError::NotFound { path }),
            Some(stat) if is_link(&stat) => return Err(FilesError::Link { path }),
            Some(stat) if !is_file(&stat) => return Err(FilesError::Kind { path, wanted: "a file" }),
            Some(_) => {}
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty())
            .map_err(|source| FilesError::io("open", &path, source))?;
        let stat = rustix::fs::fstat(&fd).map_err(|source| FilesError::io("look at", &path, source))?;
        if is_file(&stat) { Ok(File::from(fd)) } else { Err(FilesError::Kind { path, wanted: "a file" }) }
    }

    /// Makes a file that was not there. The umask takes its bits from `mode`.
    pub fn create_file(&self, name: &OsStr, mode: u32) -> Result<File, FilesError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&self.fd, name, flags, Mode::from_raw_mode(mode as _))
            .map(File::from)
            .map_err(|source| FilesError::io("create", &self.path_of(name), source))
    }

    /// Opens an own file for reading and writing, making it when it is not there.
    pub fn own_file(&self, name: &OsStr) -> Result<File, FilesError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&self.fd, name, flags, Mode::from_raw_mode(0o600))
            .map(File::from)
            .map_err(|source| FilesError::io("open", &self.path_of(name), source))
    }

    pub fn make_folder(&self, name: &OsStr, mode: u32) -> Result<(), FilesError> {
        rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(mode as _))
            .map_err(|source| FilesError::io("make the folder", &self.path_of(name), source))
    }

    /// Moves what stands under `name`, and fails when there is something at the other end.
    pub fn rename(&self, name: &OsStr, to: &Self, to_name: &OsStr) -> Result<(), FilesError> {
        rustix::fs::renameat_with(&self.fd, name, &to.fd, to_name, RenameFlags::NOREPLACE).map_err(|source| {
            let path = if source == Errno::EXIST { to.path_of(to_name) } else { self.path_of(name) };
            FilesError::io("move", &path, source)
        })
    }

    /// Lets two files of this folder take each other's place in one step.
    pub fn exchange(&self, one: &OsStr, other: &OsStr) -> Result<(), FilesError> {
        rustix::fs::renameat_with(&self.fd, one, &self.fd, other, RenameFlags::EXCHANGE)
            .map_err(|source| FilesError::io("replace", &self.path_of(other), source))
    }

    pub fn remove_file(&self, name: &OsStr) -> Result<(), FilesError> {
        rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())
            .map_err(|source| FilesError::io("remove", &self.path_of(name), source))
    }

    /// Removes an empty folder.
    pub fn remove_folder(&self, name: &OsStr) -> Result<(), FilesError> {
        rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR)
            .map_err(|source| FilesError::io("remove the folder", &self.path_of(name), source))
    }

    /// The names in it, in the order of their bytes.
    pub fn names(&self) -> Result<Vec<OsString>, FilesError> {
        let failed = |source| FilesError::io("list", &self.path, source);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.fd).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Returns when what was done in this folder is on the disk.
    pub fn sync(&self) -> Result<(), FilesError> {
        match rustix::fs::fsync(&self.fd) {
            // Some network file systems have nothing to sync for a folder.
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(source) => Err(FilesError::io("sync", &self.path, source)),
        }
    }

    /// Gives the folder its time back. Only its owner can; another one's folder keeps the new time.
    pub fn set_mtime(&self, time: Timespec) -> Result<(), FilesError> {
        match set_mtime(&self.fd, time) {
            Ok(()) | Err(Errno::PERM | Errno::ACCESS) => Ok(()),
            Err(source) => Err(FilesError::io("set the time of", &self.path, source)),
        }
    }

    /// Bytes that this user can still write here.
    pub fn free_bytes(&self) -> Result<u64, FilesError> {
        let facts = rustix::fs::fstatvfs(&self.fd)
            .map_err(|source| FilesError::io("see how much is free in", &self.path, source))?;
        Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
    }
}

pub fn set_mtime(fd: impl AsFd, time: Timespec) -> rustix::io::Result<()> {
    let unchanged = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT };
    rustix::fs::futimens(fd, &Timestamps { last_access: unchanged, last_modification: time })
}

pub fn is_file(stat: &Stat) -> bool {
    kind(stat) == rustix::fs::FileType::RegularFile
}

pub fn is_folder(stat: &Stat) -> bool {
    kind(stat) == rustix::fs::FileType::Directory
}

pub fn is_link(stat: &Stat) -> bool {
    kind(stat) == rustix::fs::FileType::Symlink
}

fn kind(stat: &Stat) -> rustix::fs::FileType {
    rustix::fs::FileType::from_raw_mode(stat.st_mode)
}

#[cfg(target_os = "linux")]
static HAS_OPENAT2: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(true);

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't set up its files has failed")]

    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn both_ways_down_lead_to_the_same_and_follow_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(path.join("a/b")).unwrap();
        std::fs::write(path.join("a/file"), "x").unwrap();
        symlink("b", path.join("a/inside")).unwrap();
        symlink("/", path.join("a/outside")).unwrap();
        let folder = Folder::open(&path).unwrap();
        let names = |path: &str| path.split('/').map(OsString::from).collect::<Vec<_>>();
        let id = |fd: OwnedFd| Identity::of(&rustix::fs::fstat(&fd).unwrap());
        let at_once = folder.descend_at_once(&names("a/b")).map(id);
        assert_eq!(at_once, folder.descend_by_names(&names("a/b")).map(id));
        assert!(at_once.is_ok());
        for path in ["a/inside", "a/outside", "a/outside/tmp", "a/file", "a/none", "a/inside/x"] {
            assert!(folder.descend_at_once(&names(path)).is_err(), "{path}");
            assert!(folder.descend_by_names(&names(path)).is_err(), "{path}");
        }
        for path in ["a/inside", "a/outside/tmp"] {
            assert!(matches!(folder.below(&names(path)), Err(FilesError::Link { .. })), "{path}");
        }
    }
}
