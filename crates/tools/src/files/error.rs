//! What can go wrong with a person's files: a code, a message and a way out.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::grant::Right;
use super::journal::StepId;

/// Whatever it is, the files are as they were before, unless the message says where something lies.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("{} is outside the granted folders", path.display())]
    Outside { path: PathBuf },
    #[error("to {right} {} is not granted", path.display())]
    NotGranted { right: Right, path: PathBuf },
    #[error("{path:?} can't be the name of a file: {why}")]
    Name { path: PathBuf, why: &'static str },
    /// Links are never followed, not even those that stay inside.
    #[error("{} is a link or goes through one", path.display())]
    Link { path: PathBuf },
    #[error("{} is not {wanted}", path.display())]
    Kind { path: PathBuf, wanted: &'static str },
    #[error("{} is not there", path.display())]
    NotFound { path: PathBuf },
    #[error("{} is there already", path.display())]
    Exists { path: PathBuf },
    #[error("{} is write-protected", path.display())]
    Protected { path: PathBuf },
    #[error("{} is no longer what it was", path.display())]
    Changed { path: PathBuf },
    #[error("{} has {bytes} bytes; more than {limit} can't be kept to undo it", path.display())]
    TooLarge { path: PathBuf, bytes: u64, limit: u64 },
    #[error("{} holds more than {limit} files and folders", path.display())]
    TooMany { path: PathBuf, limit: usize },
    #[error("the disk is full, or a file may not grow so large: cannot {doing} {}", path.display())]
    DiskFull { doing: &'static str, path: PathBuf },
    #[error("{} is a folder and would have to go to another file system", path.display())]
    AcrossFileSystems { path: PathBuf },
    /// Somebody put something else in the place of a file in the very moment it was changed, and
    /// its own place was taken when it was to be put back.
    #[error("{} was replaced meanwhile; what stood there lies at {}", path.display(), lies.display())]
    Displaced { path: PathBuf, lies: PathBuf },
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("the journal {} is in use by another process", journal.display())]
    JournalBusy { journal: PathBuf },
    #[error("line {line} of the journal {} is not what was written: {why}", journal.display())]
    JournalDamaged { journal: PathBuf, line: usize, why: &'static str },
    #[error("the journal {} holds a step that was cut short", journal.display())]
    Unrecovered { journal: PathBuf },
    #[error("there is no step {step} that could be undone")]
    NoStep { step: StepId },
    #[error("step {on} builds on step {step}")]
    BuiltUpon { step: StepId, on: StepId },
    #[error("what was kept of {} at {} is not what it was", path.display(), kept.display())]
    KeptDamaged { path: PathBuf, kept: PathBuf },
    #[error("it can't be told how far step {step} came before it was cut short")]
    Unclear { step: StepId },
}

impl FilesError {
    /// Cuts what the system says by what can be done about it.
    pub(super) fn io(doing: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        let path = path.to_owned();
        match Errno::from_io_error(&source) {
            Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => Self::DiskFull { doing, path },
            Some(Errno::NOENT) => Self::NotFound { path },
            Some(Errno::EXIST | Errno::NOTEMPTY) => Self::Exists { path },
            Some(Errno::LOOP) => Self::Link { path },
            Some(Errno::NOTDIR) => Self::Kind { path, wanted: "a folder" },
            Some(Errno::NAMETOOLONG) => Self::Name { path, why: "it is too long" },
            _ => Self::Io { doing, path, source },
        }
    }

    /// Says rather why it could not be told whether a file is the right one, if that was the reason.
    pub(super) fn because(self, found: Result<bool, Self>) -> Self {
        match (self, found) {
            (Self::Changed { .. }, Err(error)) => error,
            (error, _) => error,
        }
    }

    pub(super) fn errno(&self) -> Option<Errno> {
        match self {
            Self::Io { source, .. } => Errno::from_io_error(source),
            _ => None,
        }
    }

    /// Stable, for scripts and for the UI's catalogue of messages.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Outside { .. } => "outside_grant",
            Self::NotGranted { .. } => "not_granted",
            Self::Name { .. } => "bad_name",
            Self::Link { .. } => "link",
            Self::Kind { .. } => "wrong_kind",
            Self::NotFound { .. } | Self::NoStep { .. } => "not_found",
            Self::Exists { .. } => "exists",
            Self::Protected { .. } => "write_protected",
            Self::Changed { .. } => "changed",
            Self::TooLarge { .. } | Self::TooMany { .. } => "too_large",
            Self::DiskFull { .. } => "disk_full",
            Self::AcrossFileSystems { .. } => "across_file_systems",
            Self::Displaced { .. } => "displaced",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "permission_denied"
            }
            Self::Io { .. } => "io",
            Self::JournalBusy { .. } => "journal_busy",
            Self::JournalDamaged { .. } => "journal_damaged",
            Self::Unrecovered { .. } => "unrecovered",
            Self::BuiltUpon { .. } => "built_upon",
            Self::KeptDamaged { .. } => "kept_damaged",
            Self::Unclear { .. } => "unclear",
        }
    }

    /// What to do now, in one sentence.
    pub fn hint(&self) -> &'static str {
        match self.code() {
            "outside_grant" | "not_granted" => "grant the folder, or choose a place in a granted one",
            "bad_name" => "choose a plain name, without a path's special parts",
            "link" => "name the file or folder that the link leads to",
            "wrong_kind" => "only ordinary files and folders are changed; choose one",
            "not_found" => "it may have been moved or removed; look at the folder again",
            "exists" => "choose another name, or move away what stands there",
            "write_protected" => "take its write protection away if it may be changed",
            "changed" => "look at what stands there now, and approve the change again",
            "too_large" => "raise the limit for files that are kept, or change it yourself",
            "disk_full" => "free some space and try again; nothing was changed",
            "across_file_systems" => "make the folder there and move its files one by one",
            "displaced" => "look at both and put back what you need",
            "permission_denied" => "give yourself permission to the file and its folder, then try again",
            "journal_busy" => "wait until the other one has ended",
            "journal_damaged" => {
                "nothing is undone by a journal that can't be trusted; what it kept lies in its folder `kept`"
            }
            "unrecovered" => "recover the journal first",
            "built_upon" => "undo the later step first",
            "kept_damaged" => "compare it with what stands there now, and copy what you need",
            "unclear" => "look at the files that the step names; what was kept lies in the folder `kept`",
            _ => "try again; if it stays, please report it with the message",
        }
    }
}
