//! Writing, forgetting and tidying up.

use std::sync::Arc;

use arrow_array::types::Float32Type;
use arrow_array::{FixedSizeListArray, Int64Array, RecordBatch, RecordBatchIterator, StringArray};
use inhouse_agent::passage::PassageId;
use inhouse_agent::source::SourceId;
use lancedb::table::{CompactionOptions, OptimizeAction};

use crate::{Memory, MemoryError, column};

/// A passage ready to be written.
#[derive(Debug, Clone)]
pub struct Embedded {
    pub passage: PassageId,
    pub source: SourceId,
    /// What full-text search looks at: the passage with its headings.
    pub words: String,
    pub vector: Vec<f32>,
}

impl Memory {
    /// Writes all of `passages` in one commit, each in place of an older one of its number.
    pub async fn write(&self, passages: &[Embedded]) -> Result<(), MemoryError> {
        if passages.is_empty() {
            return Ok(());
        }
        let writing = self.failing("write passages");
        let batch = self.batch(passages)?;
        let mut merge = self.table.merge_insert(&[column::ID]);
        merge.when_matched_update_all(None).when_not_matched_insert_all();
        merge
            .execute(Box::new(RecordBatchIterator::new([Ok(batch)], self.schema.clone())))
            .await
            .map_err(|error| writing.because(error))?;
        self.sync("write passages")
    }

    /// Removes the passages of these sources, and with [`Memory::tidy`] their last trace on disk.
    pub async fn forget(&self, sources: &[SourceId]) -> Result<(), MemoryError> {
        let forgetting = self.failing("forget a source");
        for some in sources.chunks(500) {
            let list = some.iter().map(SourceId::to_string).collect::<Vec<_>>().join(", ");
            self.table
                .delete(format!("{} IN ({list})", column::SOURCE).as_str())
                .await
                .map_err(|error| forgetting.because(error))?;
        }
        self.sync("forget a source")
    }

    /// Removes passages by number.
    pub async fn forget_passages(&self, passages: &[PassageId]) -> Result<(), MemoryError> {
        let forgetting = self.failing("forget passages");
        for some in passages.chunks(500) {
            let list = some.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(", ");
            self.table
                .delete(format!("{} IN ({list})", column::ID).as_str())
                .await
                .map_err(|error| forgetting.because(error))?;
        }
        self.sync("forget passages")
    }

    /// Brings the word index up to date, joins small files and deletes those of older versions.
    pub async fn tidy(&self) -> Result<(), MemoryError> {
        let tidying = self.failing("tidy up");
        let steps = [
            OptimizeAction::Compact { options: CompactionOptions::default(), remap_options: None },
            OptimizeAction::Index(lancedb::table::OptimizeOptions::default()),
            OptimizeAction::Prune {
                older_than: Some(lancedb::table::Duration::zero()),
                delete_unverified: Some(false),
                error_if_tagged_old_versions: None,
            },
        ];
        for step in steps {
            self.table.optimize(step).await.map_err(|error| tidying.because(error))?;
        }
        Ok(())
    }

    fn batch(&self, passages: &[Embedded]) -> Result<RecordBatch, MemoryError> {
        if let Some(odd) = passages.iter().find(|passage| passage.vector.len() != self.dimensions) {
            return Err(MemoryError::Dimensions { found: odd.vector.len(), expected: self.dimensions });
        }
        let size = i32::try_from(self.dimensions).expect("a vector has far fewer than 2^31 dimensions");
        let vectors = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(
            passages.iter().map(|passage| Some(passage.vector.iter().copied().map(Some))),
            size,
        );
        RecordBatch::try_new(
            self.schema.clone(),
            vec![
                Arc::new(Int64Array::from_iter_values(passages.iter().map(|passage| passage.passage.0))),
                Arc::new(Int64Array::from_iter_values(passages.iter().map(|passage| passage.source.0))),
                Arc::new(StringArray::from_iter_values(passages.iter().map(|passage| &passage.words))),
                Arc::new(vectors),
            ],
        )
        .map_err(|error| MemoryError::Index {
            doing: "lay out passages",
            folder: self.folder.clone(),
            reason: error.to_string(),
        })
    }

    /// Lance does not sync what it writes, so a power cut could leave empty files behind.
    fn sync(&self, doing: &'static str) -> Result<(), MemoryError> {
        std::fs::File::open(&self.folder)
            .and_then(|folder| rustix::fs::syncfs(&folder).map_err(std::io::Error::from))
            .map_err(|error| MemoryError::Index {
                doing,
                folder: self.folder.clone(),
                reason: error.to_string(),
            })
    }
}
