//! `cargo xtask bench`: how fast the engine is, beside what people would use instead.
//!
//! Ours and the peer run in turn, several times, on the same files with as many threads; what is
//! printed are medians and their ratio. The machine should have nothing else to do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::build;
use crate::house::House;
use crate::process;
use crate::setup::{self, Purpose};

const USAGE: &str =
    "usage: cargo xtask bench llm [--peers DIR] [--models ID,...] [--context N,...] [--rounds N] [--json]";

/// The peer's program, in the folder that is named by `--peers`.
const PEER: &str = "llama_cpp.py";

const MODELS: &[&str] = &[
    "qwen2.5-coder-1.5b-instruct-q4_k_m",
    "qwen2.5-coder-0.5b-instruct-q4_k_m",
    "smollm2-135m-instruct-q4_1",
];

struct Wanted {
    peers: Option<PathBuf>,
    models: Vec<String>,
    contexts: Vec<usize>,
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
    let wanted = parse(arguments)?;
    setup::prepare(house, Purpose::Use)?;
    let inhouse = build::programs(house)?.join("inhouse");
    let ours = || {
        let mut command = Command::new(&inhouse);
        command.env("INHOUSE_MODELS", &house.models);
        command
    };
    let known: Known = serde_json::from_str(&process::output(ours().args(["models", "list", "--json"]))?)
        .context("reading the list of models")?;
    for id in &wanted.models {
        let model =
            known.models.iter().find(|model| model.id == *id).with_context(|| format!("no model {id}"))?;
        let path =
            model.path.as_ref().with_context(|| format!("{id} is not here: cargo xtask models {id}"))?;
        let fits = |context: &&usize| **context + 64 <= model.context;
        let contexts: Vec<String> = wanted.contexts.iter().filter(fits).map(usize::to_string).collect();
        let contexts = contexts.join(",");
        let (mut our_cells, mut peer_cells) = (BTreeMap::new(), BTreeMap::new());
        for _ in 0..wanted.rounds {
            let printed =
                process::output(ours().args(["bench", "--json", "--model", id, "--context", &contexts]))?;
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
                let beside = match (row.peer, row.ratio) {
                    (Some(peer), Some(ratio)) => format!("{peer:>9.1} {ratio:>6.2}"),
                    _ => String::new(),
                };
                println!("{id:<36} {context:>5} {what:<8} {ours:>9.1} {beside}");
            }
        }
    }
    Ok(())
}

fn peer(folder: &Path, model: &Path, contexts: &str) -> Result<Vec<Speed>> {
    let mut command = Command::new("python3");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    command.arg(folder.join(PEER)).arg(model).args([
        "--context",
        contexts,
        "--threads",
        &threads.to_string(),
    ]);
    let printed = process::output(&mut command)?;
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

fn parse(arguments: &[String]) -> Result<Wanted> {
    let Some((what, rest)) = arguments.split_first() else { bail!("{USAGE}") };
    if what != "llm" {
        bail!("{USAGE}");
    }
    let mut wanted = Wanted {
        peers: None,
        models: MODELS.iter().map(|id| (*id).to_owned()).collect(),
        contexts: vec![512, 2048, 8192],
        rounds: 5,
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
            "--models" => wanted.models = value.split(',').map(str::to_owned).collect(),
            "--context" => {
                wanted.contexts =
                    value.split(',').map(str::parse).collect::<Result<_, _>>().context(USAGE)?;
            }
            "--rounds" => wanted.rounds = value.parse().ok().filter(|n| *n > 0).context(USAGE)?,
            _ => bail!("{USAGE}"),
        }
    }
    Ok(wanted)
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
        let wanted = parse(&words("llm --peers p --context 5,6 --rounds 2 --json")).expect("fine");
        assert_eq!((wanted.contexts, wanted.rounds, wanted.json), (vec![5, 6], 2, true));
        assert!(parse(&words("ui")).is_err());
        assert!(parse(&words("llm --rounds 0")).is_err());
        assert!(parse(&[]).is_err());
    }
}
