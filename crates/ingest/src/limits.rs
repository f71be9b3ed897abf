//! What reading one file may cost.

use std::time::Duration;

use crate::kind::Kind;

const MIB: u64 = 1024 * 1024;

/// What reading one file may cost. Whatever goes beyond it ends with a failure that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// Largest plain text, Markdown, CSV or calendar file, in bytes.
    pub plain_file_bytes: u64,
    /// Largest PDF, Office file or mail, in bytes: most of these are pictures or attachments.
    pub document_file_bytes: u64,
    /// Most text that one file may give, in bytes of UTF-8.
    pub text_bytes: u64,
    /// Most pages that one file may give.
    pub pages: u32,
    /// Address space that reading may take, in bytes, beyond the program itself and
    /// two copies of the file.
    pub memory_bytes: u64,
    /// Wall-clock time for a small file, not counting the time that the caller takes for a page.
    pub time: Duration,
    /// Wall-clock time that each MiB of the file adds.
    pub time_per_mib: Duration,
    /// Wall-clock time that each page adds once it has come, up to what there was at first: a long
    /// document on a busy machine gets its time, one that is stuck on a page does not.
    pub time_per_page: Duration,
}

/// The readers hold a whole file, and the PDF reader holds it twice.
pub(crate) const COPIES_OF_FILE: u64 = 2;

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            plain_file_bytes: 64 * MIB,
            document_file_bytes: 512 * MIB,
            text_bytes: 128 * MIB,
            pages: 100_000,
            memory_bytes: 1024 * MIB,
            time: Duration::from_secs(120),
            time_per_mib: Duration::from_secs(2),
            time_per_page: Duration::from_secs(1),
        }
    }
}

impl ReadLimits {
    pub(crate) fn file_bytes(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Text | Kind::Markdown | Kind::Delimited | Kind::Calendar => self.plain_file_bytes,
            Kind::Pdf | Kind::Docx | Kind::Workbook | Kind::Container | Kind::Mail => {
                self.document_file_bytes
            }
        }
    }

    /// For a file of so many bytes.
    pub(crate) fn time_for(&self, file_bytes: u64) -> Duration {
        let mib = u32::try_from(file_bytes / MIB).unwrap_or(u32::MAX);
        self.time.saturating_add(self.time_per_mib.saturating_mul(mib))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_file_gets_more_time() {
        let limits = ReadLimits::default();
        assert_eq!(limits.time_for(0), Duration::from_secs(120));
        assert_eq!(limits.time_for(100 * MIB), Duration::from_secs(320));
    }
}
