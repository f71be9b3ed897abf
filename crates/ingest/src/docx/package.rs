//! The ZIP package around a Word document: its parts and how they are tied together.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};

use inhouse_agent::read::{FailureCode, ReadFailure};
use zip::ZipArchive;
use zip::result::ZipError;

use super::xml::{Token, Xml};
use crate::read::broken;

/// What all parts together may unpack to, in bytes. A thousand pages of text take 50 million.
const UNPACKED_BYTES: u64 = 512 * 1024 * 1024;

/// Most entries of a package.
const ENTRIES: usize = 100_000;

/// Parts of a document besides its main one, by their relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Styles,
    Numbering,
    Footnotes,
    Endnotes,
    Headers,
    Footers,
}

pub(super) struct Package {
    archive: ZipArchive<File>,
    /// Bytes that may still be unpacked.
    left: Cell<u64>,
}

impl Package {
    pub(super) fn open(file: File) -> Result<Self, ReadFailure> {
        let archive = ZipArchive::new(file).map_err(|error| failure("opening the package", &error))?;
        if archive.len() > ENTRIES {
            let detail = format!("its package has {} entries", archive.len());
            return Err(ReadFailure::new(FailureCode::TooLarge, detail));
        }
        Ok(Self { archive, left: Cell::new(UNPACKED_BYTES) })
    }

    /// The part that the package is about.
    pub(super) fn main_part(&mut self) -> Result<Option<String>, ReadFailure> {
        let targets = self.relationships("")?;
        let main = targets.into_iter().find(|(kind, _)| kind == "officeDocument").map(|(_, name)| name);
        Ok(main.or_else(|| Some("word/document.xml".to_owned())).filter(|name| self.entry(name).is_some()))
    }

    pub(super) fn is_word_document(&mut self, part: &str) -> Result<bool, ReadFailure> {
        let root = self.read_part(part, |xml| {
            loop {
                match xml.next()? {
                    Some(Token::Start(root)) => return Ok(root.is_word("document")),
                    Some(_) => {}
                    None => return Ok(false),
                }
            }
        })?;
        Ok(root.unwrap_or(false))
    }

    pub(super) fn related_parts(&mut self, part: &str) -> Result<Vec<(Part, String)>, ReadFailure> {
        let known = |kind: &str| {
            Some(match kind {
                "styles" => Part::Styles,
                "numbering" => Part::Numbering,
                "footnotes" => Part::Footnotes,
                "endnotes" => Part::Endnotes,
                "header" => Part::Headers,
                "footer" => Part::Footers,
                _ => return None,
            })
        };
        let targets = self.relationships(part)?;
        Ok(targets.into_iter().filter_map(|(kind, name)| Some((known(&kind)?, name))).collect())
    }

    /// Hands a part to `read`; `None` when the package has no such part.
    pub(super) fn read_part<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Xml) -> Result<T, ReadFailure>,
    ) -> Result<Option<T>, ReadFailure> {
        let Some(index) = self.entry(name) else { return Ok(None) };
        let entry = self.archive.by_index(index).map_err(|error| failure(name, &error))?;
        let metered = Metered { inner: entry, left: &self.left };
        let result = read(&mut Xml::new(Box::new(BufReader::new(metered))));
        if self.left.get() == 0 {
            let detail = format!("it unpacks to more than {UNPACKED_BYTES} bytes");
            return Err(ReadFailure::new(FailureCode::TooLarge, detail));
        }
        result
            .map(Some)
            .map_err(|failure| ReadFailure::new(failure.code, format!("{name}: {}", failure.detail)))
    }

    /// Names in a package are compared without case.
    fn entry(&self, name: &str) -> Option<usize> {
        self.archive.index_for_name(name).or_else(|| {
            let same = |other: &[u8]| other.eq_ignore_ascii_case(name.as_bytes());
            self.archive.file_names_raw().position(same)
        })
    }

    /// The last word of each relationship's type and the part it leads to; of the package itself
    /// when `part` is empty.
    fn relationships(&mut self, part: &str) -> Result<Vec<(String, String)>, ReadFailure> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let separator = if folder.is_empty() { "" } else { "/" };
        let name = format!("{folder}{separator}_rels/{file}.rels");
        let targets = self.read_part(&name, |xml| {
            let mut targets = Vec::new();
            while let Some(token) = xml.next()? {
                let Token::Start(element) = token else { continue };
                if element.name != "Relationship" || element.attribute("TargetMode") == Some("External") {
                    continue;
                }
                if let (Some(kind), Some(target)) = (element.attribute("Type"), element.attribute("Target")) {
                    let kind = kind.rsplit('/').next().unwrap_or(kind);
                    targets.push((kind.to_owned(), resolve(folder, target)));
                }
            }
            Ok(targets)
        })?;
        Ok(targets.unwrap_or_default())
    }
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

fn failure(doing: &str, error: &ZipError) -> ReadFailure {
    let code = match error {
        ZipError::Io(error) if error.kind() == io::ErrorKind::OutOfMemory => FailureCode::OutOfMemory,
        ZipError::InvalidPassword => FailureCode::Encrypted,
        ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => FailureCode::Encrypted,
        _ => return broken(format!("{doing}: {error}")),
    };
    ReadFailure::new(code, format!("{doing}: {error}"))
}

/// Counts what is unpacked, and ends with an error when it is too much.
struct Metered<'a, R> {
    inner: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        if self.left.get() == 0 {
            return Err(io::Error::other("it unpacks to too much"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_relative_to_their_source() {
        assert_eq!(resolve("word", "styles.xml"), "word/styles.xml");
        assert_eq!(resolve("word", "/word/styles.xml"), "word/styles.xml");
        assert_eq!(resolve("word", "../custom/a.xml"), "custom/a.xml");
        assert_eq!(resolve("", "word/document.xml"), "word/document.xml");
    }
}
