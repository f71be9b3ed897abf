//! What a file is: its size, its time and its content's hash.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use inhouse_agent::read::{FailureCode, ReadFailure};
use inhouse_agent::source::Sha256;
use inhouse_record::Stat;
use sha2::Digest;

/// Looks at a file without reading it.
pub fn stat(path: &Path) -> Result<Stat, ReadFailure> {
    let metadata = std::fs::metadata(path).map_err(failure)?;
    if !metadata.is_file() {
        return Err(ReadFailure::new(FailureCode::Unsupported, "not a regular file"));
    }
    Ok(stat_of(&metadata))
}

/// Hashes a file, and fails when it was written to meanwhile.
pub fn hash(path: &Path) -> Result<(Stat, Sha256), ReadFailure> {
    let before = stat(path)?;
    let mut file = File::open(path).map_err(failure)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(failure)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    if stat(path)? != before {
        return Err(ReadFailure::new(FailureCode::Changed, "size or time changed while it was hashed"));
    }
    Ok((before, Sha256(hasher.finalize().into())))
}

fn stat_of(metadata: &Metadata) -> Stat {
    let modified_ns = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_nanos()).ok())
        .unwrap_or(0);
    Stat { bytes: metadata.len(), modified_ns }
}

pub fn failure(error: io::Error) -> ReadFailure {
    let code = match error.kind() {
        io::ErrorKind::NotFound => FailureCode::Vanished,
        io::ErrorKind::PermissionDenied => FailureCode::PermissionDenied,
        io::ErrorKind::StorageFull => FailureCode::DiskFull,
        _ => FailureCode::Io,
    };
    ReadFailure::new(code, error.to_string())
}
