//! Sources: adding files, reading them into memory, and removing them.

mod add;
pub(crate) mod hash;
mod read;

use inhouse_agent::cancel::Cancel;
use inhouse_agent::read::{FailureCode, ReadFailure};
use inhouse_agent::source::{Source, SourceId, SourceState};

use crate::{App, AppError, AppEvent};

pub use add::{AddReport, Skipped};

/// A page of a source as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageView {
    pub source: Source,
    /// From 1.
    pub page: u32,
    pub text: String,
}

impl App {
    /// All sources, in the order in which they were added.
    pub fn sources(&self) -> Result<Vec<Source>, AppError> {
        Ok(self.record().sources()?)
    }

    pub fn source(&self, id: SourceId) -> Result<Source, AppError> {
        Ok(self.record().source(id)?)
    }

    /// The text of a page as it was read.
    pub fn page(&self, id: SourceId, page: u32) -> Result<PageView, AppError> {
        let source = self.record().source(id)?;
        let text = self.record().page_text(id, page)?.ok_or_else(|| AppError::NotFound {
            what: format!("page {page} of {}", source.path.display()),
        })?;
        Ok(PageView { source, page, text })
    }

    /// Takes a source out of memory, with all that was kept of it. The file is not touched.
    pub async fn remove_source(&self, id: SourceId) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        // The record first: from here on nothing of it is found. What memory still holds of it
        // after a crash is swept out at the next start.
        self.record().remove_source(id)?;
        self.tell(AppEvent::SourceRemoved(id));
        let finder = self.finder().await?;
        finder.memory.forget(&[id]).await?;
        finder.memory.tidy().await?;
        self.forget_computed(&[id]).await
    }

    /// Reads a failed source again; its file is looked at anew.
    pub async fn retry_source(&self, id: SourceId) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        let source = self.record().source(id)?;
        if source.state != SourceState::Failed {
            return Ok(());
        }
        self.add(&[source.path]).await.map(drop)
    }

    /// Stops reading: what is being read or waits is marked as cancelled and can be tried again.
    pub fn stop_reading(&self) -> Result<(), AppError> {
        self.home().must_be_writer()?;
        self.reading().cancel();
        let failure = ReadFailure::new(FailureCode::Cancelled, "stopped by the user");
        for id in self.record().unfinished()? {
            self.record().mark_failed(id, &failure)?;
            self.tell(AppEvent::SourceChanged(id));
        }
        Ok(())
    }

    /// The wish to stop that is in force; a used one is replaced.
    fn reading(&self) -> Cancel {
        let mut reading = self.0.reading.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if reading.is_cancelled() {
            *reading = Cancel::new();
        }
        reading.clone()
    }
}
