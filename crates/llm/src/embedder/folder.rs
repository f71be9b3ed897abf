//! Reads an encoder from a folder as the sentence-transformers library lays it out: `config.json`,
//! `tokenizer.json`, `model.safetensors`, and beside them what is known of length and pooling.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use inhouse_agent::chat::ModelError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokenizers::Tokenizer;

use super::TextReader;
use super::bert::{Bert, EmbeddingWeights, LayerWeights, Measures, Pair};
use super::words::Words;

/// No encoder has more; the number is in a file that anyone may have written.
const MOST_LAYERS: usize = 256;

#[derive(Deserialize)]
struct Config {
    model_type: String,
    hidden_act: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_attention_heads: usize,
    num_hidden_layers: usize,
    max_position_embeddings: usize,
    layer_norm_eps: f64,
    #[serde(default = "absolute")]
    position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".into()
}

/// `sentence_bert_config.json`: how many tokens the model was made for.
#[derive(Deserialize)]
struct Length {
    max_seq_length: Option<usize>,
}

/// `1_Pooling/config.json`.
#[derive(Deserialize)]
struct Pooling {
    pooling_mode_mean_tokens: bool,
}

pub(super) fn read(folder: &Path) -> Result<(TextReader, Bert), ModelError> {
    let config_path = folder.join("config.json");
    let config: Config = json(&config_path)?.ok_or_else(|| broken(&config_path, "it does not exist"))?;
    check(&config, &config_path)?;
    let pooling_path = folder.join("1_Pooling").join("config.json");
    if let Some(Pooling { pooling_mode_mean_tokens: false }) = json(&pooling_path)? {
        return Err(unsupported(&pooling_path, "it pools otherwise than by the mean"));
    }
    let length: Option<Length> = json(&folder.join("sentence_bert_config.json"))?;
    let limit = length.and_then(|length| length.max_seq_length).unwrap_or(config.max_position_embeddings);
    let reader = text_reader(&folder.join("tokenizer.json"), limit.min(config.max_position_embeddings))?;

    let path = folder.join("model.safetensors");
    let tensors = candle_core::safetensors::load(&path, &Device::Cpu)
        .map_err(|error| broken(&path, &format!("its tensors cannot be read: {error}")))?;
    let network = network(&config, Tensors(tensors)).map_err(|error| broken(&path, &error.to_string()))?;
    Ok((reader, network))
}

fn check(config: &Config, path: &Path) -> Result<(), ModelError> {
    let known = [
        ("model_type", &config.model_type, "bert"),
        ("hidden_act", &config.hidden_act, "gelu"),
        ("position_embedding_type", &config.position_embedding_type, "absolute"),
    ];
    for (key, value, wanted) in known {
        if value != wanted {
            return Err(unsupported(path, &format!("its {key} is {value:?}, and only {wanted:?} is known")));
        }
    }
    if config.num_hidden_layers > MOST_LAYERS {
        return Err(broken(path, &format!("it claims {} layers", config.num_hidden_layers)));
    }
    Ok(())
}

fn text_reader(path: &Path, limit: usize) -> Result<TextReader, ModelError> {
    let mut tokenizer = Tokenizer::from_file(path).map_err(|error| broken(path, &error.to_string()))?;
    // Special tokens that a text spells stay text, and cutting and padding are done here.
    tokenizer.set_encode_special_tokens(true);
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| broken(path, &error.to_string()))?;
    let frame = tokenizer.encode_fast("", true).map_err(|error| broken(path, &error.to_string()))?;
    let [first, last] = *frame.get_ids() else {
        return Err(unsupported(path, "it does not put one token before a text and one behind it"));
    };
    if limit < 3 {
        return Err(broken(path, &format!("it reads {limit} tokens at most")));
    }
    Ok(TextReader { tokenizer, normalise: None, first: vec![first], last, query: "", passage: "", limit })
}

struct Tensors(HashMap<String, Tensor>);

impl Tensors {
    fn take(&mut self, name: &str) -> candle_core::Result<Tensor> {
        // Some files have the whole network's name before each tensor's.
        let tensor = self.0.remove(name).or_else(|| self.0.remove(&format!("bert.{name}")));
        match tensor {
            Some(tensor) => tensor.to_dtype(DType::F32),
            None => candle_core::bail!("its tensor {name:?} is missing"),
        }
    }

    fn pair(&mut self, name: &str) -> candle_core::Result<Pair> {
        Ok(Pair { weight: self.take(&format!("{name}.weight"))?, bias: self.take(&format!("{name}.bias"))? })
    }
}

fn network(config: &Config, mut tensors: Tensors) -> candle_core::Result<Bert> {
    let embedding = EmbeddingWeights {
        words: Words::plain(&tensors.take("embeddings.word_embeddings.weight")?)?,
        positions: tensors.take("embeddings.position_embeddings.weight")?,
        kinds: tensors.take("embeddings.token_type_embeddings.weight")?,
        norm: tensors.pair("embeddings.LayerNorm")?,
    };
    let layers = (0..config.num_hidden_layers)
        .map(|layer| {
            let mut pair = |name: &str| tensors.pair(&format!("encoder.layer.{layer}.{name}"));
            Ok(LayerWeights {
                query: pair("attention.self.query")?,
                key: pair("attention.self.key")?,
                value: pair("attention.self.value")?,
                attention_out: pair("attention.output.dense")?,
                attention_norm: pair("attention.output.LayerNorm")?,
                up: pair("intermediate.dense")?,
                down: pair("output.dense")?,
                output_norm: pair("output.LayerNorm")?,
            })
        })
        .collect::<candle_core::Result<_>>()?;
    let measures = Measures {
        width: config.hidden_size,
        heads: config.num_attention_heads,
        inner: config.intermediate_size,
        epsilon: config.layer_norm_eps,
    };
    Bert::new(measures, embedding, layers)
}

/// A file's JSON, or `None` when there is no such file.
fn json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ModelError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(path, &format!("it cannot be read: {error}"))),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| broken(path, &error.to_string()))
}

fn broken(path: &Path, reason: &str) -> ModelError {
    ModelError::Load { path: path.display().to_string(), reason: reason.into() }
}

fn unsupported(path: &Path, reason: &str) -> ModelError {
    ModelError::Unsupported { path: path.display().to_string(), reason: reason.into() }
}
