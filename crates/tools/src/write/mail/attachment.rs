//! Files that go with a mail.

use mail_builder::mime::MimePart;

use super::super::error::{WriteError, cut};
use super::super::text::plain;
use super::must_be_plain;
use crate::files::must_show_itself;

/// A file with a name that is safe to save under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    name: String,
    bytes: Vec<u8>,
}

/// Longest name that file systems take, in bytes.
const NAME: usize = 255;

/// Kinds that mail programs show a preview of. No kind of text is among them: text may be changed on
/// its way, in its line ends and its encoding.
const KINDS: &[(&str, &str)] = &[
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
];

const ANY_KIND: &str = "application/octet-stream";

impl Attachment {
    /// `name`: without a folder, in any script.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, WriteError> {
        let name = name.into();
        let refuse = |wrong: &str| {
            let place = format!("the file name `{}`", cut(&plain(&name)).replace('\n', " "));
            Err(WriteError::data(place, wrong, "give the name of a file"))
        };
        if name.trim_matches(['.', ' ']).is_empty() {
            return refuse("it is empty");
        }
        if name.contains(['/', '\\']) {
            return refuse("it has a folder in it");
        }
        if name.len() > NAME {
            return refuse("it is too long");
        }
        if let Err(wrong) = must_show_itself(&name) {
            return refuse(wrong);
        }
        must_be_plain("the file name", &name)?;
        Ok(Self { name, bytes })
    }

    pub(super) fn written(&self) -> MimePart<'_> {
        MimePart::new(self.kind(), self.bytes.as_slice()).attachment(self.name.as_str())
    }

    pub(super) fn parts(&self) -> [&[u8]; 2] {
        [self.name.as_bytes(), &self.bytes]
    }

    fn kind(&self) -> &'static str {
        let ending = self.name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
        KINDS.iter().find(|(known, _)| *known == ending).map_or(ANY_KIND, |(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_safe_to_save_under_are_taken() {
        for name in ["付款计划 2026.xlsx", "a \"b\" (1).pdf", ".hidden", &"合".repeat(85)] {
            assert!(Attachment::new(name, Vec::new()).is_ok(), "{name}");
        }
        for name in [
            "",
            "..",
            " ",
            "../a.pdf",
            "a/b.pdf",
            "C:\\a.pdf",
            "a.pdf\r\nX: y",
            "a\u{85}b.pdf",
            "a\u{2028}b.pdf",
            "evil\u{202e}fdp.exe",
            "nul.txt",
            "=?utf-8?B?YQ==?=.pdf",
            &"合".repeat(86),
        ] {
            assert!(matches!(Attachment::new(name, Vec::new()), Err(WriteError::Data { .. })), "{name:?}");
        }
    }
}
