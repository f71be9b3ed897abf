//! The list of all known models: those shipped and those imported.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use inhouse_agent::source::Sha256;

use crate::error::CatalogError;
use crate::model::parse::parse;
use crate::model::{Model, Task};

/// All models that can be named, in the order of their ids.
#[derive(Debug, Default)]
pub struct Catalog {
    models: Vec<Model>,
    problems: Vec<CatalogError>,
}

macro_rules! shipped {
    ($($id:literal,)*) => {
        const SHIPPED: &[(&str, &str)] =
            &[$((concat!("models/", $id, ".toml"), include_str!(concat!("../../../models/", $id, ".toml"))),)*];
    };
}

shipped! {
    "all-minilm-l6-v2",
    "gemma-3-270m-q4_k_m",
    "multilingual-e5-small-q4",
    "qwen2.5-coder-0.5b-instruct-q4_k_m",
    "qwen2.5-coder-1.5b-instruct-q4_k_m",
    "smollm2-135m-instruct-q4_1",
}

impl Catalog {
    /// The models that are compiled in.
    pub fn shipped() -> Self {
        let mut catalog = Self::default();
        for (path, text) in SHIPPED {
            catalog.add(parse(Path::new(path), text), Path::new(path));
        }
        assert!(catalog.problems.is_empty(), "the shipped catalogue is tested: {:?}", catalog.problems);
        catalog
    }

    /// The shipped models and those imported into a data folder's `models` folder. One entry
    /// that can't be read does not hide the others; it is among the [`problems`](Self::problems).
    pub fn open(imported: &Path) -> Self {
        let mut catalog = Self::shipped();
        catalog.add_folder(imported);
        catalog
    }

    /// Reads all `*.toml` of a folder, and nothing else. A folder that is not there has none.
    pub fn read(folder: &Path) -> Self {
        let mut catalog = Self::default();
        catalog.add_folder(folder);
        catalog
    }

    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Catalogue files that were refused, each with its reason.
    pub fn problems(&self) -> &[CatalogError] {
        &self.problems
    }

    pub fn find(&self, id: &str) -> Result<&Model, CatalogError> {
        self.models.iter().find(|model| model.id == id).ok_or_else(|| CatalogError::Unknown {
            id: id.to_owned(),
            known: self.models.iter().map(|model| model.id.clone()).collect(),
        })
    }

    /// The model that is taken when nobody chose one.
    pub fn default_for(&self, task: Task) -> Option<&Model> {
        self.models.iter().find(|model| model.default && model.task == task)
    }

    /// The model that consists of this one file.
    pub fn by_sha256(&self, sha256: Sha256) -> Option<&Model> {
        self.models.iter().find(|model| matches!(&model.files[..], [file] if file.sha256 == sha256))
    }

    pub(crate) fn add(&mut self, parsed: Result<Model, CatalogError>, path: &Path) {
        let refused = |reason: String| CatalogError::Invalid { path: path.to_owned(), line: 1, reason };
        match parsed {
            Ok(model) => {
                if let Some(known) = self.models.iter().find(|known| known.location() == model.location()) {
                    let (place, id) = (model.location().display(), &known.id);
                    self.problems.push(refused(format!("{place} belongs to the model {id}")));
                    return;
                }
                if model.default && self.default_for(model.task).is_some() {
                    let task = model.task.code();
                    self.problems.push(refused(format!("a second default model for {task}")));
                    return;
                }
                match self.models.binary_search_by(|known| known.id.cmp(&model.id)) {
                    Ok(_) => self.problems.push(refused(format!("a second model {}", model.id))),
                    Err(at) => self.models.insert(at, model),
                }
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        match entries(folder) {
            Ok(paths) => {
                for path in paths {
                    let parsed = fs::read_to_string(&path)
                        .map_err(CatalogError::io("reading", &path))
                        .and_then(|text| parse(&path, &text));
                    self.add(parsed, &path);
                }
            }
            Err(problem) => self.problems.push(problem),
        }
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let listing = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(CatalogError::io("listing", folder))?,
    };
    let mut paths = Vec::new();
    for entry in listing {
        let path = entry.map_err(CatalogError::io("listing", folder))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_models_are_those_in_the_models_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let read = Catalog::read(&folder);
        assert!(read.problems().is_empty(), "{:?}", read.problems());
        assert_eq!(read.models(), Catalog::shipped().models());
        for (path, model) in entries(&folder).expect("the folder is readable").iter().zip(read.models()) {
            assert_eq!(path.file_stem().and_then(|stem| stem.to_str()), Some(model.id.as_str()));
        }
    }

    #[test]
    fn each_task_has_a_default_model() {
        let catalog = Catalog::shipped();
        for task in [Task::Chat, Task::Embedding] {
            assert_eq!(catalog.default_for(task).expect("the shipped catalogue has one").task, task);
        }
    }

    #[test]
    fn a_model_is_found_by_its_id_and_an_unknown_id_tells_the_known_ones() {
        let catalog = Catalog::shipped();
        let first = &catalog.models()[0];
        assert_eq!(catalog.find(&first.id).expect("it is in the list"), first);
        let error = catalog.find("gpt-17").expect_err("there is none");
        assert!(error.to_string().contains(&first.id), "{error}");
    }

    #[test]
    fn a_model_fits_into_the_memory_that_it_needs() {
        let catalog = Catalog::shipped();
        let model = &catalog.models()[0];
        assert!(model.fits(model.memory));
        assert!(!model.fits(model.memory - 1));
    }

    #[test]
    fn a_broken_entry_is_a_problem_and_hides_no_other() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let text = include_str!("../../../models/smollm2-135m-instruct-q4_1.toml");
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("it is writable");
        write("a.toml", &text.replace("smollm2-135m-instruct", "mine"));
        write("b.toml", "id = 3");
        write("c.toml", &text.replace("id = \"smollm2", "id = \"other"));
        write("notes.txt", "not an entry");
        let catalog = Catalog::open(dir.path());
        assert!(catalog.find("mine-q4_1").is_ok());
        assert_eq!(catalog.models().len(), Catalog::shipped().models().len() + 1);
        let problems: Vec<String> = catalog.problems().iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("b.toml:1: "), "{problems:?}");
        assert!(problems[1].contains("belongs to the model smollm2"), "{problems:?}");
    }
}
