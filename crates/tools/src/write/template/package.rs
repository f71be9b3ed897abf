//! The ZIP package around a template: the parts that are filled, and those that are copied.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Cursor, Read, Write};

use quick_xml::XmlVersion;
use quick_xml::events::Event;
use zip::result::ZipError;
use zip::{ZipArchive, ZipWriter};

use super::super::error::WriteError;

/// What all parts together may unpack to, and what may be filled.
pub(super) const UNPACKED_BYTES: usize = 256 * 1024 * 1024;

/// Most entries of a package.
const ENTRIES: usize = 10_000;

/// How a file begins that is an old .doc or is protected by a password.
const OLE_MAGIC: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

const CONTENT_TYPES: &str = "[Content_Types].xml";

pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// In the order of the package.
    names: Vec<String>,
    /// Bytes that may still be unpacked.
    left: usize,
}

/// A part with text for readers.
pub(super) struct Story {
    pub(super) index: usize,
    pub(super) part: String,
    pub(super) xml: String,
}

impl<'a> Package<'a> {
    /// Refuses what is no package, what is too large and what is not to be trusted.
    pub(super) fn open(template: &'a [u8]) -> Result<Self, WriteError> {
        if template.starts_with(OLE_MAGIC) {
            return Err(WriteError::NotDocx {
                wrong: "it is an old .doc, or protected by a password".to_owned(),
                way_out: "save it as .docx without a password",
            });
        }
        let mut archive = ZipArchive::new(Cursor::new(template))
            .map_err(|error| refused("it is no package of parts, or was cut short", &error))?;
        if archive.len() > ENTRIES {
            return Err(too_large(format!("it has {} parts, the limit is {ENTRIES}", archive.len())));
        }
        if archive.has_duplicate_names() {
            return Err(broken("two of its parts have the same name"));
        }
        let mut names = Vec::with_capacity(archive.len());
        let mut packed = 0_u64;
        let mut unpacked = 0_u64;
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|error| refused("a part is damaged", &error))?;
            if entry.encrypted() {
                return Err(WriteError::Encrypted);
            }
            packed = packed.saturating_add(entry.compressed_size());
            unpacked = unpacked.saturating_add(entry.size());
            let name = entry.name().map_err(|error| refused("a part has no name", &error))?;
            names.push(name.into_owned());
        }
        if unpacked > UNPACKED_BYTES as u64 {
            return Err(too_large(format!("it unpacks to {unpacked} bytes, the limit is {UNPACKED_BYTES}")));
        }
        if packed > template.len() as u64 {
            return Err(broken("its parts overlap"));
        }
        Ok(Self { archive, names, left: UNPACKED_BYTES })
    }

    /// The document first, then its headers, footers and notes.
    pub(super) fn stories(&mut self) -> Result<Vec<Story>, WriteError> {
        let Some(list) = self.names.iter().position(|name| name.eq_ignore_ascii_case(CONTENT_TYPES)) else {
            return Err(broken("it has no list of its parts"));
        };
        let types = ContentTypes::read(&self.read(list)?)?;
        let mut main = Vec::new();
        let mut others = Vec::new();
        for (index, part) in self.names.clone().into_iter().enumerate() {
            let content_type = types.of(&part);
            if is_macros(&part, content_type) {
                return Err(WriteError::Macros { part });
            }
            let kind = content_type.rsplit_once('.').map_or("", |(_, kind)| kind);
            let list = match (is_word(content_type), kind) {
                (true, "main+xml") if content_type.contains("template") => {
                    return Err(WriteError::NotDocx {
                        wrong: "it is a .dotx".to_owned(),
                        way_out: "save it as .docx",
                    });
                }
                (true, "main+xml") => &mut main,
                (true, "header+xml" | "footer+xml" | "footnotes+xml" | "endnotes+xml") => &mut others,
                _ => continue,
            };
            list.push(Story { index, xml: self.read(index)?, part });
        }
        if main.is_empty() {
            return Err(broken("there is no Word document in it"));
        }
        main.extend(others);
        Ok(main)
    }

    /// The package with other text in some parts; what is not named is copied without being unpacked.
    pub(super) fn with(mut self, changed: &BTreeMap<usize, String>) -> Result<Vec<u8>, WriteError> {
        self.copy(changed).map_err(|error| WriteError::failed("write the filled document", error))
    }

    fn copy(&mut self, changed: &BTreeMap<usize, String>) -> Result<Vec<u8>, ZipError> {
        let mut copy = ZipWriter::new(Cursor::new(Vec::new()));
        for (index, name) in self.names.iter().enumerate() {
            let entry = self.archive.by_index_raw(index)?;
            match changed.get(&index) {
                Some(xml) => {
                    copy.start_file(name.as_str(), entry.options())?;
                    copy.write_all(xml.as_bytes())?;
                }
                None => copy.raw_copy_file(entry)?,
            }
        }
        Ok(copy.finish()?.into_inner())
    }

    fn read(&mut self, index: usize) -> Result<String, WriteError> {
        let name = &self.names[index];
        let entry = self.archive.by_index(index).map_err(|error| refused(name, &error))?;
        let mut bytes = Vec::new();
        // What a part says of its size need not be true.
        let most = self.left as u64 + 1;
        let read = entry.take(most).read_to_end(&mut bytes);
        if bytes.len() > self.left {
            return Err(too_large(format!("it unpacks to more than {UNPACKED_BYTES} bytes")));
        }
        read.map_err(|error| broken(format!("{name}: {error}")))?;
        self.left -= bytes.len();
        String::from_utf8(bytes).map_err(|_| broken(format!("{name} is not in UTF-8")))
    }
}

pub(super) fn broken(wrong: impl Into<String>) -> WriteError {
    WriteError::NotDocx { wrong: wrong.into(), way_out: "open it in Word and save it anew as .docx" }
}

pub(super) fn xml_damaged(part: &str, why: impl fmt::Display) -> WriteError {
    broken(format!("the XML of {part} is damaged: {why}"))
}

fn too_large(wrong: String) -> WriteError {
    WriteError::TooLarge { wrong: format!("the template: {wrong}"), way_out: "use a smaller one" }
}

fn refused(what: &str, error: &ZipError) -> WriteError {
    match error {
        ZipError::InvalidPassword => WriteError::Encrypted,
        ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => WriteError::Encrypted,
        error => broken(format!("{what}: {error}")),
    }
}

fn is_word(content_type: &str) -> bool {
    content_type.starts_with("application/vnd.openxmlformats-officedocument.wordprocessingml.")
}

fn is_macros(part: &str, content_type: &str) -> bool {
    let file = part.rsplit('/').next().unwrap_or(part);
    file.eq_ignore_ascii_case("vbaProject.bin")
        || content_type.contains("macroenabled")
        || content_type == "application/vnd.ms-office.vbaproject"
}

/// The types of parts, in small letters.
struct ContentTypes {
    by_name: BTreeMap<String, String>,
    by_extension: BTreeMap<String, String>,
}

impl ContentTypes {
    fn read(xml: &str) -> Result<Self, WriteError> {
        let mut types = Self { by_name: BTreeMap::new(), by_extension: BTreeMap::new() };
        let mut reader = quick_xml::Reader::from_str(xml);
        loop {
            let event = reader.read_event().map_err(|error| xml_damaged(CONTENT_TYPES, error))?;
            let element = match event {
                Event::Start(element) | Event::Empty(element) => element,
                Event::Eof => return Ok(types),
                Event::DocType(_) => return Err(broken("its list of parts has a document type definition")),
                _ => continue,
            };
            let attribute = |name: &str| -> Result<String, WriteError> {
                let found =
                    element.try_get_attribute(name).map_err(|error| xml_damaged(CONTENT_TYPES, error))?;
                let Some(found) = found else { return Ok(String::new()) };
                let value = found
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map_err(|error| xml_damaged(CONTENT_TYPES, error))?;
                Ok(value.to_ascii_lowercase())
            };
            let content_type = attribute("ContentType")?;
            match element.local_name().into_inner() {
                "Override" => {
                    let name = attribute("PartName")?;
                    types.by_name.insert(name.trim_start_matches('/').to_owned(), content_type);
                }
                "Default" => {
                    types.by_extension.insert(attribute("Extension")?, content_type);
                }
                _ => {}
            }
        }
    }

    /// Nothing for a part that has no type.
    fn of(&self, part: &str) -> &str {
        let part = part.to_ascii_lowercase();
        let extension = part.rsplit_once('.').map_or("", |(_, extension)| extension);
        let found = self.by_name.get(&part).or_else(|| self.by_extension.get(extension));
        found.map_or("", String::as_str)
    }
}
