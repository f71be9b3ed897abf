//! PDF: the text of each page.

mod lines;
mod page;

use std::panic::{AssertUnwindSafe, catch_unwind};

use inhouse_agent::passage::Page;
use inhouse_agent::read::{FailureCode, ReadFailure};
use pdf_oxide::Error;
use pdf_oxide::document::PdfDocument;

use crate::read::{Give, broken};
use page::Reader;

/// Gives every page; one without text, or that the parser fails on, is given as an empty page.
///
/// A document that opens with the empty password counts as open to all.
pub(crate) fn read(bytes: Vec<u8>, give: Give) -> Result<(), ReadFailure> {
    let document = PdfDocument::from_bytes(bytes).map_err(|error| failure(&error))?;
    if document.is_encrypted() && !document.is_authenticated() {
        return Err(failure(&Error::EncryptedPdf));
    }
    let count = document.page_count().map_err(|error| failure(&error))?;
    if count == 0 {
        return Err(broken("it has no pages"));
    }
    let mut reader = Reader::new(&document).map_err(|error| failure(&error))?;
    let mut any_text = false;
    let mut first_error = None;
    // A file of nothing but failing pages is broken, and that is only known at its end.
    let mut held_back: Vec<Page> = Vec::new();
    for (index, number) in (0..count).zip(1..) {
        let page = match read_page(&mut reader, index) {
            Ok(page) => page,
            Err(Error::EncryptedPdf) => return Err(failure(&Error::EncryptedPdf)),
            Err(error) => {
                first_error.get_or_insert_with(|| format!("page {number}: {error}"));
                Page { number, text: String::new(), headings: Vec::new(), sheet: None }
            }
        };
        any_text |= !page.text.is_empty();
        held_back.push(page);
        if any_text {
            held_back.drain(..).try_for_each(&mut *give)?;
        }
    }
    match first_error {
        Some(error) if !any_text => Err(broken(error)),
        _ => held_back.into_iter().try_for_each(give),
    }
}

/// A panic of the parser costs this page and not the others.
fn read_page(reader: &mut Reader, index: usize) -> Result<Page, Error> {
    catch_unwind(AssertUnwindSafe(|| reader.page(index)))
        .unwrap_or_else(|_| Err(Error::InvalidPdf("the parser panicked".to_owned())))
}

fn failure(error: &Error) -> ReadFailure {
    let code = match error {
        Error::EncryptedPdf => {
            return ReadFailure::new(FailureCode::Encrypted, "it opens only with a password");
        }
        Error::Unsupported(_) | Error::UnsupportedVersion(_) => FailureCode::Unsupported,
        _ => FailureCode::Broken,
    };
    ReadFailure::new(code, error.to_string())
}

#[cfg(test)]
mod tests;
