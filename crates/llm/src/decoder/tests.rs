//! What `decoder` promises, tested.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fs::File;
use std::path::Path;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_phi3, quantized_qwen2, quantized_qwen3};
use inhouse_agent::chat::ModelError;

use super::{Decoder, Part, Shape};
use crate::fixture::{Tiny, VOCABULARY, model};
use crate::gguf::Gguf;
use crate::tokenizer::{self, Tokenizer};

mod peers;

const ARCHITECTURES: [&str; 5] = ["qwen2", "llama", "qwen3", "gemma3", "phi3"];

fn decoder(path: &Path) -> Decoder {
    decoder_of(path, 1)
}

fn decoder_of(path: &Path, sequences: usize) -> Decoder {
    let gguf = Gguf::read(path).unwrap();
    let mut shape = Shape::of(&gguf).unwrap();
    shape.context = shape.context.min(1_024);
    shape.sequences = sequences;
    Decoder::load(gguf, &shape).unwrap()
}

fn tiny(architecture: &str) -> Decoder {
    // Seven layers, so that one of gemma3's sees everything.
    let (_folder, path) = Tiny::network(architecture, 7).write();
    decoder(&path)
}

fn tokens(count: usize) -> Vec<u32> {
    (0..count).map(|at| ((at * 37 + 11) % VOCABULARY) as u32).collect()
}

/// Keys and values are kept in 16 bits, which shows most in networks of random weights.
const ROUNDED: f32 = 5e-3;

/// How far two vectors of logits are apart, beside their own size.
fn distance(one: &[f32], other: &[f32]) -> f32 {
    let squares = |values: &mut dyn Iterator<Item = f32>| values.map(|value| value * value).sum::<f32>();
    let difference = squares(&mut one.iter().zip(other).map(|(a, b)| a - b));
    (difference / squares(&mut one.iter().copied())).sqrt()
}

fn likeliest(logits: &[f32]) -> u32 {
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap() as u32
}

/// What candle's own model of the architecture says.
fn by_candle(path: &Path, architecture: &str, tokens: &[u32]) -> Vec<f32> {
    let mut file = File::open(path).unwrap();
    let content = Content::read(&mut file).unwrap();
    let cpu = Device::Cpu;
    let input = Tensor::new(tokens, &cpu).unwrap().unsqueeze(0).unwrap();
    let logits = match architecture {
        "qwen2" => {
            quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &cpu).unwrap().forward(&input, 0)
        }
        "llama" => {
            quantized_llama::ModelWeights::from_gguf(content, &mut file, &cpu).unwrap().forward(&input, 0)
        }
        "qwen3" => {
            quantized_qwen3::ModelWeights::from_gguf(content, &mut file, &cpu).unwrap().forward(&input, 0)
        }
        "phi3" => quantized_phi3::ModelWeights::from_gguf(false, content, &mut file, &cpu)
            .unwrap()
            .forward(&input, 0),
        other => panic!("{other}"),
    };
    logits.unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// Candle's gemma3 has another activation than the real one, so that one is held against llama.cpp
/// below.
#[test]
fn architectures_compute_what_candles_models_of_them_compute() {
    for architecture in ["qwen2", "llama", "qwen3", "phi3"] {
        let (_folder, path) = Tiny::network(architecture, 7).write();
        let tokens = tokens(20);
        let logits = decoder(&path).forward(&tokens, 1, &|| true).unwrap().unwrap();
        let apart = distance(&by_candle(&path, architecture, &tokens), &logits);
        assert!(apart < ROUNDED, "{architecture}: {apart}");
    }
}

/// The likeliest continuations as llama.cpp writes them.
#[test]
fn real_models_go_on_as_llama_cpp_does() {
    for (file, start, continued) in [
        ("smollm2-135m-instruct-q4_1.gguf", "The capital of France is", " Paris."),
        ("gemma-3-270m-q4_k_m.gguf", "The capital of France is", " the capital of the country of France"),
        ("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "The capital of France is", " Paris."),
    ] {
        let tokenizer = Tokenizer::of(&Gguf::read(&model(file)).unwrap()).unwrap();
        let mut tokens = tokenizer.encode_prompt(&[tokenizer::Part::Content(start.into())]).unwrap();
        let mut decoder = decoder(&model(file));
        let mut written = Vec::new();
        while written.len() < continued.len() {
            let logits = decoder.forward(&tokens, 1, &|| true).unwrap().unwrap();
            tokens = vec![likeliest(&logits)];
            written.extend_from_slice(tokenizer.bytes(tokens[0]));
        }
        assert_eq!(String::from_utf8(written).unwrap(), continued, "{file}");
    }
}

#[test]
fn reading_in_pieces_or_one_by_one_gives_what_reading_at_once_gives() {
    for architecture in ARCHITECTURES {
        // More than gemma3's window of 32.
        let tokens = tokens(50);
        let at_once = tiny(architecture).forward(&tokens, 1, &|| true).unwrap().unwrap();
        for piece in [1, 7, 33] {
            let mut decoder = tiny(architecture);
            let last = tokens
                .chunks(piece)
                .map(|piece| decoder.forward(piece, 1, &|| true).unwrap().unwrap())
                .last()
                .unwrap();
            let apart = distance(&at_once, &last);
            assert!(apart < 1e-3, "{architecture} in pieces of {piece}: {apart}");
        }
    }
}

/// So what was computed for one prompt can be used for the next, whatever its length.
#[test]
fn quantised_networks_give_the_same_to_the_bit_however_a_prompt_is_divided() {
    let path = model("smollm2-135m-instruct-q4_1.gguf");
    let tokens: Vec<u32> = (0..90).map(|at| at * 521 % 40_000).collect();
    let mut decoder = decoder(&path);
    let at_once = decoder.forward(&tokens, 1, &|| true).unwrap().unwrap();
    for piece in [1, 7, 64] {
        decoder.cut(0, 0);
        let mut last = Vec::new();
        for piece in tokens.chunks(piece) {
            last = decoder.forward(piece, 1, &|| true).unwrap().unwrap();
        }
        assert_eq!(at_once, last, "in pieces of {piece}");
    }
    // The logits after each of several tokens are those of reading one by one.
    decoder.cut(0, 80);
    let several = decoder.forward(&tokens[80..], 7, &|| true).unwrap().unwrap();
    decoder.cut(0, 83);
    let one_by_one =
        tokens[83..].iter().map(|token| decoder.forward(&[*token], 1, &|| true).unwrap().unwrap());
    for (several, one) in several.chunks_exact(at_once.len()).zip(one_by_one) {
        assert_eq!(several, one);
    }
    assert_eq!(several.len(), 7 * at_once.len());
}

#[test]
fn of_quantised_networks_sequences_together_give_the_same_to_the_bit_as_alone() {
    let path = model("smollm2-135m-instruct-q4_1.gguf");
    let tokens: Vec<u32> = (0..90).map(|at| at * 521 % 40_000).collect();
    let mut alone = decoder(&path);
    let several = alone.forward(&tokens, 3, &|| true).unwrap().unwrap();
    alone.cut(0, 40);
    let one = alone.forward(&tokens[40..41], 1, &|| true).unwrap().unwrap();
    let mut together = decoder_of(&path, 2);
    let part = |sequence, tokens, count| Part { sequence, tokens, count };
    together.forward_together(&[part(0, &tokens[..40], 1)], &|| true).unwrap();
    let parts = [part(0, &tokens[40..41], 1), part(1, &tokens, 3)];
    assert_eq!(together.forward_together(&parts, &|| true).unwrap().unwrap(), [one, several]);
}

#[test]
fn what_was_cut_off_is_forgotten_and_what_was_kept_counts() {
    for architecture in ARCHITECTURES {
        let mut decoder = tiny(architecture);
        let (kept, others) = (tokens(30), [3, 1, 4, 1, 5]);
        decoder.forward(&kept, 1, &|| true).unwrap().unwrap();
        decoder.cut(0, 12);
        let again = decoder.forward(&others, 1, &|| true).unwrap().unwrap();
        let fresh =
            tiny(architecture).forward(&[&kept[..12], &others].concat(), 1, &|| true).unwrap().unwrap();
        assert!(distance(&fresh, &again) < 1e-3, "{architecture}");
        assert_eq!(decoder.read(0), [&kept[..12], &others].concat());
    }
}

/// Also where every layer has one, as Mistral's first models and Phi-3 do.
#[test]
fn windows_hide_what_is_far_back() {
    for architecture in ["gemma3", "llama", "phi3"] {
        let mut near = Tiny::network(architecture, 2);
        near.set(&format!("{architecture}.attention.sliding_window"), Value::U32(4));
        let (_folder, path) = near.write();
        let logits = |different: usize| {
            let mut tokens = tokens(20);
            tokens[different] = 5;
            decoder(&path).forward(&tokens, 1, &|| true).unwrap().unwrap()
        };
        // Two layers of four tokens see six back at most.
        assert!(distance(&logits(12), &logits(11)) < 1e-5, "{architecture}");
        assert!(distance(&logits(12), &logits(13)) > 1e-3, "{architecture}");
    }
}

#[test]
fn a_reading_that_is_stopped_leaves_what_was_read_before() {
    let mut decoder = tiny("qwen3");
    let tokens = tokens(20);
    decoder.forward(&tokens[..8], 1, &|| true).unwrap();
    assert!(decoder.forward(&tokens[8..], 1, &|| false).unwrap().is_none());
    assert_eq!(decoder.read(0), &tokens[..8]);
    let last = decoder.forward(&tokens[8..], 1, &|| true).unwrap().unwrap();
    assert!(distance(&tiny("qwen3").forward(&tokens, 1, &|| true).unwrap().unwrap(), &last) < 1e-3);
}

#[test]
fn a_token_beyond_the_vocabulary_is_an_error() {
    let mut decoder = tiny("llama");
    assert!(decoder.forward(&[VOCABULARY as u32], 1, &|| true).is_err());
    assert!(decoder.read(0).is_empty());
}

#[test]
fn networks_that_would_only_seem_to_work_are_refused_by_name() {
    let refused = |change: &dyn Fn(&mut Tiny)| {
        let mut tiny = Tiny::network("llama", 1);
        change(&mut tiny);
        let (_folder, path) = tiny.write();
        Shape::of(&Gguf::read(&path).unwrap()).unwrap_err()
    };
    let unsupported = |change: &dyn Fn(&mut Tiny), named: &str| match refused(change) {
        ModelError::Unsupported { reason, .. } => assert!(reason.contains(named), "{reason}"),
        other => panic!("{other}"),
    };
    let text = |text: &str| Value::String(text.into());
    unsupported(&|tiny| tiny.set("general.architecture", text("mamba9")), "mamba9");
    unsupported(&|tiny| tiny.set("llama.rope.scaling.type", text("spiral")), "spiral");
    unsupported(&|tiny| tiny.set("llama.logit_scale", Value::F32(3.0)), "llama.logit_scale");
    unsupported(&|tiny| tiny.set("llama.rope.dimension_sections", Value::U32(2)), "dimension_sections");
    unsupported(
        &|tiny| {
            let norm = tiny.tensors[2].1.clone();
            tiny.tensors.push(("blk.0.attn_q_norm.weight".into(), norm));
        },
        "blk.0.attn_q_norm.weight",
    );
    let broken = |change: &dyn Fn(&mut Tiny), named: &str| match refused(change) {
        ModelError::Load { reason, .. } => assert!(reason.contains(named), "{reason}"),
        other => panic!("{other}"),
    };
    broken(&|tiny| tiny.tensors.retain(|(name, _)| name != "blk.0.ffn_up.weight"), "blk.0.ffn_up.weight");
    broken(&|tiny| tiny.set("llama.attention.head_count", Value::U32(0)), "head_count is 0");
    broken(&|tiny| tiny.set("llama.block_count", Value::U32(u32::MAX)), "block_count");
}
