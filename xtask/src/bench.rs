//! `cargo xtask bench`: how fast the engine is, beside what people would use instead.
//!
//! Ours and the peer run in turn, several times, on the same files with as many threads; what is
//! printed are medians and their ratio. The machine should have nothing else to do.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::build;
use crate::house::House;
use crate::process;
use crate::setup::{self, Purpose};

mod answers;
mod embed;
mod grounded;

const USAGE: &str =
    "usage: cargo xtask bench llm [--peers DIR] [--models ID,...] [--context N,...] [--rounds N] [--json]
       cargo xtask bench embed --passages FILE [--peers DIR] [--models ID,...] [--rounds N] [--json]
       cargo xtask bench answers --data DIR [--models ID,...] [--questions N] [--kept FILE] [--json]
       cargo xtask bench grounded --peers DIR [--models ID,...] [--rounds N] [--json]
       cargo xtask bench tools --peers DIR [--models ID,...] [--rounds N] [--json]";

/// The peer's program, in the folder that is named by `--peers`.
const PEER: &str = "llama_cpp.py";

const MODELS: &[&str] = &[
    "qwen2.5-coder-1.5b-instruct-q4_k_m",
    "qwen2.5-coder-0.5b-instruct-q4_k_m",
    "smollm2-135m-instruct-q4_1",
];

const EMBEDDERS: &[&str] = &["multilingual-e5-small-q4", "all-minilm-l6-v2"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Llm,
    Embed,
    Answers,
    Grounded,
    Tools,
}

struct Wanted {
    peers: Option<PathBuf>,
    models: Vec<String>,
    contexts: Vec<usize>,
    passages: Option<PathBuf>,
    data: Option<PathBuf>,
    /// Of each language.
    questions: usize,
    /// Where answers are kept, for a run that goes on from there.
    kept: Option<PathBuf>,
    rounds: usize,
    json: bool,
}

#[derive(Deserialize)]
struct Ours {
    speeds: Vec<Speed>,
}

/// A line of ours, and one of the peer's.
#[derive(Deserialize)]
struct Speed {
    context: usize,
    prefill_tok_s: f64,
    decode_tok_s: f64,
}

#[derive(Deserialize)]
struct Known {
    models: Vec<KnownModel>,
}

#[derive(Deserialize)]
struct KnownModel {
    id: String,
    context: usize,
    path: Option<PathBuf>,
}

#[derive(Serialize)]
struct Row<'a> {
    model: &'a str,
    context: usize,
    what: &'static str,
    ours: f64,
    peer: Option<f64>,
    ratio: Option<f64>,
}

pub fn run(house: &House, arguments: &[String]) -> Result<()> {
    let (what, wanted) = parse(arguments)?;
    setup::prepare(house, Purpose::Use)?;
    let engine = Engine { program: build::programs(house)?.join("inhouse"), models: &house.models };
    let known = engine.known()?;
    let mut models = Vec::new();
    for id in &wanted.models {
        let model = known.iter().find(|model| model.id == *id).with_context(|| format!("no model {id}"))?;
        let path =
            model.path.as_deref().with_context(|| format!("{id} is not here: cargo xtask models {id}"))?;
        models.push((model, path));
    }
    match what {
        What::Llm => speeds(&engine, &wanted, &models),
        What::Embed => embed::run(&engine, &wanted),
        What::Answers => answers::run(house, &engine, &wanted, &models),
        What::Grounded | What::Tools => grounded::run(house, what, &engine, &wanted, &models),
    }
}

/// Our program, and where it finds models.
struct Engine<'a> {
    program: PathBuf,
    models: &'a Path,
}

impl Engine<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("INHOUSE_MODELS", self.models);
        command
    }

    fn known(&self) -> Result<Vec<KnownModel>> {
        let printed = process::output(self.command().args(["models", "list", "--json"]))?;
        let known: Known = serde_json::from_str(&printed).context("reading the list of models")?;
        Ok(known.models)
    }
}

fn speeds(engine: &Engine<'_>, wanted: &Wanted, models: &[(&KnownModel, &Path)]) -> Result<()> {
    for (model, path) in models {
        let id = &model.id;
        let fits = |context: &&usize| **context + 64 <= model.context;
        let contexts: Vec<String> = wanted.contexts.iter().filter(fits).map(usize::to_string).collect();
        let contexts = contexts.join(",");
        let (mut our_cells, mut peer_cells) = (BTreeMap::new(), BTreeMap::new());
        for _ in 0..wanted.rounds {
            let printed = process::output(engine.command().args([
                "bench",
                "--json",
                "--model",
                id,
                "--context",
                &contexts,
            ]))?;
            let speeds = serde_json::from_str::<Ours>(&printed).context("reading what bench printed")?.speeds;
            collect(&mut our_cells, &speeds);
            if let Some(folder) = &wanted.peers {
                collect(&mut peer_cells, &peer(folder, path, &contexts)?);
            }
        }
        for ((context, what), mut values) in our_cells {
            let ours = median(&mut values);
            let peer = peer_cells.get_mut(&(context, what)).map(|values| median(values));
            let row = Row { model: id, context, what, ours, peer, ratio: peer.map(|peer| ours / peer) };
            if wanted.json {
                println!("{}", serde_json::to_string(&row)?);
            } else {
                println!("{id:<36} {context:>5} {what:<8} {ours:>9.1} {}", beside(ours, peer));
            }
        }
    }
    Ok(())
}

/// The peer's figure and the ratio of ours to it, where there is a peer.
fn beside(ours: f64, peer: Option<f64>) -> String {
    peer.map(|peer| format!("{peer:>9.1} {:>6.2}", ours / peer)).unwrap_or_default()
}

/// Runs the peer's program on a model, with as many threads as ours takes.
fn ask_peer(program: &Path, model: &Path, arguments: &[&OsStr]) -> Result<String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    let mut command = Command::new("python3");
    command.arg(program).arg(model).args(arguments).args(["--threads", &threads]);
    process::output(&mut command)
}

fn peer(folder: &Path, model: &Path, contexts: &str) -> Result<Vec<Speed>> {
    let printed = ask_peer(&folder.join(PEER), model, &["--context".as_ref(), contexts.as_ref()])?;
    let lines = printed.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).context("reading what the peer printed")).collect()
}

fn collect(cells: &mut BTreeMap<(usize, &'static str), Vec<f64>>, speeds: &[Speed]) {
    for speed in speeds {
        cells.entry((speed.context, "prefill")).or_default().push(speed.prefill_tok_s);
        cells.entry((speed.context, "decode")).or_default().push(speed.decode_tok_s);
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

fn parse(arguments: &[String]) -> Result<(What, Wanted)> {
    let Some((what, rest)) = arguments.split_first() else { bail!("{USAGE}") };
    let (what, models) = match what.as_str() {
        "llm" => (What::Llm, MODELS),
        "embed" => (What::Embed, EMBEDDERS),
        "answers" => (What::Answers, &MODELS[..1]),
        "grounded" => (What::Grounded, &MODELS[..1]),
        "tools" => (What::Tools, &MODELS[..1]),
        _ => bail!("{USAGE}"),
    };
    let mut wanted = Wanted {
        peers: None,
        models: models.iter().map(|id| (*id).to_owned()).collect(),
        contexts: vec![512, 2048, 8192],
        passages: None,
        data: None,
        questions: 200,
        kept: None,
        rounds: if matches!(what, What::Llm | What::Embed) { 5 } else { 1 },
        json: false,
    };
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if word == "--json" {
            wanted.json = true;
            continue;
        }
        let value = words.next().with_context(|| format!("{word} wants a value\n{USAGE}"))?;
        match word.as_str() {
            "--peers" => wanted.peers = Some(value.into()),
            "--passages" => wanted.passages = Some(value.into()),
            "--data" => wanted.data = Some(value.into()),
            "--kept" => wanted.kept = Some(value.into()),
            "--questions" => wanted.questions = value.parse().ok().filter(|n| *n > 0).context(USAGE)?,
            "--models" => wanted.models = value.split(',').map(str::to_owned).collect(),
            "--context" => {
                wanted.contexts =
                    value.split(',').map(str::parse).collect::<Result<_, _>>().context(USAGE)?;
            }
            "--rounds" => wanted.rounds = value.parse().ok().filter(|n| *n > 0).context(USAGE)?,
            _ => bail!("{USAGE}"),
        }
    }
    Ok((what, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_or_between_the_two() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn the_arguments_are_read_or_refused() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (what, wanted) = parse(&words("llm --peers p --context 5,6 --rounds 2 --json")).expect("fine");
        assert_eq!(what, What::Llm);
        assert_eq!((wanted.contexts, wanted.rounds, wanted.json), (vec![5, 6], 2, true));
        assert!(parse(&words("ui")).is_err());
        assert!(parse(&words("llm --rounds 0")).is_err());
        assert!(parse(&[]).is_err());
    }
}
