//! Office files: which document stands in a ZIP package or a compound file, whatever its name.

use std::fs::File;
use std::io::{Cursor, Read, Seek};

use cfb::CompoundFile;
use inhouse_agent::read::{FailureCode, ReadFailure};

use crate::kind::{Kind, OLE_MAGIC};
use crate::package::Package;
use crate::read::{Give, all_bytes, broken};
use crate::xml::Token;
use crate::{docx, sheet};

/// Where OpenDocument files name their kind, and what spreadsheets and their templates begin with.
const MIME_PART: &str = "mimetype";
const MIME_SPREADSHEET: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";

/// Reads the document in the file. A container that holds none is broken when it is named as one,
/// and unsupported under another name.
pub(crate) fn read(file: File, named: Kind, text_bytes: u64, give: Give) -> Result<(), ReadFailure> {
    let bytes = all_bytes(file)?;
    if bytes.starts_with(OLE_MAGIC) {
        return read_compound(&bytes, named, text_bytes, give);
    }
    let nothing = |detail: String| {
        let code = if named == Kind::Container { FailureCode::Unsupported } else { FailureCode::Broken };
        ReadFailure::new(code, detail)
    };
    let mut package = match Package::open(Cursor::new(bytes.as_slice())) {
        Ok(package) => package,
        Err(failure) if failure.code == FailureCode::Broken => return Err(nothing(failure.detail)),
        Err(failure) => return Err(failure),
    };
    match document_of(&mut package)? {
        Some(Document::Word(part)) => docx::read(&mut package, &part, text_bytes, give),
        Some(Document::Workbook(part)) => sheet::read_xlsx(&mut package, &part, &bytes, text_bytes, give),
        Some(Document::BinaryWorkbook) => sheet::read_xlsb(&mut package, &bytes, text_bytes, give),
        Some(Document::OpenSpreadsheet) => sheet::read_ods(&mut package, text_bytes, give),
        Some(Document::Other(part)) => {
            let detail = format!("{part} is no Word document and no workbook");
            Err(ReadFailure::new(FailureCode::Unsupported, detail))
        }
        None => Err(nothing("there is no document in the package".to_owned())),
    }
}

/// What a package is about, with its main part where the reader needs it.
enum Document {
    Word(String),
    Workbook(String),
    BinaryWorkbook,
    OpenSpreadsheet,
    /// A document without a reader.
    Other(String),
}

fn document_of<R: Read + Seek>(package: &mut Package<R>) -> Result<Option<Document>, ReadFailure> {
    let most = MIME_SPREADSHEET.len() as u64 + 16;
    if let Some(mime) = package.first_bytes(MIME_PART, most)? {
        let kind = String::from_utf8_lossy(&mime).into_owned();
        let is_sheet = mime.starts_with(MIME_SPREADSHEET);
        return Ok(Some(if is_sheet { Document::OpenSpreadsheet } else { Document::Other(kind) }));
    }
    let Some(part) = main_part(package)? else { return Ok(None) };
    if part.to_lowercase().ends_with(".bin") {
        let is_sheet = part.to_lowercase().contains("workbook");
        return Ok(Some(if is_sheet { Document::BinaryWorkbook } else { Document::Other(part) }));
    }
    let root = package.read_part(&part, |xml| {
        loop {
            match xml.next()? {
                Some(Token::Start(root)) => return Ok(Some(root)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    })?;
    Ok(match root.flatten() {
        Some(root) if root.is_word("document") => Some(Document::Word(part)),
        Some(root) if root.name == "workbook" => Some(Document::Workbook(part)),
        _ => Some(Document::Other(part)),
    })
}

/// The part that the package is about.
fn main_part<R: Read + Seek>(package: &mut Package<R>) -> Result<Option<String>, ReadFailure> {
    let ties = package.relationships("")?;
    let tied = ties.into_iter().find(|tie| tie.kind == "officeDocument").map(|tie| tie.part);
    let usual = ["word/document.xml", "xl/workbook.xml", "xl/workbook.bin"].map(str::to_owned);
    Ok(tied.into_iter().chain(usual).find(|part| package.has(part)))
}

/// A compound file: a workbook of an old Excel, or something that is never readable.
fn read_compound(bytes: &[u8], named: Kind, text_bytes: u64, give: Give) -> Result<(), ReadFailure> {
    let old = || ReadFailure::new(FailureCode::Unsupported, "it is a binary file of an old Office version");
    let mut file = match CompoundFile::open(Cursor::new(bytes)) {
        Ok(file) => file,
        Err(_) if has_encrypted_package(bytes) => return Err(encrypted()),
        Err(error) if named == Kind::Workbook => {
            return Err(broken(format!("its compound file is damaged: {error}")));
        }
        Err(_) => return Err(old()),
    };
    if file.is_stream("/EncryptedPackage") {
        return Err(encrypted());
    }
    let Some(name) = ["/Workbook", "/Book"].into_iter().find(|name| file.is_stream(name)) else {
        return Err(old());
    };
    let mut stream = Vec::new();
    file.open_stream(name)
        .and_then(|mut open| open.read_to_end(&mut stream))
        .map_err(|error| broken(format!("its compound file is damaged: {error}")))?;
    sheet::read_xls(bytes, &stream, text_bytes, give)
}

fn encrypted() -> ReadFailure {
    ReadFailure::new(FailureCode::Encrypted, "it is an encrypted Office document")
}

/// Also in a compound file whose tables are damaged: entries of its directory are 128 bytes long
/// and begin with their name.
fn has_encrypted_package(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.chunks(128).any(|entry| entry.starts_with(&name))
}
