//! The programs of the workspace, built the same way by every subcommand.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::house::House;
use crate::process;

/// Builds all programs and gives the folder that they are in.
///
/// The whole workspace is built, also where one program would do: cargo chooses the features of
/// shared crates by what is built together, and another choice builds hundreds of crates again.
pub fn programs(house: &House) -> Result<PathBuf> {
    process::run(process::cargo().args(["build", "--workspace"]).current_dir(&house.root))?;
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut command = process::cargo();
    command.args(["metadata", "--no-deps", "--offline", "--format-version=1"]).current_dir(&house.root);
    let metadata: Metadata = serde_json::from_str(&process::output(&mut command)?)
        .context("reading what `cargo metadata` wrote")?;
    Ok(metadata.target_directory.join("debug"))
}
