//! The room's behaviour with real models, through its ports.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::PathBuf;

#[path = "tests/chat.rs"]
mod chat;
#[path = "tests/constraint.rs"]
mod constraint;
#[path = "tests/embed.rs"]
mod embed;
#[path = "tests/schemas.rs"]
mod schemas;

/// The place of a real model; a missing one fails the test.
fn model(file: &str) -> PathBuf {
    let folder = match std::env::var_os("INHOUSE_MODELS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/inhouse/models"),
    };
    let path = folder.join(file);
    assert!(path.exists(), "{} is missing; `cargo xtask models` fetches it", path.display());
    path
}
