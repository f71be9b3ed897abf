//! Where things stand on this machine.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The clone that is worked on, and the folders that all clones of a person share.
#[derive(Debug)]
pub struct House {
    /// The folder of the workspace's Cargo.toml.
    pub root: PathBuf,
    /// What can be fetched or built again at any time.
    pub cache: PathBuf,
    /// Where model weights are kept, so that a second clone does not fetch them again.
    pub models: PathBuf,
}

impl House {
    pub fn find() -> Result<Self> {
        // Cargo sets it at run time too; the built-in one is for a binary that is run alone.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or(PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask lies in a folder of the workspace")?.to_owned();
        let cache = folder("XDG_CACHE_HOME")
            .or_else(|| folder("HOME").map(|home| home.join(".cache")))
            .context("neither HOME nor XDG_CACHE_HOME names a folder for the cache")?
            .join("inhouse");
        let models = folder("INHOUSE_MODELS").unwrap_or_else(|| cache.join("models"));
        Ok(Self { root, cache, models })
    }

    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// A path as it is shown: relative to the clone where it can be.
    pub fn show<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

/// The folder that a variable names, absolute: children may run elsewhere.
fn folder(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty())?;
    std::path::absolute(value).ok()
}
