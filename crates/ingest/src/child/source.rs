//! The file that is read, held open from the first look to the last.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek};
use std::path::Path;
use std::time::SystemTime;

use inhouse_agent::read::{FailureCode, ReadFailure};

use crate::kind::HEAD_BYTES;

/// An opened regular file and what the system said of it at that moment.
pub(super) struct OpenSource {
    file: File,
    stamp: Stamp,
}

/// What changes when a file is written or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    /// Device and number of the file, where the system has them.
    identity: (u64, u64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), modified: metadata.modified().ok(), identity: identity(metadata) }
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

impl OpenSource {
    pub(super) fn open(path: &Path) -> Result<Self, ReadFailure> {
        // Opening a pipe or a device can block for ever, so its kind is asked first.
        let metadata = std::fs::metadata(path).map_err(|error| system_failure("looking at it", &error))?;
        if !metadata.is_file() {
            return Err(ReadFailure::new(FailureCode::Unsupported, "it is not a regular file"));
        }
        let file = File::open(path).map_err(|error| system_failure("opening it", &error))?;
        let metadata = file.metadata().map_err(|error| system_failure("looking at it", &error))?;
        Ok(Self { file, stamp: Stamp::of(&metadata) })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.stamp.bytes
    }

    /// The first bytes, at most [`HEAD_BYTES`].
    pub(super) fn head(&self) -> Result<Vec<u8>, ReadFailure> {
        let mut head = Vec::new();
        let mut file = &self.file;
        file.rewind()
            .and_then(|()| file.take(HEAD_BYTES).read_to_end(&mut head))
            .and_then(|_| file.rewind())
            .map_err(|error| system_failure("reading its first bytes", &error))?;
        Ok(head)
    }

    /// The same open file for the child, at its start.
    pub(super) fn as_input(&self) -> Result<File, ReadFailure> {
        self.file.try_clone().map_err(|error| system_failure("sharing it", &error))
    }

    /// Fails when the path names no file, another file, or one that was written meanwhile.
    pub(super) fn check_unchanged(&self, path: &Path) -> Result<(), ReadFailure> {
        let now = std::fs::metadata(path).map_err(|error| system_failure("looking at it again", &error))?;
        if Stamp::of(&now) == self.stamp {
            return Ok(());
        }
        let detail =
            format!("it had {} bytes when reading began and has {} now", self.stamp.bytes, now.len());
        Err(ReadFailure::new(FailureCode::Changed, detail))
    }
}

/// What an error of the system means for the person.
pub(crate) fn system_failure(doing: &str, error: &io::Error) -> ReadFailure {
    let code = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FailureCode::Vanished,
        io::ErrorKind::PermissionDenied => FailureCode::PermissionDenied,
        io::ErrorKind::OutOfMemory => FailureCode::OutOfMemory,
        io::ErrorKind::StorageFull => FailureCode::DiskFull,
        _ => FailureCode::Io,
    };
    ReadFailure::new(code, format!("{doing}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_have_their_own_codes() {
        let code = |kind: io::ErrorKind| system_failure("opening it", &kind.into()).code;
        assert_eq!(code(io::ErrorKind::NotFound), FailureCode::Vanished);
        assert_eq!(code(io::ErrorKind::NotADirectory), FailureCode::Vanished);
        assert_eq!(code(io::ErrorKind::PermissionDenied), FailureCode::PermissionDenied);
        assert_eq!(code(io::ErrorKind::Other), FailureCode::Io);
    }

    #[test]
    fn a_written_file_is_noticed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "one").expect("a file");
        let source = OpenSource::open(&path).expect("it can be opened");
        assert_eq!(source.check_unchanged(&path), Ok(()));
        std::fs::write(&path, "one two").expect("a longer file");
        assert_eq!(source.check_unchanged(&path).expect_err("it changed").code, FailureCode::Changed);
        std::fs::remove_file(&path).expect("it can be removed");
        assert_eq!(source.check_unchanged(&path).expect_err("it is gone").code, FailureCode::Vanished);
    }

    #[test]
    fn a_replaced_file_of_the_same_size_is_noticed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "one").expect("a file");
        let source = OpenSource::open(&path).expect("it can be opened");
        let other = folder.path().join("b.txt");
        std::fs::write(&other, "two").expect("another file");
        std::fs::rename(&other, &path).expect("it can be renamed");
        assert_eq!(source.check_unchanged(&path).expect_err("it changed").code, FailureCode::Changed);
    }
}
