//! The ZIP package around an Office document: its parts and how they are tied together.

use std::cell::Cell;
use std::io::{self, BufReader, Read, Seek};

use inhouse_agent::read::{FailureCode, ReadFailure};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::read::broken;
use crate::xml::{Token, Xml};

/// What all parts together may unpack to, in bytes. A thousand pages of text take 50 million.
const UNPACKED_BYTES: u64 = 512 * 1024 * 1024;

/// The folder that pictures stand in.
const MEDIA: &[u8] = b"media/";

/// Most entries of a package.
const ENTRIES: usize = 100_000;

pub(crate) struct Package<R> {
    archive: ZipArchive<R>,
    /// Bytes that may still be unpacked.
    left: Cell<u64>,
}

/// How a part is tied to another one.
pub(crate) struct Relationship {
    pub(crate) id: String,
    /// The last word of its type.
    pub(crate) kind: String,
    /// The part that it leads to.
    pub(crate) part: String,
}

impl<R: Read + Seek> Package<R> {
    pub(crate) fn open(file: R) -> Result<Self, ReadFailure> {
        let archive = ZipArchive::new(file).map_err(|error| failure("opening the package", &error))?;
        if archive.len() > ENTRIES {
            let detail = format!("its package has {} entries", archive.len());
            return Err(ReadFailure::new(FailureCode::TooLarge, detail));
        }
        Ok(Self { archive, left: Cell::new(UNPACKED_BYTES) })
    }

    /// Hands a part to `read`; `None` when the package has no such part.
    pub(crate) fn read_part<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Xml) -> Result<T, ReadFailure>,
    ) -> Result<Option<T>, ReadFailure> {
        let Some(index) = self.entry(name) else { return Ok(None) };
        let entry = self.archive.by_index(index).map_err(|error| failure(name, &error))?;
        let metered = Metered { inner: entry, left: &self.left };
        let result = read(&mut Xml::new(Box::new(BufReader::new(metered))));
        if self.left.get() == 0 {
            return Err(too_heavy());
        }
        result
            .map(Some)
            .map_err(|failure| ReadFailure::new(failure.code, format!("{name}: {}", failure.detail)))
    }

    /// The first bytes of a part, at most `most`; `None` when the package has no such part.
    pub(crate) fn first_bytes(&mut self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ReadFailure> {
        let Some(index) = self.entry(name) else { return Ok(None) };
        let entry = self.archive.by_index(index).map_err(|error| failure(name, &error))?;
        let mut bytes = Vec::new();
        entry.take(most).read_to_end(&mut bytes).map_err(|error| broken(format!("{name}: {error}")))?;
        Ok(Some(bytes))
    }

    /// Unpacks all parts but pictures and keeps nothing: what passes can be given to a parser that
    /// does not count.
    pub(crate) fn weigh(&mut self) -> Result<(), ReadFailure> {
        let left = Cell::new(UNPACKED_BYTES);
        for index in 0..self.archive.len() {
            let entry = self.archive.by_index(index).map_err(|error| failure("weighing it", &error))?;
            if entry.name_raw().windows(MEDIA.len()).any(|window| window == MEDIA) {
                continue;
            }
            // A damaged part is for the parser to complain of, if it wants it at all.
            let unpacked = io::copy(&mut Metered { inner: entry, left: &left }, &mut io::sink());
            if left.get() == 0 {
                return Err(too_heavy());
            }
            if let Err(error) = unpacked {
                tracing::debug!(%error, "a part of a package can't be unpacked");
            }
        }
        Ok(())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// Names in a package are compared without case.
    fn entry(&self, name: &str) -> Option<usize> {
        self.archive.index_for_name(name).or_else(|| {
            let same = |other: &[u8]| other.eq_ignore_ascii_case(name.as_bytes());
            self.archive.file_names_raw().position(same)
        })
    }

    /// What a part is tied to within the package; the package itself when `part` is empty.
    pub(crate) fn relationships(&mut self, part: &str) -> Result<Vec<Relationship>, ReadFailure> {
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
                    targets.push(Relationship {
                        id: element.attribute("Id").unwrap_or_default().to_owned(),
                        kind: kind.rsplit('/').next().unwrap_or(kind).to_owned(),
                        part: resolve(folder, target),
                    });
                }
            }
            Ok(targets)
        })?;
        Ok(targets.unwrap_or_default())
    }
}

fn too_heavy() -> ReadFailure {
    ReadFailure::new(FailureCode::TooLarge, format!("it unpacks to more than {UNPACKED_BYTES} bytes"))
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
