//! The test bench: a role's case is run in a data folder of its own and compared with what is known of
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use inhouse_agent::cancel::Cancel;
use inhouse_agent::definition::Tool;
use inhouse_agent::run::{Event, Pending};
use inhouse_agent::table::Table;
use inhouse_record::RunState;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{RunOptions, hex, language};
use crate::agents::{AgentHere, copy};
use crate::{App, AppError, Options};

/// How the folder of a test is called, before the number of its process.
const TEST: &str = ".test-";

/// What a case gives and what has to come of it: `case.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// ISO 639-1.
    language: String,
    /// The day that counts as today; that of the clock without it.
    today: Option<String>,
    /// By the input's name; of a file or folder one in the case's folder.
    given: BTreeMap<String, String>,
    /// What a person answers, by the step's name.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    seeded: Option<Seeded>,
    /// Values that have to come out, by `step.column`.
    #[serde(default)]
    expected: BTreeMap<String, String>,
}

/// Errors that were put into the case's documents.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seeded {
    /// The step whose rows are findings.
    table: String,
    /// The column by which a finding is known.
    key: String,
    /// Only rows with one of these values in a column count.
    #[serde(default)]
    only: BTreeMap<String, Vec<String>>,
    /// The keys that have to be found.
    errors: Vec<String>,
}

/// How a case went.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseReport {
    pub role: String,
    pub case: String,
    pub model: String,
    pub seed: u64,
    pub passed: bool,
    pub checks: Vec<CheckReport>,
    pub seeded: usize,
    pub found: usize,
    pub false_alarms: usize,
    /// What was not found, and what was found wrongly.
    pub missed: Vec<String>,
    pub wrong: Vec<String>,
    pub seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    pub name: String,
    pub passed: bool,
    pub detail: String,
}

impl App {
    /// The cases of a role: folders beneath its own that hold a `case.toml`.
    pub fn cases(&self, here: &AgentHere) -> Result<Vec<PathBuf>, AppError> {
        let mut cases = Vec::new();
        let entries =
            fs::read_dir(&here.folder).map_err(|source| AppError::io("list", &here.folder, source))?;
        for entry in entries {
            let path = entry.map_err(|source| AppError::io("list", &here.folder, source))?.path();
            if path.join("case.toml").is_file() {
                cases.push(path);
            }
        }
        cases.sort();
        Ok(cases)
    }

    /// Runs a case in a data folder of its own, which is removed afterwards.
    pub async fn test_agent(
        &self,
        here: &AgentHere,
        case: &Path,
        seed: u64,
        cancel: &Cancel,
    ) -> Result<CaseReport, AppError> {
        let file = case.join("case.toml");
        let text = fs::read_to_string(&file).map_err(|source| AppError::io("read", &file, source))?;
        let what: Case = toml::from_str(&text).map_err(|error| AppError::BadInput {
            path: file.clone(),
            reason: error.to_string(),
            hint: "mend the line that is named",
        })?;
        self.remove_tests()?;
        let folder = self.home().folder().join("work").join(format!("{TEST}{}-{seed}", std::process::id()));
        let _gone = Removed(folder.clone());
        let out = folder.join("out");
        fs::create_dir_all(&out).map_err(|source| AppError::io("make the folder", &out, source))?;
        let home = folder.join("home");
        fs::create_dir_all(&home).map_err(|source| AppError::io("make the folder", &home, source))?;
        let models = self.home().models();
        if models.is_dir() {
            let link = home.join("models");
            std::os::unix::fs::symlink(&models, &link)
                .map_err(|source| AppError::io("link", &link, source))?;
        }
        fs::write(out.join("there-before.txt"), "untouched")
            .map_err(|source| AppError::io("write", &out, source))?;
        let mut given = BTreeMap::new();
        for (name, value) in &what.given {
            let path = case.join(value);
            let value = if path.is_dir() {
                // What is moved is a copy of it.
                let copied = folder.join("given").join(name);
                copy(&path, &copied)?;
                copied.display().to_string()
            } else if path.is_file() {
                path.display().to_string()
            } else {
                value.clone()
            };
            given.insert(name.clone(), value);
        }
        let state = || Ok::<_, AppError>((tree(&out)?, tree(&folder.join("given"))?));
        let before = state()?;

        let chosen = self.0.engine.chosen().map(str::to_owned);
        let app = App::open(Options { home: Some(home), chat_model: chosen })?;
        let options = RunOptions {
            given,
            language: Some(language(&what.language)),
            seed,
            allow: [Tool::Write, Tool::File].map(|tool| tool.name().to_owned()).to_vec(),
            out: Some(out.clone()),
            today: what.today.clone(),
        };
        let begun = Instant::now();
        let mut end = app.run_agent(here, options, cancel, |_, _| {}).await?;
        while let Some(Pending::Answer { at, .. }) = &end.pending {
            let Some(answer) = what.answers.get(at) else { break };
            app.answer_run(end.id, answer)?;
            end = app.carry_on(end.id, cancel, |_, _| {}).await?;
        }
        let seconds = begun.elapsed().as_secs_f64();

        let shown = app.run(end.id)?;
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        let mut checks = Vec::new();
        for (_, _, event) in &shown.events {
            match event {
                Event::StepDone { step, table } => {
                    tables.insert(step.clone(), table.clone());
                }
                Event::Checked { check, passed, detail } => {
                    checks.push(CheckReport { name: check.clone(), passed: *passed, detail: detail.clone() });
                }
                _ => {}
            }
        }
        if let (false, Some(why)) = (end.state.is_final(), end.why.clone()) {
            checks.push(CheckReport { name: "run".into(), passed: false, detail: why });
        }
        for (name, expected) in &what.expected {
            let (table, column) = name.split_once('.').unwrap_or((name, "value"));
            let found =
                tables.get(table).and_then(|table| table.value(0, column)).map(|value| value.text.clone());
            let passed = found.as_deref() == Some(expected.as_str());
            let detail = if passed { String::new() } else { format!("it is {}", found.unwrap_or_default()) };
            checks.push(CheckReport { name: format!("expected {name}"), passed, detail });
        }
        app.undo_run(end.id, None)?;
        let undone = state()? == before;
        checks.push(CheckReport {
            name: "undo".into(),
            passed: undone,
            detail: if undone { String::new() } else { "the folder is not as it was".into() },
        });
        let log = app.verify_audit()?;
        checks.push(CheckReport {
            name: "audit".into(),
            passed: log.faults.is_empty(),
            detail: if log.faults.is_empty() { String::new() } else { format!("{:?}", log.faults) },
        });
        let (found, missed, wrong) = match &what.seeded {
            Some(seeded) => compare(seeded, &tables),
            None => (0, Vec::new(), Vec::new()),
        };
        Ok(CaseReport {
            role: here.agent.id.clone(),
            case: case.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            model: shown.row.model,
            seed,
            passed: end.state == RunState::Passed && checks.iter().all(|check| check.passed),
            checks,
            seeded: what.seeded.as_ref().map_or(0, |seeded| seeded.errors.len()),
            found,
            false_alarms: wrong.len(),
            missed,
            wrong,
            seconds,
        })
    }
}

impl App {
    /// Removes what tests left that were killed. Whoever may write to the data folder is the only one
    /// who tests in it.
    fn remove_tests(&self) -> Result<(), AppError> {
        let work = self.home().folder().join("work");
        if !self.home().is_writer() || !work.is_dir() {
            return Ok(());
        }
        for entry in fs::read_dir(&work).map_err(|source| AppError::io("list", &work, source))? {
            let path = entry.map_err(|source| AppError::io("list", &work, source))?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEST)) {
                fs::remove_dir_all(&path).map_err(|source| AppError::io("remove", &path, source))?;
            }
        }
        Ok(())
    }
}

/// How many of the errors were found; which were not; and what was found that is none.
fn compare(seeded: &Seeded, tables: &BTreeMap<String, Table>) -> (usize, Vec<String>, Vec<String>) {
    let mut keys: BTreeSet<String> = BTreeSet::new();
    if let Some(table) = tables.get(&seeded.table) {
        for row in 0..table.rows.len() {
            let text =
                |column: &str| table.value(row, column).map(|value| value.text.clone()).unwrap_or_default();
            if seeded.only.iter().all(|(column, values)| values.contains(&text(column))) {
                keys.insert(text(&seeded.key));
            }
        }
    }
    let errors: BTreeSet<String> = seeded.errors.iter().cloned().collect();
    let missed: Vec<String> = errors.difference(&keys).cloned().collect();
    let wrong = keys.difference(&errors).cloned().collect();
    (errors.len() - missed.len(), missed, wrong)
}

/// Every file and folder with its content, mode and time.
fn tree(folder: &Path) -> Result<Vec<(PathBuf, String)>, AppError> {
    use std::os::unix::fs::MetadataExt;
    let mut all = Vec::new();
    if !folder.exists() {
        return Ok(all);
    }
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| AppError::Bug { what: error.to_string() })?;
        let facts = entry.metadata().map_err(|error| AppError::Bug { what: error.to_string() })?;
        let content = if facts.is_file() {
            let bytes =
                fs::read(entry.path()).map_err(|source| AppError::io("read", entry.path(), source))?;
            hex(&Sha256::digest(&bytes))
        } else {
            String::new()
        };
        let told = format!("{content} {:o} {} {}", facts.mode(), facts.mtime(), facts.mtime_nsec());
        all.push((entry.path().to_owned(), told));
    }
    Ok(all)
}

/// Removes a folder in the end, whatever happened.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "a test's folder stays");
        }
    }
}
