//! The networks that are held against the peer: one of every kind, and of everything that files of a
//! kind may say besides.

use candle_core::quantized::gguf_file::Value;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use super::{CONTEXT, VOCABULARY};
use crate::decoder::architecture::Architecture;
use crate::fixture::{Random, Tiny};

const WIDTH: usize = 128;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const INNER: usize = 96;
const EXPERTS: usize = 6;
const EXPERT: usize = 64;
const CONVOLVED: usize = 3;

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) tiny: Tiny,
    /// Properties and tensors that not all of its kind have.
    pub(super) properties: Vec<String>,
    pub(super) extras: Vec<&'static str>,
}

fn number(number: usize) -> Value {
    Value::U32(number as u32)
}

pub(super) fn text(text: &str) -> Value {
    Value::String(text.into())
}

/// A network of an architecture with properties besides, and tensors besides those that all of its
/// kind have.
fn network(architecture: &str, properties: &[(&str, Value)], extras: &[&str]) -> Tiny {
    let mut tiny = Tiny::empty(GgmlDType::F32);
    tiny.set("general.architecture", text(architecture));
    let plain = [
        ("block_count", number(4)),
        ("context_length", number(CONTEXT)),
        ("embedding_length", number(WIDTH)),
        ("feed_forward_length", number(INNER)),
        ("attention.head_count", number(HEADS)),
        ("attention.head_count_kv", number(KV_HEADS)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("rope.freq_base", Value::F32(10_000.0)),
        ("rope.dimension_count", number(WIDTH / HEADS)),
    ];
    for (property, value) in plain.iter().chain(properties) {
        tiny.set(&format!("{architecture}.{property}"), value.clone());
    }
    let property = |name: &str| {
        let key = format!("{architecture}.{name}");
        tiny.metadata
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value.to_u32().unwrap() as usize)
    };
    let layers = property("block_count").unwrap();
    let head = property("attention.key_length").unwrap_or(WIDTH / HEADS);
    let pairs = property("rope.dimension_count").unwrap() / 2;
    let known = Architecture::from_name(architecture).unwrap();
    let is_split = known.block(true).any(|part| part == "ffn_gate.weight");
    let (queries, keys) = (HEADS * head, KV_HEADS * head);
    let attends = |layer: usize| architecture != "lfm2" || layer % 3 == 2;
    let shape = |part: &str| match part {
        "token_embd.weight" | "output.weight" => vec![VOCABULARY, WIDTH],
        "rope_freqs.weight" | "rope_factors_long.weight" | "rope_factors_short.weight" => vec![pairs],
        "attn_q.weight" => vec![queries, WIDTH],
        "attn_k.weight" | "attn_v.weight" => vec![keys, WIDTH],
        "attn_q.bias" => vec![queries],
        "attn_k.bias" | "attn_v.bias" => vec![keys],
        "attn_qkv.weight" => vec![queries + 2 * keys, WIDTH],
        "attn_output.weight" => vec![WIDTH, queries],
        "attn_q_norm.weight" => vec![if known.whole_norms { queries } else { head }],
        "attn_k_norm.weight" => vec![if known.whole_norms { keys } else { head }],
        "ffn_gate.weight" => vec![INNER, WIDTH],
        "ffn_up.weight" => vec![if is_split { INNER } else { 2 * INNER }, WIDTH],
        "ffn_down.weight" => vec![WIDTH, INNER],
        "ffn_gate.bias" | "ffn_up.bias" => vec![INNER],
        "ffn_gate_inp.weight" => vec![EXPERTS, WIDTH],
        "ffn_gate_exps.weight" | "ffn_up_exps.weight" => vec![EXPERTS, EXPERT, WIDTH],
        "ffn_down_exps.weight" => vec![EXPERTS, WIDTH, EXPERT],
        "shortconv.conv.weight" => vec![WIDTH, CONVOLVED],
        "shortconv.in_proj.weight" => vec![3 * WIDTH, WIDTH],
        "shortconv.out_proj.weight" => vec![WIDTH, WIDTH],
        _ => vec![WIDTH],
    };
    let mut random = Random(7);
    let mut add = |name: String, part: &str| {
        let shape = shape(part);
        let (middle, spread) = match part {
            // As much comes out of a map as goes in.
            _ if shape.len() > 1 && part != "token_embd.weight" => {
                (0.0, (3.0 / shape[shape.len() - 1] as f32).sqrt())
            }
            _ if part.starts_with("rope") => (3.0, 2.0),
            _ if part.ends_with("norm.weight") => (1.2, 0.6),
            _ => (0.0, 0.5),
        };
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| middle + spread * random.next()).collect();
        let mut tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
        if tensor.rank() > 1 && tensor.dims()[tensor.rank() - 1].is_multiple_of(32) {
            let stored = QTensor::quantize(&tensor, GgmlDType::Q8_0).unwrap();
            tensor = stored.dequantize(&Device::Cpu).unwrap();
        }
        tiny.tensors.push((name, tensor));
    };
    for part in ["token_embd.weight", known.output_norm] {
        add(part.into(), part);
    }
    for layer in 0..layers {
        known.block(attends(layer)).for_each(|part| add(format!("blk.{layer}.{part}"), part));
    }
    for part in extras {
        match part.strip_prefix("blk.") {
            None => add((*part).into(), part),
            Some(part) => (0..layers).for_each(|layer| add(format!("blk.{layer}.{part}"), part)),
        }
    }
    tiny
}

pub(super) fn cases() -> Vec<Case> {
    const OUTPUT: &str = "output.weight";
    const LONG: &[&str] = &[OUTPUT, "rope_factors_long.weight", "rope_factors_short.weight"];
    const BIASES: &[&str] = &["blk.attn_q.bias", "blk.attn_k.bias", "blk.attn_v.bias"];
    let case = |name, architecture, properties: &[(&str, Value)], extras: &[&'static str]| Case {
        name,
        tiny: network(architecture, properties, extras),
        properties: properties.iter().map(|(property, _)| format!("{architecture}.{property}")).collect(),
        extras: extras.into(),
    };
    let yarn = [
        ("rope.scaling.type", text("yarn")),
        ("rope.scaling.factor", Value::F32(8.0)),
        ("rope.scaling.original_context_length", number(64)),
    ];
    let long = |from: usize| {
        [
            ("rope.dimension_count", number(24)),
            ("rope.scaling.attn_factor", Value::F32(1.19)),
            ("rope.scaling.original_context_length", number(from)),
            // The peer leaves windows out of this kind of network.
            ("attention.sliding_window", number(CONTEXT)),
        ]
    };
    vec![
        case("llama", "llama", &[], &[OUTPUT]),
        case("llama with its embedding for output", "llama", &[], &[]),
        case(
            "llama with biases everywhere",
            "llama",
            &[],
            &[BIASES, &["blk.attn_output.bias", "blk.ffn_gate.bias", "blk.ffn_up.bias", "blk.ffn_down.bias"]]
                .concat(),
        ),
        case("llama 3", "llama", &[("rope.freq_base", Value::F32(5e5))], &["rope_freqs.weight"]),
        case(
            "llama, stretched evenly",
            "llama",
            &[("rope.scaling.type", text("linear")), ("rope.scaling.factor", Value::F32(4.0))],
            &[OUTPUT],
        ),
        case("llama with yarn", "llama", &yarn, &[OUTPUT]),
        case(
            "mistral 3",
            "mistral3",
            &[
                &yarn[..],
                &[
                    ("rope.scaling.yarn_beta_fast", Value::F32(2.0)),
                    ("rope.scaling.yarn_log_multiplier", Value::F32(1.0)),
                    ("attention.temperature_scale", Value::F32(0.3)),
                ],
            ]
            .concat(),
            &[OUTPUT],
        ),
        case(
            "granite",
            "granite",
            &[
                ("logit_scale", Value::F32(0.5)),
                ("residual_scale", Value::F32(0.6)),
                ("embedding_scale", Value::F32(3.0)),
                ("attention.scale", Value::F32(0.3)),
            ],
            &[],
        ),
        case(
            "granite without turns",
            "granite",
            &[("logit_scale", Value::F32(0.5)), ("rope.scaling.finetuned", Value::Bool(false))],
            &[],
        ),
        case("smollm3", "smollm3", &[("block_count", number(5))], &[]),
        case("qwen2", "qwen2", &[], &[]),
        case("qwen2 with yarn", "qwen2", &yarn, &[OUTPUT]),
        case(
            "qwen3",
            "qwen3",
            &[
                ("attention.key_length", number(64)),
                ("rope.dimension_count", number(64)),
                ("attention.value_length", number(64)),
            ],
            &[],
        ),
        case("phi3", "phi3", &[("attention.sliding_window", number(CONTEXT))], &[OUTPUT]),
        case("phi3, short", "phi3", &long(CONTEXT), LONG),
        case("phi3, long", "phi3", &long(64), LONG),
        case("glm4", "glm4", &[("rope.dimension_count", number(16))], &[&[OUTPUT], BIASES].concat()),
        case("gemma", "gemma", &[], &[]),
        case("gemma2", "gemma2", &[("attention.sliding_window", number(16))], &[]),
        case(
            "gemma2 of another size",
            "gemma2",
            &[
                ("block_count", number(46)),
                ("attention.key_length", number(64)),
                ("attention.value_length", number(64)),
                ("rope.dimension_count", number(64)),
                ("attn_logit_softcapping", Value::F32(2.0)),
                ("final_logit_softcapping", Value::F32(3.0)),
            ],
            &[],
        ),
        case(
            "gemma3",
            "gemma3",
            &[
                ("block_count", number(7)),
                ("attention.sliding_window", number(16)),
                ("rope.freq_base", Value::F32(1e6)),
                ("rope.scaling.type", text("linear")),
                ("rope.scaling.factor", Value::F32(8.0)),
            ],
            &[],
        ),
        case(
            "qwen3moe",
            "qwen3moe",
            &[
                ("expert_count", number(EXPERTS)),
                ("expert_used_count", number(2)),
                ("expert_feed_forward_length", number(EXPERT)),
            ],
            &[OUTPUT],
        ),
        case(
            "lfm2",
            "lfm2",
            &[
                ("block_count", number(6)),
                ("shortconv.l_cache", number(CONVOLVED)),
                ("attention.head_count_kv", Value::Array([0, 0, 2, 0, 0, 2].map(Value::I32).into())),
            ],
            &[],
        ),
        case("olmo2", "olmo2", &[], &[OUTPUT]),
        case(
            "olmo3",
            "olmo2",
            &[
                &yarn[..],
                &[
                    ("attention.sliding_window", number(16)),
                    (
                        "attention.sliding_window_pattern",
                        Value::Array([true, false, true, true].map(Value::Bool).into()),
                    ),
                ],
            ]
            .concat(),
            &[OUTPUT],
        ),
    ]
}
