//! How the parts of a package are tied together, as far as it matters here.

use std::collections::BTreeSet;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::package::{Content, Package, Part};
use crate::redact::RedactError;

/// Names of parts, in lower case.
#[derive(Default)]
pub(super) struct Ties {
    /// Pictures of the first page, which show what stood there.
    pub(super) dropped: BTreeSet<String>,
    /// Files in whatever format that Word reads into the document when it opens it.
    pub(super) read_in: BTreeSet<String>,
}

/// What one relationship says, or one content type.
#[derive(Default)]
pub(super) struct Tie {
    /// The last word of its type.
    pub(super) kind: String,
    pub(super) target: String,
    pub(super) is_external: bool,
    /// The part that content types tell the type of.
    pub(super) part_name: String,
}

impl Ties {
    pub(super) fn of(package: &Package) -> Result<Self, RedactError> {
        let mut ties = Self::default();
        for part in &package.parts {
            let key = part.key();
            if key.starts_with("docprops/thumbnail.") {
                ties.dropped.insert(key);
                continue;
            }
            let (Some(folder), Content::Xml { text, .. }) = (folder_of_source(&key), &part.content) else {
                continue;
            };
            let mut reader = Reader::from_str(text);
            loop {
                let event = reader.read_event().map_err(|error| RedactError::damaged(&part.name, error))?;
                let tag = match event {
                    Event::Start(tag) | Event::Empty(tag) => tag,
                    Event::Eof => break,
                    _ => continue,
                };
                let tie = Tie::of(&tag).map_err(|why| RedactError::damaged(&part.name, why))?;
                let parts = match tie.kind.as_str() {
                    "thumbnail" => &mut ties.dropped,
                    "aFChunk" => &mut ties.read_in,
                    _ => continue,
                };
                if !tie.is_external {
                    parts.insert(resolve(folder, &tie.target.to_ascii_lowercase()));
                }
            }
        }
        // Whoever says that the text is a picture of itself is not believed.
        let opaque = |part: &&Part| matches!(part.content, Content::Opaque);
        let opaque: BTreeSet<String> = package.parts.iter().filter(opaque).map(Part::key).collect();
        ties.dropped.retain(|key| opaque.contains(key));
        Ok(ties)
    }
}

impl Tie {
    pub(super) fn of(tag: &BytesStart) -> Result<Self, String> {
        let mut tie = Self::default();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            match attribute.key.local_name().into_inner() {
                "Type" => tie.kind = value.rsplit('/').next().unwrap_or_default().to_owned(),
                "Target" => tie.target = value.into_owned(),
                "PartName" => tie.part_name = value.into_owned(),
                "TargetMode" => tie.is_external = value == "External",
                _ => {}
            }
        }
        Ok(tie)
    }
}

/// The folder of the part that relationships are of: `word/_rels/document.xml.rels` gives `word`.
fn folder_of_source(key: &str) -> Option<&str> {
    let (folder, file) = key.rsplit_once('/')?;
    let source = folder.strip_suffix("_rels")?;
    file.ends_with(".rels").then_some(source.trim_end_matches('/'))
}

/// A target as a name in the package: relative to the folder of its source, or from the root.
fn resolve(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = match target.starts_with('/') {
        true => Vec::new(),
        false => folder.split('/').filter(|step| !step.is_empty()).collect(),
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}
