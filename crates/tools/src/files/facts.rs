//! What is known of a file or folder at a moment, so that a later look can tell whether it is still
//! the same.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use inhouse_agent::source::Sha256;
use rustix::fs::{Stat, Timespec};
use serde::{Deserialize, Serialize};
use sha2::Digest;

use super::FilesError;
use super::folder::{Folder, Identity, is_file, is_folder, is_link};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub kind: Kind,
    pub device: u64,
    pub inode: u64,
    /// Of a file; 0 of a folder.
    pub bytes: u64,
    pub modified: Time,
    /// The permission bits.
    pub mode: u32,
    pub user: u32,
    pub group: u32,
    /// How many names the file has.
    pub names: u64,
    /// Of a file's bytes; unknown of a folder, and of a file that is only moved and too large.
    #[serde(with = "hash")]
    pub sha256: Option<Sha256>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    File,
    Folder,
    /// A folder that has to be empty to be the same.
    EmptyFolder,
}

/// Since 1970, UTC, as exact as the file system keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    pub seconds: i64,
    pub nanoseconds: u32,
}

impl Time {
    pub fn modified(stat: &Stat) -> Self {
        Self { seconds: stat.st_mtime, nanoseconds: stat.st_mtime_nsec as u32 }
    }
}

impl From<Time> for Timespec {
    fn from(time: Time) -> Self {
        Self { tv_sec: time.seconds, tv_nsec: time.nanoseconds.into() }
    }
}

impl Facts {
    /// What stands under `name`; fails when it is neither a file nor a folder. A file of at most
    /// `most` bytes is read to its end.
    pub fn look(folder: &Folder, name: &OsStr, most: u64) -> Result<Option<Self>, FilesError> {
        let Some(stat) = folder.stat_of(name)? else { return Ok(None) };
        let path = folder.path_of(name);
        if is_link(&stat) {
            return Err(FilesError::Link { path });
        }
        if is_folder(&stat) {
            return Ok(Some(Self::of(Kind::Folder, &stat)));
        }
        if !is_file(&stat) {
            return Err(FilesError::Kind { path, wanted: "a file or folder" });
        }
        if stat.st_size as u64 > most {
            return Ok(Some(Self::of(Kind::File, &stat)));
        }
        let file = folder.open_file(name)?;
        Self::read(&file, &path).map(Some)
    }

    /// Hashes an open file, and fails when it was written to meanwhile.
    pub fn read(file: &File, path: &Path) -> Result<Self, FilesError> {
        let look = || rustix::fs::fstat(file).map_err(|source| FilesError::io("look at", path, source));
        let before = look()?;
        let sha256 = hash_of(file, path)?;
        let facts = Self::of(Kind::File, &look()?);
        if facts != Self::of(Kind::File, &before) {
            return Err(FilesError::Changed { path: path.to_owned() });
        }
        Ok(Self { sha256: Some(sha256), ..facts })
    }

    #[cfg_attr(target_os = "linux", expect(clippy::unnecessary_cast, reason = "other systems, other types"))]
    pub fn of(kind: Kind, stat: &Stat) -> Self {
        Self {
            kind,
            device: stat.st_dev as u64,
            inode: stat.st_ino,
            bytes: if kind == Kind::File { stat.st_size as u64 } else { 0 },
            modified: Time::modified(stat),
            mode: stat.st_mode as u32 & 0o7777,
            user: stat.st_uid,
            group: stat.st_gid,
            names: if kind == Kind::File { stat.st_nlink as u64 } else { 1 },
            sha256: None,
        }
    }

    pub fn is_file(&self) -> bool {
        self.kind == Kind::File
    }

    pub fn identity(&self) -> Identity {
        Identity { device: self.device, inode: self.inode }
    }

    /// Whether it is the very thing that stands under `name`, unchanged: the same file with the same
    /// bytes, or the same folder whatever has become of what is in it.
    pub fn are_of(&self, folder: &Folder, name: &OsStr) -> Result<bool, FilesError> {
        let Some(stat) = folder.stat_of(name)? else { return Ok(false) };
        if stat.st_ino != self.inode {
            return Ok(false);
        }
        match self.kind {
            Kind::Folder => Ok(is_folder(&stat)),
            Kind::EmptyFolder => {
                Ok(is_folder(&stat) && folder.below(&[name.to_owned()])?.names()?.is_empty())
            }
            Kind::File if !is_file(&stat) => Ok(false),
            Kind::File => {
                let now = Self::of(Kind::File, &stat);
                if (now.bytes, now.modified) != (self.bytes, self.modified) {
                    return Ok(false);
                }
                let Some(sha256) = self.sha256 else { return Ok(true) };
                match Self::look(folder, name, u64::MAX) {
                    Ok(now) => Ok(now.is_some_and(|now| now.sha256 == Some(sha256))),
                    Err(FilesError::Changed { .. }) => Ok(false),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// Whether a file or folder holds the same, whichever it is: an editor that saves makes a new one.
    pub fn hold_the_same_as(&self, other: &Self) -> bool {
        let same_kind = self.is_file() == other.is_file();
        match (self.sha256, other.sha256) {
            (Some(one), Some(two)) => same_kind && one == two,
            _ if self.is_file() => {
                same_kind
                    && (self.inode, self.bytes, self.modified) == (other.inode, other.bytes, other.modified)
            }
            _ => same_kind && self.inode == other.inode,
        }
    }
}

fn hash_of(mut file: &File, path: &Path) -> Result<Sha256, FilesError> {
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer).map_err(|source| FilesError::io("read", path, source))?;
        if read == 0 {
            return Ok(Sha256(hasher.finalize().into()));
        }
        hasher.update(&buffer[..read]);
    }
}

pub fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

mod hash {
    //! A hash as its hexadecimal digits.

    use inhouse_agent::source::Sha256;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(hash: &Option<Sha256>, to: S) -> Result<S::Ok, S::Error> {
        match hash {
            Some(hash) => to.collect_str(hash),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Option<Sha256>, D::Error> {
        let hex: Option<String> = Option::deserialize(from)?;
        let parse = |hex: String| Sha256::parse(&hex).ok_or_else(|| D::Error::custom("64 digits expected"));
        hex.map(parse).transpose()
    }
}
