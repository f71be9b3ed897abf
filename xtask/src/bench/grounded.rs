//! `cargo xtask bench grounded` and `bench tools`: whole answers, beside what people would use
//! instead.
//!
//! Grounded requests are the peer's (`grounded.jsonl`, one a line; two in a row with the same `case`
//! share their passages, so the second shows what is not read twice). Tool calls are ours; the schema
//! that each has holds our answer, and the peer answers freely. Each engine answers all of them in
//! turn, and what is printed are medians.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{Engine, KnownModel, Wanted, What, ask_peer, median};
use crate::house::House;
use crate::process;

const PEER: &str = "llama_cpp_grounded.py";
const REQUESTS: &str = "grounded.jsonl";

/// What both engines say of a request.
#[derive(Deserialize)]
struct Answered {
    case: String,
    first_token_ms: f64,
    answer_tokens: f64,
    total_ms: f64,
    hit: Option<bool>,
}

#[derive(Serialize)]
struct Row<'a> {
    model: &'a str,
    turn: &'static str,
    what: &'static str,
    ours: f64,
    peer: f64,
    ratio: f64,
}

#[derive(Default)]
struct Cells {
    /// By turn and by what was measured.
    values: BTreeMap<(&'static str, &'static str), Vec<f64>>,
    hits: usize,
    answers: usize,
}

pub fn run(
    house: &House,
    what: What,
    engine: &Engine<'_>,
    wanted: &Wanted,
    models: &[(&KnownModel, &Path)],
) -> Result<()> {
    let folder = wanted.peers.as_deref().context("this wants --peers DIR")?;
    let requests = match what {
        What::Tools => house.root.join("xtask/src/bench/tools.jsonl"),
        _ => folder.join(REQUESTS),
    };
    fs::metadata(&requests).with_context(|| requests.display().to_string())?;
    for (model, path) in models {
        let (mut ours, mut peers) = (Cells::default(), Cells::default());
        for _ in 0..wanted.rounds {
            let mut command = engine.command();
            command.args(["bench", "--json", "--model", &model.id, "--requests"]).arg(&requests);
            ours.add(&process::output(&mut command)?)?;
            peers.add(&ask_peer(&folder.join(PEER), path, &[requests.as_os_str()])?)?;
        }
        for ((turn, what), values) in &mut ours.values {
            let peer = peers.values.get_mut(&(*turn, *what)).context("the peer answered other requests")?;
            let (ours, peer) = (median(values), median(peer));
            let row = Row { model: &model.id, turn, what, ours, peer, ratio: ours / peer };
            if wanted.json {
                println!("{}", serde_json::to_string(&row)?);
            } else {
                println!("{:<36} {turn:<9} {what:<14} {ours:>9.0} {peer:>9.0} {:>6.2}", model.id, row.ratio);
            }
        }
        println_hits(wanted, &model.id, &ours, &peers);
    }
    Ok(())
}

fn println_hits(wanted: &Wanted, model: &str, ours: &Cells, peers: &Cells) {
    if wanted.json {
        let (ours, peer, of) = (ours.hits, peers.hits, ours.answers);
        println!(
            "{}",
            serde_json::json!({"model": model, "what": "hits", "ours": ours, "peer": peer, "of": of})
        );
    } else {
        println!(
            "{model:<36} expected words in {} of {} answers, the peer's in {} of {}",
            ours.hits, ours.answers, peers.hits, peers.answers
        );
    }
}

impl Cells {
    /// Takes the lines that an engine printed; a line without a case is a summary.
    fn add(&mut self, printed: &str) -> Result<()> {
        let mut last = None;
        for line in printed.lines().filter(|line| line.starts_with('{') && line.contains("\"case\"")) {
            let answered: Answered = serde_json::from_str(line).context("reading what an engine printed")?;
            let turn = if last.as_ref() == Some(&answered.case) { "follow-up" } else { "first" };
            for (what, value) in [
                ("first_token_ms", answered.first_token_ms),
                ("answer_tokens", answered.answer_tokens),
                ("total_ms", answered.total_ms),
            ] {
                self.values.entry((turn, what)).or_default().push(value);
            }
            self.hits += usize::from(answered.hit == Some(true));
            self.answers += 1;
            last = Some(answered.case);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_comes_twice_is_a_follow_up() {
        let line = |case, first| {
            format!(
                "{{\"case\": {case:?}, \"first_token_ms\": {first}, \"answer_tokens\": 9, \"total_ms\": 20, \"hit\": true}}\n"
            )
        };
        let mut cells = Cells::default();
        let summary = "{\"engine\": \"x\", \"hits\": 3}\n";
        cells.add(&(line("a", 5) + &line("a", 1) + &line("b", 7) + summary)).expect("fine");
        assert_eq!(cells.values[&("first", "first_token_ms")], [5.0, 7.0]);
        assert_eq!(cells.values[&("follow-up", "first_token_ms")], [1.0]);
        assert_eq!((cells.hits, cells.answers), (3, 3));
    }
}
