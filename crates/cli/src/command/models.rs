//! `inhouse models`: which there are, whether they are sound, and new ones.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use inhouse_app::AppError;
use inhouse_app::models::{KnownModel, ModelState, Verdict};
use serde::Serialize;

use crate::command::print_json;
use crate::{Context, End, progress};

#[derive(Debug, Args)]
pub struct Models {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List all known models
    List,
    /// Hash the files of one model, or of all that are here
    Verify {
        /// The model's id
        id: Option<String>,
    },
    /// Copy a GGUF file into the data folder
    Import {
        /// The file; it is not changed
        file: PathBuf,
    },
}

#[derive(Serialize)]
struct ModelLine {
    id: String,
    name: String,
    task: &'static str,
    architecture: String,
    licence: String,
    bytes: u64,
    context: u32,
    languages: Vec<String>,
    memory: u64,
    state: &'static str,
    path: Option<PathBuf>,
    in_use: bool,
}

#[derive(Serialize)]
struct VerifiedLine {
    id: String,
    ok: bool,
    reason: Option<String>,
}

impl Models {
    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        match self.command {
            Command::List => list(context),
            Command::Verify { id } => verify(context, id).await,
            Command::Import { file } => import(context, file).await,
        }
    }
}

fn list(context: &Context) -> Result<End, AppError> {
    let models = context.app.models()?;
    if context.json {
        let models: Vec<ModelLine> = models.into_iter().map(line).collect();
        print_json(&serde_json::json!({ "models": models }))?;
        return Ok(End::Done);
    }
    for known in models {
        let mark = if known.in_use { '*' } else { ' ' };
        let (state, _) = state(&known.state);
        let mib = known.model.bytes() >> 20;
        println!("{mark} {:<38} {:<10} {mib:>5} MiB  {state}", known.model.id, known.model.task.code());
    }
    println!("\n* in use");
    Ok(End::Done)
}

fn line(known: KnownModel) -> ModelLine {
    let (state, path) = state(&known.state);
    let path = path.cloned();
    let model = known.model;
    ModelLine {
        bytes: model.bytes(),
        id: model.id,
        name: model.name,
        task: model.task.code(),
        architecture: model.architecture,
        licence: model.licence,
        context: model.context,
        languages: model.languages,
        memory: model.memory,
        state,
        path,
        in_use: known.in_use,
    }
}

fn state(state: &ModelState) -> (&'static str, Option<&PathBuf>) {
    match state {
        ModelState::Missing => ("missing", None),
        ModelState::Damaged { path, .. } => ("damaged", Some(path)),
        ModelState::Present { path } => ("present", Some(path)),
        ModelState::Loading => ("loading", None),
        ModelState::Loaded => ("loaded", None),
        ModelState::Failed(_) => ("failed", None),
    }
}

async fn verify(context: &Context, id: Option<String>) -> Result<End, AppError> {
    let bar = progress::bar("{bytes} hashed  {wide_msg}");
    let shown = bar.clone();
    let progress = move |id: &str, bytes| {
        shown.set_message(id.to_owned());
        shown.set_position(bytes);
    };
    let verdicts = context.app.verify_models(id.as_deref(), &context.cancel, progress).await?;
    bar.finish_and_clear();
    let lines: Vec<VerifiedLine> = verdicts
        .into_iter()
        .map(|(model, verdict)| {
            let reason = match verdict {
                Verdict::Right => None,
                Verdict::Missing { path } => Some(format!("{} is missing", path.display())),
                Verdict::SizeDiffers { path, expected, found } => {
                    Some(format!("{} has {found} bytes instead of {expected}", path.display()))
                }
                Verdict::HashDiffers { path, expected, found } => {
                    Some(format!("{} has the hash {found} instead of {expected}", path.display()))
                }
            };
            VerifiedLine { id: model.id, ok: reason.is_none(), reason }
        })
        .collect();
    let all_right = lines.iter().all(|line| line.ok);
    if context.json {
        print_json(&serde_json::json!({ "models": lines }))?;
    } else {
        for line in &lines {
            println!("{:<38} {}", line.id, line.reason.as_deref().unwrap_or("ok"));
        }
        if lines.is_empty() {
            println!("no model is on this machine; fetch them with `cargo xtask models`");
        }
    }
    Ok(if all_right && !lines.is_empty() { End::Done } else { End::NothingDone })
}

async fn import(context: &Context, file: PathBuf) -> Result<End, AppError> {
    let bar = progress::bar("{bar:30} {bytes}/{total_bytes}");
    let shown = bar.clone();
    let progress = move |done, total| {
        shown.set_length(total);
        shown.set_position(done);
    };
    let imported = context.app.import_model(&file, &context.cancel, progress).await?;
    bar.finish_and_clear();
    if context.json {
        print_json(&serde_json::json!({
            "id": imported.id, "path": imported.path, "known": imported.known
        }))?;
    } else {
        println!("{} is in {}", imported.id, imported.path.display());
    }
    Ok(End::Done)
}
