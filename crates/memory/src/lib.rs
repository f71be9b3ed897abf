//! Memory: passages in, passages found; and questions in SQL to tables. The only room that knows
//! LanceDB, Arrow and DataFusion.
//!
//! It owns one Lance table per embedder, with a row per passage: its number, its source's number,
//! the words that are searched and the vector. It is an index only: whoever reads from it asks the
//! record what a passage says and whether it may be used, and it can be made again from the record
//! at any time.
//!
//! Invariants: a write is one commit and is on disk when it returns; writing a passage again
//! replaces it; one process writes at a time (the app holds the lock).
//!
//! Start reading at [`Memory`], then `search`; `tables` stands for itself.

mod search;
mod tables;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use futures::TryStreamExt;
use inhouse_agent::passage::PassageId;
use inhouse_agent::source::SourceId;
use lancedb::Table;
use lancedb::index::Index;
use lancedb::index::scalar::FtsIndexBuilder;
use lancedb::query::{ExecutableQuery, QueryBase, Select};

pub use search::{Hit, Query};
pub use tables::{QueryError, query};
pub use write::Embedded;

/// The open memory of one embedder.
#[derive(Debug, Clone)]
pub struct Memory {
    table: Table,
    folder: PathBuf,
    schema: SchemaRef,
    dimensions: usize,
}

/// What can go wrong, cut by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// Free some space and try again.
    #[error("the disk is full, nothing was added to {folder}")]
    DiskFull { folder: PathBuf },
    /// A vector is not of the size that this memory was made for.
    #[error("a vector has {found} dimensions, and this memory holds {expected}")]
    Dimensions { found: usize, expected: usize },
    /// Remove the folder and embed again: the record has all texts.
    #[error("cannot {doing} in {folder}: {reason}")]
    Index { doing: &'static str, folder: PathBuf, reason: String },
}

mod column {
    pub const ID: &str = "id";
    pub const SOURCE: &str = "source";
    pub const WORDS: &str = "words";
    pub const VECTOR: &str = "vector";
}

impl Memory {
    /// Opens the memory of `embedder` beneath `folder`, making it when it is not there.
    pub async fn open(folder: &Path, embedder: &str, dimensions: usize) -> Result<Self, MemoryError> {
        let opening = Failing { doing: "open the memory", folder };
        let uri = folder.to_str().ok_or_else(|| MemoryError::Index {
            doing: "open the memory",
            folder: folder.to_owned(),
            reason: "the folder's name is not valid Unicode".into(),
        })?;
        let connection = lancedb::connect(uri).execute().await.map_err(|error| opening.because(error))?;
        let name = table_name(embedder);
        let schema = schema(dimensions);
        let names = connection.table_names().execute().await.map_err(|error| opening.because(error))?;
        let table = if names.contains(&name) {
            connection.open_table(&name).execute().await.map_err(|error| opening.because(error))?
        } else {
            connection
                .create_empty_table(&name, schema.clone())
                .execute()
                .await
                .map_err(|error| opening.because(error))?
        };
        let memory = Self { table, folder: folder.to_owned(), schema, dimensions };
        memory.ensure_word_index().await?;
        Ok(memory)
    }

    /// Every passage in memory with its source, unordered. Reads each data file, so that a damaged
    /// one is noticed.
    pub async fn contents(&self) -> Result<Vec<(SourceId, PassageId)>, MemoryError> {
        let listing = self.failing("list the memory");
        let batches: Vec<_> = self
            .table
            .query()
            .select(Select::columns(&[column::SOURCE, column::ID]))
            .execute()
            .await
            .map_err(|error| listing.because(error))?
            .try_collect()
            .await
            .map_err(|error| listing.because(error))?;
        Ok(batches
            .iter()
            .flat_map(|batch| {
                let sources = batch[column::SOURCE].as_primitive::<Int64Type>().values();
                let ids = batch[column::ID].as_primitive::<Int64Type>().values();
                sources.iter().zip(ids).map(|(source, id)| (SourceId(*source), PassageId(*id)))
            })
            .collect())
    }

    /// The full-text index: ICU's dictionaries cut Chinese into words, and no word is dropped or
    /// stemmed by the rules of one language alone.
    async fn ensure_word_index(&self) -> Result<(), MemoryError> {
        let indexing = self.failing("index the words");
        let indices = self.table.list_indices().await.map_err(|error| indexing.because(error))?;
        if indices.iter().any(|index| index.columns == [column::WORDS]) {
            return Ok(());
        }
        let words = FtsIndexBuilder::default()
            .base_tokenizer("icu".into())
            .stem(true)
            .remove_stop_words(false)
            .ascii_folding(true);
        self.table
            .create_index(&[column::WORDS], Index::FTS(words))
            .execute()
            .await
            .map_err(|error| indexing.because(error))
    }

    fn failing(&self, doing: &'static str) -> Failing<'_> {
        Failing { doing, folder: &self.folder }
    }
}

/// What is being done, for the error if it fails.
#[derive(Clone, Copy)]
struct Failing<'a> {
    doing: &'static str,
    folder: &'a Path,
}

impl Failing<'_> {
    fn because(self, error: lancedb::Error) -> MemoryError {
        if is_disk_full(&error) {
            return MemoryError::DiskFull { folder: self.folder.to_owned() };
        }
        MemoryError::Index { doing: self.doing, folder: self.folder.to_owned(), reason: error.to_string() }
    }
}

fn is_disk_full(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::StorageFull)
    })
}

/// Vectors of two embedders never meet, so each has its own table.
fn table_name(embedder: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '_' };
    format!("passages-{}", embedder.chars().map(safe).collect::<String>())
}

fn schema(dimensions: usize) -> SchemaRef {
    let size = i32::try_from(dimensions).expect("a vector has far fewer than 2^31 dimensions");
    let number = Arc::new(Field::new("item", DataType::Float32, true));
    Arc::new(Schema::new(vec![
        Field::new(column::ID, DataType::Int64, false),
        Field::new(column::SOURCE, DataType::Int64, false),
        Field::new(column::WORDS, DataType::Utf8, false),
        Field::new(column::VECTOR, DataType::FixedSizeList(number, size), false),
    ]))
}
