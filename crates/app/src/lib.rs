//! The use cases, and the place where the rooms are joined. No Tauri, no terminal.
//!
//! [`App`] is one open data folder with its record, its memory and the models in use. What a
//! window or a terminal can do stands here once: add files and read them ([`sources`]), search and
//! ask ([`ask`]), hand a task to an agent ([`agents`], [`runs`]), choose and import models
//! ([`models`]).
//!
//! Invariants: the record is the truth and memory an index of it, so what memory finds is shown
//! only if the record says that it may be; one process writes to a data folder at a time; no
//! connection is opened.
//!
//! Start reading at [`App::open`].

pub mod agents;
pub mod ask;
pub mod collections;
mod engine;
pub mod error;
mod home;
pub mod models;
mod passages;
pub mod pins;
pub mod runs;
pub mod sources;
pub mod view;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use inhouse_agent::read::SourceReader;
use inhouse_agent::source::SourceId;
use inhouse_ingest::{ChildReader, ReadLimits};
use inhouse_record::Record;
use tokio::sync::{Notify, broadcast};

pub use error::AppError;
pub use home::Home;

use engine::Engine;

/// How an app is opened.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The data folder; the platform's own when `None`.
    pub home: Option<PathBuf>,
    /// The catalogue's id of the chat model; the default one when `None`.
    pub chat_model: Option<String>,
}

/// One open data folder. Clones are handles to the same one.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    home: Home,
    record: Record,
    reader: Arc<dyn SourceReader>,
    engine: Engine,
    events: broadcast::Sender<AppEvent>,
    /// Rung when there is something to read.
    queue: Notify,
    /// Wish to stop reading; replaced by a new one when it was used.
    reading: std::sync::Mutex<inhouse_agent::cancel::Cancel>,
    /// Only one reads at a time.
    working: tokio::sync::Mutex<()>,
    activity: pins::Activity,
    job: pins::Job,
    /// Only one computes ahead, and nothing is forgotten meanwhile.
    preparing: tokio::sync::Mutex<()>,
}

/// What changed, for whoever shows it. A listener that is too slow loses the oldest and should
/// then look at everything again.
#[derive(Debug, Clone)]
pub enum AppEvent {
    SourceChanged(SourceId),
    SourceRemoved(SourceId),
    /// A model was loaded, or failed to load.
    ModelsChanged,
    /// What is computed ahead has come further, has begun or has ended.
    AheadChanged,
    /// The other process that wrote to the data folder has gone; everything may have changed.
    BecameWriter,
    /// Something that nobody waits for went wrong.
    Problem(Arc<AppError>),
}

impl App {
    /// Opens a data folder, making it when it is not there. A second process may open it too, and
    /// then only look and ask.
    pub fn open(options: Options) -> Result<Self, AppError> {
        let home = Home::open(options.home)?;
        let record = Record::open(&home.record())?;
        let reader = ChildReader::new(ReadLimits::default())
            .map_err(|source| AppError::io("find the running program", home.folder(), source))?;
        let (events, _) = broadcast::channel(4096);
        let engine = Engine::new(options.chat_model);
        Ok(Self(Arc::new(Inner {
            home,
            record,
            reader: Arc::new(reader),
            engine,
            events,
            queue: Notify::new(),
            reading: std::sync::Mutex::default(),
            working: tokio::sync::Mutex::new(()),
            activity: pins::Activity::default(),
            job: pins::Job::default(),
            preparing: tokio::sync::Mutex::new(()),
        })))
    }

    pub fn home(&self) -> &Home {
        &self.0.home
    }

    pub fn record(&self) -> &Record {
        &self.0.record
    }

    fn reader(&self) -> &dyn SourceReader {
        self.0.reader.as_ref()
    }

    /// What changes from now on.
    pub fn events(&self) -> broadcast::Receiver<AppEvent> {
        self.0.events.subscribe()
    }

    fn tell(&self, event: AppEvent) {
        // Nobody listening is fine: a terminal command that only looks has no listener.
        drop(self.0.events.send(event));
    }
}

/// Does the work of a child and ends, when this process was started for that: reading a file, or
/// rendering a model's template. To be called first thing in `main`.
pub fn serve_if_asked() -> Option<ExitCode> {
    inhouse_ingest::serve_if_asked().or_else(inhouse_llm::serve_if_asked)
}

/// Runs blocking work off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Bug { what: error.to_string() })
}
