//! From an opened file to pages. Runs in the child process only.

use std::fs::File;
use std::io::Read;

use inhouse_agent::passage::Page;
use inhouse_agent::read::{FailureCode, ReadFailure};

use crate::child::{PAGE_TEXT_BYTES, system_failure, too_much_text};
use crate::kind::Kind;
use crate::{calendar, mail, markdown, office, pdf, sheet, text};

/// Takes the next page; an error ends the reading.
pub(crate) type Give<'a> = &'a mut dyn FnMut(Page) -> Result<(), ReadFailure>;

/// Gives each page of the file once, in order, numbered from 1.
pub(crate) fn read_pages(kind: Kind, file: File, text_bytes: u64, give: Give) -> Result<(), ReadFailure> {
    let mut given = 0;
    let mut give = |page: Page| {
        given += page.text.len() as u64;
        if given > text_bytes {
            return Err(too_much_text(text_bytes));
        }
        if page.text.len() > PAGE_TEXT_BYTES {
            let detail = format!("page {} has {} bytes of text", page.number, page.text.len());
            return Err(ReadFailure::new(FailureCode::TooLarge, detail));
        }
        give(page)
    };
    match kind {
        Kind::Text => text::read(&all_bytes(file)?, &mut give),
        Kind::Markdown => markdown::read(&all_bytes(file)?, &mut give),
        Kind::Mail => mail::read(&all_bytes(file)?, &mut give),
        Kind::Calendar => calendar::read(&all_bytes(file)?, &mut give),
        Kind::Pdf => pdf::read(all_bytes(file)?, &mut give),
        Kind::Delimited => sheet::read_delimited(&all_bytes(file)?, text_bytes, &mut give),
        Kind::Docx | Kind::Workbook | Kind::Container => office::read(file, kind, text_bytes, &mut give),
    }
}

pub(crate) fn all_bytes(mut file: File) -> Result<Vec<u8>, ReadFailure> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| system_failure("reading it", &error))?;
    Ok(bytes)
}

pub(crate) fn broken(detail: impl Into<String>) -> ReadFailure {
    ReadFailure::new(FailureCode::Broken, detail)
}

pub(crate) fn empty() -> ReadFailure {
    ReadFailure::new(FailureCode::Empty, "it holds nothing but white space")
}
