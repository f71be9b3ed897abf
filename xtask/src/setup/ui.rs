//! The web UI: its packages, and its build that the app embeds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::house::House;
use crate::process;

/// Installs the packages when the lock file changed, and builds when any source did.
pub fn ensure(house: &House) -> Result<()> {
    let ui = house.ui();
    // The stamps lie beside the packages, so whoever removes those is set up anew.
    let packages = Stamp::new(&ui, "packages", &["package-lock.json", ".npmrc"])?;
    if !packages.is_fresh() {
        println!("Installing the packages of the UI");
        process::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&ui))?;
        packages.set()?;
    }
    let build = Stamp::new(&ui, "build", &["."])?;
    if !build.is_fresh() || !ui.join("dist/index.html").is_file() {
        println!("Building the UI");
        process::run(Command::new("npm").args(["run", "--silent", "build"]).current_dir(&ui))?;
        build.set()?;
    }
    Ok(())
}

/// Says whether files are as they were when a step was last done.
struct Stamp {
    path: PathBuf,
    state: String,
}

impl Stamp {
    fn new(ui: &Path, step: &str, inputs: &[&str]) -> Result<Self> {
        let mut files = Vec::new();
        for input in inputs {
            collect(&ui.join(input), &mut files)?;
        }
        files.sort();
        let mut hasher = Sha256::new();
        for file in files {
            let content = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
            let name = file.strip_prefix(ui).unwrap_or(&file).to_string_lossy().into_owned();
            for part in [name.as_bytes(), &content] {
                hasher.update(part.len().to_le_bytes());
                hasher.update(part);
            }
        }
        let state: inhouse_agent::source::Sha256 = inhouse_agent::source::Sha256(hasher.finalize().into());
        Ok(Self { path: ui.join("node_modules").join(format!(".{step}-stamp")), state: state.to_string() })
    }

    fn is_fresh(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|state| state == self.state)
    }

    fn set(&self) -> Result<()> {
        fs::write(&self.path, &self.state).with_context(|| format!("writing {}", self.path.display()))
    }
}

/// The files below a path, without what the steps themselves make. A path that is not there has none.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        for entry in fs::read_dir(path).with_context(|| format!("listing {}", path.display()))? {
            let entry = entry?.path();
            if !entry.ends_with("node_modules") && !entry.ends_with("dist") {
                collect(&entry, files)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't set up its files has failed")]

    use super::*;

    #[test]
    fn a_step_is_done_again_exactly_when_an_input_changed() {
        let dir = tempfile::tempdir().unwrap();
        let ui = dir.path();
        fs::create_dir_all(ui.join("node_modules")).unwrap();
        fs::create_dir_all(ui.join("src")).unwrap();
        fs::create_dir_all(ui.join("dist")).unwrap();
        fs::write(ui.join("src/a.ts"), "1").unwrap();
        let stamp = || Stamp::new(ui, "build", &["."]).unwrap();
        assert!(!stamp().is_fresh());
        stamp().set().unwrap();
        fs::write(ui.join("dist/out.js"), "built").unwrap();
        fs::write(ui.join("node_modules/x.js"), "package").unwrap();
        assert!(stamp().is_fresh(), "what the step makes is no input");
        fs::write(ui.join("src/a.ts"), "2").unwrap();
        assert!(!stamp().is_fresh());
        stamp().set().unwrap();
        fs::rename(ui.join("src/a.ts"), ui.join("src/b.ts")).unwrap();
        assert!(!stamp().is_fresh(), "a renamed file is another input");
    }
}
