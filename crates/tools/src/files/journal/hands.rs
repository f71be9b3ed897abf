//! What does the work of a piece: it opens each folder once, and does in it what the moves say.

mod moves;
mod write;

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::entry::{FolderTime, Place};
use crate::files::FilesError;
use crate::files::facts::{Facts, Time};
use crate::files::folder::{Folder, Identity};
use crate::files::grant::Spot;
use crate::files::name::TEMPORARY;

pub use write::Like;

/// The folders of one piece of work, each opened once.
#[derive(Debug)]
pub struct Hands {
    kept: Rc<Folder>,
    open: HashMap<PathBuf, Rc<Folder>>,
    /// Bytes that stay free on a disk.
    reserve: u64,
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
