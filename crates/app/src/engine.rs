//! The models in use and the memory of the embedder: loaded at first need, kept until replaced.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use inhouse_agent::chat::ChatModel;
use inhouse_agent::embed::Embedder;
use inhouse_agent::passage::PassageId;
use inhouse_agent::source::SourceId;
use inhouse_catalog::{Model, Task};
use inhouse_llm::{LoadOptions, LocalChat, LocalEmbedder, SnapshotOptions};
use inhouse_memory::{Memory, MemoryError};

use crate::{App, AppError, AppEvent, blocking};

/// Tokens of prompt and answer together; more is rarely needed and costs memory.
const CONTEXT: usize = 8192;

/// Bytes that what was computed of common beginnings of prompts may take on disk.
const SNAPSHOTS: u64 = 512 << 20;

/// Between two looks whether another process has gone: soon enough for a window that was closed
/// and opened again, seldom enough to cost nothing.
const RETRY: Duration = Duration::from_millis(500);

pub struct Engine {
    /// What the person chose, by the catalogue's id.
    chosen: Option<String>,
    chat: tokio::sync::Mutex<Option<Arc<dyn ChatModel>>>,
    finder: tokio::sync::OnceCell<Finder>,
    states: Mutex<BTreeMap<String, LoadState>>,
}

/// How far a model is.
#[derive(Debug, Clone)]
pub enum LoadState {
    Loading,
    Loaded,
    Failed(Arc<AppError>),
}

/// What finds passages.
#[derive(Clone)]
pub struct Finder {
    pub embedder: Arc<dyn Embedder>,
    pub memory: Memory,
    /// From which cosine on a sentence is evidence, by language; see the catalogue.
    pub evidence: Arc<BTreeMap<String, f32>>,
}

impl Engine {
    pub fn new(chosen: Option<String>) -> Self {
        Self {
            chosen,
            chat: tokio::sync::Mutex::default(),
            finder: tokio::sync::OnceCell::new(),
            states: Mutex::default(),
        }
    }

    pub fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }

    pub fn state(&self, model: &str) -> Option<LoadState> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).get(model).cloned()
    }

    /// The chat model that is loaded.
    pub(crate) async fn chat_in_use(&self) -> Option<Arc<dyn ChatModel>> {
        self.chat.lock().await.clone()
    }

    async fn let_go_of_chat(&self) {
        if let Some(chat) = self.chat.lock().await.take() {
            self.states.lock().unwrap_or_else(PoisonError::into_inner).remove(chat.id());
        }
    }

    fn set_state(&self, model: &str, state: LoadState) {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).insert(model.to_owned(), state);
    }
}

impl App {
    /// The chat model, loaded when it is not yet.
    pub(crate) async fn chat_model(&self) -> Result<Arc<dyn ChatModel>, AppError> {
        self.chat_model_for(None).await
    }

    /// The chat model that a person chose, otherwise the wanted one; loaded when it is not yet.
    pub(crate) async fn chat_model_for(&self, wanted: Option<&str>) -> Result<Arc<dyn ChatModel>, AppError> {
        let (model, path) = self.locate_chat_model_for(wanted)?;
        let mut slot = self.0.engine.chat.lock().await;
        if let Some(chat) = slot.as_ref().filter(|chat| chat.id() == model.id) {
            return Ok(Arc::clone(chat));
        }
        *slot = None;
        self.load_chat(model, path).await.inspect(|chat| *slot = Some(Arc::clone(chat)))
    }

    /// Another chat model next to one that stays loaded. What a person chose for everything holds here
    /// too.
    pub(crate) async fn chat_model_beside(
        &self,
        wanted: &str,
        loaded: &Arc<dyn ChatModel>,
    ) -> Result<Arc<dyn ChatModel>, AppError> {
        let (model, path) = self.locate_chat_model_for(Some(wanted))?;
        if model.id == loaded.id() {
            return Ok(Arc::clone(loaded));
        }
        self.load_chat(model, path).await
    }

    async fn load_chat(&self, model: Model, path: PathBuf) -> Result<Arc<dyn ChatModel>, AppError> {
        let id = model.id.clone();
        // Only who may write to the data folder keeps anything there.
        let snapshots = self
            .home()
            .is_writer()
            .then(|| SnapshotOptions { folder: self.home().snapshots(), limit: SNAPSHOTS });
        // It only saves time: a folder that cannot be looked at keeps nobody from asking.
        let pinned = self.home().is_writer().then(|| self.room_for_pinned()).and_then(|room| {
            room.inspect_err(|error| tracing::warn!(%error, "nothing that was computed ahead is used")).ok()
        });
        let pinned = pinned.map(|limit| SnapshotOptions { folder: self.home().pinned(), limit });
        self.load(&id, move || {
            must_fit(&model)?;
            let options = LoadOptions {
                id: model.id,
                path,
                context_limit: Some(CONTEXT),
                memory_limit: memory_available(),
                drafts: true,
                snapshots,
                pinned,
            };
            Ok(Arc::new(LocalChat::load(options)?) as Arc<dyn ChatModel>)
        })
        .await
    }

    /// The embedder and its memory, loaded, checked against the record and mended at first need.
    pub(crate) async fn finder(&self) -> Result<Finder, AppError> {
        self.0.engine.finder.get_or_try_init(|| self.open_finder()).await.cloned()
    }

    /// Waits until this process is the one that writes, when another one is now, and makes memory
    /// agree with the record then: the other one may have been killed in the middle of a write.
    pub async fn until_writer(&self) -> Result<(), AppError> {
        if self.home().is_writer() {
            return Ok(());
        }
        while !self.home().try_lock()? {
            tokio::time::sleep(RETRY).await;
        }
        if let Some(finder) = self.0.engine.finder.get() {
            let _one_at_a_time = self.0.working.lock().await;
            self.mend(&finder.memory).await?;
        }
        // One that was loaded before keeps nothing on disk; the next one does.
        self.0.engine.let_go_of_chat().await;
        self.tell(AppEvent::BecameWriter);
        Ok(())
    }

    async fn open_finder(&self) -> Result<Finder, AppError> {
        let (model, path) = self.locate(Task::Embedding, None)?;
        let id = model.id.clone();
        let evidence = Arc::new(model.evidence.clone());
        let embedder = self
            .load(&id, move || Ok(Arc::new(LocalEmbedder::load(model.id, &path)?) as Arc<dyn Embedder>))
            .await?;
        let folder = self.home().memory();
        std::fs::create_dir_all(&folder)
            .map_err(|source| AppError::io("create the folder", &folder, source))?;
        let memory = match Memory::open(&folder, &id, embedder.dimensions()).await {
            Ok(memory) if self.home().is_writer() => match self.mend(&memory).await {
                Ok(()) => memory,
                Err(AppError::Memory(MemoryError::Index { reason, .. })) => {
                    self.rebuild(embedder.as_ref(), &reason).await?
                }
                Err(error) => return Err(error),
            },
            Ok(memory) => memory,
            Err(MemoryError::Index { reason, .. }) if self.home().is_writer() => {
                self.rebuild(embedder.as_ref(), &reason).await?
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Finder { embedder, memory, evidence })
    }

    /// Makes memory agree with the record: what is missing is queued to be embedded again, what
    /// is too much goes.
    async fn mend(&self, memory: &Memory) -> Result<(), AppError> {
        let mut contents: BTreeMap<SourceId, Vec<PassageId>> = BTreeMap::new();
        for (source, passage) in memory.contents().await? {
            contents.entry(source).or_default().push(passage);
        }
        let mut incomplete = Vec::new();
        let mut stray = Vec::new();
        for (source, mut expected) in self.record().passages_in_memory()? {
            let mut found = contents.remove(&source).unwrap_or_default();
            found.sort();
            found.dedup();
            expected.sort();
            if expected.iter().any(|passage| found.binary_search(passage).is_err()) {
                incomplete.push(source);
            }
            stray.extend(found.into_iter().filter(|passage| expected.binary_search(passage).is_err()));
        }
        let unknown: Vec<SourceId> = contents.into_keys().collect();
        if !incomplete.is_empty() {
            tracing::warn!(
                sources = incomplete.len(),
                "memory lacks passages that the record has; embedding again"
            );
            self.record().forget_embedded(Some(&incomplete))?;
            self.0.queue.notify_one();
        }
        memory.forget_passages(&stray).await?;
        memory.forget(&unknown).await?;
        // What is in the way there costs disk, and no answer.
        if let Err(error) = self.sweep_computed() {
            tracing::warn!(%error, "what was computed ahead of sources that are not pinned stays");
        }
        Ok(())
    }

    /// Memory can't be used: begins a new one, and has every source embedded again from its kept
    /// text.
    async fn rebuild(&self, embedder: &dyn Embedder, reason: &str) -> Result<Memory, AppError> {
        tracing::warn!(reason, "memory is damaged and is rebuilt from the record");
        let folder = self.home().memory();
        std::fs::remove_dir_all(&folder)
            .and_then(|()| std::fs::create_dir_all(&folder))
            .map_err(|source| AppError::io("begin again with the folder", &folder, source))?;
        let memory = Memory::open(&folder, embedder.id(), embedder.dimensions()).await?;
        self.record().forget_embedded(None)?;
        self.0.queue.notify_one();
        Ok(memory)
    }

    /// Loads a model off the async threads and keeps its state for whoever shows it.
    async fn load<T: Send + 'static>(
        &self,
        id: &str,
        work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.0.engine.set_state(id, LoadState::Loading);
        self.tell(AppEvent::ModelsChanged);
        let loaded = blocking(work).await.flatten();
        let state = match &loaded {
            Ok(_) => LoadState::Loaded,
            // The caller gets the error itself; what is shown later needs its words only.
            Err(error) => LoadState::Failed(Arc::new(crate::models::told(error, id))),
        };
        self.0.engine.set_state(id, state);
        self.tell(AppEvent::ModelsChanged);
        loaded
    }
}

/// Refuses a model that takes more memory than is free, before it is loaded.
pub(crate) fn must_fit(model: &Model) -> Result<(), AppError> {
    match memory_available() {
        Some(available) if !model.fits(available) => Err(AppError::ModelTooLarge {
            id: model.id.clone(),
            needed_mib: model.memory >> 20,
            available_mib: available >> 20,
        }),
        _ => Ok(()),
    }
}

/// Bytes of memory that are free, as the system estimates it, or `None` where it does not tell.
fn memory_available() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
