//! An import: a model file from anywhere becomes a model of the data folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::source::Sha256;
use sha2::{Digest, Sha256 as Hasher};

use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::model::parse::{is_id_char, write};
use crate::model::verify::PIECE;
use crate::model::{Model, ModelFile, Sources, Task};

/// What the file says about itself; whoever can read its header fills it in before the import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFacts {
    /// For people; the file's name when it has none.
    pub name: String,
    pub task: Task,
    pub architecture: String,
    /// Empty when unknown.
    pub licence: String,
    /// Tokens; see [`Model::context`].
    pub context: u32,
    /// ISO 639-1 codes; empty when unknown.
    pub languages: Vec<String>,
    /// Bytes; see [`Model::memory`].
    pub memory: u64,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub id: String,
    /// Where the weights stand now.
    pub path: PathBuf,
    /// Whether the catalogue knew these bytes already, whatever the file was called.
    pub known: bool,
}

impl Catalog {
    /// Copies a model file into `folder`, the data folder's `models` folder, and enters it into
    /// this catalogue. A file that the catalogue knows by its hash keeps its known id and name.
    ///
    /// `on_progress` gets the bytes copied so far and in all. Nothing is left of an import that
    /// fails or is cancelled.
    pub fn import(
        &mut self,
        folder: &Path,
        file: &Path,
        facts: &ImportFacts,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Imported, CatalogError> {
        fs::create_dir_all(folder).map_err(CatalogError::io("creating the folder", folder))?;
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let part = Part::new(folder.join(format!("{name}.part")));
        let (bytes, sha256) = copy(file, &part, cancel, on_progress)?;

        if let Some(known) = self.by_sha256(sha256) {
            let path = folder.join(&known.files[0].path);
            if fs::metadata(&path).is_ok_and(|facts| facts.len() == bytes) {
                return Ok(Imported { id: known.id.clone(), path, known: true });
            }
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(CatalogError::io("creating the folder", parent))?;
            }
            part.keep_as(&path)?;
            return Ok(Imported { id: known.id.clone(), path, known: true });
        }

        let id = self.free_id(folder, file);
        let name = PathBuf::from(format!("{id}.gguf"));
        let path = folder.join(&name);
        let model = Model {
            id: id.clone(),
            name: facts.name.clone(),
            task: facts.task,
            default: false,
            architecture: facts.architecture.clone(),
            licence: facts.licence.clone(),
            context: facts.context,
            languages: facts.languages.clone(),
            memory: facts.memory,
            evidence: BTreeMap::new(),
            files: vec![ModelFile { path: name, bytes, sha256 }],
            sources: Sources::default(),
        };
        // The weights first: an entry without its weights would be shown as a missing model.
        part.keep_as(&path)?;
        let entry = folder.join(format!("{id}.toml"));
        if let Err(error) = write_whole(&entry, write(&model).as_bytes()) {
            fs::remove_file(&path).map_err(CatalogError::io("removing", &path))?;
            return Err(error);
        }
        self.add(Ok(model), &entry);
        Ok(Imported { id, path, known: false })
    }

    /// The file's name, made an id that is not taken, neither here nor by a file on disk.
    fn free_id(&self, folder: &Path, file: &Path) -> String {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
        let mut id: String = stem.chars().map(|c| if is_id_char(c) { c } else { '-' }).collect();
        id = id.trim_matches(['.', '-']).to_owned();
        if id.is_empty() {
            id = "model".to_owned();
        }
        let taken = |id: &str| {
            let file = format!("{id}.gguf");
            self.models().iter().any(|model| model.id == id || model.location() == Path::new(&file))
                || folder.join(file).exists()
        };
        let mut free = id.clone();
        let mut number = 2;
        while taken(&free) {
            free = format!("{id}-{number}");
            number += 1;
        }
        free
    }
}

/// A file on its way: removed when it is dropped before it got its name.
struct Part {
    path: PathBuf,
    kept: bool,
}

impl Part {
    fn new(path: PathBuf) -> Self {
        Self { path, kept: false }
    }

    fn keep_as(mut self, path: &Path) -> Result<(), CatalogError> {
        fs::rename(&self.path, path).map_err(CatalogError::io("naming the copy", path))?;
        self.kept = true;
        sync_folder_of(path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            // Nobody can be told from here, and the next import of this name overwrites it.
            debug_assert!(false, "removing {} failed: {error}", self.path.display());
        }
    }
}

fn copy(
    from: &Path,
    part: &Part,
    cancel: &Cancel,
    on_progress: &mut dyn FnMut(u64, u64),
) -> Result<(u64, Sha256), CatalogError> {
    let mut source = File::open(from).map_err(CatalogError::io("opening", from))?;
    let expected = source.metadata().map_err(CatalogError::io("looking at", from))?.len();
    let mut target = File::create(&part.path).map_err(|error| failed(&part.path, expected, error))?;
    let mut hasher = Hasher::new();
    let mut piece = vec![0; PIECE];
    let mut copied = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(CatalogError::Cancelled { doing: "copying", path: from.to_owned() });
        }
        let n = source.read(&mut piece).map_err(CatalogError::io("reading", from))?;
        if n == 0 {
            break;
        }
        hasher.update(&piece[..n]);
        target.write_all(&piece[..n]).map_err(|error| failed(&part.path, expected, error))?;
        copied += n as u64;
        on_progress(copied, expected);
    }
    target.sync_all().map_err(|error| failed(&part.path, expected, error))?;
    if copied != expected {
        return Err(CatalogError::Changed { path: from.to_owned(), expected, found: copied });
    }
    Ok((copied, Sha256(hasher.finalize().into())))
}

/// Temp file, fsync, rename, fsync of the folder: after a power cut it is there whole or not.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CatalogError> {
    let part = Part::new(path.with_extension("toml.part"));
    let written = File::create(&part.path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| failed(&part.path, bytes.len() as u64, error))?;
    part.keep_as(path)
}

fn sync_folder_of(path: &Path) -> Result<(), CatalogError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(CatalogError::io("saving", folder))?;
    }
    Ok(())
}

fn failed(path: &Path, bytes: u64, error: io::Error) -> CatalogError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            CatalogError::DiskFull { path: path.to_owned(), bytes }
        }
        _ => CatalogError::io("writing", path)(error),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't set up its files has failed")]

    use super::*;
    use crate::model::locate::Location;
    use crate::model::verify::Verdict;

    fn facts() -> ImportFacts {
        ImportFacts {
            name: "A model".into(),
            task: Task::Chat,
            architecture: "llama".into(),
            licence: String::new(),
            context: 4096,
            languages: Vec::new(),
            memory: 10_000,
        }
    }

    /// A folder with a file to import, and the models folder that it goes into.
    struct Place {
        dir: tempfile::TempDir,
        models: PathBuf,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let models = dir.path().join("models");
            Self { dir, models }
        }

        fn file(&self, name: &str, content: &[u8]) -> PathBuf {
            let path = self.dir.path().join(name);
            fs::write(&path, content).unwrap();
            path
        }

        fn import(&self, catalog: &mut Catalog, file: &Path) -> Result<Imported, CatalogError> {
            catalog.import(&self.models, file, &facts(), &Cancel::new(), &mut |_, _| {})
        }

        fn names(&self) -> Vec<String> {
            let mut names: Vec<String> = fs::read_dir(&self.models)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    #[test]
    fn an_imported_model_is_found_after_a_restart_and_verified() {
        let place = Place::new();
        let file = place.file("My Model (v1).GGUF", b"weights");
        let imported = place.import(&mut Catalog::shipped(), &file).unwrap();
        assert_eq!((imported.id.as_str(), imported.known), ("my-model--v1", false));

        let catalog = Catalog::open(&place.models);
        assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
        let model = catalog.find(&imported.id).unwrap();
        assert_eq!(model.name, "A model");
        let Location::Present { path } = model.locate(std::slice::from_ref(&place.models)).unwrap() else {
            panic!("the weights are there");
        };
        assert_eq!(path, imported.path);
        assert_eq!(model.verify(&path, &Cancel::new(), &mut |_| {}).unwrap(), Verdict::Right);
        assert_eq!(fs::read(&file).unwrap(), b"weights", "the original stays");
    }

    #[test]
    fn the_same_bytes_under_another_name_are_the_known_model() {
        let place = Place::new();
        let mut catalog = Catalog::shipped();
        let first = place.import(&mut catalog, &place.file("a.gguf", b"weights")).unwrap();
        let again = place.import(&mut catalog, &place.file("b.gguf", b"weights")).unwrap();
        assert_eq!((again.id, again.path, again.known), (first.id, first.path, true));
        assert_eq!(place.names(), ["a.gguf", "a.toml"]);
    }

    #[test]
    fn a_known_model_whose_weights_are_missing_gets_them_back_under_its_name() {
        let place = Place::new();
        let mut catalog = Catalog::shipped();
        let first = place.import(&mut catalog, &place.file("a.gguf", b"weights")).unwrap();
        fs::write(&first.path, b"cut").unwrap();
        let again = place.import(&mut catalog, &place.file("b.gguf", b"weights")).unwrap();
        assert!(again.known);
        assert_eq!(fs::read(&first.path).unwrap(), b"weights");
        assert_eq!(place.names(), ["a.gguf", "a.toml"]);
    }

    #[test]
    fn other_bytes_under_a_taken_name_get_a_name_of_their_own() {
        let place = Place::new();
        let mut catalog = Catalog::shipped();
        place.import(&mut catalog, &place.file("a.gguf", b"one")).unwrap();
        let second = place.import(&mut catalog, &place.file("a.gguf", b"two")).unwrap();
        assert_eq!(second.id, "a-2");
        assert_eq!(place.names(), ["a-2.gguf", "a-2.toml", "a.gguf", "a.toml"]);
    }

    #[test]
    fn a_cancelled_import_leaves_nothing_behind() {
        let place = Place::new();
        let file = place.file("a.gguf", &vec![7; 3 * PIECE]);
        let cancel = Cancel::new();
        let mut catalog = Catalog::shipped();
        let outcome = catalog.import(&place.models, &file, &facts(), &cancel, &mut |done, total| {
            assert_eq!(total, 3 * PIECE as u64);
            if done == 2 * PIECE as u64 {
                cancel.cancel();
            }
        });
        assert!(matches!(outcome, Err(CatalogError::Cancelled { .. })), "{outcome:?}");
        assert!(place.names().is_empty(), "{:?}", place.names());
        assert!(catalog.find("a").is_err());
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let place = Place::new();
        let missing = place.dir.path().join("missing.gguf");
        let error = place.import(&mut Catalog::shipped(), &missing).unwrap_err();
        assert!(error.to_string().contains("missing.gguf"), "{error}");
        assert!(place.names().is_empty());
    }

    #[test]
    fn a_full_disk_is_told_apart_from_other_errors() {
        let full = failed(Path::new("m.part"), 9, io::Error::from(io::ErrorKind::StorageFull));
        assert!(matches!(full, CatalogError::DiskFull { bytes: 9, .. }), "{full:?}");
        let other = failed(Path::new("m.part"), 9, io::Error::from(io::ErrorKind::PermissionDenied));
        assert!(matches!(other, CatalogError::Io { .. }), "{other:?}");
    }
}
