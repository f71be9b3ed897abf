//! What the child says: frames of JSON, each behind its length.

use std::io::{self, Read, Write};

use inhouse_agent::passage::{Cell, CharRange, Heading, Page, Sheet};
use inhouse_agent::read::ReadFailure;
use serde::{Deserialize, Serialize};

/// Longest text of one page, in bytes. A page beyond it is no page that a person could read.
pub(crate) const PAGE_TEXT_BYTES: usize = 4 * 1024 * 1024;

/// Longest frame, in bytes: a page whose every byte is escaped, its headings and its cells.
const FRAME_BYTES: u32 = 32 * 1024 * 1024;

/// Longest name of a sheet, in characters. Excel allows 31, OpenDocument has no limit.
pub(crate) const NAME_CHARS: usize = 200;

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Frame {
    Page(WirePage),
    /// All pages were given; how many.
    Done {
        pages: u32,
    },
    Failed {
        code: String,
        detail: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WirePage {
    number: u32,
    text: String,
    /// Level, and the range in characters.
    headings: Vec<(u8, usize, usize)>,
    sheet: Option<WireSheet>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireSheet {
    name: String,
    /// Row and column from 1, and the range in characters.
    cells: Vec<(u32, u32, usize, usize)>,
}

impl Frame {
    pub(super) fn page(page: Page) -> Self {
        let headings = page
            .headings
            .iter()
            .map(|heading| (heading.level, heading.range.start, heading.range.end))
            .collect();
        let sheet = page.sheet.map(|sheet| WireSheet {
            name: sheet.name,
            cells: sheet
                .cells
                .iter()
                .map(|cell| (cell.row, cell.column, cell.range.start, cell.range.end))
                .collect(),
        });
        Self::Page(WirePage { number: page.number, text: page.text, headings, sheet })
    }

    pub(super) fn failed(failure: ReadFailure) -> Self {
        Self::Failed { code: failure.code.code().to_owned(), detail: failure.detail }
    }

    /// One write per frame, so that a child that dies leaves whole frames behind or none.
    pub(super) fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let mut bytes = vec![0; 4];
        serde_json::to_writer(&mut bytes, self)?;
        let length = u32::try_from(bytes.len() - 4)
            .ok()
            .filter(|length| *length <= FRAME_BYTES)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the frame is too long"))?;
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        out.write_all(&bytes)
    }
}

impl WirePage {
    /// The page, when it has the number that is due, and its headings and its cells each stand in
    /// its text in order.
    pub(super) fn checked(self, due: u32) -> Result<Page, String> {
        if self.number != due {
            return Err(format!("page {} came where page {due} was due", self.number));
        }
        if self.text.len() > PAGE_TEXT_BYTES {
            return Err(format!("page {due} has {} bytes of text", self.text.len()));
        }
        if self.text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(format!("page {due} has control characters"));
        }
        let chars = self.text.chars().count();
        let mut headings = Vec::with_capacity(self.headings.len());
        let mut last = 0;
        for (level, start, end) in self.headings {
            if level == 0 || start < last || end <= start || end > chars {
                return Err(format!("page {due} has a heading at {start}..{end} of {chars}"));
            }
            headings.push(Heading { level, range: CharRange::new(start, end) });
            last = end;
        }
        let sheet = self.sheet.map(|sheet| sheet.checked(due, chars)).transpose()?;
        Ok(Page { number: due, text: self.text, headings, sheet })
    }
}

impl WireSheet {
    /// `chars`: of the page's text.
    fn checked(self, page: u32, chars: usize) -> Result<Sheet, String> {
        if self.name.chars().count() > NAME_CHARS || self.name.chars().any(char::is_control) {
            return Err(format!("page {page} has a sheet with no fit name"));
        }
        let mut cells = Vec::with_capacity(self.cells.len());
        let mut last = 0;
        for (row, column, start, end) in self.cells {
            if row == 0 || column == 0 || start < last || end <= start || end > chars {
                let at = format!("row {row}, column {column} at {start}..{end} of {chars}");
                return Err(format!("page {page} has a cell in {at}"));
            }
            cells.push(Cell { row, column, range: CharRange::new(start, end) });
            last = end;
        }
        Ok(Sheet { name: self.name, cells })
    }
}

/// What came from the child.
pub(super) enum Received {
    Frame(Frame),
    /// Something that is no frame.
    Nonsense(String),
}

/// The next frame, or `None` at the end of the output, also in the middle of a frame.
pub(super) fn receive_from(input: &mut impl Read) -> Option<Received> {
    let mut length = [0; 4];
    input.read_exact(&mut length).ok()?;
    let length = u32::from_be_bytes(length);
    if length > FRAME_BYTES {
        return Some(Received::Nonsense(format!("a frame of {length} bytes was announced")));
    }
    let mut bytes = Vec::new();
    let read = input.take(u64::from(length)).read_to_end(&mut bytes).ok()?;
    if read < length as usize {
        return None;
    }
    Some(match serde_json::from_slice(&bytes) {
        Ok(frame) => Received::Frame(frame),
        Err(error) => Received::Nonsense(format!("no frame: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(number: u32, text: &str, headings: &[(u8, usize, usize)]) -> WirePage {
        WirePage { number, text: text.to_owned(), headings: headings.to_vec(), sheet: None }
    }

    fn wire_sheet(name: &str, cells: &[(u32, u32, usize, usize)]) -> WirePage {
        let sheet = WireSheet { name: name.to_owned(), cells: cells.to_vec() };
        WirePage { sheet: Some(sheet), ..wire(1, "text", &[]) }
    }

    #[test]
    fn a_page_survives_the_pipe() {
        let page = Page {
            number: 1,
            text: "差旅\nbody".to_owned(),
            headings: vec![Heading { level: 2, range: CharRange::new(0, 2) }],
            sheet: Some(Sheet {
                name: "费用".to_owned(),
                cells: vec![Cell { row: 7, column: 2, range: CharRange::new(3, 7) }],
            }),
        };
        let mut bytes = Vec::new();
        Frame::page(page.clone()).write_to(&mut bytes).expect("a vector takes it");
        let Some(Received::Frame(Frame::Page(wire))) = receive_from(&mut bytes.as_slice()) else {
            panic!("a page was written");
        };
        assert_eq!(wire.checked(1), Ok(page));
    }

    #[test]
    fn a_half_frame_is_the_end() {
        let mut bytes = Vec::new();
        Frame::Done { pages: 3 }.write_to(&mut bytes).expect("a vector takes it");
        bytes.pop();
        assert!(receive_from(&mut bytes.as_slice()).is_none());
    }

    #[test]
    fn a_huge_frame_is_not_waited_for() {
        let bytes = u32::MAX.to_be_bytes();
        assert!(matches!(receive_from(&mut bytes.as_slice()), Some(Received::Nonsense(_))));
    }

    #[test]
    fn pages_out_of_order_and_headings_outside_their_page_are_refused() {
        assert!(wire(2, "text", &[]).checked(1).is_err());
        assert!(wire(1, "text", &[(1, 0, 5)]).checked(1).is_err());
        assert!(wire(1, "text", &[(1, 3, 2)]).checked(1).is_err());
        assert!(wire(1, "text", &[(0, 0, 2)]).checked(1).is_err());
        assert!(wire(1, "text", &[(1, 2, 4), (1, 0, 2)]).checked(1).is_err());
        assert!(wire(1, "te\u{7}xt", &[]).checked(1).is_err());
        assert!(wire(1, "text", &[(1, 0, 4)]).checked(1).is_ok());
    }

    #[test]
    fn cells_outside_their_page_or_out_of_order_are_refused() {
        assert!(wire_sheet("Prices", &[(1, 1, 0, 2), (1, 2, 2, 4)]).checked(1).is_ok());
        assert!(wire_sheet("Prices", &[(1, 1, 0, 5)]).checked(1).is_err());
        assert!(wire_sheet("Prices", &[(1, 1, 2, 2)]).checked(1).is_err());
        assert!(wire_sheet("Prices", &[(0, 1, 0, 2)]).checked(1).is_err());
        assert!(wire_sheet("Prices", &[(1, 0, 0, 2)]).checked(1).is_err());
        assert!(wire_sheet("Prices", &[(1, 1, 0, 2), (1, 2, 1, 4)]).checked(1).is_err());
        assert!(wire_sheet("Pri\nces", &[]).checked(1).is_err());
        assert!(wire_sheet(&"x".repeat(201), &[]).checked(1).is_err());
    }
}
