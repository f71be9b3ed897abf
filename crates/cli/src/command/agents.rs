//! `inhouse agents`: the agents that are here, and their test bench.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use inhouse_agent::definition::{Input, InputKind, Words};
use inhouse_app::AppError;
use inhouse_app::agents::AgentHere;
use inhouse_app::runs::{CaseReport, CheckReport};
use serde::Serialize;

use crate::command::print_json;
use crate::{Context, End};

#[derive(Debug, Args)]
pub struct Agents {
    #[command(subcommand)]
    command: Option<Which>,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// List the agents (as without a command)
    List,
    /// Show an agent: what it takes, does and checks
    Show { agent: String },
    /// Check an agent's file, by its folder, its file or its name
    Check { agent: String },
    /// Take an agent's folder in
    Import {
        folder: PathBuf,
        /// Under this name
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Copy an agent's folder to where nothing stands yet
    Export { agent: String, folder: PathBuf },
    /// Make an agent of your own out of another
    Copy { agent: String, name: String },
    /// Run the test cases of one agent, or of all
    Test(Test),
}

#[derive(Debug, Args)]
pub struct Test {
    role: Option<String>,
    /// The chat model, as `inhouse models list` names it
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// So many times, each with another seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u64,
    /// Only cases whose folder is called so
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
}

impl Agents {
    /// The model that is wanted for the test bench.
    pub fn model(&self) -> Option<String> {
        match &self.command {
            Some(Which::Test(test)) => test.model.clone(),
            _ => None,
        }
    }

    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        match self.command {
            None | Some(Which::List) => list(context),
            Some(Which::Show { agent }) => show(context, &context.app.agent(&agent)?),
            Some(Which::Check { agent }) => {
                let here = context.app.agent(&agent)?;
                if context.json {
                    print_json(&AgentLine::of(&here))?;
                } else {
                    println!(
                        "{} is sound: {} steps, {} checks",
                        here.agent.id,
                        here.agent.steps.len(),
                        here.agent.checks.len()
                    );
                }
                Ok(End::Done)
            }
            Some(Which::Import { folder, name }) => {
                taken(context, &context.app.import_agent(&folder, name.as_deref())?)
            }
            Some(Which::Copy { agent, name }) => {
                let folder = context.app.agent(&agent)?.folder;
                taken(context, &context.app.import_agent(&folder, Some(&name))?)
            }
            Some(Which::Export { agent, folder }) => {
                context.app.export_agent(&agent, &folder)?;
                if context.json {
                    print_json(&serde_json::json!({ "folder": folder }))?;
                } else {
                    println!("{agent} is in {}", folder.display());
                }
                Ok(End::Done)
            }
            Some(Which::Test(test)) => test.run(context).await,
        }
    }
}

#[derive(Serialize)]
struct AgentLine<'a> {
    id: &'a str,
    name: &'a Words,
    description: &'a Words,
    industry: &'a str,
    own: bool,
    folder: String,
    inputs: Vec<InputLine<'a>>,
    steps: Vec<&'a str>,
    checks: Vec<&'a str>,
}

#[derive(Serialize)]
struct InputLine<'a> {
    name: &'a str,
    label: &'a Words,
    kind: &'static str,
    required: bool,
}

impl<'a> AgentLine<'a> {
    fn of(here: &'a AgentHere) -> Self {
        let agent = &here.agent;
        Self {
            id: &agent.id,
            name: &agent.name,
            description: &agent.description,
            industry: &agent.industry,
            own: here.own,
            folder: here.folder.display().to_string(),
            inputs: agent.inputs.iter().map(InputLine::of).collect(),
            steps: agent.steps.iter().map(|step| step.name.as_str()).collect(),
            checks: agent.checks.iter().map(|check| check.name.as_str()).collect(),
        }
    }
}

impl<'a> InputLine<'a> {
    fn of(input: &'a Input) -> Self {
        let kind = match input.kind {
            InputKind::File => "file",
            InputKind::Folder => "folder",
            InputKind::Text => "text",
            InputKind::Number => "number",
            InputKind::Date => "date",
            InputKind::Choice => "choice",
        };
        let required = input.required && input.default.is_none();
        Self { name: &input.name, label: &input.label, kind, required }
    }
}

#[derive(Serialize)]
struct BrokenLine {
    path: String,
    problems: Vec<String>,
}

fn list(context: &Context) -> Result<End, AppError> {
    let agents = context.app.agents()?;
    let broken: Vec<BrokenLine> = agents
        .broken
        .iter()
        .map(|broken| BrokenLine {
            path: broken.path.display().to_string(),
            problems: broken.problems.iter().map(ToString::to_string).collect(),
        })
        .collect();
    if context.json {
        let lines: Vec<AgentLine<'_>> = agents.agents.iter().map(AgentLine::of).collect();
        print_json(&serde_json::json!({ "agents": lines, "broken": broken }))?;
        return Ok(End::Done);
    }
    let mut industry = "";
    for here in &agents.agents {
        let agent = &here.agent;
        if agent.industry != industry {
            industry = &agent.industry;
            println!("{industry}");
        }
        let own = if here.own { " (your own)" } else { "" };
        println!("  {:<24} {} · {}{own}", agent.id, agent.name.en, agent.name.zh);
        println!("  {:<24} {}", "", agent.description.en);
    }
    for broken in &broken {
        println!("{} can't be used:", broken.path);
        broken.problems.iter().for_each(|problem| println!("  {problem}"));
    }
    Ok(End::Done)
}

fn show(context: &Context, here: &AgentHere) -> Result<End, AppError> {
    if context.json {
        print_json(&AgentLine::of(here))?;
        return Ok(End::Done);
    }
    let agent = &here.agent;
    println!("{} · {}\n{}\n{}\n", agent.name.en, agent.name.zh, agent.description.en, agent.description.zh);
    println!("takes");
    for input in &agent.inputs {
        let line = InputLine::of(input);
        let need = if line.required { "" } else { " (may be left out)" };
        println!("  {:<16} {:<7} {} · {}{need}", line.name, line.kind, input.label.en, input.label.zh);
    }
    println!("does");
    for (number, step) in (1..).zip(&agent.steps) {
        println!("  {number:>2}. {} · {}", step.title.en, step.title.zh);
    }
    println!("checks");
    for check in &agent.checks {
        println!("  {} · {}", check.says.en, check.says.zh);
    }
    println!("\n{}", here.folder.join("agent.toml").display());
    Ok(End::Done)
}

fn taken(context: &Context, here: &AgentHere) -> Result<End, AppError> {
    if context.json {
        print_json(&AgentLine::of(here))?;
    } else {
        println!("{} is yours now: {}", here.agent.id, here.folder.join("agent.toml").display());
    }
    Ok(End::Done)
}

#[derive(Serialize)]
struct CaseLine<'a> {
    role: &'a str,
    case: &'a str,
    model: &'a str,
    seed: u64,
    passed: bool,
    checks: Vec<CheckLine<'a>>,
    seeded: usize,
    found: usize,
    false_alarms: usize,
    missed: &'a [String],
    wrong: &'a [String],
    seconds: f64,
}

#[derive(Serialize)]
struct CheckLine<'a> {
    name: &'a str,
    passed: bool,
    detail: &'a str,
}

impl<'a> CheckLine<'a> {
    fn of(check: &'a CheckReport) -> Self {
        Self { name: &check.name, passed: check.passed, detail: &check.detail }
    }
}

impl Test {
    async fn run(self, context: &Context) -> Result<End, AppError> {
        let roles = match &self.role {
            Some(role) => vec![context.app.agent(role)?],
            None => context.app.agents()?.agents,
        };
        let mut all_passed = true;
        for here in &roles {
            for case in context.app.cases(here)? {
                let name =
                    case.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                if self.case.as_ref().is_some_and(|wanted| *wanted != name) {
                    continue;
                }
                for seed in 0..self.seeds {
                    if !context.json && std::io::stderr().is_terminal() {
                        eprintln!("{} {name}, seed {seed}", here.agent.id);
                    }
                    let report = context.app.test_agent(here, &case, seed, &context.cancel).await?;
                    all_passed &= report.passed;
                    tell(context, &report)?;
                    if context.cancel.is_cancelled() {
                        return Ok(End::Cancelled);
                    }
                }
            }
        }
        Ok(if all_passed { End::Done } else { End::NothingDone })
    }
}

fn tell(context: &Context, report: &CaseReport) -> Result<(), AppError> {
    if context.json {
        let checks = report.checks.iter().map(CheckLine::of).collect();
        return print_json(&CaseLine {
            role: &report.role,
            case: &report.case,
            model: &report.model,
            seed: report.seed,
            passed: report.passed,
            checks,
            seeded: report.seeded,
            found: report.found,
            false_alarms: report.false_alarms,
            missed: &report.missed,
            wrong: &report.wrong,
            seconds: report.seconds,
        });
    }
    let verdict = if report.passed { "passed" } else { "FAILED" };
    println!(
        "{verdict} {} {} with {} (seed {}): {} of {} found, {} false alarms, {:.0} s",
        report.role,
        report.case,
        report.model,
        report.seed,
        report.found,
        report.seeded,
        report.false_alarms,
        report.seconds
    );
    for check in report.checks.iter().filter(|check| !check.passed) {
        println!("  {}: {}", check.name, check.detail);
    }
    report.missed.iter().for_each(|key| println!("  not found: {key}"));
    report.wrong.iter().for_each(|key| println!("  wrongly found: {key}"));
    Ok(())
}
