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

pub(super) const CONTENT_TYPES: &str = "[Content_Types].xml";

pub(super) struct Package<'a> {
    format: Format,
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// In the order of the package.
    names: Vec<String>,
    /// Bytes that may still be unpacked.
    left: usize,
}

/// What the template is a file of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Word,
    Excel,
}

impl Format {
    pub(super) fn broken(self, wrong: impl Into<String>) -> WriteError {
        match self {
            Self::Word => self.refused(wrong, "open it in Word and save it anew as .docx"),
            Self::Excel => self.refused(wrong, "open it in Excel and save it anew as .xlsx"),
        }
    }

    pub(super) fn refused(self, wrong: impl Into<String>, way_out: &'static str) -> WriteError {
        match self {
            Self::Word => WriteError::NotDocx { wrong: wrong.into(), way_out },
            Self::Excel => WriteError::NotXlsx { wrong: wrong.into(), way_out },
        }
    }

    /// Of a ZIP archive.
    fn of_zip(self, what: &str, error: &ZipError) -> WriteError {
        match error {
            ZipError::InvalidPassword => WriteError::Encrypted,
            ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED => WriteError::Encrypted,
            error => self.broken(format!("{what}: {error}")),
        }
    }
}

impl<'a> Package<'a> {
    /// Refuses what is no package, what is too large and what is not to be trusted.
    pub(super) fn open(template: &'a [u8], format: Format) -> Result<Self, WriteError> {
        if template.starts_with(OLE_MAGIC) {
            let (wrong, way_out) = match format {
                Format::Word => {
                    ("it is an old .doc, or protected by a password", "save it as .docx without a password")
                }
                Format::Excel => {
                    ("it is an old .xls, or protected by a password", "save it as .xlsx without a password")
                }
            };
            return Err(format.refused(wrong, way_out));
        }
        let mut archive = ZipArchive::new(Cursor::new(template))
            .map_err(|error| format.of_zip("it is no package of parts, or was cut short", &error))?;
        if archive.len() > ENTRIES {
            return Err(too_large(format!("it has {} parts, the limit is {ENTRIES}", archive.len())));
        }
        if archive.has_duplicate_names() {
            return Err(format.broken("two of its parts have the same name"));
        }
        let mut names = Vec::with_capacity(archive.len());
        let mut packed = 0_u64;
        let mut unpacked = 0_u64;
        for index in 0..archive.len() {
            let entry =
                archive.by_index_raw(index).map_err(|error| format.of_zip("a part is damaged", &error))?;
            if entry.encrypted() {
                return Err(WriteError::Encrypted);
            }
            packed = packed.saturating_add(entry.compressed_size());
            unpacked = unpacked.saturating_add(entry.size());
            let name = entry.name().map_err(|error| format.of_zip("a part has no name", &error))?;
            names.push(name.into_owned());
        }
        if unpacked > UNPACKED_BYTES as u64 {
            return Err(too_large(format!("it unpacks to {unpacked} bytes, the limit is {UNPACKED_BYTES}")));
        }
        if packed > template.len() as u64 {
            return Err(format.broken("its parts overlap"));
        }
        Ok(Self { format, archive, names, left: UNPACKED_BYTES })
    }

    /// Of all parts, in the order of the package.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Names of parts are told apart without regard to the case of letters.
    pub(super) fn find(&self, part: &str) -> Option<usize> {
        self.names.iter().position(|name| name.eq_ignore_ascii_case(part))
    }

    /// The XML of a part. All that is read together is at most [`UNPACKED_BYTES`].
    pub(super) fn read(&mut self, index: usize) -> Result<String, WriteError> {
        let name = &self.names[index];
        let format = self.format;
        let entry = self.archive.by_index(index).map_err(|error| format.of_zip(name, &error))?;
        let mut bytes = Vec::new();
        // What a part says of its size need not be true.
        let most = self.left as u64 + 1;
        let read = entry.take(most).read_to_end(&mut bytes);
        if bytes.len() > self.left {
            return Err(too_large(format!("it unpacks to more than {UNPACKED_BYTES} bytes")));
        }
        read.map_err(|error| format.broken(format!("{name}: {error}")))?;
        self.left -= bytes.len();
        String::from_utf8(bytes).map_err(|_| format.broken(format!("{name} is not in UTF-8")))
    }

    /// The package with other text in some parts, or without them; what is not named is copied without
    /// being unpacked.
    pub(super) fn with(mut self, changed: &BTreeMap<usize, Option<String>>) -> Result<Vec<u8>, WriteError> {
        self.copy(changed).map_err(|error| WriteError::failed("write the filled document", error))
    }

    fn copy(&mut self, changed: &BTreeMap<usize, Option<String>>) -> Result<Vec<u8>, ZipError> {
        let mut copy = ZipWriter::new(Cursor::new(Vec::new()));
        for (index, name) in self.names.iter().enumerate() {
            let entry = self.archive.by_index_raw(index)?;
            match changed.get(&index) {
                Some(None) => {}
                Some(Some(xml)) => {
                    copy.start_file(name.as_str(), entry.options())?;
                    copy.write_all(xml.as_bytes())?;
                }
                None => copy.raw_copy_file(entry)?,
            }
        }
        Ok(copy.finish()?.into_inner())
    }
}

pub(super) fn xml_damaged(format: Format, part: &str, why: impl fmt::Display) -> WriteError {
    format.broken(format!("the XML of {part} is damaged: {why}"))
}

fn too_large(wrong: String) -> WriteError {
    WriteError::TooLarge { wrong: format!("the template: {wrong}"), way_out: "use a smaller one" }
}

fn is_macros(part: &str, content_type: &str) -> bool {
    let file = part.rsplit('/').next().unwrap_or(part);
    file.eq_ignore_ascii_case("vbaProject.bin")
        || content_type.contains("macroenabled")
        || content_type == "application/vnd.ms-office.vbaproject"
}

/// The types of parts, in small letters.
pub(super) struct ContentTypes {
    format: Format,
    by_name: BTreeMap<String, String>,
    by_extension: BTreeMap<String, String>,
}

impl ContentTypes {
    pub(super) fn read(package: &mut Package) -> Result<Self, WriteError> {
        let format = package.format;
        let list = package.find(CONTENT_TYPES).ok_or_else(|| format.broken("it has no list of its parts"))?;
        let xml = package.read(list)?;
        let xml_damaged = |why: &dyn fmt::Display| xml_damaged(format, CONTENT_TYPES, why);
        let mut types = Self { format, by_name: BTreeMap::new(), by_extension: BTreeMap::new() };
        let mut reader = quick_xml::Reader::from_str(&xml);
        loop {
            let event = reader.read_event().map_err(|error| xml_damaged(&error))?;
            let element = match event {
                Event::Start(element) | Event::Empty(element) => element,
                Event::Eof => return Ok(types),
                Event::DocType(_) => {
                    return Err(format.broken("its list of parts has a document type definition"));
                }
                _ => continue,
            };
            let attribute = |name: &str| -> Result<String, WriteError> {
                let found = element.try_get_attribute(name).map_err(|error| xml_damaged(&error))?;
                let Some(found) = found else { return Ok(String::new()) };
                let value =
                    found.normalized_value(XmlVersion::Implicit1_0).map_err(|error| xml_damaged(&error))?;
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

    /// The type of a part; macros are refused.
    pub(super) fn checked(&self, part: &str) -> Result<&str, WriteError> {
        let content_type = self.of(part);
        if is_macros(part, content_type) {
            let ending = match self.format {
                Format::Word => "docx",
                Format::Excel => "xlsx",
            };
            return Err(WriteError::Macros { part: part.to_owned(), ending });
        }
        Ok(content_type)
    }

    /// Nothing for a part that has no type.
    pub(super) fn of(&self, part: &str) -> &str {
        let part = part.to_ascii_lowercase();
        let extension = part.rsplit_once('.').map_or("", |(_, extension)| extension);
        let found = self.by_name.get(&part).or_else(|| self.by_extension.get(extension));
        found.map_or("", String::as_str)
    }
}
