//! `cargo xtask bench embed`: how fast passages are embedded, beside what people would use instead.
//!
//! The peer is the same English model in eight bits under ONNX Runtime. Both embed the same file, a
//! passage a line, in turn; what is printed are medians. The peer's time is that of its network alone,
//! ours includes turning texts into tokens. Passages are what is compared: the two count tokens
//! differently.

use std::fs;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{Engine, Wanted, ask_peer, beside, median};
use crate::process;

const PEER: &str = "onnx_minilm.py";
/// The model that the peer has too.
const SHARED: &str = "all-minilm-l6-v2";

#[derive(Deserialize)]
struct Speed {
    passages_s: f64,
}

#[derive(Serialize)]
struct Row<'a> {
    model: &'a str,
    what: &'static str,
    ours: f64,
    peer: Option<f64>,
    ratio: Option<f64>,
}

pub fn run(engine: &Engine<'_>, wanted: &Wanted) -> Result<()> {
    let passages = wanted.passages.as_deref().context("this wants --passages FILE, a passage a line")?;
    fs::metadata(passages).with_context(|| passages.display().to_string())?;
    for id in &wanted.models {
        let (mut ours, mut peers) = (Vec::new(), Vec::new());
        for _ in 0..wanted.rounds {
            let mut command = engine.command();
            command.args(["bench", "--json", "--embedder", id, "--passages"]).arg(passages);
            ours.push(read(&process::output(&mut command)?)?);
            if let Some(folder) = wanted.peers.as_deref().filter(|_| id == SHARED) {
                let tokenizer = engine.models.join(SHARED).join("tokenizer.json");
                peers.push(read(&ask_peer(&folder.join(PEER), &tokenizer, &[passages.as_os_str()])?)?);
            }
        }
        let ours = median(&mut ours);
        let peer = (!peers.is_empty()).then(|| median(&mut peers));
        let row = Row { model: id, what: "passages_s", ours, peer, ratio: peer.map(|peer| ours / peer) };
        if wanted.json {
            println!("{}", serde_json::to_string(&row)?);
        } else {
            println!("{id:<36} {:<10} {ours:>9.1} {}", row.what, beside(ours, peer));
        }
    }
    Ok(())
}

fn read(printed: &str) -> Result<f64> {
    let line = printed.lines().find(|line| line.starts_with('{')).context("no speed was printed")?;
    Ok(serde_json::from_str::<Speed>(line).context("reading the speed that was printed")?.passages_s)
}
