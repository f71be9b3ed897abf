//! What a run reaches of the world: the reader, the model, the tables, and files through the journal.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatModel, ChatRequest, Completion};
use inhouse_agent::definition::{Agent, Permission, Tool};
use inhouse_agent::embed::Embedder;
use inhouse_agent::run::artifact::Artifact;
use inhouse_agent::run::{
    Compared, Document, Event, Failure, Filing, Halt, Pending, Piece, Redacted, Stop, ToolSpec, World, Wrote,
};
use inhouse_agent::table::{Queried, Table};
use inhouse_record::RunId;
use inhouse_tools::files::{Effect, FilesError, Grant, Journal, Limits, May, Step, StepState};
use inhouse_tools::redact;
use sha2::{Digest, Sha256};

use super::nearest::Nearest;
use super::{KeptTask, compared, hex, listing, render, tools};
use crate::sources::hash;
use crate::{App, AppError, passages};

/// Characters of a new file's text that an approval shows.
const SHOWN: usize = 2000;

/// Whether something may be done.
pub(super) enum Leave {
    Given,
    Refused,
    /// The person has to decide.
    Wanted,
}

pub(super) struct RealWorld<'a> {
    app: &'a App,
    id: RunId,
    agent: &'a Agent,
    task: &'a KeptTask,
    chat: Arc<dyn ChatModel>,
    nearest: Nearest,
    runtime: tokio::runtime::Handle,
    cancel: &'a Cancel,
    on_event: &'a mut (dyn FnMut(RunId, &Event) + Send),
    /// Seconds of work before it was taken up.
    before: u64,
    begun: Instant,
    journal: Option<Journal>,
    /// Files that were written before, by the step.
    written: HashMap<String, (String, String)>,
    /// A person's decisions, by the preview's fingerprint.
    decided: HashMap<String, bool>,
    previewed: Vec<String>,
    /// Files that were moved or copied: [`Event::Filed`].
    pub(super) filed: Vec<Event>,
    /// Models of steps that want another one, by their ids.
    others: HashMap<String, Arc<dyn ChatModel>>,
    /// Texts that nobody vouches for were read.
    has_read: bool,
}

impl<'a> RealWorld<'a> {
    #[expect(clippy::too_many_arguments, reason = "it joins all rooms")]
    pub fn open(
        app: &'a App,
        id: RunId,
        agent: &'a Agent,
        task: &'a KeptTask,
        past: &[Event],
        chat: Arc<dyn ChatModel>,
        embedder: Arc<dyn Embedder>,
        runtime: tokio::runtime::Handle,
        cancel: &'a Cancel,
        before: u64,
        on_event: &'a mut (dyn FnMut(RunId, &Event) + Send),
    ) -> Result<Self, AppError> {
        let mut world = Self {
            app,
            id,
            agent,
            task,
            chat,
            nearest: Nearest::new(embedder),
            runtime,
            cancel,
            on_event,
            before,
            begun: Instant::now(),
            journal: None,
            written: HashMap::new(),
            decided: HashMap::new(),
            previewed: Vec::new(),
            filed: Vec::new(),
            others: HashMap::new(),
            has_read: false,
        };
        for event in past {
            match event {
                Event::Wrote { at, path, sha256, .. } => {
                    world.written.insert(at.clone(), (path.clone(), sha256.clone()));
                }
                Event::Decided { fingerprint, approved, .. } => {
                    world.decided.insert(fingerprint.clone(), *approved);
                }
                Event::Previewed { fingerprint, .. } => world.previewed.push(fingerprint.clone()),
                Event::Filed { .. } => world.filed.push(event.clone()),
                _ => {}
            }
        }
        Ok(world)
    }

    pub fn tell(&mut self, event: &Event) -> Result<(), AppError> {
        self.app.keep_event(self.id, event)?;
        (self.on_event)(self.id, event);
        Ok(())
    }

    /// Where files go, and whether that is the agent's own place.
    fn folder(&self) -> Result<(PathBuf, bool), AppError> {
        if let Some(out) = &self.task.out {
            return Ok((out.clone(), false));
        }
        let folder = self.app.home().work(&self.agent.id).join(format!("run-{}", self.id.0));
        fs::create_dir_all(&folder).map_err(|source| AppError::io("make the folder", &folder, source))?;
        Ok((folder, true))
    }

    /// Whether a step may do something without asking. What the agent's own file allows counts no more
    /// once a document was read: its words could be behind the step. A person's leave counts.
    pub(super) fn leave(&self, tool: Tool, fingerprint: &str) -> Leave {
        match self.agent.permission(tool) {
            Permission::Never => Leave::Refused,
            _ if self.task.allow.iter().any(|allowed| allowed == tool.name()) => Leave::Given,
            Permission::Allow if !self.has_read => Leave::Given,
            Permission::Allow | Permission::Ask => match self.decided.get(fingerprint) {
                Some(true) => Leave::Given,
                Some(false) => Leave::Refused,
                None => Leave::Wanted,
            },
        }
    }

    /// Tells the person what a step wants to do, once; the run waits.
    pub(super) fn ask_leave(&mut self, at: &str, path: String, preview: String, fingerprint: String) -> Halt {
        if !self.previewed.contains(&fingerprint) {
            let event = Event::Previewed {
                at: at.to_owned(),
                path: path.clone(),
                preview: preview.clone(),
                fingerprint: fingerprint.clone(),
            };
            if let Err(error) = self.tell(&event) {
                return Halt::Failed(Failure::new(at, error.to_string()));
            }
        }
        Halt::Waiting(Pending::Approval { at: at.to_owned(), path, preview, fingerprint })
    }

    /// Does what was previewed or allowed, and tells the number by which it is undone.
    pub(super) fn apply(&mut self, grant: &Grant, effect: &Effect) -> Result<u64, FilesError> {
        let journal = self.journal()?;
        let preview = journal.preview(grant, effect)?;
        Ok(journal.apply(grant, effect, preview.approve())?.0)
    }

    pub(super) fn journal(&mut self) -> Result<&mut Journal, FilesError> {
        if self.journal.is_none() {
            let mut journal = Journal::open(&self.app.home().backups(self.id.0), Limits::default())?;
            journal.recover()?;
            self.journal = Some(journal);
        }
        Ok(self.journal.as_mut().expect("it was opened"))
    }

    /// The model of a step that wants another than the run's.
    fn other(&mut self, id: &str) -> Result<Arc<dyn ChatModel>, Halt> {
        if let Some(chat) = self.others.get(id) {
            return Ok(Arc::clone(chat));
        }
        let chat = self.runtime.block_on(self.app.chat_model_beside(id, &self.chat));
        let chat = chat.map_err(|error| Failure::new(id, error.to_string()))?;
        self.others.insert(id.to_owned(), Arc::clone(&chat));
        Ok(chat)
    }

    fn read_file(&mut self, path: &Path) -> Result<Document, Failure> {
        let told = |what: String| Failure::new(path.display().to_string(), what);
        let hashed = hash::hash(path);
        let (_, sha256) =
            hashed.map_err(|failure| told(format!("{}; {}", failure.code.message(), failure.code.hint())))?;
        let mut pages = Vec::new();
        self.app
            .reader()
            .read(path, self.cancel, &mut |page| pages.push(page))
            .map_err(|failure| told(format!("{}; {}", failure.code.message(), failure.code.hint())))?;
        let mut pieces = Vec::new();
        for page in &pages {
            for passage in passages::cut(page) {
                let text = passage.range.of(&page.text).unwrap_or_default().to_owned();
                pieces.push(Piece { page: page.number, range: passage.range, text });
            }
        }
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Document { name, sha256: sha256.to_string(), path: path.to_owned(), pages, pieces })
    }

    fn write_through(&mut self, at: &str, name: &str, bytes: &[u8]) -> Result<Wrote, Halt> {
        let told = |error: &dyn std::fmt::Display| Halt::Failed(Failure::new(at, error.to_string()));
        let sha256 = hex(&Sha256::digest(bytes));
        if let Some((path, written)) = self.written.get(at)
            && *written == sha256
        {
            return Ok(Wrote { path: path.clone(), sha256 });
        }
        let (folder, own) = self.folder().map_err(|error| told(&error))?;
        let mut grant = Grant::new();
        grant
            .allow(&folder, May { read: true, create: true, change: false })
            .map_err(|error| told(&error))?;
        let path = free_name(&folder, name, bytes);
        let Some(path) = path else {
            // It was written, and the machine went off before that was noted.
            let path = folder.join(name);
            let steps = self.journal().map(|journal| journal.steps()).map_err(|error| told(&error))?;
            let is_it = |step: &&Step| step.state == StepState::Applied && step.path == path;
            let journal = steps.iter().rev().find(is_it).map(|step| step.id.0);
            let path = path.display().to_string();
            self.note_written(at, &path, &sha256, bytes.len(), journal).map_err(|error| told(&error))?;
            return Ok(Wrote { path, sha256 });
        };
        let effect = Effect::Create { path: path.clone(), bytes: bytes.to_vec() };
        let shown = path.display().to_string();
        let preview = self
            .journal()
            .and_then(|journal| journal.preview(&grant, &effect))
            .map_err(|error| told(&error))?;
        if !own {
            let fingerprint = preview.approve().fingerprint().to_string();
            match self.leave(Tool::Write, &fingerprint) {
                Leave::Given => {}
                Leave::Refused => {
                    return Err(Halt::Stopped(Stop::Refused { at: at.to_owned(), path: shown }));
                }
                Leave::Wanted => {
                    let text = self.shown(name, bytes);
                    return Err(self.ask_leave(at, shown, text, fingerprint));
                }
            }
        }
        let step = self
            .journal()
            .and_then(|journal| journal.apply(&grant, &effect, preview.approve()))
            .map_err(|error| told(&error))?;
        self.note_written(at, &shown, &sha256, bytes.len(), Some(step.0)).map_err(|error| told(&error))?;
        Ok(Wrote { path: shown, sha256 })
    }

    fn note_written(
        &mut self,
        at: &str,
        path: &str,
        sha256: &str,
        bytes: usize,
        journal: Option<u64>,
    ) -> Result<(), AppError> {
        self.written.insert(at.to_owned(), (path.to_owned(), sha256.to_owned()));
        self.tell(&Event::Wrote {
            at: at.to_owned(),
            path: path.to_owned(),
            sha256: sha256.to_owned(),
            bytes,
            journal,
        })
    }

    /// What a new file will say, for the person who decides.
    fn shown(&mut self, name: &str, bytes: &[u8]) -> String {
        match self.reopen(name, bytes) {
            Ok(document) => {
                let text =
                    document.pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>().join("\n\n");
                text.chars().take(SHOWN).collect()
            }
            Err(failure) => format!("{} bytes ({})", bytes.len(), failure.what),
        }
    }
}

/// A name under which nothing stands yet; `None` when this very content stands there already.
fn free_name(folder: &Path, name: &str, bytes: &[u8]) -> Option<PathBuf> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    for number in 1.. {
        let path = match (number, ending) {
            (1, _) => folder.join(name),
            (_, "") => folder.join(format!("{stem} ({number})")),
            _ => folder.join(format!("{stem} ({number}).{ending}")),
        };
        if path.symlink_metadata().is_err() {
            return Some(path);
        }
        if number == 1 && fs::read(&path).is_ok_and(|there| there == bytes) {
            return None;
        }
    }
    unreachable!("there is a free number")
}

impl World for RealWorld<'_> {
    fn note(&mut self, event: &Event) -> Result<(), Failure> {
        self.tell(event).map_err(|error| Failure::new("keeping what happened", error.to_string()))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.before) + self.begun.elapsed()
    }

    fn read(&mut self, path: &Path) -> Result<Document, Halt> {
        if !path.starts_with(&self.task.folder) {
            self.has_read = true;
        }
        Ok(self.read_file(path)?)
    }

    fn list(&mut self, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
        listing::files(folder).map_err(|what| Failure::new(folder.display().to_string(), what))
    }

    fn complete(&mut self, model: Option<&str>, request: &ChatRequest) -> Result<Completion, Halt> {
        let chat = match model {
            Some(id) => self.other(id)?,
            None => Arc::clone(&self.chat),
        };
        let done = chat.complete(request, self.cancel, &mut |_| {});
        done.map_err(|error| Halt::Failed(Failure::new("the model", error.to_string())))
    }

    fn count_tokens(&mut self, text: &str) -> Result<usize, Failure> {
        self.chat.count_tokens(text).map_err(|error| Failure::new("the model", error.to_string()))
    }

    fn nearest(&mut self, query: &str, texts: &[&str]) -> Result<Vec<usize>, Failure> {
        self.nearest.order(query, texts).map_err(|error| Failure::new("the embedder", error.to_string()))
    }

    fn query(&mut self, sql: &str, tables: &[(&str, &Table)]) -> Result<Queried, Failure> {
        self.runtime
            .block_on(inhouse_memory::query(sql, tables))
            .map_err(|error| Failure::new("query", error.to_string()))
    }

    fn compare(&mut self, old: &Document, new: &Document) -> Vec<Compared> {
        compared::compared(old, new)
    }

    fn tools(&self) -> Vec<ToolSpec> {
        tools::all()
    }

    fn call(&mut self, tool: &str, arguments: &str) -> Result<String, Failure> {
        tools::call(self.app, self.agent, &self.runtime, tool, arguments)
            .map_err(|what| Failure::new(tool, what))
    }

    fn redact(&mut self, path: &Path, names: &[String]) -> Result<Redacted, Failure> {
        let told = |what: String| Failure::new(path.display().to_string(), what);
        let language = super::language(&self.task.language);
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf")) {
            let document = self.read_file(path)?;
            return render::redact_pages(&document.pages, names, language).map_err(told);
        }
        let bytes = fs::read(path).map_err(|error| told(format!("it can't be read: {error}")))?;
        render::redact(path, &bytes, names, language).map_err(told)
    }

    fn personal(&mut self, text: &str, names: &[String]) -> Vec<String> {
        let found = redact::find(text, names);
        found.into_iter().map(|finding| text[finding.range].to_owned()).collect()
    }

    fn render(&mut self, artifact: &Artifact<'_>) -> Result<Vec<u8>, Failure> {
        render::render(artifact, super::language(&self.task.language))
            .map_err(|what| Failure::new("render", what))
    }

    fn reopen(&mut self, name: &str, bytes: &[u8]) -> Result<Document, Failure> {
        let folder = self.app.home().work(&self.agent.id).join(format!(".reopen-{}", self.id.0));
        let path = folder.join(name);
        let write = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, bytes));
        write.map_err(|error| Failure::new(path.display().to_string(), error.to_string()))?;
        let read = self.read_file(&path);
        fs::remove_dir_all(&folder)
            .map_err(|error| Failure::new(folder.display().to_string(), error.to_string()))?;
        read
    }

    fn write(&mut self, at: &str, name: &str, bytes: &[u8]) -> Result<Wrote, Halt> {
        self.write_through(at, name, bytes)
    }

    fn file(&mut self, at: &str, folder: &Path, filings: &[Filing]) -> Result<Vec<String>, Halt> {
        self.file_away(at, folder, filings)
    }
}
