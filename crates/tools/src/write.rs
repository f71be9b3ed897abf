//! Tables and documents as the bytes of files: XLSX, CSV, Markdown, new DOCX and PDF files, filled
//! templates, drafts of mail, calendars.
//!
//! Functions from data to bytes: no file is written here, what they give goes through
//! [`files`](crate::files). The same data gives the same bytes; of a PDF, with the same fonts. Values are
//! data wherever they go: no text becomes a formula, markup or a placeholder. Numbers are decimals, written digit for digit or
//! as text, never rounded. A character that XML forbids becomes U+FFFD everywhere, so that a reader
//! sees that something stood there.

mod calendar;
mod csv;
mod decimal;
mod docx;
mod error;
mod fonts;
mod grid;
mod id;
mod mail;
mod markdown;
mod pdf;
mod run;
mod template;
mod text;
mod xlsx;

pub use calendar::{Entry, Hours, Reminder, Time, calendar};
pub use csv::csv;
pub use decimal::Decimal;
pub use docx::{Block, docx};
pub use error::WriteError;
pub use fonts::Fonts;
pub use grid::{Datum, Day, Grid};
pub use mail::{Attachment, Mail, Mailbox, mail};
pub use markdown::markdown;
pub use pdf::pdf;
pub use template::{List, Placeholder, Values, fill_docx, fill_xlsx, placeholders, xlsx_placeholders};
pub use xlsx::xlsx;

#[cfg(test)]
mod unpacked;
