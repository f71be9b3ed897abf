//! Adding files and folders: each file is hashed and noted, new and changed ones are queued.

use std::path::{Path, PathBuf};

use inhouse_agent::read::{FailureCode, ReadFailure};
use inhouse_agent::source::SourceId;
use inhouse_record::Noted;
use walkdir::WalkDir;

use crate::sources::hash;
use crate::{App, AppError, AppEvent, blocking};

/// What adding led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddReport {
    /// New, changed or formerly failed files that now wait to be read.
    pub queued: Vec<SourceId>,
    /// Files whose content is known already.
    pub unchanged: Vec<SourceId>,
    /// Files that could not even be opened; they are in the list of sources, with the reason.
    pub failed: Vec<SourceId>,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
}

/// Something in a folder that did not become a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub path: PathBuf,
    pub reason: ReadFailure,
}

/// Endings of files that are taken out of a folder. A file that is named itself is always tried,
/// and what a file really is, its content decides.
const READABLE: &[&str] = &[
    "txt", "text", "log", "csv", "tsv", "md", "markdown", "pdf", "docx", "xlsx", "xlsm", "xlsb", "xls", "et",
    "ods", "eml", "ics",
];

impl App {
    /// Notes files, and the readable files of folders and of the folders in them. Hidden ones and
    /// symbolic links within folders are left out. Reading them is [`App::read_queued`]'s work.
    pub async fn add(&self, paths: &[PathBuf]) -> Result<AddReport, AppError> {
        self.home().must_be_writer()?;
        let mut report = AddReport::default();
        let mut files = Vec::new();
        for path in paths {
            collect(path, &mut files, &mut report.skipped);
        }
        for path in files {
            self.add_file(path, &mut report).await?;
        }
        if !report.queued.is_empty() {
            self.0.queue.notify_one();
        }
        Ok(report)
    }

    async fn add_file(&self, path: PathBuf, report: &mut AddReport) -> Result<(), AppError> {
        if let Ok(stat) = hash::stat(&path)
            && let Some(id) = self.record().unchanged(&path, stat)?
        {
            report.unchanged.push(id);
            return Ok(());
        }
        let hashed = blocking({
            let path = path.clone();
            move || hash::hash(&path)
        })
        .await?;
        let id = match hashed {
            Ok((stat, sha256)) => match self.record().note(&path, stat, sha256)? {
                Noted::Queued(id) => {
                    report.queued.push(id);
                    id
                }
                Noted::Known(id) => {
                    report.unchanged.push(id);
                    id
                }
            },
            Err(failure) => {
                let id = self.record().note_unreadable(&path, &failure)?;
                report.failed.push(id);
                id
            }
        };
        self.tell(AppEvent::SourceChanged(id));
        Ok(())
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>, skipped: &mut Vec<Skipped>) {
    // An absolute path, so that it is found again from another folder.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if !path.is_dir() {
        files.push(path);
        return;
    }
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    let walk = WalkDir::new(&path).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                if is_readable(entry.path()) {
                    files.push(entry.into_path());
                } else {
                    let reason = ReadFailure::new(FailureCode::Unsupported, "no reader for this ending");
                    skipped.push(Skipped { path: entry.into_path(), reason });
                }
            }
            Ok(_) => {}
            Err(error) => {
                let at = error.path().unwrap_or(&path).to_owned();
                let reason = error
                    .into_io_error()
                    .map_or_else(|| ReadFailure::new(FailureCode::Io, "a loop of links"), hash::failure);
                skipped.push(Skipped { path: at, reason });
            }
        }
    }
}

fn is_readable(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| READABLE.contains(&ending.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_readable_files_and_tells_what_it_left_out() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["b.md", "a.TXT", "photo.jpg", ".hidden.txt"] {
            std::fs::write(folder.path().join(name), "x").expect("a file");
        }
        let (mut files, mut skipped) = (Vec::new(), Vec::new());
        collect(folder.path(), &mut files, &mut skipped);
        let names: Vec<_> = files.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["a.TXT", "b.md"]);
        assert_eq!(skipped.len(), 1);
        assert!(skipped[0].path.ends_with("photo.jpg"));
    }
}
