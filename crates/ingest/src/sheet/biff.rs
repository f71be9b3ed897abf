//! What the records of an XLS workbook (MS-XLS) say that its parser does not tell: passwords, number
//! formats, hidden rows and columns, merged cells, and how far cells reach.

use std::collections::BTreeMap;

use encoding_rs::{UTF_16LE, WINDOWS_1252};

use super::row::{Area, Facts};

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000A;
const FILE_PASS: u16 = 0x002F;
const FORMAT: u16 = 0x041E;
const XF: u16 = 0x00E0;
const BOUND_SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const COL_INFO: u16 = 0x007D;
const ROW: u16 = 0x0208;
const MERGE_CELLS: u16 = 0x00E5;
const FORMULA: u16 = 0x0006;
/// Of BIFF3 and BIFF4; some programs write them into later workbooks.
const OLD_FORMULAS: [u16; 2] = [0x0206, 0x0406];
/// The shortest formula of BIFF8: its cell, its result, its flags and the length of its tokens.
const FORMULA_BYTES: usize = 22;
const NUMBER: u16 = 0x0203;
const RK: u16 = 0x027E;
const MUL_RK: u16 = 0x00BD;
/// Cells without a number format that matters: texts, truth values and errors.
const PLAIN_CELLS: [u16; 4] = [0x00FD, 0x0204, 0x00D6, 0x0205];

#[derive(Debug, Default)]
pub(super) struct Workbook {
    pub(super) is_encrypted: bool,
    /// Format codes by the number of the cell style.
    codes: Vec<Option<String>>,
    /// In the order in which the workbook names them.
    pub(super) sheets: Vec<SheetRecords>,
}

#[derive(Debug, Default)]
pub(super) struct SheetRecords {
    /// Style of each number, by row and column from 0, in order.
    styles: Vec<((u16, u16), u16)>,
    /// First and last row, first and last column of cells with a value, from 0.
    extent: Option<[u16; 4]>,
    hidden_rows: Vec<u16>,
    hidden_columns: Vec<(u16, u16)>,
    merges: Vec<[u16; 4]>,
}

impl Workbook {
    /// Of the stream `Workbook` or `Book`. Records that are cut short are passed over.
    pub(super) fn of(stream: &[u8]) -> Self {
        let mut workbook = Self::default();
        let mut formats: BTreeMap<u16, String> = BTreeMap::new();
        let mut styles: Vec<u16> = Vec::new();
        let mut sheet_starts = Vec::new();
        let mut is_biff8 = true;
        for (kind, data) in Records::of(stream) {
            match kind {
                BOF => is_biff8 = word(data, 0) == Some(0x0600),
                FILE_PASS => workbook.is_encrypted = true,
                FORMAT => {
                    formats.extend(
                        word(data, 0).and_then(|id| Some((id, format_code(data.get(2..)?, is_biff8)?))),
                    );
                }
                XF => styles.extend(word(data, 2)),
                BOUND_SHEET => sheet_starts.extend(long(data, 0)),
                EOF => break,
                _ => {}
            }
        }
        if workbook.is_encrypted {
            return workbook;
        }
        let code = |id: &u16| formats.get(id).cloned().or_else(|| builtin(*id).map(str::to_owned));
        workbook.codes = styles.iter().map(code).collect();
        let stream_at = |start: u32| usize::try_from(start).ok().and_then(|start| stream.get(start..));
        workbook.sheets = sheet_starts
            .iter()
            .map(|start| SheetRecords::of(stream_at(*start).unwrap_or_default()))
            .collect();
        workbook
    }

    /// The format code of a number; row and column from 0.
    pub(super) fn code(&self, sheet: usize, row: u32, column: u32) -> Option<&str> {
        let styles = &self.sheets.get(sheet)?.styles;
        let place = (u16::try_from(row).ok()?, u16::try_from(column).ok()?);
        let at = styles.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        self.codes.get(usize::from(styles[at].1))?.as_deref()
    }
}

impl SheetRecords {
    fn of(stream: &[u8]) -> Self {
        let mut sheet = Self::default();
        let mut depth = 0;
        for (kind, data) in Records::of(stream) {
            match kind {
                // A chart within the sheet has records of its own.
                BOF => depth += 1,
                EOF if depth <= 1 => break,
                EOF => depth -= 1,
                _ if depth == 1 => sheet.take(kind, data),
                _ => {}
            }
        }
        sheet.styles.sort_by_key(|(place, _)| *place);
        sheet
    }

    fn take(&mut self, kind: u16, data: &[u8]) {
        match kind {
            NUMBER | RK | FORMULA => {
                if let (Some(row), Some(column), Some(style)) = (word(data, 0), word(data, 2), word(data, 4))
                {
                    self.reach(row, column);
                    self.styles.push(((row, column), style));
                }
            }
            MUL_RK => self.take_numbers(data),
            kind if PLAIN_CELLS.contains(&kind) => {
                if let (Some(row), Some(column)) = (word(data, 0), word(data, 2)) {
                    self.reach(row, column);
                }
            }
            ROW => {
                let is_hidden = word(data, 12).is_some_and(|flags| flags & 0x20 != 0);
                self.hidden_rows.extend(word(data, 0).filter(|_| is_hidden));
            }
            COL_INFO => {
                let is_hidden = word(data, 8).is_some_and(|flags| flags & 1 != 0);
                self.hidden_columns.extend(word(data, 0).zip(word(data, 2)).filter(|_| is_hidden));
            }
            MERGE_CELLS => {
                let areas = data.get(2..).unwrap_or_default().chunks_exact(8);
                self.merges.extend(areas.filter_map(|area| {
                    Some([word(area, 0)?, word(area, 2)?, word(area, 4)?, word(area, 6)?])
                }));
            }
            _ => {}
        }
    }

    /// Numbers side by side: row, first column, then style and number of each.
    fn take_numbers(&mut self, data: &[u8]) {
        let (Some(row), Some(first)) = (word(data, 0), word(data, 2)) else { return };
        let cells = data.get(4..data.len().saturating_sub(2)).unwrap_or_default();
        for (column, cell) in (first..).zip(cells.chunks_exact(6)) {
            self.reach(row, column);
            self.styles.extend(word(cell, 0).map(|style| ((row, column), style)));
        }
    }

    fn reach(&mut self, row: u16, column: u16) {
        let [top, bottom, left, right] = self.extent.unwrap_or([row, row, column, column]);
        self.extent = Some([top.min(row), bottom.max(row), left.min(column), right.max(column)]);
    }

    /// Cells of the smallest rectangle that holds all values.
    pub(super) fn area(&self) -> u64 {
        let side = |first: u16, last: u16| u64::from(last - first) + 1;
        self.extent.map_or(0, |[top, bottom, left, right]| side(top, bottom) * side(left, right))
    }

    pub(super) fn add_to(&self, facts: &mut Facts) {
        let from_1 = |index: u16| u32::from(index) + 1;
        facts.hidden_rows.extend(self.hidden_rows.iter().map(|row| from_1(*row)));
        facts
            .hidden_columns
            .extend(self.hidden_columns.iter().map(|(first, last)| (from_1(*first), from_1(*last))));
        for [top, bottom, left, right] in self.merges.iter().copied() {
            if top <= bottom && left <= right {
                let (rows, columns) = ((from_1(top), from_1(bottom)), (from_1(left), from_1(right)));
                facts.merge(Area { rows, columns });
            }
        }
    }
}

/// The stream as its parser can read it; `None` when that needs no change. Sheets that claim to have
/// more than `most` cells, which the parser would take memory for, claim nothing, and formulas under
/// the number that older versions gave them get the one that is in use.
pub(super) fn mended(stream: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut records = Records::of(stream);
    let mut mended: Option<Vec<u8>> = None;
    while let Some((kind, data)) = records.next() {
        let data_end = stream.len() - records.rest.len();
        let data_start = data_end - data.len();
        if kind == DIMENSIONS && claimed_cells(data).is_none_or(|cells| cells > most) {
            mended.get_or_insert_with(|| stream.to_vec())[data_start..data_end].fill(0);
        }
        if OLD_FORMULAS.contains(&kind) && data.len() >= FORMULA_BYTES {
            let head = data_start - 4..data_start - 2;
            mended.get_or_insert_with(|| stream.to_vec())[head].copy_from_slice(&FORMULA.to_le_bytes());
        }
    }
    mended
}

/// Of the first row and the one behind the last, and the same of columns; `None` when they make no
/// sense.
fn claimed_cells(data: &[u8]) -> Option<u64> {
    let (rows, columns) = match data.len() {
        10 => ((u32::from(word(data, 0)?), u32::from(word(data, 2)?)), (word(data, 4)?, word(data, 6)?)),
        _ => ((long(data, 0)?, long(data, 4)?), (word(data, 8)?, word(data, 10)?)),
    };
    let rows = rows.1.checked_sub(rows.0)?;
    let columns = columns.1.checked_sub(columns.0)?;
    Some((u64::from(rows) + 1) * (u64::from(columns) + 1))
}

/// The records of a stream, up to the first that is cut short.
struct Records<'s> {
    rest: &'s [u8],
}

impl<'s> Records<'s> {
    fn of(stream: &'s [u8]) -> Self {
        Self { rest: stream }
    }
}

impl<'s> Iterator for Records<'s> {
    /// Kind and data.
    type Item = (u16, &'s [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, length) = (word(self.rest, 0)?, usize::from(word(self.rest, 2)?));
        let data = self.rest.get(4..4 + length)?;
        self.rest = &self.rest[4 + length..];
        Some((kind, data))
    }
}

fn word(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn long(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(word(data, at)?) | u32::from(word(data, at + 2)?) << 16)
}

/// In BIFF8 a count of 16 bits, a flag for wide characters, the characters; before it a count of 8
/// bits and bytes, of which codes use the ASCII ones.
fn format_code(data: &[u8], is_biff8: bool) -> Option<String> {
    if !is_biff8 {
        let count = usize::from(*data.first()?);
        return Some(WINDOWS_1252.decode_without_bom_handling(data.get(1..1 + count)?).0.into_owned());
    }
    let count = usize::from(word(data, 0)?);
    let is_wide = data.get(2)? & 1 != 0;
    let bytes = data.get(3..3 + count * if is_wide { 2 } else { 1 })?;
    let encoding = if is_wide { UTF_16LE } else { WINDOWS_1252 };
    Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
}

/// The formats that need no record (ECMA-376 Part 1, 18.8.30).
fn builtin(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        5 | 6 => "$#,##0;-$#,##0",
        7 | 8 => "$#,##0.00;-$#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        14 => "yyyy-mm-dd",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 | 20 => "h:mm",
        19 | 21 => "h:mm:ss",
        22 => "yyyy-mm-dd h:mm",
        37 | 38 | 41 => "#,##0;-#,##0",
        39 | 40 | 43 => "#,##0.00;-#,##0.00",
        42 => "$#,##0;-$#,##0",
        44 => "$#,##0.00;-$#,##0.00",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mm:ss.0",
        48 => "##0.0E+0",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).expect("a short record");
        [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
    }

    fn words(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// A workbook of one sheet with the given records.
    fn workbook(globals: &[Vec<u8>], sheet: &[Vec<u8>]) -> Vec<u8> {
        let begin = record(BOF, &words(&[0x0600, 5, 0, 0]));
        let end = record(EOF, &[]);
        let globals = globals.concat();
        let bound =
            |start: u32| record(BOUND_SHEET, &[&start.to_le_bytes()[..], &[0, 0, 1, 0, b'S']].concat());
        let start = begin.len() + globals.len() + bound(0).len() + end.len();
        let bound = bound(u32::try_from(start).expect("a short stream"));
        [begin.clone(), globals, bound, end.clone(), begin, sheet.concat(), end].concat()
    }

    #[test]
    fn numbers_know_their_formats() {
        let code = "0.0%";
        let format = [&words(&[164, 4])[..], &[0], code.as_bytes()].concat();
        let globals = [
            record(FORMAT, &format),
            record(XF, &words(&[0, 0])),
            record(XF, &words(&[0, 164])),
            record(XF, &words(&[0, 4])),
        ];
        let sheet = [
            record(NUMBER, &words(&[2, 1, 1, 0, 0, 0, 0])),
            record(MUL_RK, &words(&[0, 3, 2, 0, 0, 1, 0, 0, 4])),
            record(ROW, &words(&[2, 0, 0, 0, 0, 0, 0x20, 0])),
            record(COL_INFO, &words(&[3, 4, 0, 0, 1])),
            record(MERGE_CELLS, &words(&[1, 0, 1, 0, 2])),
        ];
        let workbook = Workbook::of(&workbook(&globals, &sheet));
        assert_eq!(workbook.code(0, 2, 1), Some(code));
        assert_eq!(workbook.code(0, 0, 3), Some("#,##0.00"));
        assert_eq!(workbook.code(0, 0, 4), Some(code));
        assert_eq!(workbook.code(0, 5, 5), None);
        assert_eq!(workbook.sheets[0].area(), 12);
        let mut facts = Facts::default();
        workbook.sheets[0].add_to(&mut facts);
        assert!(facts.hidden_rows.contains(&3));
        assert_eq!(facts.hidden_columns, [(4, 5)]);
        assert_eq!(facts.merges.get(&(1, 1)), Some(&Area { rows: (1, 2), columns: (1, 3) }));
    }

    #[test]
    fn a_password_is_noticed_and_junk_is_passed_over() {
        assert!(Workbook::of(&workbook(&[record(FILE_PASS, &words(&[0, 1, 2]))], &[])).is_encrypted);
        for cut in 0..40 {
            let stream = workbook(&[record(FORMAT, &[1]), record(XF, &[])], &[record(MUL_RK, &[0, 0, 1])]);
            assert!(!Workbook::of(&stream[..cut.min(stream.len())]).is_encrypted);
        }
    }
}
