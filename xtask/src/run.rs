//! `cargo xtask run`: set-up, then the app; without a display, the same job in the terminal.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::build;
use crate::house::House;
use crate::process;
use crate::setup::{self, Purpose};

/// The sample documents, and a question that they answer.
const SAMPLE_DOCUMENTS: &str = "tests/corpus";
const SAMPLE_QUESTION: &str = "What do I get per kilometre if I take my own car on a business trip?";

pub fn run(house: &House, arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("usage: cargo xtask run");
    }
    setup::prepare(house, Purpose::Use)?;
    let programs = build::programs(house)?;
    if has_display() {
        println!("Opening Inhouse");
        return start(house, &programs.join("inhouse-desktop"), &[]);
    }
    println!("There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set).");
    println!("Here is the same job in the terminal, with the sample documents:");
    let home = tempfile::tempdir().context("making a folder for the sample's data")?;
    let inhouse = programs.join("inhouse");
    for words in [["add", SAMPLE_DOCUMENTS], ["ask", SAMPLE_QUESTION]] {
        println!("\n$ inhouse {} {:?}", words[0], words[1]);
        let home = home.path().display().to_string();
        start(house, &inhouse, &["--home", &home, words[0], words[1]])?;
    }
    Ok(())
}

fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

fn start(house: &House, program: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(program);
    process::run(command.args(arguments).current_dir(&house.root).env("INHOUSE_MODELS", &house.models))
}
