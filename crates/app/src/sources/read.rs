//! Reading what is queued: pages, passages, vectors, memory. Killed anywhere, it goes on where it
//! was: the text is kept in one transaction, and each batch of vectors is noted once it is in
//! memory.

use std::sync::Arc;

use inhouse_agent::cancel::Cancel;
use inhouse_agent::embed::Purpose;
use inhouse_agent::passage::{Page, Passage};
use inhouse_agent::read::{FailureCode, ReadFailure};
use inhouse_agent::source::{Source, SourceId, SourceState};
use inhouse_memory::{Embedded, Memory, MemoryError};
use inhouse_record::RecordError;

use crate::engine::Finder;
use crate::sources::hash;
use crate::{App, AppError, AppEvent, blocking, passages};

/// Passages that are embedded and written in one go: few enough to see progress and to lose
/// little, enough to make a commit worth its cost.
const BATCH: usize = 32;

impl App {
    /// Reads everything that is queued, and what an earlier process left unfinished, until nothing
    /// is left. A source that fails is marked with its reason, and the rest goes on.
    ///
    /// An error means that nothing more can be read now (no embedding model, a full disk); what
    /// waits stays queued.
    pub async fn read_queued(&self) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        let _one_at_a_time = self.0.working.lock().await;
        let mut any = false;
        loop {
            // Opening memory may queue sources that it lacks.
            let finder =
                if any || !self.record().sources()?.is_empty() { Some(self.finder().await?) } else { None };
            let Some(id) = self.record().unfinished()?.first().copied() else { break };
            let Some(finder) = finder else { break };
            let cancel = self.reading();
            any = true;
            let outcome = self.read_source(id, &finder, &cancel).await;
            self.settle(id, outcome)?;
            self.tell(AppEvent::SourceChanged(id));
        }
        if any {
            self.tidy(&self.finder().await?.memory).await;
        }
        Ok(())
    }

    /// Tidies memory up. A failure costs speed and disk, never a passage, and the next time mends
    /// it, so it is logged and nothing else ends because of it.
    pub(super) async fn tidy(&self, memory: &Memory) {
        if let Err(error) = memory.tidy().await {
            tracing::warn!(%error, "memory was not tidied up");
        }
    }

    /// Reads whenever something is queued, for as long as the app is open, and once no other
    /// process does.
    pub async fn read_forever(&self) {
        if let Err(error) = self.until_writer().await {
            self.tell(AppEvent::Problem(Arc::new(error)));
        }
        loop {
            if let Err(error) = self.read_queued().await {
                self.tell(AppEvent::Problem(Arc::new(error)));
            }
            self.0.queue.notified().await;
        }
    }

    /// Notes how reading a source ended. A removed source is nobody's failure; what concerns all
    /// sources, like a full disk, is the caller's.
    fn settle(&self, id: SourceId, outcome: Result<(), AppError>) -> Result<(), AppError> {
        let Err(error) = outcome else { return Ok(()) };
        if matches!(self.record().source(id), Err(RecordError::NotFound { .. })) {
            return Ok(());
        }
        let failure = match &error {
            AppError::Source { failure, .. } => failure.clone(),
            AppError::Model(reason) => ReadFailure::new(FailureCode::Embedding, reason.to_string()),
            AppError::Record(RecordError::DiskFull { .. })
            | AppError::Memory(MemoryError::DiskFull { .. }) => {
                ReadFailure::new(FailureCode::DiskFull, error.to_string())
            }
            AppError::Memory(reason) if self.disk_is_full() => {
                ReadFailure::new(FailureCode::DiskFull, reason.to_string())
            }
            AppError::Memory(reason) => ReadFailure::new(FailureCode::Memory, reason.to_string()),
            _ => return Err(error),
        };
        match self.record().mark_failed(id, &failure) {
            Ok(()) => Ok(()),
            // The mark does not fit either: the source stays as it is and is read later.
            Err(RecordError::DiskFull { .. }) if failure.code == FailureCode::DiskFull => Err(error),
            Err(other) => Err(other.into()),
        }
    }

    async fn read_source(&self, id: SourceId, finder: &Finder, cancel: &Cancel) -> Result<(), AppError> {
        let _at_work = self.at_work();
        let source = self.record().source(id)?;
        self.record().mark_reading(id)?;
        self.tell(AppEvent::SourceChanged(id));
        if !self.record().is_extracted(id)? {
            self.extract(&source, cancel).await?;
            self.tell(AppEvent::SourceChanged(id));
        }
        loop {
            if cancel.is_cancelled() {
                return Err(failed(&source, FailureCode::Cancelled, "stopped by the user"));
            }
            let batch = self.record().passages_to_embed(id, BATCH)?;
            if batch.is_empty() {
                break;
            }
            self.embed(finder, batch).await?;
            self.tell(AppEvent::SourceChanged(id));
        }
        match self.record().mark_ready(id)? {
            Some(replaced) => {
                for gone in &replaced {
                    self.tell(AppEvent::SourceRemoved(*gone));
                }
                finder.memory.forget(&replaced).await?;
                self.forget_computed(&replaced).await
            }
            None if self.record().source(id)?.state == SourceState::Failed => Ok(()),
            None => Err(failed(&source, FailureCode::NoText, "no passage on any page")),
        }
    }

    /// Reads the file in a child process, cuts it and keeps both pages and passages.
    async fn extract(&self, source: &Source, cancel: &Cancel) -> Result<(), AppError> {
        let (reader, path, cancel) = (Arc::clone(&self.0.reader), source.path.clone(), cancel.clone());
        let noted = source.sha256;
        let read = blocking(move || {
            let mut pages: Vec<Page> = Vec::new();
            reader.read(&path, &cancel, &mut |page| pages.push(page))?;
            // What was read must be what was noted, or its passages would carry a wrong hash.
            let (_, now) = hash::hash(&path)?;
            if noted.is_some_and(|noted| noted != now) {
                return Err(ReadFailure::new(FailureCode::Changed, "its content is not what was added"));
            }
            let passages: Vec<_> = pages.iter().flat_map(passages::cut).collect();
            Ok((pages, passages))
        })
        .await?;
        let (pages, passages) =
            read.map_err(|failure| AppError::Source { path: source.path.clone(), failure })?;
        self.record().keep_extracted(source.id, &pages, &passages)?;
        if passages.is_empty() {
            let detail = format!("{} pages without text", pages.len());
            return Err(failed(source, FailureCode::NoText, detail));
        }
        Ok(())
    }

    async fn embed(&self, finder: &Finder, batch: Vec<Passage>) -> Result<(), AppError> {
        let embedder = Arc::clone(&finder.embedder);
        let embedded = blocking(move || {
            let words: Vec<String> = batch.iter().map(searched).collect();
            let texts: Vec<&str> = words.iter().map(String::as_str).collect();
            let vectors = embedder.embed(&texts, Purpose::Passage)?;
            Ok::<_, AppError>(
                batch
                    .iter()
                    .zip(words)
                    .zip(vectors)
                    .map(|((passage, words), vector)| Embedded {
                        passage: passage.id,
                        source: passage.anchor.source,
                        words,
                        vector,
                    })
                    .collect::<Vec<_>>(),
            )
        })
        .await??;
        finder.memory.write(&embedded).await?;
        let ids: Vec<_> = embedded.iter().map(|passage| passage.passage).collect();
        Ok(self.record().mark_in_memory(&ids)?)
    }

    /// Less than a mebibyte left counts as full: Lance reports that case in words only.
    fn disk_is_full(&self) -> bool {
        self.home().free_bytes().is_some_and(|free| free < 1 << 20)
    }
}

fn failed(source: &Source, code: FailureCode, detail: impl Into<String>) -> AppError {
    AppError::Source { path: source.path.clone(), failure: ReadFailure::new(code, detail) }
}

/// What a passage is found by: its headings and its text.
fn searched(passage: &Passage) -> String {
    if passage.heading.is_empty() || passage.text.contains(&passage.heading) {
        passage.text.clone()
    } else {
        format!("{}\n{}", passage.heading, passage.text)
    }
}
