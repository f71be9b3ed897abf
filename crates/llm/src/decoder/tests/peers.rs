//! Networks of every known kind, held against what llama.cpp computes with the very same files.
//!
//! The files are made up here, of weights drawn from a fixed sequence, so the tests hold without the
//! peer. They are stored as floats that 8 bits can hold, and once more in 8 bits. `peers.json` has
//! for each the logarithms of the probabilities of every ninth token after prompts of 5, 40 and 300
//! tokens: longer than the windows, and than the contexts before stretching.
//!
//! They come from llama.cpp's server (build 11549) on the files of floats, with a context of 512,
//! keys and values in 32 bits and no flash attention; a prompt of token numbers is a request of
//! `{"prompt": [..], "n_predict": 1, "n_probs": 288, "temperature": 1, "cache_prompt": false}`.
//! `INHOUSE_PEER_FILES=folder cargo test -p inhouse-llm -- --ignored peer_files` writes the files.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;

use self::networks::{Case, cases, text};
use super::{Decoder, Part, Shape, decoder, decoder_of};
use crate::decoder::architecture::Architecture;
use crate::decoder::rotation::Pairs;
use crate::fixture::Tiny;
use crate::gguf::Gguf;
use crate::kernel::maps::Gate;

mod networks;

const VOCABULARY: usize = 288;
const CONTEXT: usize = 512;
const PROMPTS: [usize; 3] = [5, 40, 300];

/// So far logarithms of probabilities may be apart from the peer's, beside how far they spread:
/// keys and values are rounded to 16 bits, and where weights have 8 bits, inputs too.
const ROUNDED: [(GgmlDType, f32); 2] = [(GgmlDType::F32, 0.003), (GgmlDType::Q8_0, 0.08)];

/// How far apart they are at least where something is left out.
const LEFT_OUT: f32 = 0.03;

fn prompt(count: usize) -> Vec<u32> {
    (0..count).map(|at| ((at * at * 31 + at * 17 + 5) % VOCABULARY) as u32).collect()
}

/// Logarithms of the probabilities of every ninth token.
fn chances(decoder: &mut Decoder, prompt: &[u32]) -> Vec<f32> {
    decoder.cut(0, 0);
    let logits = decoder.forward(prompt, 1, &|| true).unwrap().unwrap();
    let all = logits.iter().map(|logit| logit.exp()).sum::<f32>().ln();
    logits.iter().step_by(9).map(|logit| logit - all).collect()
}

/// How far chances are apart, beside how far the peer's spread.
fn apart(peer: &[f32], own: &[f32]) -> f32 {
    assert_eq!(peer.len(), own.len());
    let mean = peer.iter().sum::<f32>() / peer.len() as f32;
    let spread: f32 = peer.iter().map(|chance| (chance - mean).powi(2)).sum();
    let squares: f32 = peer.iter().zip(own).map(|(peer, own)| (peer - own).powi(2)).sum();
    (squares / spread).sqrt()
}

fn peers() -> BTreeMap<String, [Vec<f32>; 3]> {
    serde_json::from_str(include_str!("peers.json")).unwrap()
}

#[test]
fn every_kind_of_network_computes_what_llama_cpp_computes() {
    let peers = peers();
    for Case { name, mut tiny, .. } in cases() {
        for (stored, most) in ROUNDED {
            tiny.stored = stored;
            let (_folder, path) = tiny.write();
            let far = far(&mut decoder(&path), &peers[name]);
            assert!(far.iter().all(|far| *far < most), "{name} in {stored:?}: {far:?}");
        }
    }
}

/// So agents that work at the same time share the reading of the weights, and get what each would get
/// alone.
#[test]
fn sequences_that_are_read_together_do_not_see_each_other() {
    let (one, other) = (prompt(50), prompt(47).into_iter().rev().collect::<Vec<_>>());
    for Case { name, mut tiny, .. } in cases() {
        tiny.stored = GgmlDType::F32;
        let (_folder, path) = tiny.write();
        let alone = |tokens: &[u32]| decoder(&path).forward(tokens, 1, &|| true).unwrap().unwrap();
        let mut together = decoder_of(&path, 2);
        let part = |sequence, tokens, count| Part { sequence, tokens, count };
        // The second begins while the first goes on, at another place and by other steps.
        together.forward_together(&[part(0, &one[..20], 1)], &|| true).unwrap().unwrap();
        let mut last = Vec::new();
        for (own, others) in [(20..49, 0..46), (49..50, 46..47)] {
            let parts = [part(1, &other[others], 1), part(0, &one[own], 1)];
            last = together.forward_together(&parts, &|| true).unwrap().unwrap();
        }
        assert!(apart(&alone(&other), &last[0]) < 1e-3, "{name}");
        assert!(apart(&alone(&one), &last[1]) < 1e-3, "{name}");
        assert_eq!((together.read(0), together.read(1)), (&one[..], &other[..]));
        together.cut(0, 0);
        assert_eq!((together.read(0), together.read(1)), (&[][..], &other[..]));
    }
}

/// How far a decoder's chances after each prompt are from the peer's.
fn far(decoder: &mut Decoder, peer: &[Vec<f32>; 3]) -> Vec<f32> {
    let far = |(count, peer): (&usize, &Vec<f32>)| apart(peer, &chances(decoder, &prompt(*count)));
    PROMPTS.iter().zip(peer).map(far).collect()
}

/// So the test above would fail if the decoder overlooked any of it.
#[test]
fn everything_that_the_files_say_counts() {
    let peers = peers();
    // What says only what is so anyway.
    let says_nothing = |property: &str, value: &Value| match value {
        Value::String(kind) => kind == "linear",
        Value::U32(number) => {
            *number as usize == CONTEXT
                || property.ends_with("value_length")
                || property.ends_with("dimension_count") && *number == 64
        }
        _ => false,
    };
    for Case { name, tiny, properties, extras } in cases() {
        let check = |what: &str, tiny: &Tiny| {
            let (_folder, path) = tiny.write();
            let gguf = Gguf::read(&path).unwrap();
            // What can't be loaded is not overlooked.
            let loaded = Shape::of(&gguf).and_then(|shape| Decoder::load(gguf, &shape));
            if let Ok(mut decoder) = loaded {
                let far = far(&mut decoder, &peers[name]);
                assert!(far.iter().any(|far| *far > LEFT_OUT), "{name} without {what}: {far:?}");
            }
        };
        for property in properties {
            let mut less = tiny.clone();
            let at = less.metadata.iter().position(|(key, _)| *key == property).unwrap();
            let (_, value) = less.metadata.remove(at);
            if !says_nothing(&property, &value) {
                check(&property, &less);
            }
        }
        for part in extras {
            let mut less = tiny.clone();
            let part = part.trim_start_matches("blk.");
            less.tensors.retain(|(tensor, _)| !tensor.ends_with(part));
            check(part, &less);
        }
    }
}

/// And if it took a network for another kind.
#[test]
fn everything_that_tells_kinds_of_networks_apart_counts() {
    let peers = peers();
    type Change = fn(&mut Architecture);
    let changes: [(&str, Change); 9] = [
        ("pairs", |kind| {
            kind.pairs = if kind.pairs == Pairs::Halves { Pairs::Neighbours } else { Pairs::Halves };
        }),
        ("gate", |kind| kind.gate = if kind.gate == Gate::Silu { Gate::Gelu } else { Gate::Silu }),
        ("embedding", |kind| kind.scaled_embedding = !kind.scaled_embedding),
        ("windows", |kind| kind.windows = None),
        ("base", |kind| kind.windows.iter_mut().for_each(|windows| windows.base = None)),
        ("stretch", |kind| {
            kind.windows.iter_mut().for_each(|windows| windows.stretched = !windows.stretched);
        }),
        ("turns", |kind| (kind.unturned_period, kind.turns_if_tuned) = (None, false)),
        ("caps", |kind| kind.caps = None),
        ("queries", |kind| kind.width_scaled_layers = None),
    ];
    for (what, change) in changes {
        let mut felt = 0;
        for Case { name, tiny, .. } in cases() {
            let (_folder, path) = tiny.write();
            let gguf = Gguf::read(&path).unwrap();
            let mut shape = Shape::of(&gguf).unwrap();
            let mut kind = shape.architecture.clone();
            change(&mut kind);
            let changed = Shape::of_kind(&gguf, Box::leak(Box::new(kind))).unwrap();
            let turns = shape.views.iter().any(|view| view.turns.is_some());
            let has_windows =
                shape.views.iter().any(|view| view.window.is_some_and(|tokens| tokens < CONTEXT));
            shape.architecture = changed.architecture;
            let counts = match what {
                "pairs" => turns,
                "gate" => true,
                "windows" => has_windows,
                _ => shape != changed,
            };
            if counts {
                felt += 1;
                let far = far(&mut Decoder::load(gguf, &changed).unwrap(), &peers[name]);
                assert!(far.iter().any(|far| *far > LEFT_OUT), "{name} with other {what}: {far:?}");
            }
        }
        assert!(felt > 0, "{what}");
    }
}

/// Whether it is read in pieces, after a cut, or after a reading that was stopped.
#[test]
fn every_kind_of_network_in_8_bits_gives_the_same_to_the_bit_however_a_prompt_is_divided() {
    let tokens = prompt(90);
    for Case { name, mut tiny, .. } in cases() {
        tiny.stored = GgmlDType::Q8_0;
        let (_folder, path) = tiny.write();
        let mut decoder = decoder(&path);
        let at_once = decoder.forward(&tokens, 1, &|| true).unwrap().unwrap();
        for (piece, kept) in [(1, 0), (7, 50), (41, 64)] {
            decoder.cut(0, kept);
            assert!(decoder.read(0).len() <= kept && decoder.read(0).len() + 32 > kept, "{name}");
            let layers = AtomicUsize::new(0);
            let stop = || layers.fetch_add(1, Ordering::Relaxed) < 3;
            assert!(decoder.forward(&tokens[decoder.read(0).len()..], 1, &stop).unwrap().is_none());
            let mut last = Vec::new();
            while decoder.read(0).len() < tokens.len() {
                let at = decoder.read(0).len();
                let end = (at + piece).min(tokens.len());
                last = decoder.forward(&tokens[at..end], 1, &|| true).unwrap().unwrap();
            }
            assert!(at_once == last, "{name} in pieces of {piece} from {kept} on");
        }
    }
}

#[test]
#[ignore = "writes files for the peer"]
fn peer_files() {
    let folder = std::path::PathBuf::from(std::env::var_os("INHOUSE_PEER_FILES").unwrap());
    for Case { name, tiny, .. } in cases() {
        let mut tiny = tiny.with_tokenizer("gpt-2");
        let tokens = tiny.metadata.iter_mut().find(|(key, _)| key == "tokenizer.ggml.tokens").unwrap();
        let Value::Array(tokens) = &mut tokens.1 else { panic!("no array") };
        // The peer tells no chances behind half a character.
        tokens.truncate(128);
        tokens.extend((128..VOCABULARY).map(|number| text(&format!("token {number}"))));
        let kinds = tiny.metadata.iter_mut().find(|(key, _)| key == "tokenizer.ggml.token_type").unwrap();
        kinds.1 = Value::Array(vec![Value::I32(1); VOCABULARY]);
        std::fs::write(folder.join(format!("{name}.gguf")), tiny.bytes()).unwrap();
    }
    let prompts = PROMPTS.map(prompt);
    std::fs::write(folder.join("prompts.json"), serde_json::to_vec(&prompts).unwrap()).unwrap();
}
