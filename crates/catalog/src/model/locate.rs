//! Where a model's files are on this machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Model;
use crate::error::CatalogError;

/// What was found without reading the files; [`Model::verify`] reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// All files are there, with the right sizes. The path is what a loader is given.
    Present {
        path: PathBuf,
    },
    /// A file is there, but has another size: it was cut, or is something else.
    Damaged {
        path: PathBuf,
        expected: u64,
        found: u64,
    },
    Missing,
}

impl Model {
    /// Looks into the models folders in their order. The first complete copy wins; a damaged one
    /// is told only when there is no complete one. A folder that is not there is passed over.
    pub fn locate(&self, folders: &[PathBuf]) -> Result<Location, CatalogError> {
        let mut best = Location::Missing;
        for folder in folders {
            match self.look_into(folder)? {
                present @ Location::Present { .. } => return Ok(present),
                damaged @ Location::Damaged { .. } if best == Location::Missing => best = damaged,
                Location::Damaged { .. } | Location::Missing => {}
            }
        }
        Ok(best)
    }

    fn look_into(&self, folder: &Path) -> Result<Location, CatalogError> {
        for file in &self.files {
            let path = folder.join(&file.path);
            match fs::metadata(&path) {
                Ok(facts) if facts.is_file() && facts.len() == file.bytes => {}
                Ok(facts) if facts.is_file() => {
                    return Ok(Location::Damaged { path, expected: file.bytes, found: facts.len() });
                }
                Ok(_) => return Ok(Location::Missing),
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
                {
                    return Ok(Location::Missing);
                }
                Err(error) => return Err(CatalogError::io("looking for the model file", path)(error)),
            }
        }
        Ok(Location::Present { path: folder.join(self.location()) })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't set up its files has failed")]

    use super::*;
    use crate::model::parse::parse;

    /// A model of the files given as path and bytes.
    fn model(files: &[(&str, u64)]) -> Model {
        let mut text =
            "id = \"m\"\nname = \"M\"\ntask = \"chat\"\narchitecture = \"llama\"\nlicence = \"\"\n\
                        context = 1\nlanguages = []\nmemory = 1\n"
                .to_owned();
        for (path, bytes) in files {
            let hash = "0".repeat(64);
            text += &format!("[[files]]\npath = \"{path}\"\nbytes = {bytes}\nsha256 = \"{hash}\"\n");
        }
        parse(Path::new("m.toml"), &text).unwrap()
    }

    #[test]
    fn the_first_folder_with_a_whole_copy_wins() {
        let dir = tempfile::tempdir().unwrap();
        let folders: Vec<PathBuf> =
            ["gone", "cut", "whole", "too"].map(|name| dir.path().join(name)).to_vec();
        for (folder, content) in folders[1..].iter().zip(["12", "123", "123"]) {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("m.gguf"), content).unwrap();
        }
        let model = model(&[("m.gguf", 3)]);
        let present = model.locate(&folders).unwrap();
        assert_eq!(present, Location::Present { path: dir.path().join("whole/m.gguf") });
        let damaged = Location::Damaged { path: dir.path().join("cut/m.gguf"), expected: 3, found: 2 };
        assert_eq!(model.locate(&folders[..2]).unwrap(), damaged);
        assert_eq!(model.locate(&folders[..1]).unwrap(), Location::Missing);
        assert_eq!(model.locate(&[]).unwrap(), Location::Missing);
    }

    #[test]
    fn a_model_of_several_files_is_missing_while_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let folders = [dir.path().to_owned()];
        let model = model(&[("m/a.json", 1), ("m/b.bin", 2)]);
        fs::create_dir(dir.path().join("m")).unwrap();
        fs::write(dir.path().join("m/a.json"), "1").unwrap();
        assert_eq!(model.locate(&folders).unwrap(), Location::Missing);
        fs::write(dir.path().join("m/b.bin"), "12").unwrap();
        assert_eq!(model.locate(&folders).unwrap(), Location::Present { path: dir.path().join("m") });
    }
}
