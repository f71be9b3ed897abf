//! Files of Word and Excel as templates: what a template wants is named in its text, and everything
//! else of its package is copied as it is.

mod excel;
mod package;
mod pieces;
mod placeholder;
mod tree;
mod values;
mod word;

pub use excel::{fill_xlsx, xlsx_placeholders};
pub use placeholder::Placeholder;
pub use values::{List, Values};
pub use word::{fill_docx, placeholders};
