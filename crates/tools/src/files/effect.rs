//! A change to a person's files as data, and what it would meet in the world as it is now.

use std::path::{Path, PathBuf};

use inhouse_agent::source::Sha256;
use serde::{Deserialize, Serialize};

use super::FilesError;
use super::facts::{Facts, sha256};
use super::folder::{Identity, is_file, is_folder};
use super::grant::{Grant, Right, Spot};
use super::name;

/// One change. Paths are absolute, or relative to the first granted folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Makes a file where nothing stands.
    Create { path: PathBuf, bytes: Vec<u8> },
    /// Gives a file other bytes. It keeps its permission bits.
    Replace { path: PathBuf, bytes: Vec<u8> },
    /// Moves or renames a file or folder to where nothing stands.
    Move { from: PathBuf, to: PathBuf },
    /// Copies a file to where nothing stands.
    Copy { from: PathBuf, to: PathBuf },
    /// Makes a folder in one that is there.
    MakeFolder { path: PathBuf },
    /// Takes a file or folder away, into the journal.
    Trash { path: PathBuf },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    Create,
    Replace,
    Move,
    Copy,
    MakeFolder,
    Trash,
}

/// How much is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file that is replaced, copied, trashed or taken to another file system, and the
    /// most bytes that a folder may hold when it is trashed.
    pub largest: u64,
    /// Files and folders in a folder that is moved or trashed.
    pub most_entries: usize,
    /// Bytes that stay free on a disk.
    pub reserve: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { largest: 1 << 30, most_entries: 100_000, reserve: 16 << 20 }
    }
}

/// An effect with its places held open and what stood there when it was looked at.
#[derive(Debug)]
pub struct Looked<'a> {
    pub kind: EffectKind,
    /// What is replaced, moved, copied or trashed.
    pub from: Option<(Spot, Facts)>,
    /// Where something new will stand; nothing stands there now.
    pub to: Option<Spot>,
    pub bytes: Option<&'a [u8]>,
    /// All that is in a folder that is moved or trashed.
    pub tree: Option<Tree>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    pub entries: usize,
    pub bytes: u64,
    /// Over the names, kinds, sizes and times of everything in it.
    pub sha256: Sha256,
}

impl Effect {
    pub fn kind(&self) -> EffectKind {
        match self {
            Self::Create { .. } => EffectKind::Create,
            Self::Replace { .. } => EffectKind::Replace,
            Self::Move { .. } => EffectKind::Move,
            Self::Copy { .. } => EffectKind::Copy,
            Self::MakeFolder { .. } => EffectKind::MakeFolder,
            Self::Trash { .. } => EffectKind::Trash,
        }
    }

    /// Resolves the effect's paths and looks at what stands there. Changes nothing.
    pub(super) fn look(
        &self,
        grant: &Grant,
        limits: &Limits,
        journal: Identity,
    ) -> Result<Looked<'_>, FilesError> {
        let from = |path: &Path, right: Right| -> Result<(Spot, Facts), FilesError> {
            let spot = grant.resolve(path, right)?;
            let facts = Facts::look(&spot.folder, &spot.name, limits.largest)?
                .ok_or_else(|| FilesError::NotFound { path: spot.path() })?;
            Ok((spot, facts))
        };
        let to = |path: &Path| -> Result<Spot, FilesError> {
            let spot = grant.resolve(path, Right::Create)?;
            name::must_suit_new(&spot.path(), &spot.name)?;
            match spot.folder.stat_of(&spot.name)? {
                Some(_) => Err(FilesError::Exists { path: spot.path() }),
                None => Ok(spot),
            }
        };
        let kind = self.kind();
        let mut looked = match self {
            Self::Create { path, bytes } => {
                Looked { kind, from: None, to: Some(to(path)?), bytes: Some(bytes), tree: None }
            }
            Self::Replace { path, bytes } => {
                let from = from(path, Right::Change)?;
                must_be_file(&from)?;
                must_be_unprotected(&from)?;
                must_fit(&from, limits)?;
                Looked { kind, from: Some(from), to: None, bytes: Some(bytes), tree: None }
            }
            Self::Move { from: path, to: target } => {
                let (from, to) = (from(path, Right::Change)?, to(target)?);
                if to.path().starts_with(from.0.path()) {
                    return Err(FilesError::Kind { path: to.path(), wanted: "outside of what is moved" });
                }
                Looked { kind, from: Some(from), to: Some(to), bytes: None, tree: None }
            }
            Self::Copy { from: path, to: target } => {
                let from = from(path, Right::Read)?;
                must_be_file(&from)?;
                must_fit(&from, limits)?;
                Looked { kind, from: Some(from), to: Some(to(target)?), bytes: None, tree: None }
            }
            Self::MakeFolder { path } => {
                Looked { kind, from: None, to: Some(to(path)?), bytes: None, tree: None }
            }
            Self::Trash { path } => {
                let from = from(path, Right::Change)?;
                must_be_unprotected(&from)?;
                must_fit(&from, limits)?;
                Looked { kind, from: Some(from), to: None, bytes: None, tree: None }
            }
        };
        if let Some((spot, facts)) = looked.from.as_ref().filter(|(_, facts)| !facts.is_file()) {
            grant.must_hold_none(spot, facts)?;
            let tree = Tree::look(spot, grant, limits, journal)?;
            if kind == EffectKind::Trash && tree.bytes > limits.largest {
                return Err(too_large(spot, tree.bytes, limits));
            }
            looked.tree = Some(tree);
        }
        looked.must_keep_off(journal)?;
        Ok(looked)
    }
}

impl Looked<'_> {
    /// Changes when the effect does, or anything that it would meet.
    pub fn fingerprint(&self) -> Result<Sha256, FilesError> {
        let from =
            self.from.as_ref().map(|(spot, facts)| (super::lossless::text(spot.path().as_os_str()), facts));
        let to = self.to.as_ref().map(|spot| super::lossless::text(spot.path().as_os_str()));
        let bytes = self.bytes.map(|bytes| sha256(bytes).to_string());
        let tree = self.tree.map(|tree| tree.sha256.to_string());
        let text = serde_json::to_vec(&(self.kind, from, to, bytes, tree)).map_err(|source| {
            let path = self.path();
            FilesError::Io { doing: "describe the change to", path, source: source.into() }
        })?;
        Ok(sha256(&text))
    }

    /// What is changed, or what is made where nothing is changed.
    pub fn path(&self) -> PathBuf {
        let from = self.from.as_ref().map(|(spot, _)| spot);
        from.or(self.to.as_ref()).map(Spot::path).unwrap_or_default()
    }

    /// No tool reaches what undoes its work.
    fn must_keep_off(&self, journal: Identity) -> Result<(), FilesError> {
        if let Some((spot, _)) = self.from.as_ref().filter(|(_, facts)| facts.identity() == journal) {
            return Err(FilesError::NotGranted { right: Right::Change, path: spot.path() });
        }
        for spot in self.from.iter().map(|(spot, _)| spot).chain(&self.to) {
            let refused = || FilesError::NotGranted { right: Right::Change, path: spot.path() };
            let mut identity = spot.folder.identity()?;
            if identity == journal {
                return Err(refused());
            }
            let mut at = spot.folder.above()?;
            while at.identity()? != identity {
                identity = at.identity()?;
                if identity == journal {
                    return Err(refused());
                }
                at = at.above()?;
            }
        }
        Ok(())
    }
}

impl Tree {
    fn look(spot: &Spot, grant: &Grant, limits: &Limits, journal: Identity) -> Result<Self, FilesError> {
        let mut listing = Vec::new();
        let mut entries = 0;
        let mut bytes = 0u64;
        let mut waiting = vec![spot.folder.below(std::slice::from_ref(&spot.name))?];
        while let Some(folder) = waiting.pop() {
            for name in folder.names()? {
                let path = folder.path_of(&name);
                let Some(stat) = folder.stat_of(&name)? else {
                    return Err(FilesError::Changed { path });
                };
                let identity = Identity::of(&stat);
                if identity == journal || grant.is_granted_folder(identity) {
                    return Err(FilesError::NotGranted { right: Right::Change, path });
                }
                entries += 1;
                if entries > limits.most_entries {
                    return Err(FilesError::TooMany { path: spot.path(), limit: limits.most_entries });
                }
                let kind =
                    if is_folder(&stat) { super::facts::Kind::Folder } else { super::facts::Kind::File };
                let facts = Facts::of(kind, &stat);
                listing.push((super::lossless::text(path.as_os_str()), stat.st_mode, facts));
                if is_file(&stat) {
                    bytes = bytes.saturating_add(stat.st_size as u64);
                } else if is_folder(&stat) {
                    waiting.push(folder.below(&[name])?);
                }
            }
        }
        let text = serde_json::to_vec(&listing).map_err(|source| FilesError::Io {
            doing: "describe the folder",
            path: spot.path(),
            source: source.into(),
        })?;
        Ok(Self { entries, bytes, sha256: sha256(&text) })
    }
}

fn must_be_file((spot, facts): &(Spot, Facts)) -> Result<(), FilesError> {
    if facts.is_file() { Ok(()) } else { Err(FilesError::Kind { path: spot.path(), wanted: "a file" }) }
}

/// A file that nobody may write to was protected by somebody, also against those who could.
fn must_be_unprotected((spot, facts): &(Spot, Facts)) -> Result<(), FilesError> {
    if facts.is_file() && facts.mode & 0o222 == 0 {
        return Err(FilesError::Protected { path: spot.path() });
    }
    Ok(())
}

fn must_fit((spot, facts): &(Spot, Facts), limits: &Limits) -> Result<(), FilesError> {
    if facts.bytes > limits.largest { Err(too_large(spot, facts.bytes, limits)) } else { Ok(()) }
}

fn too_large(spot: &Spot, bytes: u64, limits: &Limits) -> FilesError {
    FilesError::TooLarge { path: spot.path(), bytes, limit: limits.largest }
}
