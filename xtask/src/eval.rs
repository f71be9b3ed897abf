//! `cargo xtask eval`: how well the right passage is found, on a public set of questions; and with
//! `answers`, `follow-ups`, `tools` or `injections` in front, how the model's answers, calls and obedience are; with
//! `embedder`, whether it finds as much in eight bits as in floats.
//!
//! Measures the product through its terminal, in data folders of its own, and checks the figures
//! against floors. The questions are those of XQuAD ([`crate::xquad`]); a passage counts as right when
//! it is of the paragraph that the question was written for.

mod answers;
mod follow_ups;
mod injections;
mod tools;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::build;
use crate::house::House;
use crate::process;
use crate::setup::{self, Purpose};
use crate::xquad::{self, Asked, Paragraph};

const USAGE: &str = "usage: cargo xtask eval [answers | follow-ups | tools | injections | embedder] [--data DIR] [--every N] [--model ID] [--read N,...] [--program FILE]
--read: passages that the model reads first, or `auto`, which is as many as a question needs";

/// How far down the list the right passage is looked for.
const DEPTH: usize = 20;

/// What is asked of which documents, and the R@1 and R@5 that are the least: what plain fusion of
/// this embedder with BM25 gave when it was measured by itself. Over languages, by meaning alone.
const CELLS: &[Cell] = &[
    Cell { questions: "en", memory: &["en", "zh"], right: "en", r1: 0.964, r5: 0.992 },
    Cell { questions: "zh", memory: &["en", "zh"], right: "zh", r1: 0.948, r5: 0.992 },
    Cell { questions: "en", memory: &["zh"], right: "zh", r1: 0.719, r5: 0.929 },
    Cell { questions: "zh", memory: &["en"], right: "en", r1: 0.679, r5: 0.901 },
];

struct Cell {
    questions: &'static str,
    memory: &'static [&'static str],
    right: &'static str,
    r1: f64,
    r5: f64,
}

/// What is to be evaluated, and with what.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    what: What,
    data: Option<PathBuf>,
    /// Every how manieth question or case.
    every: usize,
    /// The catalogue's id of the chat model.
    model: Option<String>,
    /// Passages that are read first, each number in its turn; `None` is as many as a question needs.
    read: Vec<Option<usize>>,
    /// `inhouse` as it was built before; without it, it is built.
    program: Option<PathBuf>,
}

/// `inhouse` with a data folder.
type Inhouse<'a> = dyn Fn(&Path) -> Command + 'a;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Retrieval,
    Answers,
    FollowUps,
    Tools,
    Injections,
    Embedder,
}

impl Wanted {
    fn with_model<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        match &self.model {
            Some(model) => command.args(["--model", model]),
            None => command,
        }
    }
}

#[derive(Deserialize)]
struct Line {
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    path: PathBuf,
}

pub fn run(house: &House, arguments: &[String]) -> Result<()> {
    let wanted = parse(arguments)?;
    match wanted.what {
        What::Retrieval => retrieval(house, &wanted),
        What::Embedder => embedder(house, &wanted),
        What::Answers | What::FollowUps | What::Tools | What::Injections => {
            setup::prepare(house, Purpose::Use)?;
            let program = program(house, &wanted)?;
            let inhouse = |home: &Path| of(&program, house, home);
            match wanted.what {
                What::Answers => answers::run(&inhouse, &wanted),
                What::FollowUps => follow_ups::run(&inhouse, &wanted),
                What::Tools => tools::run(house, &inhouse, &wanted),
                _ => injections::run(&inhouse, &wanted),
            }
        }
    }
}

/// `inhouse`, built unless one was named.
fn program(house: &House, wanted: &Wanted) -> Result<PathBuf> {
    match &wanted.program {
        Some(program) => Ok(program.clone()),
        None => Ok(build::programs(house)?.join("inhouse")),
    }
}

/// Holds both ways of computing beside each other; a test of the room of models, which alone has both.
fn embedder(house: &House, wanted: &Wanted) -> Result<()> {
    let data = wanted.data.as_deref().context(USAGE)?;
    let data = data.canonicalize().with_context(|| data.display().to_string())?;
    setup::prepare(house, Purpose::Use)?;
    let mut command = process::cargo();
    command.args(["test", "--workspace", "--lib", "eight_bits_find", "--"]);
    command.args(["--ignored", "--nocapture"]);
    command.env("INHOUSE_XQUAD", data.join("xquad")).env("INHOUSE_MODELS", &house.models);
    process::run(command.current_dir(&house.root))
}

fn retrieval(house: &House, wanted: &Wanted) -> Result<()> {
    let (data, every) = (wanted.data.as_deref().context(USAGE)?, wanted.every);
    let languages: BTreeMap<&str, Vec<Paragraph>> = ["en", "zh"]
        .into_iter()
        .map(|language| Ok((language, xquad::read(data, language)?)))
        .collect::<Result<_>>()?;
    setup::prepare(house, Purpose::Use)?;
    let inhouse = program(house, wanted)?;
    let folder = tempfile::tempdir().context("making a folder for the evaluation's data")?;
    let mut kept: BTreeMap<&[&str], PathBuf> = BTreeMap::new();
    let mut missed = Vec::new();

    println!(
        "{:<10} {:<8} {:>9} {:>6} {:>6} {:>6} {:>9}",
        "questions", "memory", "asked", "R@1", "R@5", "MRR", "ms each"
    );
    for cell in CELLS {
        let memory = cell.memory.join("+");
        let home = match kept.get(cell.memory) {
            Some(home) => home.clone(),
            None => {
                let home = folder.path().join(format!("home-{memory}"));
                let documents = folder.path().join(format!("documents-{memory}"));
                for language in cell.memory {
                    xquad::write_documents(&documents.join(language), &languages[language])?;
                }
                process::output(of(&inhouse, house, &home).arg("add").arg(&documents))?;
                kept.insert(cell.memory, home.clone());
                home
            }
        };
        let asked: Vec<(usize, &Asked)> = languages[cell.questions]
            .iter()
            .enumerate()
            .flat_map(|(number, paragraph)| paragraph.qas.iter().map(move |asked| (number, asked)))
            .step_by(every)
            .collect();
        let file = folder.path().join("questions.txt");
        let lines: Vec<String> = asked.iter().map(|(_, asked)| asked.line()).collect();
        fs::write(&file, lines.join("\n")).with_context(|| format!("writing {}", file.display()))?;
        let begun = Instant::now();
        let printed = process::output(
            of(&inhouse, house, &home)
                .args(["search", "--json", "--top"])
                .arg(DEPTH.to_string())
                .arg("--questions")
                .arg(&file),
        )?;
        let each = begun.elapsed().as_secs_f64() * 1000.0 / asked.len() as f64;
        let found: Vec<Line> = printed
            .lines()
            .map(|line| serde_json::from_str(line).context("reading what search printed"))
            .collect::<Result<_>>()?;
        if found.len() != asked.len() {
            bail!("{} questions were asked and {} answered", asked.len(), found.len());
        }
        let ranks: Vec<Option<usize>> = asked
            .iter()
            .zip(&found)
            .map(|((number, _), line)| rank(&line.hits, cell.right, *number))
            .collect();
        let share = |limit: usize| {
            ranks.iter().flatten().filter(|rank| **rank <= limit).count() as f64 / ranks.len() as f64
        };
        let mrr = ranks.iter().flatten().map(|rank| 1.0 / *rank as f64).sum::<f64>() / ranks.len() as f64;
        let (r1, r5) = (share(1), share(5));
        println!(
            "{:<10} {memory:<8} {:>9} {r1:>6.3} {r5:>6.3} {mrr:>6.3} {each:>9.0}",
            cell.questions,
            asked.len()
        );
        // Half a thousandth is what printing three digits hides.
        if r1 < cell.r1 - 0.0005 || r5 < cell.r5 - 0.0005 {
            missed.push(format!(
                "{} in {memory}: R@1 {:.3}, R@5 {:.3} at least",
                cell.questions, cell.r1, cell.r5
            ));
        }
    }
    if missed.is_empty() { Ok(()) } else { bail!("below what plain retrieval gives: {}", missed.join("; ")) }
}

fn parse(arguments: &[String]) -> Result<Wanted> {
    let mut wanted =
        Wanted { what: What::Retrieval, data: None, every: 1, model: None, read: vec![None], program: None };
    let mut words = arguments.iter().peekable();
    let what = match words.peek().map(|word| word.as_str()) {
        Some("answers") => Some(What::Answers),
        Some("follow-ups") => Some(What::FollowUps),
        Some("tools") => Some(What::Tools),
        Some("injections") => Some(What::Injections),
        Some("embedder") => Some(What::Embedder),
        _ => None,
    };
    if let Some(what) = what {
        wanted.what = what;
        words.next();
    }
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} wants a value\n{USAGE}"))?;
        match word.as_str() {
            "--data" => wanted.data = Some(PathBuf::from(value)),
            "--every" => wanted.every = value.parse().ok().filter(|n| *n > 0).with_context(|| USAGE)?,
            "--model" => wanted.model = Some(value.clone()),
            "--read" => wanted.read = value.split(',').map(read).collect::<Result<_>>()?,
            "--program" => wanted.program = Some(PathBuf::from(value)),
            _ => bail!("{USAGE}"),
        }
    }
    let wants_data =
        matches!(wanted.what, What::Retrieval | What::Answers | What::FollowUps | What::Embedder);
    if wanted.data.is_none() && wants_data {
        bail!("{USAGE}");
    }
    Ok(wanted)
}

/// How many passages are read first.
fn read(word: &str) -> Result<Option<usize>> {
    match word {
        "auto" => Ok(None),
        _ => Ok(Some(word.parse().ok().filter(|count| *count > 0).with_context(|| USAGE)?)),
    }
}

fn of(inhouse: &Path, house: &House, home: &Path) -> Command {
    let mut command = Command::new(inhouse);
    command.env("INHOUSE_MODELS", &house.models).arg("--home").arg(home);
    command
}

/// Where the right paragraph stands among the documents found, from 1.
fn rank(hits: &[Hit], language: &str, number: usize) -> Option<usize> {
    let mut seen: Vec<&Path> = Vec::new();
    for hit in hits {
        if !seen.contains(&hit.path.as_path()) {
            seen.push(&hit.path);
        }
    }
    let right = Path::new(language).join(xquad::name(number));
    seen.iter().position(|path| path.ends_with(&right)).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_passages_of_one_document_take_one_rank() {
        let hits = ["a/en/001.txt", "a/en/001.txt", "a/zh/002.txt", "a/en/002.txt"];
        let hits: Vec<Hit> = hits.into_iter().map(|path| Hit { path: path.into() }).collect();
        assert_eq!(rank(&hits, "en", 1), Some(1));
        assert_eq!(rank(&hits, "en", 2), Some(3));
        assert_eq!(rank(&hits, "zh", 1), None);
    }

    #[test]
    fn the_arguments_are_read_or_refused() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let parsed =
            parse(&words("answers --data d --every 3 --model m --read auto,2 --program p")).expect("fine");
        let (data, program) = (Some(PathBuf::from("d")), Some(PathBuf::from("p")));
        let model = Some("m".into());
        let read = vec![None, Some(2)];
        assert_eq!(parsed, Wanted { what: What::Answers, data, every: 3, model, read, program });
        assert!(parse(&words("answers --data d --read 0")).is_err());
        assert!(parse(&words("answers --data d --read 1,,2")).is_err());
        assert_eq!(parse(&words("tools")).expect("fine").what, What::Tools);
        assert!(parse(&words("--data d --every 0")).is_err());
        assert!(parse(&words("--data")).is_err());
        assert!(parse(&[]).is_err());
    }
}
