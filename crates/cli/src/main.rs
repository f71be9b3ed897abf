//! `inhouse`: the use cases of the app in a terminal.
//!
//! It owns words on a terminal and nothing else: it parses arguments, calls the app and prints
//! what came back, as lines for people or as one JSON object for programs (`docs/cli.md`).
//! Results go to standard output, everything else to standard error.
//!
//! Start reading at [`command`].

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what a terminal program does")]

mod command;
mod progress;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use inhouse_agent::cancel::Cancel;
use inhouse_app::{App, AppError, Options};

/// AI agents that work on your own laptop, with your own documents, without a network.
#[derive(Debug, Parser)]
#[command(name = "inhouse", version, about)]
struct Arguments {
    /// The data folder; otherwise INHOUSE_HOME, otherwise the platform's own
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Print one JSON object on standard output
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read files and folders into memory
    Add(command::add::Add),
    /// List the sources and their state
    Sources,
    /// Take sources out of memory; the files are not touched
    Remove(command::remove::Remove),
    /// Find passages
    Search(command::search::Search),
    /// Ask a question and get an answer with quotes
    Ask(command::ask::Ask),
    /// Named sets of sources that agents may read
    Collections(command::collections::Collections),
    /// The agents that are here, and their test bench
    Agents(command::agents::Agents),
    /// Hand a task to an agent
    Run(command::runs::Run),
    /// List the runs
    Runs,
    /// Show what happened in a run
    Show(command::runs::Named),
    /// Take a run up again that was stopped or cut short
    Resume(command::runs::Named),
    /// Answer what a run asks
    Answer(command::runs::Answer),
    /// Allow what a run wants to do
    Approve(command::runs::Named),
    /// Refuse what a run wants to do
    Refuse(command::runs::Named),
    /// Take back the files that a run made
    Undo(command::runs::Undo),
    /// Say what you think of a run's result
    Judge(command::runs::Judge),
    /// What the runs of each agent and model came to
    Outcomes,
    /// The log of all that was done
    Audit(command::runs::Audit),
    /// Measure how fast the chat model is on this machine
    Bench(command::bench::Bench),
    /// List, verify and import models
    Models(command::models::Models),
}

/// How a command ended, as the exit code says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Done,
    /// It ran, but nothing of what was asked for could be done; the output says why.
    NothingDone,
    Cancelled,
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        match end {
            End::Done => Self::SUCCESS,
            End::NothingDone => Self::from(3),
            End::Cancelled => Self::from(130),
        }
    }
}

/// What every command gets.
pub struct Context {
    pub app: App,
    pub json: bool,
    /// Set by Ctrl-C.
    pub cancel: Cancel,
}

fn main() -> ExitCode {
    if let Some(code) = inhouse_app::serve_if_asked() {
        return code;
    }
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("INHOUSE_LOG"))
        .with_writer(std::io::stderr)
        .init();
    let json = arguments.json;
    match run(arguments) {
        Ok(end) => end.into(),
        Err(error) => {
            report(&error, json);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<End, AppError> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| AppError::Bug { what: format!("no runtime: {error}") })?;
    let chat_model = match &arguments.command {
        Command::Ask(ask) => ask.model.clone(),
        Command::Bench(bench) => bench.model.clone(),
        Command::Run(run) => run.model.clone(),
        Command::Agents(agents) => agents.model(),
        Command::Collections(collections) => collections.model(),
        _ => None,
    };
    let end = runtime.block_on(async {
        let app = App::open(Options { home: arguments.home, chat_model })?;
        let context = Context { app, json: arguments.json, cancel: Cancel::new() };
        tokio::spawn(stop_on_ctrl_c(context.cancel.clone(), context.app.clone()));
        match arguments.command {
            Command::Add(add) => add.run(&context).await,
            Command::Sources => command::sources::run(&context),
            Command::Remove(remove) => remove.run(&context).await,
            Command::Search(search) => search.run(&context).await,
            Command::Ask(ask) => ask.run(&context).await,
            Command::Collections(collections) => collections.run(&context).await,
            Command::Agents(agents) => agents.run(&context).await,
            Command::Run(run) => run.run(&context).await,
            Command::Runs => command::runs::list(&context),
            Command::Show(named) => named.show(&context),
            Command::Resume(named) => named.resume(&context).await,
            Command::Answer(answer) => answer.run(&context).await,
            Command::Approve(named) => named.decide(&context, true).await,
            Command::Refuse(named) => named.decide(&context, false).await,
            Command::Undo(undo) => undo.run(&context),
            Command::Judge(judge) => judge.run(&context),
            Command::Outcomes => command::runs::outcomes(&context),
            Command::Audit(audit) => audit.run(&context),
            Command::Bench(bench) => bench.run(&context).await,
            Command::Models(models) => models.run(&context).await,
        }
    });
    // Nothing is left to wait for: whatever matters is on disk.
    runtime.shutdown_background();
    end
}

/// The first Ctrl-C asks the work to end cleanly, the second ends the process.
async fn stop_on_ctrl_c(cancel: Cancel, app: App) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if cancel.is_cancelled() {
            std::process::exit(130);
        }
        cancel.cancel();
        if app.home().is_writer()
            && let Err(error) = app.stop_reading()
        {
            eprintln!("{error}");
        }
    }
}

fn report(error: &AppError, json: bool) {
    if json {
        let object = serde_json::json!({
            "error": { "code": error.code(), "message": error.to_string(), "hint": error.hint() }
        });
        println!("{object}");
    }
    eprintln!("error: {}", chain(error));
    eprintln!("hint: {}", error.hint());
}

/// An error and its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !line.contains(&words) {
            line.push_str(": ");
            line.push_str(&words);
        }
        cause = error.source();
    }
    line
}
