//! The file of the journal: one line of JSON for each entry, only ever added to.
//!
//! Each line ends with a hash over itself and over the hash of the line before, so a line that was
//! changed, removed or put in later is noticed. A line that was being written when the machine went
//! down has no line break, or zeros in it; it is cut off, for nothing was done on its account yet.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use inhouse_agent::source::Sha256;
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::files::FilesError;
use crate::files::facts::sha256;
use crate::files::folder::Folder;

const NAME: &str = "journal.jsonl";

/// `,"sum":"` and 64 digits and `"}`.
const TAIL: usize = 8 + 64 + 2;

#[derive(Debug)]
pub struct Log {
    file: File,
    path: PathBuf,
    /// Bytes of whole lines.
    end: u64,
    lines: usize,
    sum: Sha256,
    /// A half line could not be cut off, so nothing may follow it.
    is_broken: bool,
}

/// A line without its sum.
#[derive(Serialize, Deserialize)]
struct Line {
    line: usize,
    /// Seconds since 1970, UTC.
    at: u64,
    before: String,
    entry: Entry,
}

impl Log {
    /// Reads every line. A half last one is cut off.
    pub fn open(folder: &Folder) -> Result<(Self, Vec<Entry>), FilesError> {
        let name = OsStr::new(NAME);
        let path = folder.path_of(name);
        let mut file = folder.own_file(name)?;
        folder.sync()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|source| FilesError::io("read", &path, source))?;
        let mut log = Self { file, path, end: 0, lines: 0, sum: Sha256([0; 32]), is_broken: false };
        let mut entries = Vec::new();
        let mut rest = &bytes[..];
        while let Some(length) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, after) = (&rest[..length], &rest[length + 1..]);
            if line.contains(&0) && after.iter().all(|&byte| byte == 0) {
                break;
            }
            entries.push(log.check(line)?);
            rest = after;
        }
        if !rest.is_empty() {
            log.cut()?;
        }
        Ok((log, entries))
    }

    fn check(&mut self, line: &[u8]) -> Result<Entry, FilesError> {
        let damaged =
            |why| FilesError::JournalDamaged { journal: self.path.clone(), line: self.lines + 1, why };
        let (body, tail) =
            line.split_at_checked(line.len().saturating_sub(TAIL)).ok_or(damaged("it is short"))?;
        let sum = self.sum_of(body);
        if tail != tail_of(sum).as_bytes() {
            return Err(damaged("its sum does not fit"));
        }
        let whole = [body, b"}"].concat();
        let read: Line =
            serde_json::from_slice(&whole).map_err(|_| damaged("a newer version may have written it"))?;
        if read.line != self.lines + 1 || read.before != self.sum.to_string() {
            return Err(damaged("a line before it is missing"));
        }
        self.took(line.len(), sum);
        Ok(read.entry)
    }

    /// Returns when the entry is on the disk. When it fails, the entry is not in the log.
    pub fn append(&mut self, entry: &Entry) -> Result<(), FilesError> {
        if self.is_broken {
            return Err(FilesError::Unrecovered { journal: self.path.clone() });
        }
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let line = Line { line: self.lines + 1, at, before: self.sum.to_string(), entry: entry.clone() };
        let mut text = serde_json::to_string(&line)
            .map_err(|source| FilesError::io("write", &self.path, std::io::Error::from(source)))?;
        text.pop();
        let sum = self.sum_of(text.as_bytes());
        text.push_str(&tail_of(sum));
        let length = text.len();
        text.push('\n');
        match self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data()) {
            Ok(()) => {
                self.took(length, sum);
                Ok(())
            }
            Err(source) => {
                let error = FilesError::io("write", &self.path, source);
                self.is_broken = self.cut().is_err();
                Err(error)
            }
        }
    }

    fn took(&mut self, length: usize, sum: Sha256) {
        self.end += length as u64 + 1;
        self.lines += 1;
        self.sum = sum;
    }

    fn cut(&mut self) -> Result<(), FilesError> {
        self.file
            .set_len(self.end)
            .and_then(|()| self.file.seek(SeekFrom::Start(self.end)))
            .and_then(|_| self.file.sync_data())
            .map_err(|source| FilesError::io("cut a half line off", &self.path, source))
    }

    fn sum_of(&self, body: &[u8]) -> Sha256 {
        sha256(&[&self.sum.0[..], body].concat())
    }

    /// The hash of the last line. Kept elsewhere, it tells whether lines are missing at the end.
    pub fn sum(&self) -> Sha256 {
        self.sum
    }

    pub fn path(&self) -> &PathBuf {
        &self.path
    }
}

fn tail_of(sum: Sha256) -> String {
    format!(",\"sum\":\"{sum}\"}}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't set up its files has failed")]

    use std::fs;

    use super::*;

    fn written(count: u64) -> (tempfile::TempDir, Folder, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&dir.path().canonicalize().unwrap()).unwrap();
        let (mut log, entries) = Log::open(&folder).unwrap();
        assert!(entries.is_empty());
        for id in 0..count {
            log.append(&Entry::Dropped { id, why: "\u{5408} \"quoted\"\n".into() }).unwrap();
        }
        let path = folder.path_of(OsStr::new(NAME));
        (dir, folder, path)
    }

    #[test]
    fn a_line_that_was_cut_short_anywhere_is_ignored() {
        let (_dir, folder, path) = written(3);
        let whole = fs::read(&path).unwrap();
        let last = whole[..whole.len() - 1].iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
        for length in last..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let (mut log, entries) = Log::open(&folder).unwrap();
            assert_eq!(entries.len(), 2, "{length}");
            log.append(&Entry::Tidied { id: 9 }).unwrap();
            assert_eq!(Log::open(&folder).unwrap().1.len(), 3);
        }
        fs::write(&path, [&whole[..], &[0; 700], b"\n"].concat()).unwrap();
        assert_eq!(Log::open(&folder).unwrap().1.len(), 3);
    }

    #[test]
    fn a_line_that_was_changed_removed_or_put_elsewhere_is_found() {
        let (_dir, folder, path) = written(3);
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let changed = text.replacen("\"id\":1", "\"id\":7", 1);
        let removed = format!("{}\n{}\n", lines[0], lines[2]);
        let swapped = format!("{}\n{}\n{}\n", lines[1], lines[0], lines[2]);
        let cut_by_hand = format!("{}\n{}\n", lines[0], &lines[1][..lines[1].len() - 5]);
        for bad in [changed, removed, swapped, cut_by_hand] {
            fs::write(&path, bad).unwrap();
            assert!(matches!(Log::open(&folder), Err(FilesError::JournalDamaged { .. })));
        }
    }
}
