//! The only room that knows file formats: a file in, pages with anchors out, in a child process.
//!
//! It owns what kind of file something is, how text is taken out of it, and how that is kept from
//! harming anyone: [`ChildReader`] starts the running executable again, hands it the opened file
//! and the limits, and believes nothing that comes back. A binary that uses it calls
//! [`serve_if_asked`] first thing in `main`.
//!
//! Invariants: no parser ever runs in the process of the caller; a page's text has no control
//! characters besides line breaks and tabs; page numbers count from 1 without a gap; a file is
//! either read to its end or fails with a code, never silently cut.
//!
//! Start reading at [`ChildReader`], then `read::read_pages`, which runs in the child.

mod calendar;
mod child;
mod docx;
mod html;
mod kind;
mod limits;
mod mail;
mod markdown;
mod office;
mod package;
mod pdf;
mod read;
mod sheet;
mod text;
mod xml;

pub use child::{ChildReader, serve_if_asked};
pub use limits::ReadLimits;
