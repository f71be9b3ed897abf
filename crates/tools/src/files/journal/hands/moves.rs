//! Moves that are made, checked and taken back, and the removal of what is not needed any more.

use std::path::PathBuf;

use super::{Hands, random};
use crate::files::FilesError;
use crate::files::facts::{Facts, Kind};
use crate::files::folder::is_folder;
use crate::files::journal::entry::{Move, Place, Removal};

impl Hands {
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
            if is_folder(&stat) {
                folder.remove_folder(name)?;
            } else {
                folder.remove_file(name)?;
            }
            folder.sync()?;
        }
        Ok(())
    }
}
