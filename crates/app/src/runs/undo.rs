//! Taking back what a run made.

use std::path::{Path, PathBuf};

use inhouse_agent::run::Event;
use inhouse_record::RunId;
use inhouse_tools::files::{Journal, Limits};

use crate::{App, AppError};

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoneFile {
    pub path: PathBuf,
    /// Why it was left as it is: somebody changed it since.
    pub left: Option<String>,
    /// Where what was there before lies, when it could not be brought back.
    pub kept: Option<PathBuf>,
}

impl App {
    /// Whether a run wrote a file at this path. What was only moved or copied was somebody else's.
    pub fn has_written(&self, id: RunId, path: &Path) -> Result<bool, AppError> {
        let mut events = self.events_of(id)?.into_iter();
        Ok(events
            .any(|event| matches!(event, Event::Wrote { path: written, .. } if path == Path::new(&written))))
    }

    /// Brings back what was there before a run, or before the files of one of its steps. A file that
    /// somebody changed since is left as it is, and told.
    pub fn undo_run(&self, id: RunId, step: Option<&str>) -> Result<Vec<UndoneFile>, AppError> {
        self.home().must_be_writer()?;
        self.record().run(id)?;
        let folder = self.home().backups(id.0);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut journal = Journal::open(&folder, Limits::default()).map_err(AppError::from)?;
        journal.recover().map_err(AppError::from)?;
        let mut files = Vec::new();
        match step {
            None => {
                for undone in journal.undo().map_err(AppError::from)? {
                    files.push(UndoneFile {
                        path: undone.path,
                        left: undone.left.map(|error| error.to_string()),
                        kept: undone.kept,
                    });
                }
            }
            Some(step) => {
                let numbers = self.events_of(id)?.into_iter().filter_map(|event| match event {
                    Event::Wrote { at, path, journal: Some(number), .. } if at == step => {
                        Some((number, path))
                    }
                    Event::Filed { at, to: path, journal, .. } | Event::MadeFolder { at, path, journal }
                        if at == step =>
                    {
                        Some((journal, path))
                    }
                    _ => None,
                });
                // What was done last is taken back first.
                let mut numbers: Vec<_> = numbers.collect();
                numbers.reverse();
                if numbers.is_empty() {
                    return Err(AppError::NotFound { what: format!("file of step {step} in run {}", id.0) });
                }
                for (number, path) in numbers {
                    let left = journal.undo_step(inhouse_tools::files::StepId(number)).err();
                    files.push(UndoneFile {
                        path: path.into(),
                        left: left.map(|error| error.to_string()),
                        kept: None,
                    });
                }
            }
        }
        for file in &files {
            let what = file.left.clone().unwrap_or_else(|| "taken back".into());
            self.keep_event(id, &Event::Undone { path: file.path.display().to_string(), what })?;
        }
        Ok(files)
    }
}
