//! Files for tests: the real models, and tiny ones that are made up.

#[cfg(test)]
use std::path::PathBuf;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
#[cfg(test)]
use tempfile::TempDir;

/// The place of a real model file; a missing one fails the test.
#[cfg(test)]
pub(crate) fn model(file: &str) -> PathBuf {
    let folder = match std::env::var_os("INHOUSE_MODELS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache/inhouse/models"),
    };
    let path = folder.join(file);
    assert!(path.exists(), "{} is missing; `cargo xtask models` fetches it", path.display());
    path
}

pub(crate) const WIDTH: usize = 32;
pub(crate) const VOCABULARY: usize = 300;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const HEAD: usize = 8;
const INNER: usize = 48;

/// A tiny model of random weights, before it is written.
#[derive(Clone)]
pub(crate) struct Tiny {
    pub(crate) metadata: Vec<(String, Value)>,
    pub(crate) tensors: Vec<(String, Tensor)>,
    /// How matrices are stored.
    pub(crate) stored: GgmlDType,
}

impl Tiny {
    pub(crate) fn empty(stored: GgmlDType) -> Self {
        Self { metadata: Vec::new(), tensors: Vec::new(), stored }
    }

    /// A network of an architecture, the weights drawn from a fixed sequence.
    pub(crate) fn network(architecture: &str, layers: usize) -> Self {
        let mut tiny = Self::empty(GgmlDType::F32);
        tiny.set("general.architecture", Value::String(architecture.into()));
        // Candle's qwen3 rounds positions to 16 bits otherwise.
        tiny.set("general.dtype", Value::U32(0));
        let mut set = |property: &str, value: Value| tiny.set(&format!("{architecture}.{property}"), value);
        for (property, number) in [
            ("block_count", layers),
            ("context_length", 64),
            ("embedding_length", WIDTH),
            ("feed_forward_length", INNER),
            ("attention.head_count", HEADS),
            ("attention.head_count_kv", KV_HEADS),
            ("attention.key_length", HEAD),
            ("attention.value_length", HEAD),
            ("attention.sliding_window", 32),
            ("rope.dimension_count", HEAD),
        ] {
            set(property, Value::U32(number as u32));
        }
        set("attention.layer_norm_rms_epsilon", Value::F32(1e-6));
        set("rope.freq_base", Value::F32(10_000.0));

        let mut random = Random(7);
        let mut add = |name: String, shape: &[usize]| {
            let count = shape.iter().product();
            // Norms are about 1, as they are in real networks.
            let middle = if name.ends_with("norm.weight") { 1.0 } else { 0.0 };
            let values: Vec<f32> = (0..count).map(|_| middle + 0.4 * random.next()).collect();
            let tensor = Tensor::from_vec(values, shape, &Device::Cpu).expect("the count is the shape's");
            tiny.tensors.push((name, tensor));
        };
        let (query, kv) = (HEADS * HEAD, KV_HEADS * HEAD);
        add("token_embd.weight".into(), &[VOCABULARY, WIDTH]);
        add("output.weight".into(), &[VOCABULARY, WIDTH]);
        add("output_norm.weight".into(), &[WIDTH]);
        for layer in 0..layers {
            let mut add = |part: &str, shape: &[usize]| add(format!("blk.{layer}.{part}"), shape);
            for part in ["attn_norm.weight", "ffn_norm.weight"] {
                add(part, &[WIDTH]);
            }
            add("attn_output.weight", &[WIDTH, query]);
            add("ffn_down.weight", &[WIDTH, INNER]);
            if architecture == "phi3" {
                add("attn_qkv.weight", &[query + 2 * kv, WIDTH]);
                add("ffn_up.weight", &[2 * INNER, WIDTH]);
                continue;
            }
            add("attn_q.weight", &[query, WIDTH]);
            add("attn_k.weight", &[kv, WIDTH]);
            add("attn_v.weight", &[kv, WIDTH]);
            add("ffn_gate.weight", &[INNER, WIDTH]);
            add("ffn_up.weight", &[INNER, WIDTH]);
            if architecture == "qwen2" {
                add("attn_q.bias", &[query]);
                add("attn_k.bias", &[kv]);
                add("attn_v.bias", &[kv]);
            }
            if ["qwen3", "gemma3"].contains(&architecture) {
                add("attn_q_norm.weight", &[HEAD]);
                add("attn_k_norm.weight", &[HEAD]);
            }
            if architecture == "gemma3" {
                add("post_attention_norm.weight", &[WIDTH]);
                add("post_ffw_norm.weight", &[WIDTH]);
            }
        }
        tiny
    }

    pub(crate) fn set(&mut self, key: &str, value: Value) {
        self.metadata.retain(|(known, _)| known != key);
        self.metadata.push((key.into(), value));
    }

    /// A vocabulary of bytes and a few special tokens, cut by `pre`.
    pub(crate) fn with_tokenizer(mut self, pre: &str) -> Self {
        let letters = crate::tokenizer::byte_letters();
        let mut tokens: Vec<String> = letters.iter().map(char::to_string).collect();
        let mut kinds = vec![1; tokens.len()];
        for (token, kind) in [("<|end|>", 3), ("<|start|>", 3), ("<call>", 4)] {
            tokens.push(token.into());
            kinds.push(kind);
        }
        tokens.push("th".into());
        kinds.push(1);
        let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
        self.set("tokenizer.ggml.model", Value::String("gpt2".into()));
        self.set("tokenizer.ggml.pre", Value::String(pre.into()));
        self.set("tokenizer.ggml.eos_token_id", Value::U32(256));
        self.set("tokenizer.ggml.tokens", texts(tokens));
        self.set("tokenizer.ggml.token_type", Value::Array(kinds.into_iter().map(Value::I32).collect()));
        self.set("tokenizer.ggml.merges", texts(vec!["t h".into()]));
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let tensors: Vec<_> = self
            .tensors
            .iter()
            .map(|(name, tensor)| {
                let dims = tensor.dims();
                let fits = dims.len() > 1 && dims[dims.len() - 1].is_multiple_of(self.stored.block_size());
                let kind = if fits { self.stored } else { GgmlDType::F32 };
                (name.as_str(), QTensor::quantize(tensor, kind).expect("whole blocks were asked for"))
            })
            .collect();
        let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
        let metadata: Vec<_> = self.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let mut file = std::io::Cursor::new(Vec::new());
        gguf_file::write(&mut file, &metadata, &tensors).expect("memory takes it");
        file.into_inner()
    }

    #[cfg(test)]
    pub(crate) fn write(&self) -> (TempDir, PathBuf) {
        written(&self.bytes())
    }
}

/// A file in a folder that lives as long as its first part.
#[cfg(test)]
pub(crate) fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).expect("the temporary folder can be written");
    (folder, path)
}

/// A fixed sequence of numbers in (-1, 1): a linear congruential generator's high bits.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> f32 {
        self.bits() as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// 24 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 40
    }
}
