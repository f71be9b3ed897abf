//! What kind of file something is: its first bytes decide, its name helps where they can't.

use std::path::Path;

use inhouse_agent::read::{FailureCode, ReadFailure};
use serde::{Deserialize, Serialize};

/// The kinds that there are readers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Text,
    Markdown,
    /// A table in plain text: CSV, TSV.
    Delimited,
    Pdf,
    Docx,
    /// A workbook of Excel or of OpenDocument.
    Workbook,
    /// One mail, with everything that is attached to it.
    Mail,
    Calendar,
    /// A ZIP archive or a compound file that isn't named as an Office document, and may be one.
    Container,
}

/// Bytes at the start of a file that [`kind_of`] wants to see.
pub(crate) const HEAD_BYTES: u64 = 2048;

/// What the name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    Kind(Kind),
    /// No extension: it may be plain text.
    Nothing,
    /// An extension of a kind without a reader.
    Other,
}

/// Formats known by their first bytes that there is no reader for.
const OTHER_MAGIC: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"RIFF", "a RIFF file (WebP, WAV or AVI)"),
    (b"{\\rtf", "an RTF document"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x7fELF", "an ELF program"),
    (b"MZ\x90\0", "a Windows program"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%!PS", "a PostScript file"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"fLaC", "a FLAC recording"),
];

/// Decides by the head of a file (its first [`HEAD_BYTES`]) and its name.
///
/// A file that is not what its name says, and that there is no reader for, is broken; one that is
/// what it says is unsupported.
pub(crate) fn kind_of(head: &[u8], path: &Path) -> Result<Kind, ReadFailure> {
    let promise = promise(path);
    if starts_like_pdf(head, promise) {
        return Ok(Kind::Pdf);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || head.starts_with(OLE_MAGIC) {
        return Ok(match promise {
            Promise::Kind(kind @ (Kind::Docx | Kind::Workbook)) => kind,
            _ => Kind::Container,
        });
    }
    let other = OTHER_MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name);
    match (promise, other) {
        (Promise::Kind(_), Some(name)) => Err(ReadFailure::new(FailureCode::Broken, format!("it is {name}"))),
        (Promise::Kind(Kind::Pdf), None) => {
            Err(ReadFailure::new(FailureCode::Broken, "it does not start like a PDF"))
        }
        (Promise::Kind(Kind::Docx), None) => {
            Err(ReadFailure::new(FailureCode::Broken, "it does not start like a DOCX"))
        }
        (Promise::Kind(Kind::Workbook), None) => under_the_name_of_a_workbook(head),
        (Promise::Kind(kind), None) => Ok(kind),
        (Promise::Nothing, None) => Ok(Kind::Text),
        (Promise::Nothing | Promise::Other, Some(name)) => {
            Err(ReadFailure::new(FailureCode::Unsupported, format!("it is {name}")))
        }
        (Promise::Other, None) => Err(ReadFailure::new(
            FailureCode::Unsupported,
            format!("no reader for .{}", extension(path).unwrap_or_default()),
        )),
    }
}

/// Many programs save a web page or a table in plain text under the name of a workbook, and Excel
/// opens both. The table is read as what it is.
fn under_the_name_of_a_workbook(head: &[u8]) -> Result<Kind, ReadFailure> {
    /// The first record of a workbook before Excel 5: its kind, its length, its version.
    const EXCEL_2_TO_4: &[&[u8]] = &[b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"];

    if EXCEL_2_TO_4.iter().any(|start| head.starts_with(start)) {
        let detail = "it is a workbook of Excel 4 or older";
        return Err(ReadFailure::new(FailureCode::Unsupported, detail));
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.starts_with(b"<") {
        let lower = text.to_ascii_lowercase();
        let has = |word: &[u8]| lower.windows(word.len()).any(|window| window == word);
        let what = if has(b"urn:schemas-microsoft-com:office:spreadsheet") {
            "it is XML of Excel 2003 under the name of a workbook"
        } else if has(b"<html") || has(b"<table") || has(b"<!doctype html") {
            "it is a web page under the name of a workbook"
        } else {
            "it is XML under the name of a workbook"
        };
        return Err(ReadFailure::new(FailureCode::Broken, what));
    }
    let is_wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if is_wide || !head.iter().any(|byte| matches!(byte, 0..=8 | 14..=31)) {
        return Ok(Kind::Delimited);
    }
    Err(ReadFailure::new(FailureCode::Broken, "it does not start like a workbook"))
}

/// Compound files: the old Office formats, and new ones under a password.
pub(crate) const OLE_MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Some writers put bytes before the header, and viewers accept it within the first kilobyte; a
/// text that mentions the header is not a PDF, so that goes by the name.
fn starts_like_pdf(head: &[u8], promise: Promise) -> bool {
    const HEADER: &[u8] = b"%PDF-";
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    text.starts_with(HEADER)
        || (promise == Promise::Kind(Kind::Pdf)
            && head[..head.len().min(1024)].windows(HEADER.len()).any(|window| window == HEADER))
}

fn promise(path: &Path) -> Promise {
    match extension(path).as_deref() {
        None => Promise::Nothing,
        Some("txt" | "text" | "log") => Promise::Kind(Kind::Text),
        Some("csv" | "tsv" | "tab") => Promise::Kind(Kind::Delimited),
        Some("md" | "markdown") => Promise::Kind(Kind::Markdown),
        Some("eml") => Promise::Kind(Kind::Mail),
        Some("ics") => Promise::Kind(Kind::Calendar),
        Some("pdf") => Promise::Kind(Kind::Pdf),
        Some("docx" | "docm" | "dotx" | "dotm") => Promise::Kind(Kind::Docx),
        // WPS names its workbooks et and ett.
        Some("xlsx" | "xlsm" | "xltx" | "xltm" | "xlsb" | "xls" | "xlt" | "et" | "ett" | "ods" | "ots") => {
            Promise::Kind(Kind::Workbook)
        }
        Some(_) => Promise::Other,
    }
}

fn extension(path: &Path) -> Option<String> {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(head: &[u8], name: &str) -> Result<Kind, FailureCode> {
        kind_of(head, Path::new(name)).map_err(|failure| failure.code)
    }

    #[test]
    fn the_content_wins_over_the_name() {
        assert_eq!(
            code(
                b"%PDF-1.7
",
                "report.txt"
            ),
            Ok(Kind::Pdf)
        );
        assert_eq!(
            code(
                b"%PDF-1.7
",
                "report"
            ),
            Ok(Kind::Pdf)
        );
        assert_eq!(code(b"PK\x03\x04rest", "report.DOCX"), Ok(Kind::Docx));
        assert_eq!(code(b"PK\x03\x04rest", "report.pdf"), Ok(Kind::Container));
        assert_eq!(code(b"PK\x03\x04rest", "prices.xlsx"), Ok(Kind::Workbook));
        assert_eq!(code(OLE_MAGIC, "价格.et"), Ok(Kind::Workbook));
        assert_eq!(code(OLE_MAGIC, "letter.doc"), Ok(Kind::Container));
    }

    #[test]
    fn what_is_not_what_its_name_says_is_broken() {
        assert_eq!(code(b"\x89PNG\r\n\x1a\n....", "scan.pdf"), Err(FailureCode::Broken));
        assert_eq!(code(b"<html>", "page.pdf"), Err(FailureCode::Broken));
        assert_eq!(code(b"just text", "letter.docx"), Err(FailureCode::Broken));
        assert_eq!(code(b"{\\rtf1", "letter.txt"), Err(FailureCode::Broken));
    }

    #[test]
    fn a_kind_without_a_reader_is_unsupported() {
        assert_eq!(code(b"\x89PNG\r\n\x1a\n....", "scan.png"), Err(FailureCode::Unsupported));
        assert_eq!(code(b"<html>", "page.html"), Err(FailureCode::Unsupported));
    }

    #[test]
    fn text_goes_by_its_name() {
        assert_eq!(code(b"a,b\n", "list.CSV"), Ok(Kind::Delimited));
        assert_eq!(code(b"# Title", "README.md"), Ok(Kind::Markdown));
        assert_eq!(code(b"hello", "README"), Ok(Kind::Text));
        assert_eq!(code(b"Subject: x", "\u{901a}\u{77e5}.EML"), Ok(Kind::Mail));
        assert_eq!(code(b"BEGIN:VCALENDAR", "a.ics"), Ok(Kind::Calendar));
        assert_eq!(code(b"GIF89a", "a.eml"), Err(FailureCode::Broken));
    }

    #[test]
    fn what_goes_under_the_name_of_a_workbook_is_told() {
        assert_eq!(code(b"Name\tAmount\r\n", "export.xls"), Ok(Kind::Delimited));
        assert_eq!(code(b"\xff\xfeN\0a\0", "export.xls"), Ok(Kind::Delimited));
        assert_eq!(code(b"<html><table>", "export.xls"), Err(FailureCode::Broken));
        assert_eq!(code(b"<?xml version='1.0'?><Workbook>", "export.xls"), Err(FailureCode::Broken));
        assert_eq!(code(b"\x09\x02\x06\x00\0\0", "old.xls"), Err(FailureCode::Unsupported));
        assert_eq!(code(b"\x01\x02\x03junk", "broken.xlsx"), Err(FailureCode::Broken));
    }

    #[test]
    fn a_pdf_header_counts_after_junk_only_when_the_name_agrees() {
        assert_eq!(code(b"HTTP/1.1 200\n\n%PDF-1.4", "a.pdf"), Ok(Kind::Pdf));
        assert_eq!(code(b"A PDF starts with %PDF-1.4", "a.txt"), Ok(Kind::Text));
    }
}
