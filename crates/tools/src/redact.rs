//! Personal data: where it stands in a text, and texts and DOCX files without it.
//!
//! Numbers are told apart by their checksums and by how they are written, not by a model, so the
//! same text always gives the same findings. What is found without proof is found too, and says that
//! it is not certain. Amounts, dates, document numbers and codes of companies are left alone.
//!
//! A file is either given back without what was found, in none of its parts that can be read, or
//! not at all; parts that nobody can read are named.

mod address;
mod card;
mod docx;
mod email;
mod error;
mod glyphs;
mod iban;
mod lines;
mod mask;
mod name;
mod national_id;
mod passport;
mod phone;
mod plate;
mod repeats;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

pub use docx::{Found, Redacted, redact_docx};
pub use error::RedactError;
pub use lines::{runs_over, unbroken};
pub use mask::{Style, mask};

use glyphs::Glyphs;
use repeats::{Repeats, Within};

/// A stretch of a text that is about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Whether a checksum, the structure or a word before it proves what it is.
    pub certain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A Chinese resident identity number of 18 or 15 digits.
    NationalId,
    Phone,
    BankCard,
    Iban,
    Email,
    Passport,
    /// A Chinese one.
    LicensePlate,
    /// One of the names that were given.
    Name,
    /// A Chinese one, down to the house number. Never certain, since companies have addresses too.
    Address,
}

/// What is personal in `text`, in order and without overlap: of two that overlap the certain one
/// stays, then the longer one. `names` are the people to look for; names of one character are not
/// looked for. Takes time in proportion to the text.
pub fn find(text: &str, names: &[String]) -> Vec<Finding> {
    let mut seen = Seen { glyphs: Glyphs::of(text), findings: Vec::new() };
    national_id::scan(&mut seen);
    phone::scan(&mut seen);
    card::scan(&mut seen);
    iban::scan(&mut seen);
    email::scan(&mut seen);
    passport::scan(&mut seen);
    plate::scan(&mut seen);
    address::scan(&mut seen);
    name::scan(&mut seen, names);
    settle(seen.findings)
}

/// A text without what is personal in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactedText {
    pub text: String,
    /// What was masked; the ranges are of the text that was given.
    pub findings: Vec<Finding>,
}

/// Masks what [`find`] finds, and the same words and numbers wherever else they stand.
pub fn redact_text(text: &str, names: &[String], style: Style) -> RedactedText {
    let mut findings = find(text, names);
    let repeats = Repeats::of(findings.iter().map(|finding| (finding.kind, &text[finding.range.clone()])));
    findings.extend(repeats.find(text, Within::Text));
    let findings = settle(findings);
    RedactedText { text: mask(text, &findings, style), findings }
}

/// What the scanners saw of a text so far.
struct Seen {
    glyphs: Glyphs,
    findings: Vec<Finding>,
}

impl Seen {
    /// `range` counts glyphs.
    fn add(&mut self, kind: Kind, range: Range<usize>, certain: bool) {
        self.findings.push(Finding { kind, range: self.glyphs.bytes(range), certain });
    }
}

fn settle(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| {
        let Finding { kind, range, certain } = finding;
        (Reverse(*certain), Reverse(range.len()), range.start, *kind)
    });
    let mut kept: BTreeMap<usize, Finding> = BTreeMap::new();
    for finding in findings {
        let before = kept.range(..finding.range.end).next_back();
        if before.is_none_or(|(_, other)| other.range.end <= finding.range.start) {
            kept.insert(finding.range.start, finding);
        }
    }
    kept.into_values().collect()
}

#[cfg(test)]
mod tests;
