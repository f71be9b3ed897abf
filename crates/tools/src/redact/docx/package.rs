//! The ZIP package around a document: unpacked within bounds, and packed again.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::redact::RedactError;

/// What all parts together may unpack to, in bytes.
pub(super) const UNPACKED_BYTES: u64 = 256 * 1024 * 1024;
/// Most parts.
pub(super) const ENTRIES: usize = 10_000;

/// How an encrypted document begins, and a document of Word before 2007: as a compound file.
const COMPOUND_FILE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
/// The stream of a compound file that holds an encrypted package, in its directory.
const ENCRYPTED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    pub(super) parts: Vec<Part>,
}

/// The parts stand in the order of the archive.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) content: Content,
}

pub(super) enum Content {
    Xml {
        text: String,
        /// Whether it has to be packed anew.
        is_changed: bool,
        /// Whether its name says so too.
        is_sure: bool,
    },
    /// No text. It is copied as it is packed.
    Opaque,
    Folder,
}

impl Part {
    /// Names in a package are compared without case.
    pub(super) fn key(&self) -> String {
        self.name.to_ascii_lowercase()
    }
}

impl<'a> Package<'a> {
    /// Refuses what is no word processing document, what is locked, and what unpacks to too much.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, RedactError> {
        if bytes.starts_with(COMPOUND_FILE) {
            return Err(match bytes.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED) {
                true => RedactError::Encrypted,
                false => RedactError::NotDocx { why: "it is of Word before 2007".to_owned() },
            });
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| RedactError::NotDocx { why: format!("opening its package: {error}") })?;
        if archive.len() > ENTRIES {
            return Err(RedactError::TooLarge {
                what: format!("it has {} parts, the limit is {ENTRIES}", archive.len()),
            });
        }
        let mut left = UNPACKED_BYTES;
        let mut parts: Vec<Part> = Vec::with_capacity(archive.len());
        let mut keys = BTreeSet::new();
        for index in 0..archive.len() {
            let part = read(&mut archive, index, &mut left)?;
            if !keys.insert(part.key()) {
                return Err(RedactError::damaged(&part.name, "there are two parts of this name"));
            }
            parts.push(part);
        }
        if archive.has_duplicate_names() {
            return Err(RedactError::damaged("the package", "two of its parts have the same name"));
        }
        let package = Self { archive, parts };
        let types = package.xml("[content_types].xml").unwrap_or_default();
        if !types.contains("wordprocessingml") && !types.contains("ms-word") {
            return Err(RedactError::NotDocx { why: "its package holds no Word document".to_owned() });
        }
        Ok(package)
    }

    /// `key`: the part's name in lower case.
    fn xml(&self, key: &str) -> Option<&str> {
        match &self.parts.iter().find(|part| part.key() == key)?.content {
            Content::Xml { text, .. } => Some(text),
            Content::Opaque | Content::Folder => None,
        }
    }

    /// Leaves some parts as they are, though they may be XML.
    pub(super) fn set_apart(&mut self, keys: &BTreeSet<String>) {
        for part in self.parts.iter_mut().filter(|part| keys.contains(&part.key())) {
            part.content = Content::Opaque;
        }
    }

    pub(super) fn write(mut self, dropped: &BTreeSet<String>) -> Result<Vec<u8>, RedactError> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (index, part) in self.parts.iter().enumerate() {
            if dropped.contains(&part.key()) {
                continue;
            }
            let failed = |error: ZipError| RedactError::damaged(&part.name, format!("packing it: {error}"));
            match &part.content {
                Content::Xml { text, is_changed: true, .. } => {
                    let options =
                        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
                    writer.start_file(&part.name, options).map_err(failed)?;
                    writer.write_all(text.as_bytes()).map_err(|error| failed(error.into()))?;
                }
                Content::Xml { .. } | Content::Opaque | Content::Folder => {
                    let entry = self.archive.by_index_raw(index).map_err(failed)?;
                    writer.raw_copy_file(entry).map_err(failed)?;
                }
            }
        }
        let packed = writer.finish().map_err(|error| RedactError::damaged("the package", error))?;
        Ok(packed.into_inner())
    }
}

fn read(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, left: &mut u64) -> Result<Part, RedactError> {
    let too_large =
        || RedactError::TooLarge { what: format!("it unpacks to more than {UNPACKED_BYTES} bytes") };

    let entry = archive.by_index_raw(index).map_err(|error| RedactError::damaged("the package", error))?;
    let name = entry.name().map_err(|error| RedactError::damaged("the package", error))?.into_owned();
    if entry.encrypted() {
        return Err(RedactError::Encrypted);
    }
    if entry.size() > *left {
        return Err(too_large());
    }
    if entry.is_dir() {
        return Ok(Part { name, content: Content::Folder });
    }
    let (size, is_plain) = (entry.size(), entry.comment_raw().is_empty());
    drop(entry);
    let lower = name.to_ascii_lowercase();
    let is_sure = [".xml", ".rels", ".vml"].iter().any(|ending| lower.ends_with(ending));
    let entry = match archive.by_index(index) {
        Ok(entry) => entry,
        Err(error) if is_sure => return Err(RedactError::damaged(&name, error)),
        Err(_) => {
            *left -= size;
            return Ok(Part { name, content: Content::Opaque });
        }
    };
    // Of a picture only the first bytes are unpacked.
    let mut entry = entry.take(*left + 1);
    let mut bytes = Vec::new();
    let mut content = Content::Opaque;
    let peeked = entry.by_ref().take(64).read_to_end(&mut bytes);
    if is_sure || peeked.is_ok() && looks_like_xml(&bytes) {
        peeked
            .and_then(|_| entry.read_to_end(&mut bytes))
            .map_err(|error| RedactError::damaged(&name, error))?;
        if bytes.len() as u64 > *left {
            return Err(too_large());
        }
        content = match decode(&bytes) {
            // A comment of an entry may say anything, so it isn't copied.
            Ok((text, is_recoded)) => Content::Xml { text, is_changed: is_recoded || !is_plain, is_sure },
            Err(why) if is_sure => return Err(RedactError::damaged(&name, why)),
            Err(_) => Content::Opaque,
        };
    }
    *left = left.checked_sub(size.max(bytes.len() as u64)).ok_or_else(too_large)?;
    Ok(Part { name, content })
}

fn looks_like_xml(bytes: &[u8]) -> bool {
    let visible =
        |byte: &&u8| !matches!(**byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xef | 0xbb | 0xbf | 0xff | 0xfe);
    bytes.iter().find(visible) == Some(&b'<')
}

/// The text, and whether it is now encoded otherwise.
fn decode(bytes: &[u8]) -> Result<(String, bool), &'static str> {
    let wide = |read: fn([u8; 2]) -> u16| -> Result<(String, bool), &'static str> {
        let units = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        let text = text.map_err(|_| "it is no UTF-16")?;
        Ok((text.trim_start_matches('\u{feff}').to_owned(), true))
    };
    match bytes {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] | [0, b'<', ..] => wide(u16::from_be_bytes),
        _ => {
            let text = std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8")?;
            Ok((text.trim_start_matches('\u{feff}').to_owned(), false))
        }
    }
}
