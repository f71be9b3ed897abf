//! Runs: an agent is handed a task, and what it does is kept, shown and undone.

mod bench;
mod compared;
mod filing;
mod ledger;
mod listing;
mod nearest;
mod render;
pub(crate) mod tools;
mod undo;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use inhouse_agent::answer::Language;
use inhouse_agent::cancel::Cancel;
use inhouse_agent::definition::{Agent, Input, InputKind, Tool};
use inhouse_agent::run::{Event, Halt, Outcome, Pending, Stop, Task, carry_out};
use inhouse_record::NewRun;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::agents::AgentHere;
use crate::{App, AppError, blocking};
use world::RealWorld;

pub use bench::{CaseReport, CheckReport};
pub use inhouse_record::{AuditFault, AuditReport, RunId, RunRow, RunState};
pub use ledger::{AuditLine, OutcomeSum, RunShown};
pub use undo::UndoneFile;

/// How a run is begun.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// By the input's name; of a file its path.
    pub given: BTreeMap<String, String>,
    /// That of the documents when `None`.
    pub language: Option<Language>,
    pub seed: u64,
    /// Tools that need no further leave in this run.
    pub allow: Vec<String>,
    /// Where files are written, when not into the agent's own folder.
    pub out: Option<PathBuf>,
    /// The day that counts as today; the clock's when `None`.
    pub today: Option<String>,
}

/// What a run was given, as the record keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptTask {
    /// ISO 639-1.
    pub language: String,
    pub seed: u64,
    pub given: BTreeMap<String, String>,
    pub allow: Vec<String>,
    pub out: Option<PathBuf>,
    /// The agent's folder.
    pub folder: PathBuf,
    /// The day on which it was handed over: `2026-03-01`.
    #[serde(default)]
    pub today: String,
}

/// Where a run stands after it was carried on.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEnd {
    pub id: RunId,
    pub state: RunState,
    /// What a person has to do before it goes on.
    pub pending: Option<Pending>,
    /// Why it stopped or broke.
    pub why: Option<String>,
}

impl App {
    /// Begins a run and carries it as far as it goes without a person. Events come in order, from
    /// another thread; each is on disk by then.
    pub async fn run_agent(
        &self,
        here: &AgentHere,
        options: RunOptions,
        cancel: &Cancel,
        on_event: impl FnMut(RunId, &Event) + Send + 'static,
    ) -> Result<RunEnd, AppError> {
        let id = self.begin_run(here, options)?;
        self.carry_on(id, cancel, on_event).await
    }

    /// Notes a run, which [`App::carry_on`] then carries out.
    pub fn begin_run(&self, here: &AgentHere, options: RunOptions) -> Result<RunId, AppError> {
        self.home().must_be_writer()?;
        let agent = &here.agent;
        if let Some(tool) = options.allow.iter().find(|tool| Tool::named(tool).is_none()) {
            return Err(AppError::BadTask {
                reason: format!("`{tool}` can't be allowed; write and file can"),
                hint: "allow one of these",
            });
        }
        let given = checked(agent, options.given)?;
        let language = match options.language {
            Some(language) => language,
            None => language_of(agent, &given),
        };
        let out = match options.out {
            Some(out) => {
                Some(out.canonicalize().map_err(|source| AppError::io("find the folder", &out, source))?)
            }
            None => None,
        };
        let task = KeptTask {
            language: code(language).into(),
            seed: options.seed,
            given,
            allow: options.allow,
            out,
            folder: here.folder.clone(),
            today: options.today.unwrap_or_else(|| chrono::Local::now().date_naive().to_string()),
        };
        let model = self.locate_chat_model_for(agent.model.as_deref())?.0.id;
        let sha256 = hex(&Sha256::digest(agent.toml.as_bytes()));
        let kept = serde_json::to_string(&task).map_err(|error| AppError::Bug { what: error.to_string() })?;
        let new = NewRun { agent: &agent.id, sha256: &sha256, toml: &agent.toml, task: &kept, model: &model };
        let id = self.record().begin_run(new)?;
        self.keep_event(
            id,
            &Event::Begun {
                agent: agent.id.clone(),
                definition: sha256,
                model,
                language: task.language,
                seed: task.seed,
                given: task.given,
                allow: task.allow,
                today: task.today,
            },
        )?;
        Ok(id)
    }

    /// Takes a run up again where it is: after a crash, an answer, an approval or a stop.
    pub async fn carry_on(
        &self,
        id: RunId,
        cancel: &Cancel,
        mut on_event: impl FnMut(RunId, &Event) + Send + 'static,
    ) -> Result<RunEnd, AppError> {
        self.home().must_be_writer()?;
        let _at_work = self.at_work();
        let row = self.record().run(id)?;
        if row.state.is_final() {
            return Ok(RunEnd { id, state: row.state, pending: None, why: None });
        }
        let (agent, task) = self.kept(&row)?;
        let past = self.events_of(id)?;
        let begun = Instant::now();
        self.record().set_run_state(id, RunState::Running, 0)?;
        let chat = self.chat_model_for(Some(&row.model)).await?;
        let embedder = self.finder().await?.embedder;
        let app = self.clone();
        let stop = cancel.clone();
        let runtime = tokio::runtime::Handle::current();
        let done = blocking(move || {
            let mut world = RealWorld::open(
                &app,
                id,
                &agent,
                &task,
                &past,
                chat,
                embedder,
                runtime,
                &stop,
                row.seconds,
                &mut on_event,
            )?;
            let what = Task {
                language: language(&task.language),
                seed: task.seed,
                given: task.given.clone(),
                folder: task.folder.clone(),
                today: task.today.clone(),
            };
            let done = carry_out(&agent, &what, past, &mut world, &stop);
            if let Err(halt @ (Halt::Stopped(_) | Halt::Failed(_))) = &done {
                let (code, at) = match halt {
                    Halt::Failed(failure) => ("failed", failure.at.clone()),
                    Halt::Stopped(Stop::Cancelled) => ("cancelled", String::new()),
                    Halt::Stopped(Stop::Refused { at, .. }) => ("refused", at.clone()),
                    Halt::Stopped(_) | Halt::Waiting(_) => ("limit", String::new()),
                };
                world.tell(&Event::Halted { code: code.into(), at, what: halt.to_string() })?;
            }
            Ok::<_, AppError>(done)
        })
        .await??;
        let (state, pending, why) = match done {
            Ok(Outcome::Passed) => (RunState::Passed, None, None),
            Ok(Outcome::Failed { checks }) => (RunState::Failed, None, Some(checks.join(", "))),
            Err(Halt::Waiting(pending)) => (RunState::Waiting, Some(pending), None),
            Err(halt @ Halt::Stopped(_)) => (RunState::Stopped, None, Some(halt.to_string())),
            Err(halt @ Halt::Failed(_)) => (RunState::Broken, None, Some(halt.to_string())),
        };
        self.record().set_run_state(id, state, begun.elapsed().as_secs())?;
        Ok(RunEnd { id, state, pending, why })
    }

    /// Keeps a person's answer to what a run asks.
    pub fn answer_run(&self, id: RunId, text: &str) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        match self.pending(id)? {
            Some(Pending::Answer { at, .. }) => {
                self.keep_event(id, &Event::Answered { at, text: text.trim().to_owned() })
            }
            _ => Err(AppError::NotFound { what: format!("question of run {}", id.0) }),
        }
    }

    /// Keeps a person's yes or no to what a run wants to do.
    pub fn decide_run(&self, id: RunId, approved: bool) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        match self.pending(id)? {
            Some(Pending::Approval { at, fingerprint, .. }) => {
                self.keep_event(id, &Event::Decided { at, fingerprint, approved })
            }
            _ => Err(AppError::NotFound { what: format!("approval that run {} waits for", id.0) }),
        }
    }

    /// Keeps what a person says of a run's result.
    pub fn judge_run(&self, id: RunId, verdict: &str, note: &str) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        self.record().run(id)?;
        self.keep_event(id, &Event::Judged { verdict: verdict.into(), note: note.into() })
    }

    /// What a run waits for: the last thing that was asked and not answered.
    pub fn pending(&self, id: RunId) -> Result<Option<Pending>, AppError> {
        let mut pending = None;
        for event in self.events_of(id)? {
            match event {
                Event::Asked { at, question, options } => {
                    pending = Some(Pending::Answer { at, question, options });
                }
                Event::Previewed { at, path, preview, fingerprint } => {
                    pending = Some(Pending::Approval { at, path, preview, fingerprint });
                }
                Event::Answered { .. } | Event::Decided { .. } | Event::Ended { .. } => pending = None,
                _ => {}
            }
        }
        Ok(pending)
    }

    /// The agent and the task of a run, as they were when it began.
    pub fn kept(&self, row: &RunRow) -> Result<(Agent, KeptTask), AppError> {
        let bug = |what: String| AppError::Bug { what };
        let toml = self.record().definition(&row.definition)?;
        let toml =
            toml.ok_or_else(|| AppError::NotFound { what: format!("agent's file of run {}", row.id.0) })?;
        let agent = Agent::parse(&row.agent, &toml).map_err(|problems| bug(format!("{problems:?}")))?;
        let task = serde_json::from_str(&row.task).map_err(|error| bug(error.to_string()))?;
        Ok((agent, task))
    }

    pub(crate) fn events_of(&self, id: RunId) -> Result<Vec<Event>, AppError> {
        let entries = self.record().audit_of(id)?;
        entries
            .iter()
            .map(|entry| {
                serde_json::from_str(&entry.event).map_err(|error| AppError::Bug { what: error.to_string() })
            })
            .collect()
    }

    pub(crate) fn keep_event(&self, id: RunId, event: &Event) -> Result<(), AppError> {
        let json = serde_json::to_string(event).map_err(|error| AppError::Bug { what: error.to_string() })?;
        Ok(self.record().append_audit(Some(id), &json)?)
    }
}

/// What was given, with the paths of files made whole. All that an agent takes has to be there, and to be
/// what it is taken for.
fn checked(agent: &Agent, given: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, AppError> {
    let mut whole = BTreeMap::new();
    for (name, text) in given {
        let Some(input) = agent.inputs.iter().find(|input| input.name == name) else {
            let names: Vec<&str> = agent.inputs.iter().map(|input| input.name.as_str()).collect();
            return Err(AppError::BadTask {
                reason: format!("{} takes no `{name}`; it takes {}", agent.id, names.join(", ")),
                hint: "name one of these",
            });
        };
        let text = match input.kind {
            InputKind::File | InputKind::Folder => path_of(input, &text)?,
            _ => text,
        };
        whole.insert(name, text);
    }
    let is_given = |input: &Input| whole.get(&input.name).is_some_and(|text| !text.trim().is_empty());
    let missing = |input: &&Input| input.required && input.default.is_none() && !is_given(input);
    match agent.inputs.iter().find(missing) {
        None => Ok(whole),
        Some(input) => Err(AppError::BadTask {
            reason: format!("{} needs `{}` ({}; {})", agent.id, input.name, input.label.en, input.label.zh),
            hint: "hand it over too: a file or folder with --input, anything else with --set",
        }),
    }
}

fn path_of(input: &Input, text: &str) -> Result<String, AppError> {
    let path = PathBuf::from(text);
    let path = path.canonicalize().map_err(|source| AppError::io("find", &path, source))?;
    if path.is_dir() != (input.kind == InputKind::Folder) {
        let (wanted, is) = if path.is_dir() { ("file", "folder") } else { ("folder", "file") };
        return Err(AppError::BadTask {
            reason: format!("`{}` is a {wanted}, and {} is a {is}", input.name, path.display()),
            hint: "name the right one",
        });
    }
    path.to_str().map(str::to_owned).ok_or_else(|| AppError::BadInput {
        path: path.clone(),
        reason: "its name is not valid Unicode".into(),
        hint: "rename it and try again",
    })
}

/// The language of a task by its words and the names of its files; the folders that those lie in say
/// nothing of it.
fn language_of(agent: &Agent, given: &BTreeMap<String, String>) -> Language {
    let kind_of = |name: &str| agent.inputs.iter().find(|input| input.name == name).map(|input| input.kind);
    let name_of = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let mut words: Vec<String> = Vec::new();
    for (name, text) in given {
        match kind_of(name) {
            Some(InputKind::File) => words.extend(name_of(Path::new(text))),
            Some(InputKind::Folder) => {
                words.extend(name_of(Path::new(text)));
                let files = listing::files(Path::new(text)).unwrap_or_default();
                words.extend(files.iter().filter_map(|file| name_of(file)));
            }
            _ => words.push(text.clone()),
        }
    }
    Language::of(&words.join(" "))
}

pub(crate) fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Chinese => "zh",
    }
}

pub(crate) fn language(code: &str) -> Language {
    if code == "zh" { Language::Chinese } else { Language::English }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
