//! What can go wrong, as a person is told it: a code, a message and a way out.

use std::io;
use std::path::{Path, PathBuf};

use inhouse_agent::chat::ModelError;
use inhouse_agent::read::ReadFailure;
use inhouse_catalog::CatalogError;
use inhouse_memory::MemoryError;
use inhouse_record::RecordError;
use inhouse_tools::files::FilesError;

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("the data folder {} is in use by another Inhouse", home.display())]
    HomeLocked { home: PathBuf },
    #[error("there is no data folder for this user")]
    NoHome,
    #[error("the model {id} is not on this machine")]
    ModelMissing { id: String },
    #[error("the model file {} has {found} bytes instead of {expected}: it was cut or is another file", path.display())]
    ModelDamaged { path: PathBuf, found: u64, expected: u64 },
    #[error("the model {id} needs {needed_mib} MiB of memory, and {available_mib} MiB are free")]
    ModelTooLarge { id: String, needed_mib: u64, available_mib: u64 },
    #[error("the model {id} is for {task}, not for chat")]
    WrongTask { id: String, task: &'static str },
    #[error("the question is empty")]
    EmptyQuestion,
    #[error("`{name}` is no name for a collection")]
    BadName { name: String },
    #[error("{path} can't be read: {failure}", path = path.display())]
    Source { path: PathBuf, failure: ReadFailure },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    /// A file that a person named holds something else than it should.
    #[error("{} can't be used: {reason}", path.display())]
    BadInput { path: PathBuf, reason: String, hint: &'static str },
    /// What is handed over with a task is not what the agent takes.
    #[error("{reason}")]
    BadTask { reason: String, hint: &'static str },
    #[error("there is no {what}")]
    NotFound { what: String },
    /// A thread of ours died: nothing that a person did.
    #[error("an internal error: {what}")]
    Bug { what: String },
}

impl AppError {
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }

    /// Stable, for scripts and for the UI's catalogue of messages.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HomeLocked { .. } => "home_locked",
            Self::NoHome => "no_home",
            Self::ModelMissing { .. } => "model_missing",
            Self::ModelDamaged { .. } => "model_broken",
            Self::ModelTooLarge { .. } => "model_too_large",
            Self::WrongTask { .. } => "wrong_task",
            Self::EmptyQuestion => "empty_question",
            Self::BadName { .. } => "bad_name",
            Self::Source { failure, .. } => failure.code.code(),
            Self::Model(ModelError::Load { .. }) => "model_broken",
            Self::Model(ModelError::Unsupported { .. }) => "model_unsupported",
            Self::Model(ModelError::PromptTooLong { .. }) => "prompt_too_long",
            Self::Model(ModelError::Run { .. } | ModelError::Constraint { .. }) => "model_failed",
            Self::Record(RecordError::DiskFull { .. })
            | Self::Memory(MemoryError::DiskFull { .. })
            | Self::Catalog(CatalogError::DiskFull { .. }) => "disk_full",
            Self::Record(RecordError::TooNew { .. }) => "record_too_new",
            Self::Record(RecordError::NotFound { .. }) | Self::NotFound { .. } => "not_found",
            Self::Record(RecordError::Database { .. }) => "record",
            Self::Memory(MemoryError::Dimensions { .. } | MemoryError::Index { .. }) => "memory",
            Self::Catalog(CatalogError::Unknown { .. }) => "model_unknown",
            Self::Catalog(CatalogError::Cancelled { .. }) => "cancelled",
            Self::Catalog(_) => "models",
            Self::Files(error) => error.code(),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => "disk_full",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "permission_denied"
            }
            Self::Io { .. } => "io",
            Self::BadInput { .. } => "bad_input",
            Self::BadTask { .. } => "bad_task",
            Self::Bug { .. } => "internal",
        }
    }

    /// What to do now, in one sentence.
    pub fn hint(&self) -> &'static str {
        match self.code() {
            "home_locked" => "close the other one, or choose another data folder with --home",
            "no_home" => "name a data folder with --home or INHOUSE_HOME",
            "model_missing" => {
                "fetch it with `cargo xtask models`, or bring a file with `inhouse models import FILE`"
            }
            "model_broken" => {
                "fetch or import the model file again; `inhouse models verify` tells which are sound"
            }
            "model_too_large" => "close other programs or choose a smaller model with --model",
            "model_unsupported" | "wrong_task" | "model_unknown" => {
                "choose another model; `inhouse models list` shows them"
            }
            "prompt_too_long" => "ask for fewer passages or choose a model with a larger context",
            "empty_question" => "type a question",
            "bad_name" => "take a name of letters, digits and blanks",
            "disk_full" => "free some space and try again; nothing was lost",
            "record_too_new" => "update Inhouse",
            "not_found" => "it may have been removed meanwhile; look at the list again",
            "memory" => {
                "try again; if it stays, remove the folder `memory` in the data folder, it is rebuilt from the record"
            }
            "permission_denied" => "give yourself permission, then try again",
            _ => match self {
                Self::Source { failure, .. } => failure.code.hint(),
                Self::BadInput { hint, .. } | Self::BadTask { hint, .. } => hint,
                Self::Files(error) => error.hint(),
                Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                    "check the name, and that it was not moved"
                }
                _ => "try again; if it stays, please report it with the message",
            },
        }
    }
}
