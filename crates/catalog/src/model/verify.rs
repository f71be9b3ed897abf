//! Whether the files on disk are the model's: size first, then SHA-256.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::source::Sha256;
use sha2::{Digest, Sha256 as Hasher};

use super::Model;
use crate::error::CatalogError;

/// What came of a check of a model's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every file is the one that the catalogue knows.
    Right,
    Missing {
        path: PathBuf,
    },
    SizeDiffers {
        path: PathBuf,
        expected: u64,
        found: u64,
    },
    HashDiffers {
        path: PathBuf,
        expected: Sha256,
        found: Sha256,
    },
}

impl Model {
    /// Reads every file under `location`, a [`Location::Present`](super::locate::Location) path,
    /// and tells the first that is not what it should be. `on_progress` gets the bytes read so
    /// far, out of [`Model::bytes`].
    pub fn verify(
        &self,
        location: &Path,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(u64),
    ) -> Result<Verdict, CatalogError> {
        let mut before = 0;
        for file in &self.files {
            let path = match file.path.strip_prefix(self.location()) {
                Ok(name) if !name.as_os_str().is_empty() => location.join(name),
                _ => location.to_owned(),
            };
            let opened = match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Verdict::Missing { path });
                }
                opened => opened.map_err(CatalogError::io("opening the model file", &path))?,
            };
            let found = opened.metadata().map_err(CatalogError::io("looking at", &path))?.len();
            if found != file.bytes {
                return Ok(Verdict::SizeDiffers { path, expected: file.bytes, found });
            }
            let found = digest(opened, &path, cancel, &mut |read| on_progress(before + read))?;
            if found != file.sha256 {
                return Ok(Verdict::HashDiffers { path, expected: file.sha256, found });
            }
            before += file.bytes;
        }
        Ok(Verdict::Right)
    }
}

/// SHA-256 of what is left of a file, read in pieces.
fn digest(
    mut file: File,
    path: &Path,
    cancel: &Cancel,
    on_progress: &mut dyn FnMut(u64),
) -> Result<Sha256, CatalogError> {
    let mut hasher = Hasher::new();
    let mut piece = vec![0; PIECE];
    let mut read = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(CatalogError::Cancelled { doing: "checking", path: path.to_owned() });
        }
        let n = file.read(&mut piece).map_err(CatalogError::io("reading", path))?;
        if n == 0 {
            return Ok(Sha256(hasher.finalize().into()));
        }
        hasher.update(&piece[..n]);
        read += n as u64;
        on_progress(read);
    }
}

/// Bytes between two looks at the cancel wish: some milliseconds of hashing.
pub(crate) const PIECE: usize = 1 << 20;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't set up its files has failed")]

    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::model::{ModelFile, Sources, Task};

    fn model(files: &[(&str, &[u8])]) -> Model {
        let files = files
            .iter()
            .map(|(path, content)| ModelFile {
                path: PathBuf::from(path),
                bytes: content.len() as u64,
                sha256: Sha256(Hasher::digest(content).into()),
            })
            .collect();
        Model {
            id: "m".into(),
            name: "M".into(),
            task: Task::Chat,
            default: false,
            architecture: "llama".into(),
            licence: String::new(),
            context: 1,
            languages: Vec::new(),
            memory: 1,
            evidence: BTreeMap::new(),
            files,
            sources: Sources::default(),
        }
    }

    #[test]
    fn each_way_of_being_wrong_has_its_verdict() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.gguf");
        let model = model(&[("m.gguf", b"right")]);
        let verdict = || model.verify(&path, &Cancel::new(), &mut |_| {}).unwrap();
        assert_eq!(verdict(), Verdict::Missing { path: path.clone() });
        fs::write(&path, "cut").unwrap();
        assert_eq!(verdict(), Verdict::SizeDiffers { path: path.clone(), expected: 5, found: 3 });
        fs::write(&path, "wrong").unwrap();
        assert!(matches!(verdict(), Verdict::HashDiffers { .. }));
        fs::write(&path, "right").unwrap();
        assert_eq!(verdict(), Verdict::Right);
    }

    #[test]
    fn every_file_of_a_folder_is_checked_and_progress_runs_to_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let model = model(&[("m/a", b"123"), ("m/b", b"4567")]);
        let folder = dir.path().join("m");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a"), "123").unwrap();
        fs::write(folder.join("b"), "4567").unwrap();
        let mut progress = Vec::new();
        let verdict = model.verify(&folder, &Cancel::new(), &mut |read| progress.push(read)).unwrap();
        assert_eq!((verdict, progress), (Verdict::Right, vec![3, 7]));
        fs::write(folder.join("b"), "456x").unwrap();
        let verdict = model.verify(&folder, &Cancel::new(), &mut |_| {}).unwrap();
        assert!(matches!(verdict, Verdict::HashDiffers { path, .. } if path.ends_with("m/b")));
    }

    #[test]
    fn a_check_can_be_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.gguf");
        fs::write(&path, "right").unwrap();
        let cancel = Cancel::new();
        cancel.cancel();
        let outcome = model(&[("m.gguf", b"right")]).verify(&path, &cancel, &mut |_| {});
        assert!(matches!(outcome, Err(CatalogError::Cancelled { .. })), "{outcome:?}");
    }
}
