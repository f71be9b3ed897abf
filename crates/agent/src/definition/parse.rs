//! Reading an agent's file: strictly, and with the line of what is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::run::ITSELF;

use super::{Agent, Check, CheckKind, Input, InputKind, Limits, Permission, Step, Tool, Words, Work};

/// Something that is wrong with an agent's file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The file as it stands; steps and checks are read one by one, so that each error knows its place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentFile {
    name: Words,
    description: Words,
    industry: String,
    #[serde(default)]
    instructions: Words,
    model: Option<String>,
    #[serde(default)]
    collections: Vec<String>,
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    inputs: Vec<Spanned<Input>>,
    #[serde(default)]
    permissions: BTreeMap<Tool, Permission>,
    #[serde(default)]
    limits: Limits,
    steps: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    checks: Vec<Spanned<toml::Table>>,
}

pub(super) fn parse(id: &str, text: &str) -> Result<Agent, Vec<Problem>> {
    let file: AgentFile = toml::from_str(text).map_err(|error| {
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        vec![Problem { line, what: error.message().to_owned() }]
    })?;
    let mut problems = Vec::new();
    let mut names = Names::new();
    let mut inputs = Vec::new();
    for spanned in file.inputs {
        let line = line_of(text, spanned.span().start);
        let input = spanned.into_inner();
        if input.kind == InputKind::Choice && input.options.is_empty() {
            problems.push(Problem { line, what: format!("the choice `{}` has no options", input.name) });
        }
        if let Some(file) =
            input.default.as_ref().filter(|file| input.kind == InputKind::File && leads_out(file))
        {
            problems.push(Problem { line, what: format!("`{file}` does not stand in the agent's folder") });
        }
        if input.kind == InputKind::Folder && input.default.is_some() {
            problems
                .push(Problem { line, what: format!("the folder `{}` can't have a default", input.name) });
        }
        names.add(&input.name, line, &mut problems);
        inputs.push(input);
    }
    let mut steps = Vec::new();
    for spanned in file.steps {
        let line = line_of(text, spanned.span().start);
        match step(spanned.into_inner(), line) {
            Ok(step) => {
                for name in used(&step.work) {
                    if !names.known.contains(&name) {
                        let what = format!(
                            "step `{}` uses `{name}`, which is no input and no step before it",
                            step.name
                        );
                        problems.push(Problem { line, what });
                    }
                }
                problems.extend(flaws(&step).into_iter().map(|what| Problem { line, what }));
                names.add(&step.name, line, &mut problems);
                steps.push(step);
            }
            Err(what) => problems.push(Problem { line, what }),
        }
    }
    let mut checks = Vec::new();
    for spanned in file.checks {
        let line = line_of(text, spanned.span().start);
        match check(spanned.into_inner(), line) {
            Ok(check) => {
                for name in tables_of(&check.kind) {
                    if !names.known.contains(&name) {
                        problems.push(Problem {
                            line,
                            what: format!("check `{}` looks at `{name}`, which is no step", check.name),
                        });
                    }
                }
                checks.push(check);
            }
            Err(what) => problems.push(Problem { line, what }),
        }
    }
    if steps.is_empty() && problems.is_empty() {
        problems.push(Problem { line: 1, what: "it has no steps".into() });
    }
    if !problems.is_empty() {
        problems.sort();
        return Err(problems);
    }
    Ok(Agent {
        id: id.to_owned(),
        name: file.name,
        description: file.description,
        industry: file.industry,
        instructions: file.instructions,
        model: file.model,
        collections: file.collections,
        tools: file.tools,
        inputs,
        permissions: file.permissions,
        limits: file.limits,
        steps,
        checks,
        toml: text.to_owned(),
    })
}

/// Names of inputs and steps so far.
struct Names {
    known: BTreeSet<String>,
}

impl Names {
    /// The run itself is there from the beginning.
    fn new() -> Self {
        Self { known: BTreeSet::from([ITSELF.to_owned()]) }
    }

    fn add(&mut self, name: &str, line: usize, problems: &mut Vec<Problem>) {
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !plain {
            let what = format!("`{name}` is no name: lower-case letters, digits and _, a letter first");
            problems.push(Problem { line, what });
        } else if !self.known.insert(name.to_owned()) {
            problems.push(Problem { line, what: format!("`{name}` is there twice") });
        }
    }
}

fn step(mut table: toml::Table, line: usize) -> Result<Step, String> {
    let name = take_text(&mut table, "name").ok_or("a step has no name")?;
    let does =
        take_text(&mut table, "use").ok_or_else(|| format!("step `{name}` does not say what it uses"))?;
    let title = match table.remove("title") {
        Some(title) => title.try_into::<Words>().map_err(|error| told(&name, &error))?,
        None => return Err(format!("step `{name}` has no title")),
    };
    let model = take_text(&mut table, "model");
    fn rest<T: DeserializeOwned>(name: &str, table: toml::Table) -> Result<T, String> {
        toml::Value::Table(table).try_into().map_err(|error| told(name, &error))
    }
    let work = match does.as_str() {
        "table" => Work::Table(rest(&name, table)?),
        "split" => Work::Split(rest(&name, table)?),
        "form" => Work::Form(rest(&name, table)?),
        "extract" => Work::Extract(rest(&name, table)?),
        "for_each" => Work::ForEach(rest(&name, table)?),
        "query" => Work::Query(rest(&name, table)?),
        "compare" => Work::Compare(rest(&name, table)?),
        "translate" => Work::Translate(rest(&name, table)?),
        "redact" => Work::Redact(rest(&name, table)?),
        "ask" => Work::Ask(rest(&name, table)?),
        "free" => Work::Free(rest(&name, table)?),
        "write" => Work::Write(rest(&name, table)?),
        "fill" => Work::Fill(rest(&name, table)?),
        "mail" => Work::Mail(rest(&name, table)?),
        "calendar" => Work::Calendar(rest(&name, table)?),
        "file" => Work::File(rest(&name, table)?),
        other => {
            let known = "table, split, form, extract, for_each, query, compare, translate, redact, ask, free, write, fill, mail, calendar, file";
            return Err(format!("step `{name}` uses `{other}`, which is none of {known}"));
        }
    };
    Ok(Step { name, title, work, model, line })
}

fn check(mut table: toml::Table, line: usize) -> Result<Check, String> {
    let name = take_text(&mut table, "name").ok_or("a check has no name")?;
    let says = table.remove("says").ok_or_else(|| format!("check `{name}` does not say what holds"))?;
    let says = says.try_into().map_err(|error| told(&name, &error))?;
    let kind: CheckKind = toml::Value::Table(table).try_into().map_err(|error| told(&name, &error))?;
    Ok(Check { name, says, kind, line })
}

fn take_text(table: &mut toml::Table, key: &str) -> Option<String> {
    match table.remove(key)? {
        toml::Value::String(text) => Some(text),
        _ => None,
    }
}

fn told(name: &str, error: &toml::de::Error) -> String {
    format!("`{name}`: {}", error.message())
}

/// The inputs and steps that a step builds on. What a question in SQL names, the question itself
/// finds out.
fn used(work: &Work) -> Vec<String> {
    match work {
        Work::Table(table) => vec![table.from.clone()],
        Work::Split(split) => vec![split.from.clone()],
        Work::Form(form) => vec![form.from.clone()],
        Work::Extract(extract) => extract.from.clone(),
        Work::ForEach(each) => each.read.iter().chain([&each.rows]).cloned().collect(),
        Work::Redact(redact) => {
            let tables = redact.names.iter().map(|name| name.split('.').next().unwrap_or(name).to_owned());
            tables.chain([redact.from.clone()]).collect()
        }
        Work::Write(write) => write.tables.iter().map(|table| table.from.clone()).collect(),
        Work::Compare(compare) => vec![compare.old.clone(), compare.new.clone()],
        Work::Translate(translate) => {
            let language = ["en", "zh"].contains(&translate.into.as_str());
            let into = (!language).then(|| translate.into.clone());
            into.into_iter().chain(translate.glossary.clone()).chain([translate.rows.clone()]).collect()
        }
        Work::Mail(mail) => mail.lists.iter().map(|list| &list.from).chain(&mail.attach).cloned().collect(),
        Work::Calendar(calendar) => vec![calendar.from.clone()],
        Work::File(file) => vec![file.folder.clone(), file.rows.clone()],
        Work::Query(_) | Work::Ask(_) | Work::Free(_) | Work::Fill(_) => Vec::new(),
    }
}

fn tables_of(kind: &CheckKind) -> Vec<String> {
    match kind {
        CheckKind::Filled { table, .. } | CheckKind::Quoted { table, .. } => vec![table.clone()],
        CheckKind::SameRows { tables } => tables.clone(),
        CheckKind::NoPersonalData { step } => vec![step.clone()],
        CheckKind::NoRow { .. } | CheckKind::Reopens { .. } => Vec::new(),
    }
}

/// Whether a name leads out of the agent's folder: only what stands in it belongs to the agent.
fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.contains(':') || name.split(['/', '\\']).any(|part| part == "..")
}

/// What is wrong within a step, though each part of it is well formed.
fn flaws(step: &Step) -> Vec<String> {
    let fields = match &step.work {
        Work::Fill(fill) => {
            let out = [&fill.template.en, &fill.template.zh].into_iter().filter(|name| leads_out(name));
            return out.map(|name| format!("`{name}` does not stand in the agent's folder")).collect();
        }
        Work::Extract(extract) => &extract.fields,
        Work::ForEach(each) => &each.fields,
        _ => return Vec::new(),
    };
    let mut flaws = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        let before = |name: &String| fields[..at].iter().any(|field| field.name == *name);
        let of = &field.name;
        if field.kind == super::FieldKind::Choice && field.options.is_empty() {
            flaws.push(format!("the choice `{of}` has no options"));
        }
        if field.of.is_none() && field.kind == super::FieldKind::Position {
            flaws.push(format!("field `{of}` says of no quote where it stands"));
        } else if field.of.is_none() && field.ask.en.is_empty() {
            flaws.push(format!("field `{of}` asks nothing"));
        }
        if field.of.as_ref().is_some_and(|name| !before(name)) {
            flaws.push(format!("field `{of}` is read out of a field that does not stand before it"));
        }
        if matches!(&step.work, Work::Extract(_)) && field.when.keys().any(|name| !before(name)) {
            flaws.push(format!("field `{of}` depends on a field that does not stand before it"));
        }
    }
    flaws
}

/// The line, from 1, on which a byte stands.
fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}
