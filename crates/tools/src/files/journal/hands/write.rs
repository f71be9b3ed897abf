//! Files and folders that are made under temporary names, or in the journal, and synced.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;

use super::Hands;
use crate::files::FilesError;
use crate::files::facts::{Facts, Kind};
use crate::files::folder::{Folder, set_mtime};
use crate::files::journal::entry::Place;

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
