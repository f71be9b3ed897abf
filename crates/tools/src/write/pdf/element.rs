//! What the parts of a document are, for readers that don't see it (tagged PDF, ISO 32000-1, 14.8).

use pdf_writer::types::StructRole;

/// An element within another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    pub(super) role: Role,
    /// That of the document is itself.
    pub(super) parent: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Document,
    /// From 1 to 6.
    Heading(u8),
    Paragraph,
    List,
    Item,
    Label,
    Body,
    Quote,
    Caption,
    Table,
    Row,
    /// Of a column.
    HeadCell,
    Cell,
}

impl Role {
    pub(super) fn name(self) -> StructRole {
        match self {
            Self::Document => StructRole::Document,
            Self::Heading(1) => StructRole::H1,
            Self::Heading(2) => StructRole::H2,
            Self::Heading(3) => StructRole::H3,
            Self::Heading(4) => StructRole::H4,
            Self::Heading(5) => StructRole::H5,
            Self::Heading(_) => StructRole::H6,
            Self::Paragraph => StructRole::P,
            Self::List => StructRole::L,
            Self::Item => StructRole::LI,
            Self::Label => StructRole::Lbl,
            Self::Body => StructRole::LBody,
            Self::Quote => StructRole::BlockQuote,
            Self::Caption => StructRole::Caption,
            Self::Table => StructRole::Table,
            Self::Row => StructRole::TR,
            Self::HeadCell => StructRole::TH,
            Self::Cell => StructRole::TD,
        }
    }
}
