//! The files of a folder that a person gave.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Files that are looked at. A folder with more is most likely not the one that was meant.
const MOST: usize = 20_000;

/// The paths beneath a folder of the files in it, in the order of their names. What is hidden, and
/// links, are left out.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    let mut files = Vec::new();
    let entries = WalkDir::new(folder).follow_links(false).min_depth(1).sort_by_file_name();
    for entry in entries.into_iter().filter_entry(|entry| !is_hidden(entry.file_name())) {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.file_type().is_file() {
            if files.len() == MOST {
                return Err(format!("it holds more than {MOST} files: name a smaller folder"));
            }
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            files.push(path.to_owned());
        }
    }
    if files.is_empty() {
        return Err("it holds no file; what is hidden, and links, are left out".into());
    }
    Ok(files)
}
