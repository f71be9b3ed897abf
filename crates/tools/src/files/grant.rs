//! The folders that a person granted, and how a path that a tool names is found beneath them.

use std::ffi::OsString;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::FilesError;
use super::facts::Facts;
use super::folder::{Folder, Identity, is_file, is_folder};
use super::name;

/// Folders with what may be done beneath each. Made from what a person chose; nothing that a model
/// or a document says adds to it.
///
/// A granted folder that lies in another one decides for what is beneath it: so a folder with
/// [`May::NOTHING`] is kept out of a larger one.
#[derive(Debug, Default)]
pub struct Grant {
    folders: Vec<Granted>,
}

/// What may be done beneath a folder. None includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct May {
    pub read: bool,
    /// Make files and folders that are not there yet.
    pub create: bool,
    /// Replace, move away and remove what is there.
    pub change: bool,
}

impl May {
    pub const NOTHING: Self = Self { read: false, create: false, change: false };
    pub const READ: Self = Self { read: true, create: false, change: false };
    pub const EVERYTHING: Self = Self { read: true, create: true, change: true };

    fn allow(self, right: Right) -> bool {
        match right {
            Right::Read => self.read,
            Right::Create => self.create,
            Right::Change => self.change,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    Read,
    Create,
    Change,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Change => "change",
        })
    }
}

#[derive(Debug)]
struct Granted {
    /// As the person named it; a tool may name it so too.
    named: PathBuf,
    /// Without links.
    path: PathBuf,
    identity: Identity,
    may: May,
}

/// A place in a folder that is held open; something may stand there or not.
#[derive(Debug)]
pub struct Spot {
    pub folder: Folder,
    pub name: OsString,
}

impl Spot {
    pub fn path(&self) -> PathBuf {
        self.folder.path_of(&self.name)
    }
}

/// One name of a folder, as a tool may list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub name: OsString,
    pub kind: ListedKind,
    /// Of a file; 0 of anything else.
    pub bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedKind {
    File,
    Folder,
    /// A link, a device, a pipe: nothing that is read or changed.
    Other,
}

impl Grant {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a folder that is there. Relative paths are meant beneath the first one.
    pub fn allow(&mut self, folder: &Path, may: May) -> Result<(), FilesError> {
        let path =
            folder.canonicalize().map_err(|source| FilesError::io("find the folder", folder, source))?;
        let identity = Folder::open(&path)?.identity()?;
        let named = std::path::absolute(folder)
            .map_err(|source| FilesError::io("find the folder", folder, source))?;
        self.folders.push(Granted { named, path, identity, may });
        Ok(())
    }

    /// Reads a file of at most `most` bytes.
    pub fn read(&self, path: &Path, most: u64) -> Result<Vec<u8>, FilesError> {
        let spot = self.resolve(path, Right::Read)?;
        let path = spot.path();
        let mut bytes = Vec::new();
        let file = spot.folder.open_file(&spot.name)?;
        file.take(most.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| FilesError::io("read", &path, source))?;
        if bytes.len() as u64 > most {
            return Err(FilesError::TooLarge { path, bytes: bytes.len() as u64, limit: most });
        }
        Ok(bytes)
    }

    /// What is in a folder, in the order of the names' bytes.
    pub fn list(&self, path: &Path) -> Result<Vec<Listed>, FilesError> {
        let folder = self.resolve_folder(path)?;
        let mut listed = Vec::new();
        for name in folder.names()? {
            // What vanished since its name was read is not in the folder any more.
            let Some(stat) = folder.stat_of(&name)? else { continue };
            let (kind, bytes) = match () {
                () if is_file(&stat) => (ListedKind::File, stat.st_size as u64),
                () if is_folder(&stat) => (ListedKind::Folder, 0),
                () => (ListedKind::Other, 0),
            };
            listed.push(Listed { name, kind, bytes });
        }
        Ok(listed)
    }

    fn resolve_folder(&self, path: &Path) -> Result<Folder, FilesError> {
        let (granted, names) = self.locate(path)?;
        let folder = granted.open()?.below(&names)?;
        self.must_allow(&folder, Right::Read, path)?;
        Ok(folder)
    }

    /// Finds the place that a tool names, and makes sure that `right` is granted there.
    ///
    /// The folder around it is opened without following any link. Then it is left upwards, by
    /// handles, until a granted folder is met: that one lies around it in truth, not only by its
    /// path, and decides. So spelling and case are the file system's business, not ours.
    pub(super) fn resolve(&self, path: &Path, right: Right) -> Result<Spot, FilesError> {
        let (granted, mut names) = self.locate(path)?;
        let Some(name) = names.pop() else {
            return Err(FilesError::NotGranted { right, path: granted.path.clone() });
        };
        let folder = granted.open()?.below(&names)?;
        self.must_allow(&folder, right, path)?;
        let spot = Spot { folder, name };
        if let Some(stat) = spot.folder.stat_of(&spot.name)?
            && self.decides(Identity::of(&stat)).is_some()
        {
            return Err(FilesError::NotGranted { right, path: spot.path() });
        }
        Ok(spot)
    }

    /// Fails when what stands at `spot` is or holds a granted folder: its grant would move with it.
    pub(super) fn must_hold_none(&self, spot: &Spot, facts: &Facts) -> Result<(), FilesError> {
        let path = spot.path();
        let is_held =
            |granted: &Granted| granted.path.starts_with(&path) || granted.identity == facts.identity();
        if self.folders.iter().any(is_held) {
            return Err(FilesError::NotGranted { right: Right::Change, path });
        }
        Ok(())
    }

    pub(super) fn is_granted_folder(&self, identity: Identity) -> bool {
        self.decides(identity).is_some()
    }

    fn must_allow(&self, folder: &Folder, right: Right, path: &Path) -> Result<(), FilesError> {
        let mut identity = folder.identity()?;
        let mut above;
        let mut at = folder;
        loop {
            if let Some(granted) = self.decides(identity) {
                return if granted.may.allow(right) {
                    Ok(())
                } else {
                    Err(FilesError::NotGranted { right, path: path.to_owned() })
                };
            }
            above = at.above()?;
            let next = above.identity()?;
            if next == identity {
                return Err(FilesError::Outside { path: path.to_owned() });
            }
            identity = next;
            at = &above;
        }
    }

    /// The last word on a folder counts.
    fn decides(&self, identity: Identity) -> Option<&Granted> {
        self.folders.iter().rev().find(|granted| granted.identity == identity)
    }

    /// The granted folder that a path names, and the names from there on.
    fn locate(&self, path: &Path) -> Result<(&Granted, Vec<OsString>), FilesError> {
        if !path.is_absolute() {
            let outside = || FilesError::Outside { path: path.to_owned() };
            let first = self.folders.first().ok_or_else(outside)?;
            let is_itself = path.as_os_str() == ".";
            return Ok((first, if is_itself { Vec::new() } else { name::cut(path)? }));
        }
        let names = name::cut(path)?;
        let beneath = |prefix: &Path| {
            let prefix: Vec<_> = prefix.iter().skip(1).collect();
            let begins =
                names.len() >= prefix.len() && prefix.iter().zip(&names).all(|(one, two)| one == two);
            begins.then_some(prefix.len())
        };
        self.folders
            .iter()
            .flat_map(|granted| [(granted, &granted.path), (granted, &granted.named)])
            .filter_map(|(granted, prefix)| beneath(prefix).map(|length| (granted, length)))
            .max_by_key(|&(_, length)| length)
            .map(|(granted, length)| (granted, names[length..].to_vec()))
            .ok_or_else(|| FilesError::Outside { path: path.to_owned() })
    }
}

impl Granted {
    /// Fails when another folder took its place since it was granted.
    fn open(&self) -> Result<Folder, FilesError> {
        let folder = Folder::open(&self.path)?;
        if folder.identity()? == self.identity {
            Ok(folder)
        } else {
            Err(FilesError::Changed { path: self.path.clone() })
        }
    }
}
