//! `cargo xtask run`: set-up, then the app; without a display, the same job in the terminal.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::house::House;
use crate::process;
use crate::setup::{self, Purpose};

/// Answered by the sample documents.
const SAMPLE_QUESTION: &str = "How much is paid per night for a hotel?";

pub fn run(house: &House, arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("usage: cargo xtask run");
    }
    setup::prepare(house, Purpose::Use)?;
    if has_display() {
        println!("Opening Inhouse");
        return cargo_run(house, "inhouse-desktop", "inhouse-desktop", &[]);
    }
    println!(
        "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): here is the same job in the terminal."
    );
    let home = tempfile::tempdir()?;
    terminal(house, home.path(), &["add", "tests/corpus"])?;
    terminal(house, home.path(), &["ask", SAMPLE_QUESTION])
}

fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

fn terminal(house: &House, home: &Path, words: &[&str]) -> Result<()> {
    let shown: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    println!("\n$ inhouse {}", shown.join(" "));
    let home = home.display().to_string();
    let mut arguments = vec!["--home", home.as_str()];
    arguments.extend(words);
    cargo_run(house, "inhouse-cli", "inhouse", &arguments)
}

fn cargo_run(house: &House, package: &str, binary: &str, arguments: &[&str]) -> Result<()> {
    let mut cargo: Command = process::cargo();
    cargo.args(["run", "--package", package, "--bin", binary, "--"]).args(arguments);
    process::run(cargo.current_dir(&house.root).env("INHOUSE_MODELS", &house.models))
}
