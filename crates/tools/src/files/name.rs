//! Which names a file may have, and how a path that a tool names is cut into them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::FilesError;

/// What every file system here allows for one name.
const MOST_BYTES: usize = 255;

/// The beginning of every name that is ours in a folder of a person.
pub const TEMPORARY: &str = ".inhouse-";

/// Names that are devices on Windows, whatever stands behind a dot. A folder may be shared.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// Cuts `path` into names. A path that could lead anywhere but downwards is refused, and so is one
/// that spells a place in a roundabout way (`a//b`, `a/./b`).
pub fn cut(path: &Path) -> Result<Vec<OsString>, FilesError> {
    let bytes = path.as_os_str().as_bytes();
    let bytes = bytes.strip_prefix(b"/").unwrap_or(bytes);
    bytes
        .split(|&byte| byte == b'/')
        .map(|name| {
            let name = OsStr::from_bytes(name);
            must_be_plain(name).map(|()| name.to_owned()).map_err(|why| refuse(path, why))
        })
        .collect()
}

/// What a new file or folder may not be called, although the file system would take it: names that
/// show as something else than they are, and devices of other platforms.
pub fn must_suit_new(path: &Path, name: &OsStr) -> Result<(), FilesError> {
    let Some(text) = name.to_str() else { return Err(refuse(path, "it is not valid Unicode")) };
    must_show_itself(text).map_err(|why| refuse(path, why))
}

/// The same of a name that is text; the error says what is wrong with it.
pub fn must_show_itself(name: &str) -> Result<(), &'static str> {
    if name.chars().any(char::is_control) {
        return Err("it has control characters");
    }
    if name.chars().any(turns_text) {
        return Err("it has characters that turn the direction of text");
    }
    if name.starts_with(TEMPORARY) {
        return Err("such names are for files that are not finished");
    }
    if is_device(name) {
        return Err("it is the name of a device on Windows");
    }
    Ok(())
}

fn must_be_plain(name: &OsStr) -> Result<(), &'static str> {
    let bytes = name.as_bytes();
    match bytes {
        b"" => Err("a part of it is empty"),
        b"." | b".." => Err("it has the parts . or .."),
        _ if bytes.contains(&0) => Err("it holds a zero byte"),
        _ if bytes.len() > MOST_BYTES => Err("it is too long"),
        _ => Ok(()),
    }
}

/// `evil\u{202e}fdp.exe` shows as `evilexe.pdf`.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ').to_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    DEVICES.contains(&stem.as_str())
        || port.is_some_and(|number| matches!(number, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"))
}

fn refuse(path: &Path, why: &'static str) -> FilesError {
    FilesError::Name { path: PathBuf::from(path), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_lead_straight_down_are_cut() {
        let names = |path: &str| cut(Path::new(path)).map(|names| names.len()).ok();
        assert_eq!(names("a/b c/\u{5408}\u{540c}.txt"), Some(3));
        assert_eq!(names("/a/trailing.../.hidden"), Some(3));
        for path in ["", "/", "..", "a/../b", "a//b", "a/", "./a", "a/.", "a\0b", &"x".repeat(256)] {
            assert_eq!(names(path), None, "{path:?}");
        }
        assert_eq!(names(&"x".repeat(255)), Some(1));
    }

    #[test]
    fn new_names_show_what_they_are() {
        let suits = |name: &str| must_suit_new(Path::new("x"), OsStr::new(name)).is_ok();
        for name in
            ["report.txt", "\u{62a5}\u{544a} 2026.md", "\u{1f4c8}.csv", "a...", "com10", "console.log"]
        {
            assert!(suits(name), "{name}");
        }
        for name in [
            "a\nb",
            "evil\u{202e}fdp.exe",
            "CON",
            "nul.txt",
            "Com1.log",
            "lpt9 .x",
            "\u{1b}[2J",
            ".inhouse-x",
        ] {
            assert!(!suits(name), "{name:?}");
        }
        assert!(must_suit_new(Path::new("x"), OsStr::from_bytes(b"\xff")).is_err());
    }
}
