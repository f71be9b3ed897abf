//! Paths and names in JSON, none of their bytes lost.
//!
//! A path is a string of its text; one that is no UTF-8 is a zero character, which no path has, and
//! the hexadecimal digits of its bytes.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

pub fn text(name: &OsStr) -> String {
    match name.to_str() {
        Some(text) => text.to_owned(),
        None => name.as_bytes().iter().fold(String::from('\0'), |text, byte| format!("{text}{byte:02x}")),
    }
}

pub fn parse(text: String) -> Option<OsString> {
    let Some(hex) = text.strip_prefix('\0') else { return Some(text.into()) };
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
    (0..hex.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>().map(OsString::from_vec)
}

pub fn serialize<S: Serializer>(name: &impl AsRef<OsStr>, to: S) -> Result<S::Ok, S::Error> {
    text(name.as_ref()).serialize(to)
}

pub fn deserialize<'a, D: Deserializer<'a>, T: From<OsString>>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    parse(text).map(T::from).ok_or_else(|| D::Error::custom("pairs of hexadecimal digits expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_survives_being_written_and_read() {
        for name in [&b"plain"[..], "\u{5408}\u{540c} \u{1f4c8}".as_bytes(), b"\xff\x00-", b"tail\xc3"] {
            let name = OsStr::from_bytes(name);
            assert_eq!(parse(text(name)).as_deref(), Some(name));
        }
        assert_eq!(parse("\0abc".into()), None);
        assert_eq!(parse("\0zz".into()), None);
    }
}
