//! Keys and values of what prompts begin with, kept on disk, so that an agent's instructions are not
//! read again after every start.
//!
//! A snapshot holds for one model file and one sequence of tokens, and says which. One that does not
//! hold is thrown away; so is, when they become too many, the one that was not used for longest.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

/// What a file begins with; another one when it is laid out in another way.
const MAGIC: &[u8; 8] = b"inhouse3";
pub(super) const ENDING: &str = "kv";
/// Of a file that is being written.
const PARTIAL: &str = "part";
pub(super) const HASH: usize = 32;

/// Where snapshots are kept.
#[derive(Debug, Clone)]
pub struct SnapshotOptions {
    /// A folder of their own.
    pub folder: PathBuf,
    /// Bytes that all snapshots of all models may take.
    pub limit: u64,
}

pub(super) struct Snapshots {
    options: SnapshotOptions,
    /// The model's id as part of a file name.
    model: String,
    /// What the model file is, its template included.
    fingerprint: [u8; HASH],
}

impl Snapshots {
    /// Throws away those of another file that was this model before, and what a process that was
    /// killed left half-written.
    pub(super) fn open(options: SnapshotOptions, id: &str, fingerprint: [u8; HASH]) -> io::Result<Self> {
        let model = plain(id);
        fs::create_dir_all(&options.folder)?;
        let snapshots = Self { options, model, fingerprint };
        for path in snapshots.files(PARTIAL)? {
            fs::remove_file(path)?;
        }
        let own = snapshots.prefix();
        for found in snapshots.all()? {
            let name = found.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Of this model: its id, eight digits of a fingerprint, 32 of the tokens' hash.
            let of_model = name.strip_prefix(&format!("{}-", snapshots.model));
            if of_model.is_some_and(|rest| rest.find('-') == Some(8)) && !name.starts_with(&own) {
                fs::remove_file(&found.path)?;
            }
        }
        Ok(snapshots)
    }

    /// What was kept of reading these tokens; `None` when there is nothing that holds.
    pub(super) fn load(&self, tokens: &[u32]) -> io::Result<Option<Vec<u8>>> {
        let path = self.path(tokens);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(data) = self.checked(&bytes, tokens) else {
            fs::remove_file(&path)?;
            return Ok(None);
        };
        // That it was used now is only for the choice of what goes first.
        File::options().append(true).open(&path)?.set_modified(SystemTime::now())?;
        Ok(Some(data.to_vec()))
    }

    pub(super) fn has(&self, tokens: &[u32]) -> bool {
        self.path(tokens).exists()
    }

    /// Keeps `data` for these tokens, and makes room for it.
    pub(super) fn save(&self, tokens: &[u32], data: &[u8]) -> io::Result<()> {
        let head = self.head(tokens, data);
        let size = (head.len() + data.len()) as u64;
        if size > self.options.limit {
            return Ok(());
        }
        self.make_room(self.options.limit - size)?;
        let path = self.path(tokens);
        write_whole(&path, &[&head, data])
    }

    fn make_room(&self, limit: u64) -> io::Result<()> {
        let mut found = self.all()?;
        found.sort_by_key(|found| found.used);
        let mut all: u64 = found.iter().map(|found| found.bytes).sum();
        for oldest in found {
            if all <= limit {
                break;
            }
            fs::remove_file(&oldest.path)?;
            all -= oldest.bytes;
        }
        Ok(())
    }

    fn all(&self) -> io::Result<Vec<Found>> {
        let found = |path: PathBuf| {
            let facts = fs::metadata(&path)?;
            Ok(Found { path, bytes: facts.len(), used: facts.modified()? })
        };
        self.files(ENDING)?.into_iter().map(found).collect()
    }

    fn files(&self, ending: &str) -> io::Result<Vec<PathBuf>> {
        let paths = fs::read_dir(&self.options.folder)?.map(|entry| Ok(entry?.path()));
        let has_ending = |path: &PathBuf| path.extension().is_some_and(|own| own == ending);
        paths.filter(|path: &io::Result<PathBuf>| path.as_ref().map_or(true, has_ending)).collect()
    }

    fn prefix(&self) -> String {
        format!("{}-{}-", self.model, hex(&self.fingerprint[..4]))
    }

    fn path(&self, tokens: &[u32]) -> PathBuf {
        let name = format!("{}{}.{ENDING}", self.prefix(), hex(&hash([&bytes_of(tokens)])[..16]));
        self.options.folder.join(name)
    }

    /// All that stands before the data: what it is, which model and tokens it holds for, and its
    /// hash.
    fn head(&self, tokens: &[u32], data: &[u8]) -> Vec<u8> {
        let mut head = MAGIC.to_vec();
        head.extend(self.fingerprint);
        head.extend((tokens.len() as u64).to_le_bytes());
        head.extend(bytes_of(tokens));
        head.extend(hash([data]));
        head
    }

    /// The data of a file, when it is what it should be to the byte.
    fn checked<'a>(&self, bytes: &'a [u8], tokens: &[u32]) -> Option<&'a [u8]> {
        let (head, data) = bytes.split_at_checked(MAGIC.len() + HASH + 8 + tokens.len() * 4 + HASH)?;
        (head == self.head(tokens, data)).then_some(data)
    }
}

/// Writes a file that is whole or not there.
pub(super) fn write_whole(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let partial = path.with_extension(PARTIAL);
    let written = File::create(&partial).and_then(|mut file| {
        parts.iter().try_for_each(|part| file.write_all(part))?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&partial, path)).inspect_err(|_| {
        // The first error is the one that is told.
        drop(fs::remove_file(&partial));
    })
}

/// A model's id as part of a file name.
pub(super) fn plain(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect()
}

struct Found {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

pub(super) fn bytes_of(tokens: &[u32]) -> Vec<u8> {
    tokens.iter().flat_map(|token| token.to_le_bytes()).collect()
}

pub(super) fn hash<const N: usize>(parts: [&[u8]; N]) -> [u8; HASH] {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a model file is, without reading all of it: its size, its beginning with all metadata, its
/// template and its list of tensors, and pieces from all over its data.
pub(super) fn fingerprint(path: &Path, data_start: u64, bytes: u64) -> io::Result<[u8; HASH]> {
    use std::io::{Read, Seek, SeekFrom};
    const PIECES: u64 = 64;
    const PIECE: u64 = 4096;
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    hasher.update(bytes.to_le_bytes());
    let mut piece = Vec::new();
    (&mut file).take(data_start).read_to_end(&mut piece)?;
    hasher.update(&piece);
    for number in 0..PIECES {
        let at = data_start + (bytes - data_start) / PIECES * number;
        file.seek(SeekFrom::Start(at))?;
        piece.clear();
        (&mut file).take(PIECE).read_to_end(&mut piece)?;
        hasher.update(&piece);
    }
    Ok(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

    use std::time::Duration;

    use super::*;

    fn open(folder: &Path, limit: u64, fingerprint: u8) -> Snapshots {
        let options = SnapshotOptions { folder: folder.into(), limit };
        Snapshots::open(options, "qwen2.5/x", [fingerprint; HASH]).unwrap()
    }

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_was_kept_comes_back_for_the_same_tokens_only() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = open(folder.path(), 1 << 20, 1);
        snapshots.save(&[1, 2, 3], b"keys").unwrap();
        assert!(snapshots.has(&[1, 2, 3]) && !snapshots.has(&[1, 2]));
        assert_eq!(snapshots.load(&[1, 2, 3]).unwrap().unwrap(), b"keys");
        assert_eq!(snapshots.load(&[1, 2]).unwrap(), None);
        // Another model's stay, this one's former file's go.
        let options = SnapshotOptions { folder: folder.path().into(), limit: 1 << 20 };
        Snapshots::open(options, "qwen2.5", [7; HASH]).unwrap();
        assert_eq!(count(folder.path()), 1);
        open(folder.path(), 1 << 20, 2);
        assert_eq!(count(folder.path()), 0);
    }

    #[test]
    fn a_damaged_one_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = open(folder.path(), 1 << 20, 1);
        for damage in [0, 20, 45, 60, 90] {
            snapshots.save(&[1, 2, 3], b"keys and values").unwrap();
            let path = snapshots.path(&[1, 2, 3]);
            let mut bytes = fs::read(&path).unwrap();
            bytes[damage] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert_eq!(snapshots.load(&[1, 2, 3]).unwrap(), None, "byte {damage}");
            assert!(!path.exists());
        }
        snapshots.save(&[1, 2, 3], b"keys and values").unwrap();
        let path = snapshots.path(&[1, 2, 3]);
        let bytes = fs::read(&path).unwrap();
        for length in [0, 10, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).unwrap();
            assert_eq!(snapshots.load(&[1, 2, 3]).unwrap(), None, "{length} bytes");
        }
    }

    #[test]
    fn what_a_killed_process_left_half_written_goes() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = open(folder.path(), 1 << 20, 1);
        snapshots.save(&[1], b"keys").unwrap();
        let half = snapshots.path(&[2]).with_extension(PARTIAL);
        fs::write(&half, b"inho").unwrap();
        let snapshots = open(folder.path(), 1 << 20, 1);
        assert!(!half.exists() && snapshots.has(&[1]) && !snapshots.has(&[2]));
    }

    #[test]
    fn the_one_that_was_not_used_for_longest_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = open(folder.path(), 700, 1);
        let data = [0; 100];
        for (age, token) in [(30, 1), (20, 2), (10, 3)] {
            snapshots.save(&[token], &data).unwrap();
            let file = File::options().append(true).open(snapshots.path(&[token])).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        snapshots.load(&[1]).unwrap().unwrap();
        snapshots.save(&[4], &data).unwrap();
        assert_eq!([1, 2, 3, 4].map(|token| snapshots.has(&[token])), [true, false, true, true]);
        // What is larger than all room is not kept, and drives nothing out.
        snapshots.save(&[5], &[0; 800]).unwrap();
        assert!(!snapshots.has(&[5]) && snapshots.has(&[4]));
    }
}
