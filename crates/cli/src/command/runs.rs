//! `inhouse run` and what becomes of runs: `runs`, `show`, `answer`, `approve`, `refuse`, `undo`, `judge`,
//! `outcomes`, `audit`.

mod told;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use inhouse_agent::answer::Language;
use inhouse_agent::definition::InputKind;
use inhouse_agent::run::{Event, Pending};
use inhouse_app::AppError;
use inhouse_app::runs::{AuditFault, RunEnd, RunId, RunOptions, RunRow, RunState};
use serde::Serialize;
use told::{describe, progress, tell};

use crate::command::print_json;
use crate::{Context, End};

#[derive(Debug, Args)]
pub struct Run {
    /// The agent, as `inhouse agents` names it, or its folder
    agent: String,
    /// Documents for its file inputs, in their order, or as NAME=FILE
    #[arg(long, value_name = "FILE", num_args = 1..)]
    input: Vec<String>,
    /// Values for its other inputs
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// What needs no further leave in this run: write (files outside the agent's folder), file (moving and
    /// copying within a folder that is given)
    #[arg(long, value_name = "TOOL", value_delimiter = ',')]
    allow: Vec<String>,
    /// Where files are written; otherwise into the agent's own folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The language of what is written; otherwise that of the file names and values
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Tongue>,
    /// The chat model, as `inhouse models list` names it
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// The same seed gives the same run
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tongue {
    En,
    Zh,
}

/// A run that is named.
#[derive(Debug, Args)]
pub struct Named {
    /// The number of the run, as `inhouse runs` shows it
    run: i64,
}

#[derive(Debug, Args)]
pub struct Answer {
    run: i64,
    text: String,
}

#[derive(Debug, Args)]
pub struct Undo {
    run: i64,
    /// Only the files of this step
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
}

#[derive(Debug, Args)]
pub struct Judge {
    run: i64,
    verdict: Verdict,
    /// In your own words
    #[arg(long, default_value = "")]
    note: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Verdict {
    Accepted,
    Corrected,
    Rejected,
}

#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Follow the log from its beginning: is it all there, and as it was written?
    Verify,
    /// Print all entries, one JSON object a line
    Export,
}

#[derive(Serialize)]
struct EndLine {
    run: i64,
    state: &'static str,
    /// What a person has to do before it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<PendingLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    artifacts: Vec<ArtifactLine>,
    checks: Vec<CheckLine>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum PendingLine {
    Answer { step: String, question: String, options: Vec<String> },
    Approval { step: String, path: String, preview: String },
}

#[derive(Serialize)]
struct ArtifactLine {
    step: String,
    path: String,
    sha256: String,
}

#[derive(Serialize)]
struct CheckLine {
    name: String,
    passed: bool,
    detail: String,
}

impl Run {
    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        let here = context.app.agent(&self.agent)?;
        let mut given = BTreeMap::new();
        let mut files = here
            .agent
            .inputs
            .iter()
            .filter(|input| matches!(input.kind, InputKind::File | InputKind::Folder));
        for file in self.input {
            let named = file
                .split_once('=')
                .filter(|(name, _)| here.agent.inputs.iter().any(|input| input.name == *name));
            match (named, named.is_none().then(|| files.next()).flatten()) {
                (Some((name, path)), _) => given.insert(name.to_owned(), path.to_owned()),
                (None, Some(input)) => given.insert(input.name.clone(), file),
                (None, None) => {
                    return Err(AppError::BadTask {
                        reason: format!("{} takes no further file or folder: {file}", here.agent.id),
                        hint: "leave it out, or name its input: NAME=FILE",
                    });
                }
            };
        }
        for set in self.set {
            let Some((name, value)) = set.split_once('=') else {
                return Err(AppError::BadTask {
                    reason: format!("`{set}` has no value"),
                    hint: "write FIELD=VALUE",
                });
            };
            given.insert(name.to_owned(), value.to_owned());
        }
        let options = RunOptions {
            given,
            language: self.language.map(|tongue| match tongue {
                Tongue::En => Language::English,
                Tongue::Zh => Language::Chinese,
            }),
            seed: self.seed,
            allow: self.allow,
            out: self.out,
            today: None,
        };
        let quiet = context.json;
        let on_event = move |_, event: &Event| {
            if !quiet {
                progress(event)
            }
        };
        let end = context.app.run_agent(&here, options, &context.cancel, on_event).await?;
        finish(context, end).await
    }
}

impl Named {
    pub fn show(&self, context: &Context) -> Result<End, AppError> {
        let shown = context.app.run(RunId(self.run))?;
        if context.json {
            #[derive(Serialize)]
            struct Line<'a> {
                #[serde(flatten)]
                run: RunLine,
                events: Vec<Noted<'a>>,
            }
            #[derive(Serialize)]
            struct Noted<'a> {
                seq: i64,
                at: i64,
                #[serde(flatten)]
                event: &'a Event,
            }
            let events =
                shown.events.iter().map(|(seq, at, event)| Noted { seq: *seq, at: *at, event }).collect();
            print_json(&Line { run: RunLine::of(&shown.row), events })?;
            return Ok(End::Done);
        }
        println!("{}", describe(&shown.row));
        for (_, _, event) in &shown.events {
            tell(event);
        }
        Ok(End::Done)
    }

    /// Takes a run up again where it is.
    pub async fn resume(&self, context: &Context) -> Result<End, AppError> {
        carry_on(context, RunId(self.run)).await
    }

    pub async fn decide(&self, context: &Context, approved: bool) -> Result<End, AppError> {
        context.app.decide_run(RunId(self.run), approved)?;
        carry_on(context, RunId(self.run)).await
    }
}

impl Answer {
    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        context.app.answer_run(RunId(self.run), &self.text)?;
        carry_on(context, RunId(self.run)).await
    }
}

impl Undo {
    pub fn run(self, context: &Context) -> Result<End, AppError> {
        let files = context.app.undo_run(RunId(self.run), self.step.as_deref())?;
        if context.json {
            let lines: Vec<_> = files
                .iter()
                .map(|file| serde_json::json!({ "path": file.path, "undone": file.left.is_none(), "reason": file.left }))
                .collect();
            print_json(&serde_json::json!({ "files": lines }))?;
        } else if files.is_empty() {
            println!("run {} changed no file", self.run);
        } else {
            for file in &files {
                match &file.left {
                    None => println!("as before   {}", file.path.display()),
                    Some(why) => println!("left        {}: {why}", file.path.display()),
                }
            }
        }
        let all_left = !files.is_empty() && files.iter().all(|file| file.left.is_some());
        Ok(if all_left { End::NothingDone } else { End::Done })
    }
}

impl Judge {
    pub fn run(self, context: &Context) -> Result<End, AppError> {
        let verdict = match self.verdict {
            Verdict::Accepted => "accepted",
            Verdict::Corrected => "corrected",
            Verdict::Rejected => "rejected",
        };
        context.app.judge_run(RunId(self.run), verdict, &self.note)?;
        if context.json {
            print_json(&serde_json::json!({ "run": self.run, "verdict": verdict }))?;
        } else {
            println!("run {}: {verdict}", self.run);
        }
        Ok(End::Done)
    }
}

impl Audit {
    pub fn run(self, context: &Context) -> Result<End, AppError> {
        match self.command {
            AuditCommand::Export => {
                for line in context.app.audit()? {
                    let event: serde_json::Value = serde_json::from_str(&line.event)
                        .map_err(|error| AppError::Bug { what: error.to_string() })?;
                    print_json(&serde_json::json!({
                        "seq": line.seq, "at": line.at, "run": line.run.map(|run| run.0), "event": event, "hash": line.hash,
                    }))?;
                }
                Ok(End::Done)
            }
            AuditCommand::Verify => {
                let report = context.app.verify_audit()?;
                let faults: Vec<String> = report
                    .faults
                    .iter()
                    .map(|fault| match fault {
                        AuditFault::Changed { seq } => format!("entry {seq} is not what was written"),
                        AuditFault::Missing { from, to } if from == to => format!("entry {from} is missing"),
                        AuditFault::Missing { from, to } => format!("entries {from} to {to} are missing"),
                    })
                    .collect();
                if context.json {
                    print_json(&serde_json::json!({
                        "entries": report.entries, "sound": faults.is_empty(), "head": report.head, "faults": faults,
                    }))?;
                } else if faults.is_empty() {
                    println!(
                        "all {} entries are as they were written; the last has the hash {}",
                        report.entries, report.head
                    );
                } else {
                    faults.iter().for_each(|fault| println!("{fault}"));
                }
                Ok(if faults.is_empty() { End::Done } else { End::NothingDone })
            }
        }
    }
}

#[derive(Serialize)]
struct RunLine {
    run: i64,
    agent: String,
    model: String,
    state: &'static str,
    begun_at: i64,
    ended_at: Option<i64>,
    seconds: u64,
}

impl RunLine {
    fn of(row: &RunRow) -> Self {
        Self {
            run: row.id.0,
            agent: row.agent.clone(),
            model: row.model.clone(),
            state: row.state.code(),
            begun_at: row.begun_at,
            ended_at: row.ended_at,
            seconds: row.seconds,
        }
    }
}

/// `inhouse runs`
pub fn list(context: &Context) -> Result<End, AppError> {
    let runs = context.app.runs()?;
    if context.json {
        print_json(&serde_json::json!({ "runs": runs.iter().map(RunLine::of).collect::<Vec<_>>() }))?;
    } else if runs.is_empty() {
        println!("no runs yet; hand a task to an agent with `inhouse run AGENT --input FILE`");
    } else {
        runs.iter().for_each(|row| println!("{}", describe(row)));
    }
    Ok(End::Done)
}

/// `inhouse outcomes`
pub fn outcomes(context: &Context) -> Result<End, AppError> {
    let sums = context.app.outcomes()?;
    if context.json {
        let lines: Vec<_> = sums
            .iter()
            .map(|sum| {
                serde_json::json!({
                    "agent": sum.agent, "model": sum.model, "runs": sum.runs, "passed": sum.passed,
                    "failed": sum.failed, "unfinished": sum.unfinished, "seconds": sum.seconds,
                    "tokens": sum.tokens, "approvals": sum.approvals, "accepted": sum.accepted,
                    "corrected": sum.corrected, "rejected": sum.rejected,
                })
            })
            .collect();
        print_json(&serde_json::json!({ "outcomes": lines }))?;
    } else {
        for sum in &sums {
            println!(
                "{:<24} {:<40} {} runs: {} passed, {} failed, {} unfinished; {} accepted, {} corrected, {} rejected; {} s, {} tokens",
                sum.agent,
                sum.model,
                sum.runs,
                sum.passed,
                sum.failed,
                sum.unfinished,
                sum.accepted,
                sum.corrected,
                sum.rejected,
                sum.seconds,
                sum.tokens
            );
        }
    }
    Ok(End::Done)
}

async fn carry_on(context: &Context, id: RunId) -> Result<End, AppError> {
    let quiet = context.json;
    let on_event = move |_, event: &Event| {
        if !quiet {
            progress(event)
        }
    };
    let end = context.app.carry_on(id, &context.cancel, on_event).await?;
    finish(context, end).await
}

/// Tells where a run stands; on a terminal a person may answer at once.
async fn finish(context: &Context, mut end: RunEnd) -> Result<End, AppError> {
    let can_ask = !context.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    while let Some(pending) = end.pending.clone().filter(|_| can_ask) {
        if !answer_here(context, end.id, &pending)? {
            break;
        }
        end = context.app.carry_on(end.id, &context.cancel, |_, event: &Event| progress(event)).await?;
    }
    let shown = context.app.run(end.id)?;
    let events = || shown.events.iter().map(|(_, _, event)| event);
    let artifacts: Vec<ArtifactLine> = events()
        .filter_map(|event| match event {
            Event::Wrote { at, path, sha256, .. } => {
                Some(ArtifactLine { step: at.clone(), path: path.clone(), sha256: sha256.clone() })
            }
            _ => None,
        })
        .collect();
    let checks: Vec<CheckLine> = events()
        .filter_map(|event| match event {
            Event::Checked { check, passed, detail } => {
                Some(CheckLine { name: check.clone(), passed: *passed, detail: detail.clone() })
            }
            _ => None,
        })
        .collect();
    if context.json {
        let pending = end.pending.map(|pending| match pending {
            Pending::Answer { at, question, options } => PendingLine::Answer { step: at, question, options },
            Pending::Approval { at, path, preview, .. } => PendingLine::Approval { step: at, path, preview },
        });
        print_json(&EndLine {
            run: end.id.0,
            state: end.state.code(),
            pending,
            why: end.why,
            artifacts,
            checks,
        })?;
    } else {
        for artifact in &artifacts {
            println!("made        {}", artifact.path);
        }
        for check in &checks {
            let verdict = if check.passed { "passed" } else { "FAILED" };
            println!("{verdict:<11} {} {}", check.name, check.detail);
        }
        println!(
            "run {}: {}{}",
            end.id.0,
            end.state.code(),
            end.why.map(|why| format!(": {why}")).unwrap_or_default()
        );
        if let Some(pending) = &end.pending {
            println!("{pending}");
            match pending {
                Pending::Answer { .. } => println!("answer with `inhouse answer {} TEXT`", end.id.0),
                Pending::Approval { .. } => {
                    println!("decide with `inhouse approve {0}` or `inhouse refuse {0}`", end.id.0);
                }
            }
        }
    }
    Ok(match end.state {
        RunState::Passed | RunState::Waiting | RunState::Running => End::Done,
        RunState::Stopped if context.cancel.is_cancelled() => End::Cancelled,
        RunState::Failed | RunState::Stopped | RunState::Broken => End::NothingDone,
    })
}

/// Asks on the terminal. False when the person gives no answer.
fn answer_here(context: &Context, id: RunId, pending: &Pending) -> Result<bool, AppError> {
    let mut line = String::new();
    match pending {
        Pending::Answer { question, options, .. } => {
            eprintln!("\n{question}");
            for (number, option) in (1..).zip(options) {
                eprintln!("  {number}. {option}");
            }
            eprint!("> ");
        }
        Pending::Approval { path, preview, .. } => {
            eprintln!("\n{path}\n-----\n{preview}\n-----");
            eprint!("do it? [y/n] ");
        }
    }
    let read = std::io::stderr().flush().and_then(|()| std::io::stdin().read_line(&mut line));
    let text = line.trim();
    if read.is_err() || text.is_empty() {
        return Ok(false);
    }
    match pending {
        Pending::Answer { options, .. } => {
            let chosen = text.parse::<usize>().ok().and_then(|number| options.get(number.checked_sub(1)?));
            context.app.answer_run(id, chosen.map_or(text, String::as_str))?;
        }
        Pending::Approval { .. } => context.app.decide_run(id, matches!(text, "y" | "Y" | "yes" | "是"))?,
    }
    Ok(true)
}
