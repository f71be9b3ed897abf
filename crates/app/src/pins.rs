//! Pinned collections: what the model computes of their passages is computed ahead and kept on disk, so
//! that a question about one of them starts to be answered in the time that the question itself takes.
//!
//! It changes no answer, only the time until it comes. A window computes ahead while nobody works and the
//! machine is not on battery ([`App::prepare_when_idle`]); a terminal does it when it is told to.

mod computed;
mod idle;
mod job;

use std::sync::Arc;

use inhouse_agent::answer::{Language, beginning};
use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{Beginning, ChatModel, Prepared};
use inhouse_agent::passage::Passage;
use inhouse_agent::source::{SourceId, SourceState};

use crate::{App, AppError, blocking};
use computed::{beginnings, name_of};

pub use computed::Computed;
pub(crate) use idle::Activity;
pub use job::Ahead;
pub(crate) use job::Job;

/// Bytes that what is computed ahead may take on disk, and the share of what is free.
pub(crate) const ROOM: u64 = 4 << 30;
pub(crate) const SHARE_OF_FREE: u64 = 4;

/// Passages whose tokens are counted to tell what a collection takes; of more, evenly chosen ones.
const COUNTED: usize = 2_000;

/// What pinning a collection costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinCost {
    pub passages: usize,
    /// Of disk, about, when all of it is computed by the model in use.
    pub bytes: u64,
    /// That what is computed ahead takes now, of all collections.
    pub used: u64,
    /// That it may take.
    pub limit: u64,
}

/// How far computing ahead has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PinProgress {
    /// Beginnings of prompts, mostly one for a passage.
    pub all: usize,
    /// Of these, what is done: computed now, known before, or too short to gain anything.
    pub done: usize,
    /// There was no room on disk for the rest.
    pub is_full: bool,
    /// Bytes on disk, of all pinned collections.
    pub bytes: u64,
}

impl App {
    /// Tells what pinning a collection will take. Loads the model in use.
    pub async fn cost_of_pinning(&self, name: &str) -> Result<PinCost, AppError> {
        let sources = self.sources_in(&[name.to_owned()])?;
        let variants = self.instructions_over(name)?.len() as u64;
        let chat = self.chat_model().await?;
        let app = self.clone();
        blocking(move || {
            let sizes = sources.iter().map(|id| Ok(app.source(*id)?.passages as usize));
            let sizes: Vec<usize> = sizes.collect::<Result<_, AppError>>()?;
            let passages: usize = sizes.iter().sum();
            let step = passages.div_ceil(COUNTED).max(1);
            let (mut counted, mut tokens) = (0_u64, 0_u64);
            for (source, first) in every(step, &sizes) {
                for passage in app.record().passages_of(sources[source])?.iter().skip(first).step_by(step) {
                    counted += 1;
                    tokens +=
                        (chat.count_tokens(&passage.heading)? + chat.count_tokens(&passage.text)?) as u64;
                }
            }
            let tokens = tokens * passages as u64 / counted.max(1);
            let bytes = tokens * chat.bytes_kept_of_a_token() * variants;
            Ok(PinCost { passages, bytes, used: app.computed_ahead()?, limit: app.room_for_pinned()? })
        })
        .await?
    }

    /// Pins a collection, or no longer; then what was computed ahead of it alone is removed.
    pub async fn set_pinned(&self, name: &str, is_pinned: bool) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        let sources = self.sources_in(&[name.to_owned()])?;
        self.record().set_pinned(name, is_pinned)?;
        if !is_pinned {
            self.forget_unpinned(&sources).await?;
        }
        Ok(())
    }

    /// Computes ahead at once, because a person wants it, and as [`Self::prepare_pinned`] does.
    pub async fn prepare_now(&self) -> Result<PinProgress, AppError> {
        let _at_work = self.at_work();
        self.prepare_pinned(&Cancel::new(), |_| {}).await
    }

    /// Computes ahead what is not yet, until all is done, there is no room left, or it is cancelled.
    pub async fn prepare_pinned(
        &self,
        cancel: &Cancel,
        on_progress: impl Fn(PinProgress) + Send + 'static,
    ) -> Result<PinProgress, AppError> {
        self.home().must_be_writer()?;
        let _preparing = self.0.preparing.lock().await;
        let begun = self.begin_job(cancel);
        let pinned = self.collections()?.into_iter().filter(|collection| collection.is_pinned);
        let mut work: Vec<(SourceId, Arc<Vec<Instructions>>)> = Vec::new();
        for collection in pinned {
            let instructions = Arc::new(self.instructions_over(&collection.name)?);
            for id in self.sources_in(&[collection.name])? {
                if is_usable(self.source(id)?.state) {
                    work.push((id, Arc::clone(&instructions)));
                }
            }
        }
        begun.works_on(work.iter().map(|(id, _)| *id).collect());
        if work.is_empty() {
            return Ok(PinProgress { bytes: self.computed_ahead()?, ..PinProgress::default() });
        }
        let chat = self.chat_model().await?;
        let (app, cancel) = (self.clone(), cancel.clone());
        blocking(move || {
            let tell = |progress| {
                begun.has_come_to(progress);
                on_progress(progress);
            };
            app.prepare(&work, chat.as_ref(), &cancel, &tell)
        })
        .await?
    }

    fn prepare(
        &self,
        work: &[(SourceId, Arc<Vec<Instructions>>)],
        chat: &dyn ChatModel,
        cancel: &Cancel,
        on_progress: &dyn Fn(PinProgress),
    ) -> Result<PinProgress, AppError> {
        let mut progress = PinProgress { bytes: self.computed_ahead()?, ..PinProgress::default() };
        for (id, instructions) in work {
            progress.all += self.record().passages_of(*id)?.len() * instructions.len();
        }
        on_progress(progress);
        let folder = self.home().pinned();
        for (id, instructions) in work {
            let all = beginnings(&self.record().passages_of(*id)?, instructions);
            let name = name_of(&all);
            let is_complete = inhouse_llm::is_complete(&folder, chat.id(), id.0, &name);
            if is_complete.map_err(|source| AppError::io("look into", &folder, source))? {
                progress.done += all.len();
                on_progress(progress);
                continue;
            }
            for beginning in &all {
                match chat.prepare(beginning, cancel)? {
                    Prepared::Kept => {
                        progress.bytes = self.computed_ahead()?;
                    }
                    Prepared::Nothing => {}
                    Prepared::Full => {
                        progress.is_full = true;
                        on_progress(progress);
                        return Ok(progress);
                    }
                    Prepared::Cancelled => return Ok(progress),
                }
                progress.done += 1;
                on_progress(progress);
            }
            inhouse_llm::note_complete(&folder, chat.id(), id.0, &name)
                .map_err(|source| AppError::io("note what was computed ahead in", &folder, source))?;
        }
        Ok(progress)
    }

    /// Whose instructions passages of a collection will stand behind: nobody's, and those of the agents
    /// that read it.
    fn instructions_over(&self, collection: &str) -> Result<Vec<Instructions>, AppError> {
        let mut all = vec![Instructions::default()];
        for here in self.agents()?.agents {
            let agent = here.agent;
            if agent.model.is_none() && agent.collections.iter().any(|name| name == collection) {
                let [english, chinese] =
                    [Language::English, Language::Chinese].map(|of| agent.instructions.get(of).to_owned());
                all.push(Instructions { english, chinese });
            }
        }
        Ok(all)
    }

    fn pinned_sources(&self) -> Result<Vec<SourceId>, AppError> {
        let pinned = self.collections()?.into_iter().filter(|collection| collection.is_pinned);
        self.sources_in(&pinned.map(|collection| collection.name).collect::<Vec<_>>())
    }

    /// Removes what was computed ahead of those of the sources that are in no pinned collection any more.
    pub(crate) async fn forget_unpinned(&self, ids: &[SourceId]) -> Result<(), AppError> {
        let still = self.pinned_sources()?;
        let gone: Vec<SourceId> = ids.iter().filter(|id| !still.contains(id)).copied().collect();
        self.forget_computed(&gone).await
    }

    /// Removes what was computed ahead of sources, and has the model in use forget what it has read.
    pub(crate) async fn forget_computed(&self, ids: &[SourceId]) -> Result<(), AppError> {
        if ids.is_empty() {
            return Ok(());
        }
        // What is being computed of them now steps back first, or it would be kept afterwards.
        let _at_work = self.at_work();
        let _preparing = match self.0.job.stop_for(ids) {
            true => Some(self.0.preparing.lock().await),
            false => None,
        };
        let (folder, ids) = (self.home().pinned(), ids.to_owned());
        blocking(move || {
            let mut ids = ids.iter();
            ids.try_for_each(|id| inhouse_llm::forget_source(&folder, id.0))
                .map_err(|source| AppError::io("remove what was computed ahead in", &folder, source))
        })
        .await??;
        if let Some(chat) = self.0.engine.chat_in_use().await {
            chat.forget();
        }
        self.forget_job();
        Ok(())
    }

    /// Removes what is there of sources that are not pinned: their collection was taken away, or a process
    /// was killed before it had removed it.
    pub(crate) fn sweep_computed(&self) -> Result<(), AppError> {
        let folder = self.home().pinned();
        let failed = |source| AppError::io("sweep", &folder, source);
        let pinned = self.pinned_sources()?;
        for source in inhouse_llm::kept_sources(&folder).map_err(failed)? {
            if !pinned.contains(&SourceId(source)) {
                inhouse_llm::forget_source(&folder, source).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn computed_ahead(&self) -> Result<u64, AppError> {
        let folder = self.home().pinned();
        inhouse_llm::bytes_in(&folder).map_err(|source| AppError::io("measure", &folder, source))
    }

    /// Bytes that what is computed ahead may take.
    pub(crate) fn room_for_pinned(&self) -> Result<u64, AppError> {
        let free = self.home().free_bytes().map_or(ROOM, |free| free / SHARE_OF_FREE);
        Ok(ROOM.min(free + self.computed_ahead()?))
    }
}

/// Of what stands in places of these sizes, one behind the other, each `step`th: the places that have any,
/// and where in them the first is.
fn every(step: usize, sizes: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    let mut begin = 0_usize;
    sizes.iter().enumerate().filter_map(move |(place, size)| {
        let first = begin.next_multiple_of(step) - begin;
        begin += size;
        (first < *size).then_some((place, first))
    })
}

fn is_usable(state: SourceState) -> bool {
    matches!(state, SourceState::Ready | SourceState::PartlyRead)
}

/// An agent's own instructions, or none.
#[derive(Debug, Default)]
struct Instructions {
    english: String,
    chinese: String,
}

impl Instructions {
    /// What prompts begin with in which a passage stands first; in its own language, for so it is asked
    /// for mostly.
    fn before(&self, passage: &Passage) -> Beginning {
        let language = Language::of(&passage.text);
        let own = match language {
            Language::English => &self.english,
            Language::Chinese => &self.chinese,
        };
        Beginning { messages: beginning(own, language, passage), common: 1, source: passage.anchor.source.0 }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

    use crate::Options;

    use super::*;

    #[test]
    fn every_so_manieth_passage_is_counted_wherever_it_stands() {
        // Passages 0, 3, 6 and 9 of ten.
        assert_eq!(every(3, &[2, 0, 3, 5]).collect::<Vec<_>>(), [(0, 0), (2, 1), (3, 1)]);
        assert_eq!(every(1, &[1, 2]).collect::<Vec<_>>(), [(0, 0), (1, 0)]);
        assert_eq!(every(1, &[]).count(), 0);
    }

    #[tokio::test]
    async fn what_was_computed_goes_when_its_last_pinned_collection_does() {
        let folder = tempfile::tempdir().unwrap();
        let app =
            App::open(Options { home: Some(folder.path().join("home")), ..Options::default() }).unwrap();
        let document = folder.path().join("a.txt");
        std::fs::write(&document, "A night costs 140 EUR.").unwrap();
        let id = app.add(&[document]).await.unwrap().queued[0];
        let kept = app.home().pinned().join("model-01234567").join(id.0.to_string()).join("kept.kv");
        let compute = || {
            std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
            std::fs::write(&kept, "keys and values").unwrap();
        };
        for name in ["hotels", "travel"] {
            app.add_source_to_collection(name, id).unwrap();
            app.set_pinned(name, true).await.unwrap();
        }
        compute();
        app.set_pinned("hotels", false).await.unwrap();
        assert!(kept.exists());
        app.set_pinned("travel", false).await.unwrap();
        assert!(!kept.exists());

        app.set_pinned("travel", true).await.unwrap();
        compute();
        app.remove_source_from_collection("travel", id).await.unwrap();
        assert!(!kept.exists());
        app.add_source_to_collection("travel", id).unwrap();
        compute();
        app.remove_from_collection("travel", None).await.unwrap();
        assert!(!kept.exists());
    }
}
