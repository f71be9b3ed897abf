//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! Each rule has its file and sees the same [`Tree`]; a rule says where it is broken and why the
//! rule is there. All findings are shown, not only the first.

mod arrows;
mod heads;
mod licences;
mod locks;
mod messages;
mod names;
mod sizes;
mod tree;
mod words;

use std::fmt;

use anyhow::{Result, bail};
use inhouse_catalog::Catalog;

use crate::house::House;
use tree::Tree;

/// A place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    /// Relative to the repository, with `/`.
    path: String,
    /// From 1; 0 when it is about the whole file.
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.into(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

pub fn run(house: &House, arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("usage: cargo xtask tidy");
    }
    let tree = Tree::read(&house.root)?;
    let mut findings = Vec::new();
    for rule in [heads::check, sizes::check, names::check, words::check, locks::check, messages::check] {
        findings.extend(rule(&tree));
    }
    findings.extend(arrows::check(&arrows::workspace(house)?));
    findings.extend(licences::check(house)?);
    findings.extend(models(house));
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files, nothing to say", tree.files.len());
            Ok(())
        }
        1 => bail!("tidy found one thing to put right"),
        count => bail!("tidy found {count} things to put right"),
    }
}

/// Every model's TOML is read as strictly as the product reads it.
fn models(house: &House) -> Vec<Finding> {
    let catalog = Catalog::read(&house.root.join("models"));
    catalog.problems().iter().map(|problem| Finding::new("models", 0, problem.to_string())).collect()
}
