//! Changes to a person's files that are granted, exact, atomic and undoable.
//!
//! Everything that a tool writes, moves, replaces or takes away goes through here:
//! a [`Grant`] says beneath which folders what may be done; an [`Effect`] is one change as data;
//! [`Journal::preview`] tells exactly what it would do and changes nothing; an [`Approval`] holds for
//! that preview only; [`Journal::apply`] does it or nothing; [`Journal::undo`] brings back what was
//! there. [`Journal::recover`] comes first after every start. `journal` says why nothing is lost.
//!
//! Links are never followed, wherever they lead, and every change is made by the handle of a folder
//! and a plain name in it: a path that is swapped meanwhile leads nowhere else. That holds on Linux,
//! by one call of `openat2` or, in older kernels, name by name; and on macOS name by name. Elsewhere
//! this room does not build: the standard library alone can't promise it.

mod diff;
mod effect;
mod error;
mod facts;
mod folder;
mod grant;
mod journal;
mod lossless;
mod name;
mod preview;

pub use diff::{Diff, DiffLine, DiffTag};
pub use effect::{Effect, EffectKind, Limits};
pub use error::FilesError;
pub use grant::{Grant, Listed, ListedKind, May, Right};
pub use journal::{Journal, Recovered, Step, StepId, StepState, Undone};
pub(crate) use name::must_show_itself;
pub use preview::{Approval, Content, ContentKind, Preview, Standing};
