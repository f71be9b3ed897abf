//! What the tests share: the programs under test, a data folder of their own, the sample documents.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

/// The chat model of the tests: the smallest that answers in both languages.
pub const CHAT_MODEL: &str = "qwen2.5-coder-0.5b-instruct-q4_k_m";

/// The sample documents, without what is only there to test them.
pub const NOT_DOCUMENTS: [&str; 2] = ["README.md", "questions.json"];

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn corpus() -> PathBuf {
    repository().join("tests/corpus")
}

/// The terminal program, which cargo puts beside the desktop one.
pub fn inhouse() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_inhouse-desktop")).with_file_name("inhouse");
    assert!(path.is_file(), "{} is missing: build with `cargo build --workspace`", path.display());
    path
}

pub fn models() -> PathBuf {
    std::env::var_os("INHOUSE_MODELS").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").expect("a home folder")).join(".cache/inhouse/models"),
        PathBuf::from,
    )
}

/// Held by a test that computes for minutes: two of them at once would run into each other's limits.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // A test that failed while it held this has left nothing behind.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A data folder that is gone when the test ends.
pub struct Home {
    folder: TempDir,
    /// What the program is started through, such as a tracer.
    through: Vec<String>,
}

impl Home {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), through: Vec::new() }
    }

    pub fn through(words: &[&str]) -> Self {
        Self { through: words.iter().map(|word| (*word).to_owned()).collect(), ..Self::new() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `inhouse` with this data folder and JSON output.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let program = inhouse();
        let mut command = match self.through.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.arg("--json").arg("--home").arg(self.path()).args(arguments).env("INHOUSE_MODELS", models());
        command
    }

    /// Runs to the end and reads the objects that were printed.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("the program starts"))
    }

    pub fn sources(&self) -> Vec<Value> {
        let listed = self.run(&["sources"]);
        listed.one()["sources"].as_array().expect("a list of sources").clone()
    }

    /// The source whose file has this name.
    pub fn source(&self, name: &str) -> Value {
        let sources = self.sources();
        let found = sources.iter().find(|source| file_name(&source["path"]) == name);
        found.unwrap_or_else(|| panic!("{name} is not among {sources:?}")).clone()
    }
}

/// How a command ended and what it printed.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub objects: Vec<Value>,
    pub errors: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = String::from_utf8(output.stdout).expect("standard output is UTF-8");
        let object = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Self { code: output.status.code(), objects: text.lines().map(object).collect(), errors }
    }

    /// The only object that was printed.
    pub fn one(&self) -> &Value {
        assert_eq!(self.objects.len(), 1, "{self:?}");
        &self.objects[0]
    }
}

pub fn file_name(path: &Value) -> &str {
    let path = Path::new(path.as_str().expect("a path"));
    path.file_name().and_then(|name| name.to_str()).expect("a file name")
}

/// A copy of the sample documents, which a test may change.
pub fn copy_of_corpus() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in std::fs::read_dir(corpus()).expect("the sample documents") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        if !NOT_DOCUMENTS.iter().any(|other| name == *other) {
            std::fs::copy(entry.path(), folder.path().join(name)).expect("a copy");
        }
    }
    folder
}
