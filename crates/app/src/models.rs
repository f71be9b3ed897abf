//! Which models there are, and bringing in new ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatEvent, ChatRequest, Completion, ModelError};
use inhouse_agent::embed::{Embedder, Purpose};
use inhouse_catalog::{Catalog, ImportFacts, Location};
pub use inhouse_catalog::{Imported, Model, Task, Verdict};
use inhouse_llm::{LocalEmbedder, Measured, Perplexity};
pub use inhouse_llm::{MeasureStep, Speed};

use crate::engine::{LoadState, must_fit};
use crate::{App, AppError, blocking};

/// A model of the catalogue and its state on this machine.
#[derive(Debug, Clone)]
pub struct KnownModel {
    pub model: Model,
    pub state: ModelState,
    /// Whether it is the one in use for its task.
    pub in_use: bool,
}

#[derive(Debug, Clone)]
pub enum ModelState {
    Missing,
    /// The file has another size than it should.
    Damaged {
        path: PathBuf,
        found: u64,
        expected: u64,
    },
    Present {
        path: PathBuf,
    },
    Loading,
    Loaded,
    Failed(Arc<AppError>),
}

/// How fast a model is here.
#[derive(Debug)]
pub struct Bench {
    pub model: String,
    /// Threads that this process may use.
    pub threads: usize,
    pub measured: Measured,
    /// A smaller chat model of the catalogue, the next one, and how much smaller its file is.
    pub smaller: Option<Smaller>,
}

/// A model in whose place another one could be used.
#[derive(Debug)]
pub struct Smaller {
    pub id: String,
    /// Share of the size; writing takes about as much less time.
    pub share: f64,
}

/// How fast passages were embedded here, turning them into tokens included.
#[derive(Debug)]
pub struct EmbeddingSpeed {
    pub model: String,
    pub passages: usize,
    /// What a passage has beyond the model's limit does not count.
    pub tokens: usize,
    pub elapsed: Duration,
}

impl App {
    /// Every model that the catalogue knows.
    pub fn models(&self) -> Result<Vec<KnownModel>, AppError> {
        let catalog = self.catalog();
        let in_use = [Task::Chat, Task::Embedding]
            .map(|task| self.in_use(&catalog, task).map(|model| model.id.clone()));
        catalog
            .models()
            .iter()
            .map(|model| {
                Ok(KnownModel {
                    model: model.clone(),
                    state: self.model_state(model)?,
                    in_use: in_use.iter().flatten().any(|id| *id == model.id),
                })
            })
            .collect()
    }

    /// The model in use for a task, whether it is there or not.
    pub fn model_in_use(&self, task: Task) -> Result<KnownModel, AppError> {
        let catalog = self.catalog();
        let model = self
            .in_use(&catalog, task)
            .ok_or_else(|| AppError::NotFound { what: format!("model for {}", task.code()) })?;
        Ok(KnownModel { model: model.clone(), state: self.model_state(model)?, in_use: true })
    }

    /// Hashes the files of a model, or of all that are present, and says what it found of each.
    pub async fn verify_models(
        &self,
        id: Option<&str>,
        cancel: &Cancel,
        on_progress: impl FnMut(&str, u64) + Send + 'static,
    ) -> Result<Vec<(Model, Verdict)>, AppError> {
        let catalog = self.catalog();
        let models: Vec<Model> = match id {
            Some(id) => vec![catalog.find(id)?.clone()],
            None => catalog.models().to_vec(),
        };
        let folders = self.home().model_folders();
        let (cancel, mut on_progress, all) = (cancel.clone(), on_progress, id.is_none());
        blocking(move || {
            let mut verdicts = Vec::new();
            for model in models {
                let folder = match model.locate(&folders)? {
                    Location::Present { path } => path,
                    Location::Damaged { path, expected, found } => {
                        verdicts.push((model, Verdict::SizeDiffers { path, expected, found }));
                        continue;
                    }
                    Location::Missing if all => continue,
                    Location::Missing => return Err(AppError::ModelMissing { id: model.id }),
                };
                let id = model.id.clone();
                let verdict = model.verify(&folder, &cancel, &mut |bytes| on_progress(&id, bytes))?;
                verdicts.push((model, verdict));
            }
            Ok(verdicts)
        })
        .await?
    }

    /// Copies a model file into the data folder, after a look at its header: what is broken or of
    /// an unknown kind is refused, and why is said.
    pub async fn import_model(
        &self,
        file: &Path,
        cancel: &Cancel,
        mut on_progress: impl FnMut(u64, u64) + Send + 'static,
    ) -> Result<Imported, AppError> {
        self.home().must_be_writer()?;
        let (file, cancel, folder, mut catalog) =
            (file.to_owned(), cancel.clone(), self.home().models(), self.catalog());
        blocking(move || {
            let facts = inhouse_llm::inspect(&file)?;
            if let Some(reason) = facts.unsupported {
                return Err(ModelError::Unsupported { path: file.display().to_string(), reason }.into());
            }
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let facts = ImportFacts {
                name: facts.name.unwrap_or(stem),
                task: Task::Chat,
                architecture: facts.architecture,
                licence: facts.licence.unwrap_or_default(),
                context: u32::try_from(facts.context).unwrap_or(u32::MAX),
                languages: Vec::new(),
                // The weights, and as much again as a context of moderate length takes.
                memory: facts.file_bytes + facts.file_bytes / 4 + (300 << 20),
            };
            Ok(catalog.import(&folder, &file, &facts, &cancel, &mut on_progress)?)
        })
        .await?
    }

    /// Measures the chat model on prompts of these lengths, and on writing `decode` tokens behind
    /// each. It is loaded for this alone. `None` when it was cancelled.
    pub async fn measure_speed(
        &self,
        contexts: Vec<usize>,
        decode: usize,
        cancel: &Cancel,
        mut on_step: impl FnMut(MeasureStep) + Send + 'static,
    ) -> Result<Option<Bench>, AppError> {
        let (model, path) = self.locate_chat_model()?;
        must_fit(&model)?;
        let cancel = cancel.clone();
        let measured =
            blocking(move || inhouse_llm::measure(&path, &contexts, decode, &cancel, &mut on_step)).await??;
        let Some(measured) = measured else { return Ok(None) };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let catalog = self.catalog();
        // One that speaks the same languages.
        let is_smaller = |other: &&Model| {
            other.task == Task::Chat
                && other.bytes() < model.bytes()
                && model.languages.iter().all(|language| other.languages.contains(language))
        };
        let smaller = catalog.models().iter().filter(is_smaller).max_by_key(|other| other.bytes());
        let smaller = smaller.map(|other| Smaller {
            id: other.id.clone(),
            share: other.bytes() as f64 / model.bytes() as f64,
        });
        Ok(Some(Bench { model: model.id, threads, measured, smaller }))
    }

    /// Measures an embedding model, else the one in use, on passages. It is loaded for this alone.
    pub async fn measure_embedding(
        &self,
        id: Option<String>,
        passages: Vec<String>,
    ) -> Result<EmbeddingSpeed, AppError> {
        let (model, path) = self.locate(Task::Embedding, id.as_deref())?;
        let measured = blocking(move || {
            let embedder = LocalEmbedder::load(model.id.clone(), &path)?;
            let counted = passages
                .iter()
                .map(|text| embedder.count_tokens(text).map(|tokens| tokens.min(embedder.max_tokens())));
            let tokens = counted.sum::<Result<usize, _>>()?;
            let texts: Vec<&str> = passages.iter().map(String::as_str).collect();
            let begun = Instant::now();
            embedder.embed(&texts, Purpose::Passage)?;
            let elapsed = begun.elapsed();
            Ok::<_, ModelError>(EmbeddingSpeed { model: model.id, passages: texts.len(), tokens, elapsed })
        });
        Ok(measured.await??)
    }

    /// How well the chat model foresees a text, in windows of so many tokens; `None` when the text does
    /// not fill one.
    pub async fn perplexity(&self, text: String, window: usize) -> Result<Option<Perplexity>, AppError> {
        let (model, path) = self.locate_chat_model()?;
        must_fit(&model)?;
        Ok(blocking(move || inhouse_llm::perplexity(&path, &text, window)).await??)
    }

    /// Has the chat model answer a request as it stands, without documents. `on_event` gets what the
    /// model tells, off the caller's thread.
    pub async fn complete(
        &self,
        request: ChatRequest,
        cancel: &Cancel,
        mut on_event: impl FnMut(ChatEvent<'_>) + Send + 'static,
    ) -> Result<Completion, AppError> {
        let chat = self.chat_model().await?;
        let cancel = cancel.clone();
        Ok(blocking(move || chat.complete(&request, &cancel, &mut on_event)).await??)
    }

    pub(crate) fn locate_chat_model(&self) -> Result<(Model, PathBuf), AppError> {
        self.locate_chat_model_for(None)
    }

    /// The chat model that a person chose, otherwise the wanted one, otherwise the one in use.
    pub(crate) fn locate_chat_model_for(&self, wanted: Option<&str>) -> Result<(Model, PathBuf), AppError> {
        self.locate(Task::Chat, self.0.engine.chosen().or(wanted))
    }

    pub(crate) fn locate(&self, task: Task, chosen: Option<&str>) -> Result<(Model, PathBuf), AppError> {
        let catalog = self.catalog();
        let model = match chosen {
            Some(id) => catalog.find(id)?,
            None => self
                .in_use(&catalog, task)
                .ok_or_else(|| AppError::NotFound { what: format!("model for {}", task.code()) })?,
        };
        if model.task != task {
            return Err(AppError::WrongTask { id: model.id.clone(), task: model.task.code() });
        }
        match model.locate(&self.home().model_folders())? {
            Location::Present { path } => Ok((model.clone(), path)),
            Location::Damaged { path, expected, found } => {
                Err(AppError::ModelDamaged { path, found, expected })
            }
            Location::Missing => Err(AppError::ModelMissing { id: model.id.clone() }),
        }
    }

    fn catalog(&self) -> Catalog {
        Catalog::open(&self.home().models())
    }

    /// The chosen model; otherwise the default one, or another of its task when only that is here.
    fn in_use<'a>(&self, catalog: &'a Catalog, task: Task) -> Option<&'a Model> {
        let chosen = self.0.engine.chosen().filter(|_| task == Task::Chat);
        match chosen {
            Some(id) => catalog.find(id).ok(),
            None => {
                let folders = self.home().model_folders();
                let is_here = |model: &&Model| matches!(model.locate(&folders), Ok(Location::Present { .. }));
                let default = catalog.default_for(task);
                let of_task = catalog.models().iter().filter(|model| model.task == task);
                default.into_iter().chain(of_task).find(is_here).or(default)
            }
        }
    }

    fn model_state(&self, model: &Model) -> Result<ModelState, AppError> {
        Ok(match model.locate(&self.home().model_folders())? {
            Location::Missing => ModelState::Missing,
            Location::Damaged { path, expected, found } => ModelState::Damaged { path, found, expected },
            Location::Present { path } => match self.0.engine.state(&model.id) {
                None => ModelState::Present { path },
                Some(LoadState::Loading) => ModelState::Loading,
                Some(LoadState::Loaded) => ModelState::Loaded,
                Some(LoadState::Failed(error)) => ModelState::Failed(error),
            },
        })
    }
}

/// The same error once more, for a second one who is told of it.
pub(crate) fn told(error: &AppError, id: &str) -> AppError {
    match error {
        AppError::Model(error) => AppError::Model(error.clone()),
        AppError::ModelTooLarge { id, needed_mib, available_mib } => {
            AppError::ModelTooLarge { id: id.clone(), needed_mib: *needed_mib, available_mib: *available_mib }
        }
        other => AppError::Model(ModelError::Run {
            model: id.to_owned(),
            doing: "loading",
            reason: other.to_string(),
        }),
    }
}
