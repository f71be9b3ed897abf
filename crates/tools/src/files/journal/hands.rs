//! What does the work: moves that can be taken back, and files that are written under temporary names.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;

use super::entry::{FolderTime, Move, Place, Removal};
use crate::files::FilesError;
use crate::files::facts::{Facts, Kind, Time};
use crate::files::folder::{Folder, Identity, set_mtime};
use crate::files::grant::Spot;
use crate::files::name::TEMPORARY;

/// The folders of one piece of work, each opened once.
#[derive(Debug)]
pub struct Hands {
    kept: Rc<Folder>,
    open: HashMap<PathBuf, Rc<Folder>>,
    /// Bytes that stay free on a disk.
    reserve: u64,
}

/// What a new file takes over from another one.
#[derive(Debug, Clone, Copy)]
pub enum Like<'a> {
    /// Nothing: the umask decides, and nothing can be run.
    New,
    /// A copy that nobody may read who may not read the original; nothing can be run.
    Copied(&'a Facts),
    /// Another content of the same file: permissions, owner, a person's own attributes.
    Replaced(&'a Facts, &'a Place),
    /// The same file at another place: its time too.
    Same(&'a Facts),
}

impl Hands {
    pub fn new(kept: Rc<Folder>, reserve: u64) -> Self {
        Self { kept, open: HashMap::new(), reserve }
    }

    /// Takes over the open folder of a spot.
    pub fn hold(&mut self, spot: Spot) -> Place {
        let Spot { folder, name } = spot;
        let path = folder.path().to_owned();
        self.open.entry(path.clone()).or_insert_with(|| Rc::new(folder));
        Place::At { folder: path, name }
    }

    pub fn at<'a>(&mut self, place: &'a Place) -> Result<(Rc<Folder>, &'a OsStr), FilesError> {
        match place {
            Place::Kept { name } => Ok((self.kept.clone(), OsStr::new(name))),
            Place::At { folder, name } => Ok((self.folder(folder)?, name)),
        }
    }

    fn folder(&mut self, path: &Path) -> Result<Rc<Folder>, FilesError> {
        if let Some(folder) = self.open.get(path) {
            return Ok(folder.clone());
        }
        let folder = Rc::new(Folder::open(path)?);
        self.open.insert(path.to_owned(), folder.clone());
        Ok(folder)
    }

    pub fn path_of(&self, place: &Place) -> PathBuf {
        place.path().unwrap_or_else(|| match place {
            Place::Kept { name } => self.kept.path_of(OsStr::new(name)),
            Place::At { folder, name } => folder.join(name),
        })
    }

    pub fn look(&mut self, place: &Place, most: u64) -> Result<Option<Facts>, FilesError> {
        let (folder, name) = self.at(place)?;
        Facts::look(&folder, name, most)
    }

    pub fn inode_at(&mut self, place: &Place) -> Result<Option<u64>, FilesError> {
        let (folder, name) = self.at(place)?;
        Ok(folder.stat_of(name)?.map(|stat| stat.st_ino))
    }

    /// Whether a file can go from one place to the other by a rename, as far as can be told before.
    pub fn share_a_device(&mut self, one: &Place, other: &Place) -> Result<bool, FilesError> {
        Ok(self.at(one)?.0.identity()?.device == self.at(other)?.0.identity()?.device)
    }

    /// The times of the folders of `places`, as they are now. The journal's own has none that matters.
    pub fn times<'a>(
        &mut self,
        places: impl IntoIterator<Item = &'a Place>,
    ) -> Result<Vec<FolderTime>, FilesError> {
        let mut times: Vec<FolderTime> = Vec::new();
        for place in places {
            let Place::At { folder: path, .. } = place else { continue };
            if times.iter().all(|time| time.folder != *path) {
                let stat = self.folder(path)?.stat()?;
                let Identity { device, inode } = Identity::of(&stat);
                let modified = Time::modified(&stat);
                times.push(FolderTime { folder: path.clone(), device, inode, modified });
            }
        }
        Ok(times)
    }

    pub fn set_times(&mut self, times: &[FolderTime]) -> Result<(), FilesError> {
        for time in times {
            let folder = self.folder(&time.folder)?;
            // Another folder that took its place has a time of its own.
            if folder.identity()?.inode == time.inode {
                folder.set_mtime(time.modified.into())?;
            }
        }
        Ok(())
    }

    pub fn sync<'a>(&mut self, places: impl IntoIterator<Item = &'a Place>) -> Result<(), FilesError> {
        let mut synced: Vec<Identity> = Vec::new();
        for place in places {
            let (folder, _) = self.at(place)?;
            let identity = folder.identity()?;
            if !synced.contains(&identity) {
                folder.sync()?;
                synced.push(identity);
            }
        }
        Ok(())
    }

    /// Writes a file under a temporary name and syncs it.
    pub fn write(&mut self, at: &Place, bytes: &[u8], like: Like<'_>) -> Result<Facts, FilesError> {
        let (folder, name) = self.at(at)?;
        let path = folder.path_of(name);
        self.must_have_room(&folder, bytes.len() as u64)?;
        let mut file = folder.create_file(name, like.first_mode())?;
        file.write_all(bytes).map_err(|source| FilesError::io("write", &path, source))?;
        let from = match like {
            Like::Replaced(_, place) => {
                let (folder, name) = self.at(place)?;
                Some(folder.open_file(name)?)
            }
            _ => None,
        };
        finish(&file, from.as_ref(), like, &path)
    }

    /// Copies a file to a temporary name or into the journal, syncs it and compares it.
    pub fn copy(
        &mut self,
        from: &Place,
        facts: &Facts,
        to: &Place,
        like: Like<'_>,
    ) -> Result<Facts, FilesError> {
        let (source, source_name) = self.at(from)?;
        let (folder, name) = self.at(to)?;
        let (source_path, path) = (source.path_of(source_name), folder.path_of(name));
        self.must_have_room(&folder, facts.bytes)?;
        let mut read = source.open_file(source_name)?;
        let mut file = folder.create_file(name, like.first_mode())?;
        std::io::copy(&mut read, &mut file).map_err(|source| FilesError::io("copy", &path, source))?;
        let copied = finish(&file, Some(&read), like, &path)?;
        if copied.sha256 != facts.sha256 {
            return Err(FilesError::Changed { path: source_path });
        }
        Ok(copied)
    }

    pub fn make_folder(&mut self, at: &Place) -> Result<Facts, FilesError> {
        let (folder, name) = self.at(at)?;
        folder.make_folder(name, 0o777)?;
        let made = folder.below(&[name.to_owned()])?;
        made.sync()?;
        Ok(Facts::of(Kind::EmptyFolder, &made.stat()?))
    }

    fn must_have_room(&self, folder: &Folder, bytes: u64) -> Result<(), FilesError> {
        if folder.free_bytes()? < bytes.saturating_add(self.reserve) {
            let path = folder.path().to_owned();
            return Err(FilesError::DiskFull { doing: "write to", path });
        }
        Ok(())
    }

    /// Does one move and makes sure that it moved what it should have. Synced when it returns. When
    /// it fails, nothing has moved.
    pub fn make(&mut self, step: &Move) -> Result<(), FilesError> {
        match step {
            Move::Rename { from, to, what } => {
                let ((source, name), (target, new)) = (self.at(from)?, self.at(to)?);
                if !what.are_of(&source, name)? {
                    return Err(FilesError::Changed { path: self.path_of(from) });
                }
                source.rename(name, &target, new)?;
                match what.are_of(&target, new) {
                    Ok(true) => self.sync_or_take_back(step, [to, from]),
                    found => Err(self.put_back(to, from).because(found)),
                }
            }
            Move::Exchange { one, other, at_one, at_other } => {
                let ((folder, name), (_, target)) = (self.at(one)?, self.at(other)?);
                if !at_other.are_of(&folder, target)? || !at_one.are_of(&folder, name)? {
                    return Err(FilesError::Changed { path: self.path_of(other) });
                }
                folder.exchange(name, target)?;
                match at_other.are_of(&folder, name) {
                    Ok(true) => self.sync_or_take_back(step, [one, other]),
                    found => Err(self.exchange_back(one, other, at_one).because(found)),
                }
            }
        }
    }

    fn sync_or_take_back(&mut self, step: &Move, places: [&Place; 2]) -> Result<(), FilesError> {
        let Err(error) = self.sync(places) else { return Ok(()) };
        let (Move::Rename { from, to, what } | Move::Exchange { one: to, other: from, at_other: what, .. }) =
            step;
        // Syncing fails again, so only where the file lies tells whether it was taken back.
        let taken = self.take_back(step);
        match self.inode_at(from)? == Some(what.inode) {
            true => Err(error),
            false => Err(taken.err().map_or(error, |_| FilesError::Displaced {
                path: self.path_of(from),
                lies: self.path_of(to),
            })),
        }
    }

    /// Takes a move back that was made.
    pub fn take_back(&mut self, step: &Move) -> Result<(), FilesError> {
        match step {
            Move::Rename { from, to, what } => {
                if self.inode_at(to)? != Some(what.inode) {
                    return Err(FilesError::Changed { path: self.path_of(to) });
                }
                let ((source, name), (target, new)) = (self.at(from)?, self.at(to)?);
                target.rename(new, &source, name)?;
                self.sync([from, to])
            }
            Move::Exchange { one, other, at_one, at_other } => {
                let is_made = self.inode_at(one)? == Some(at_other.inode)
                    && self.inode_at(other)? == Some(at_one.inode);
                if !is_made {
                    return Err(FilesError::Changed { path: self.path_of(other) });
                }
                let ((folder, name), (_, target)) = (self.at(one)?, self.at(other)?);
                folder.exchange(name, target)?;
                self.sync([one])
            }
        }
    }

    /// Puts back what was moved in the place of something else, and says how that went.
    fn put_back(&mut self, now: &Place, before: &Place) -> FilesError {
        let path = self.path_of(before);
        let mut back = || -> Result<(), FilesError> {
            let ((source, name), (target, new)) = (self.at(now)?, self.at(before)?);
            source.rename(name, &target, new)?;
            self.sync([before, now])
        };
        match back() {
            Ok(()) => FilesError::Changed { path },
            Err(_) => FilesError::Displaced { path, lies: self.lay_aside(now) },
        }
    }

    /// What came out of an exchange at `one` is not what was expected there.
    fn exchange_back(&mut self, one: &Place, other: &Place, ours: &Facts) -> FilesError {
        let path = self.path_of(other);
        let mut back = || -> Result<bool, FilesError> {
            let ((folder, name), (_, target)) = (self.at(one)?, self.at(other)?);
            if self.inode_at(other)? != Some(ours.inode) {
                return Ok(false);
            }
            folder.exchange(name, target)?;
            self.sync([one])?;
            Ok(self.inode_at(one)? == Some(ours.inode))
        };
        match back() {
            Ok(true) => FilesError::Changed { path },
            Ok(false) | Err(_) => FilesError::Displaced { path, lies: self.lay_aside(one) },
        }
    }

    /// Gives what is somebody's but stands at a temporary name a place in the journal, where it is
    /// safe from being tidied away. On another file system it stays where it is.
    fn lay_aside(&mut self, at: &Place) -> PathBuf {
        let aside = Place::Kept { name: format!("aside-{:016x}", random()) };
        let mut lay = || -> Result<(), FilesError> {
            let ((source, name), (target, new)) = (self.at(at)?, self.at(&aside)?);
            source.rename(name, &target, new)
        };
        match (at, lay()) {
            (Place::At { .. }, Ok(())) => self.path_of(&aside),
            _ => self.path_of(at),
        }
    }

    /// Removes what stands at a temporary name, unless it is not what is to be removed.
    pub fn remove(&mut self, removal: &Removal) -> Result<(), FilesError> {
        let (folder, name) = self.at(&removal.at)?;
        if !removal.what.are_of(&folder, name)? {
            return match folder.stat_of(name)? {
                None => Ok(()),
                Some(_) => {
                    let path = self.path_of(&removal.at);
                    Err(FilesError::Displaced { lies: path.clone(), path })
                }
            };
        }
        match removal.what.kind {
            Kind::File => folder.remove_file(name)?,
            Kind::Folder | Kind::EmptyFolder => folder.remove_folder(name)?,
        }
        folder.sync()
    }

    /// Removes what the work made under temporary names. `ours` are the inodes of what it made, when
    /// they are known; nothing else is removed.
    pub fn clear(&mut self, temporary: &[Place], ours: Option<&[u64]>) -> Result<(), FilesError> {
        for place in temporary {
            let (folder, name) = match self.at(place) {
                // Without its folder it is gone as well.
                Err(FilesError::NotFound { .. }) => continue,
                other => other?,
            };
            let Some(stat) = folder.stat_of(name)? else { continue };
            if ours.is_some_and(|ours| !ours.contains(&stat.st_ino)) {
                continue;
            }
            if crate::files::folder::is_folder(&stat) {
                folder.remove_folder(name)?;
            } else {
                folder.remove_file(name)?;
            }
            folder.sync()?;
        }
        Ok(())
    }
}

impl Like<'_> {
    /// What a file is made with. Where it takes over another's permissions, nobody reads it before.
    fn first_mode(self) -> u32 {
        match self {
            Self::New => 0o666,
            Self::Copied(facts) => facts.mode & 0o666,
            Self::Replaced(..) | Self::Same(_) => 0o600,
        }
    }
}

/// Gives a written file what it takes over, syncs it and looks at it.
fn finish(file: &File, from: Option<&File>, like: Like<'_>, path: &Path) -> Result<Facts, FilesError> {
    let failed = |source: Errno| FilesError::io("set the permissions of", path, source);
    if let Like::Replaced(facts, _) | Like::Same(facts) = like {
        let owner = (Some(Uid::from_raw(facts.user)), Some(Gid::from_raw(facts.group)));
        let is_given = match rustix::fs::fchown(file, owner.0, owner.1) {
            Ok(()) => true,
            // Only an administrator gives files away; a member's new version is the member's.
            Err(Errno::PERM) => false,
            Err(source) => return Err(failed(source)),
        };
        // Whoever runs it becomes its owner: that is for the same bytes of the same owner only.
        let bits = if is_given && matches!(like, Like::Same(_)) { 0o7777 } else { 0o777 };
        rustix::fs::fchmod(file, Mode::from_raw_mode((facts.mode & bits) as _)).map_err(failed)?;
    }
    if let Some(from) = from {
        copy_attributes(from, file, like, path)?;
    }
    if let Like::Same(facts) = like {
        set_mtime(file, facts.modified.into())
            .map_err(|source| FilesError::io("set the time of", path, source))?;
    }
    file.sync_all().map_err(|source| FilesError::io("sync", path, source))?;
    let mut file = file;
    std::io::Seek::rewind(&mut file).map_err(|source| FilesError::io("read", path, source))?;
    Facts::read(file, path)
}

/// Extended attributes: labels, access lists. One that the other file system does not know is left,
/// and new bytes get none that gives them power.
fn copy_attributes(from: &File, to: &File, like: Like<'_>, path: &Path) -> Result<(), FilesError> {
    let is_wanted = |name: &[u8]| match like {
        Like::Same(_) => true,
        Like::Replaced(..) => name.starts_with(b"user.") || name == b"system.posix_acl_access",
        Like::New | Like::Copied(_) => false,
    };
    let failed = |source: Errno| FilesError::io("copy the attributes of", path, source);
    let mut names = vec![0; 64 << 10];
    let length = match rustix::fs::flistxattr(from, &mut names[..]) {
        Ok(length) => length,
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(()),
        Err(source) => return Err(failed(source)),
    };
    let mut value = vec![0; 64 << 10];
    for name in names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty() && is_wanted(name)) {
        let length = rustix::fs::fgetxattr(from, name, &mut value[..]).map_err(failed)?;
        match rustix::fs::fsetxattr(to, name, &value[..length], rustix::fs::XattrFlags::empty()) {
            Ok(()) | Err(Errno::NOTSUP | Errno::PERM | Errno::ACCESS) => {}
            Err(source) => return Err(failed(source)),
        }
    }
    Ok(())
}

/// A new temporary name in the folder of `place`.
pub fn temporary(place: &Place) -> Place {
    match place {
        Place::At { folder, .. } => {
            let name = OsString::from(format!("{TEMPORARY}{:016x}", random()));
            Place::At { folder: folder.clone(), name }
        }
        Place::Kept { name } => Place::Kept { name: format!("{name}.part") },
    }
}

fn random() -> u64 {
    // Each state has keys of its own.
    RandomState::new().build_hasher().finish()
}
