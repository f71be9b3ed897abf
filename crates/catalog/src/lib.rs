//! The room that knows which models there are.
//!
//! It owns the catalogue: one TOML file per model that says what the model is, where it comes from,
//! which bytes it consists of and how much memory it wants. The files in `models/` of the
//! repository are compiled in; models that a person imported have theirs beside the weights, in the
//! `models` folder of the data folder.
//!
//! Invariants: a model's file is known by its SHA-256 and by nothing else; an import is in the
//! catalogue entirely or not at all, and a failed one leaves nothing behind; a catalogue file with
//! an unknown key or a wrong value is refused with its line, never half understood. It opens no
//! connection, runs no model and looks into no weights.
//!
//! Start reading at [`Catalog`]; then [`Model`], [`locate`](Model::locate),
//! [`verify`](Model::verify) and [`import`](Catalog::import).

mod catalog;
mod error;
mod import;
mod model;

pub use catalog::Catalog;
pub use error::CatalogError;
pub use import::{ImportFacts, Imported};
pub use model::locate::Location;
pub use model::verify::Verdict;
pub use model::{Members, Model, ModelFile, Packages, Sources, Task};
