//! The files that belong to the repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// What is or would be in git.
#[derive(Debug, Default)]
pub struct Tree {
    pub files: Vec<Entry>,
}

#[derive(Debug)]
pub struct Entry {
    /// Relative to the repository, with `/`.
    pub path: String,
    pub bytes: u64,
    /// `None` for a file that is no UTF-8 text.
    pub text: Option<String>,
}

impl Entry {
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub fn has_extension(&self, extensions: &[&str]) -> bool {
        Path::new(&self.path)
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| extensions.contains(&extension))
    }

    /// Made by a program, checked in, and saying so at its top.
    pub fn is_generated(&self) -> bool {
        const MARK: &str = concat!("@", "generated");
        self.text.as_deref().is_some_and(|text| text.lines().take(5).any(|line| line.contains(MARK)))
            || matches!(self.name(), "Cargo.lock" | "package-lock.json")
    }

    /// Lines with their numbers from 1; none for a binary file.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.as_deref().unwrap_or_default().lines().zip(1..).map(|(line, number)| (number, line))
    }
}

impl Tree {
    pub fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for path in listed(root)? {
            let full = root.join(&path);
            // Removed and not yet committed, or a link: nothing to check.
            let Ok(facts) = fs::symlink_metadata(&full) else { continue };
            if facts.is_file() {
                let content = fs::read(&full).with_context(|| format!("reading {}", full.display()))?;
                let bytes = facts.len();
                files.push(Entry { path, bytes, text: String::from_utf8(content).ok() });
            }
        }
        Ok(Self { files })
    }

    /// A tree of made-up files.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let entry = |(path, text): &(&str, &str)| Entry {
            path: (*path).to_owned(),
            bytes: text.len() as u64,
            text: Some((*text).to_owned()),
        };
        Self { files: files.iter().map(entry).collect() }
    }
}

/// Asks git; a copy without git is walked, without what is never in it.
fn listed(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(root);
    if root.join(".git").exists()
        && let Ok(listing) = process::output(&mut git)
    {
        return Ok(listing.split_terminator('\0').map(str::to_owned).collect());
    }
    let mut paths = Vec::new();
    walk(root, "", &mut paths)?;
    paths.sort();
    Ok(paths)
}

const NEVER_IN_GIT: &[&str] =
    &[".git", "target", "node_modules", "ui/dist", "gen", "permissions", "artifacts"];

fn walk(root: &Path, below: &str, paths: &mut Vec<String>) -> Result<()> {
    let folder = root.join(below);
    for entry in fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let is_weight = below == "models" && !name.ends_with(".toml");
        if is_weight || NEVER_IN_GIT.contains(&path.as_str()) || NEVER_IN_GIT.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(root, &path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't set up its files has failed")]

    use super::*;

    #[test]
    fn a_copy_without_git_is_read_without_what_is_built_or_fetched() {
        let dir = tempfile::tempdir().unwrap();
        for path in
            ["a.rs", "ui/dist/x.js", "ui/node_modules/y.js", "models/m.gguf", "models/m.toml", "target/z"]
        {
            let full = dir.path().join(path);
            fs::create_dir_all(full.parent().unwrap()).unwrap();
            fs::write(full, "text").unwrap();
        }
        let tree = Tree::read(dir.path()).unwrap();
        let paths: Vec<&str> = tree.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["a.rs", "models/m.toml"]);
    }
}
