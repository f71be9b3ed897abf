//! Reads an encoder of the multilingual e5 family from the container that begins with `E5S1`: the
//! vocabulary, the normaliser and the weights, in f32 or in blocks of GGML's Q4_0, in one file.
//!
//! All numbers are little-endian. After the magic and the version come the network's measures, the
//! Unigram vocabulary (texts, scores), the normaliser's table, and a directory of tensors with
//! their place in the file. Everything is held against the file's length before it is used.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use inhouse_agent::chat::ModelError;
use tokenizers::Tokenizer;
use tokenizers::models::unigram::Unigram;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};

use self::bytes::Bytes;
use super::TextReader;
use super::bert::{Bert, EmbeddingWeights, LayerWeights, Measures, Pair};
use super::words::{QuantisedRows, Words, dequantised};

mod bytes;

const MAGIC: &[u8] = b"E5S1";
const VERSION: usize = 1;
/// The only block length of quantised rows.
const BLOCK: usize = 32;
/// The largest file known has 72 MB.
const MOST_BYTES: u64 = 2 << 30;
/// What e5 was trained to see before a text (Wang et al. 2024, "Multilingual E5 Text Embeddings").
const QUERY: &str = "query: ";
const PASSAGE: &str = "passage: ";

pub(super) fn read(path: &Path) -> Result<(TextReader, Bert), ModelError> {
    let broken = |reason: String| ModelError::Load { path: path.display().to_string(), reason };
    let length =
        std::fs::metadata(path).map_err(|error| broken(format!("it cannot be read: {error}")))?.len();
    if length > MOST_BYTES {
        return Err(broken(format!("it has {length} bytes, more than any such model")));
    }
    let file = std::fs::read(path).map_err(|error| broken(format!("it cannot be read: {error}")))?;
    parse(&file).map_err(broken)
}

fn parse(file: &[u8]) -> Result<(TextReader, Bert), String> {
    let mut bytes = Bytes::new(file);
    if bytes.take(4)? != MAGIC {
        return Err("it does not begin with E5S1, so it is another kind of file".into());
    }
    let version = bytes.number()?;
    if version != VERSION {
        return Err(format!("its version is {version}, and only {VERSION} is known"));
    }
    let [width, layers, heads, inner, vocabulary, positions, _kinds] = bytes.numbers()?;
    let epsilon = f64::from(bytes.f32()?);
    let block = bytes.number()?;
    if block != BLOCK {
        return Err(format!("its blocks have {block} values, not {BLOCK}"));
    }
    let (tokenizer, first, last) = tokenizer(&mut bytes)?;
    let normalise = Normaliser::read(&mut bytes)?;
    let tensors = Tensors::read(&mut bytes, file)?;

    let measures = Measures { width, heads, inner, epsilon };
    let network = network(measures, layers, vocabulary, &tensors)?;
    if positions < 16 || tensors.count("emb.pos")? != positions * width {
        return Err(format!("it claims {positions} positions, and has others"));
    }
    let reader = TextReader {
        tokenizer,
        normalise: Some(normalise),
        first: vec![first],
        last,
        query: QUERY,
        passage: PASSAGE,
        limit: positions,
    };
    Ok((reader, network))
}

/// The Unigram tokenizer (Kudo 2018), and the tokens before and behind a text.
fn tokenizer(bytes: &mut Bytes<'_>) -> Result<(Tokenizer, u32, u32), String> {
    let [count, first, last, pad, unknown] = bytes.numbers()?;
    let blob_bytes = bytes.long()?;
    let offsets = bytes.many(count + 1, Bytes::number)?;
    let scores = bytes.many(count, Bytes::f32)?;
    let blob = bytes.take(blob_bytes)?;
    let special = [first, last, pad, unknown];
    if special.iter().any(|id| *id >= count) {
        return Err("its special tokens are beyond its vocabulary".into());
    }
    let mut vocabulary = Vec::with_capacity(count);
    for (id, score) in scores.into_iter().enumerate() {
        let text = blob
            .get(offsets[id]..offsets[id + 1])
            .and_then(|text| std::str::from_utf8(text).ok())
            .ok_or_else(|| format!("its token {id} is not a text"))?;
        // A text that spells a special token must not become one; a noncharacter is never spelled.
        let text = if special.contains(&id) { format!("\u{10FFFF}{id}") } else { text.to_owned() };
        vocabulary.push((text, f64::from(score)));
    }
    let model = Unigram::from(vocabulary, Some(unknown), false).map_err(|error| error.to_string())?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(Metaspace::new('\u{2581}', PrependScheme::Always, true)));
    let id = |id: usize| u32::try_from(id).map_err(|_| "its vocabulary is too large".to_owned());
    Ok((tokenizer, id(first)?, id(last)?))
}

/// Replaces characters as SentencePiece's precompiled table does (width, ligatures, controls), and
/// leaves one space where several are.
pub(super) struct Normaliser(HashMap<char, String>);

impl Normaliser {
    fn read(bytes: &mut Bytes<'_>) -> Result<Self, String> {
        let count = bytes.number()?;
        let length = bytes.number()?;
        let mut table = Bytes::new(bytes.take(length)?);
        let mut map = HashMap::new();
        for _ in 0..count {
            let from = table.letter()?;
            let letters = usize::from(table.byte()?);
            map.insert(from, table.many(letters, Bytes::letter)?.into_iter().collect());
        }
        Ok(Self(map))
    }

    pub(super) fn apply(&self, text: &str) -> String {
        let mut normal = String::with_capacity(text.len());
        // As if a space stood before the text: leading ones are left away.
        let mut after_space = true;
        let mut push = |letter: char| {
            let space = letter == ' ';
            if !(space && after_space) {
                normal.push(letter);
            }
            after_space = space;
        };
        for letter in text.chars() {
            match self.0.get(&letter) {
                Some(others) => others.chars().for_each(&mut push),
                None => push(letter),
            }
        }
        if normal.ends_with(' ') {
            normal.pop();
        }
        normal
    }
}

/// The directory: each tensor's form, number of values and bytes.
struct Tensors<'a>(HashMap<String, Entry<'a>>);

struct Entry<'a> {
    quantised: bool,
    count: usize,
    bytes: &'a [u8],
}

impl<'a> Tensors<'a> {
    fn read(bytes: &mut Bytes<'a>, file: &'a [u8]) -> Result<Self, String> {
        let count = bytes.number()?;
        let mut tensors = HashMap::new();
        for _ in 0..count {
            let length = usize::from(bytes.short()?);
            let name = String::from_utf8_lossy(bytes.take(length)?).into_owned();
            let quantised = match bytes.byte()? {
                0 => false,
                1 => true,
                other => return Err(format!("its tensor {name:?} is stored in the unknown form {other}")),
            };
            let values = bytes.number()?;
            let start = bytes.long()?;
            let size = bytes.long()?;
            let wanted =
                if quantised { values.div_ceil(BLOCK).checked_mul(18) } else { values.checked_mul(4) };
            let data = start
                .checked_add(size)
                .and_then(|end| file.get(start..end))
                .filter(|data| wanted == Some(data.len()))
                .ok_or_else(|| format!("its tensor {name:?} is not all there: it was cut short"))?;
            tensors.insert(name, Entry { quantised, count: values, bytes: data });
        }
        Ok(Self(tensors))
    }

    fn entry(&self, name: &str) -> Result<&Entry<'a>, String> {
        self.0.get(name).ok_or_else(|| format!("its tensor {name:?} is missing"))
    }

    fn count(&self, name: &str) -> Result<usize, String> {
        self.entry(name).map(|entry| entry.count)
    }

    /// A tensor in f32; its shape is what its use wants.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, String> {
        let entry = self.entry(name)?;
        if shape.iter().try_fold(1usize, |product, side| product.checked_mul(*side)) != Some(entry.count) {
            return Err(format!("its tensor {name:?} has {} values, not {shape:?}", entry.count));
        }
        let tensor = if entry.quantised {
            dequantised(entry.bytes.to_vec(), shape)
        } else {
            Tensor::from_raw_buffer(entry.bytes, candle_core::DType::F32, shape, &Device::Cpu)
        };
        tensor.map_err(|error| format!("its tensor {name:?}: {error}"))
    }

    fn pair(&self, name: &str, shape: &[usize]) -> Result<Pair, String> {
        Ok(Pair {
            weight: self.tensor(&format!("{name}.w"), shape)?,
            bias: self.tensor(&format!("{name}.b"), &shape[..1])?,
        })
    }

    fn words(&self, vocabulary: usize, width: usize) -> Result<Words, String> {
        const NAME: &str = "emb.word";
        let entry = self.entry(NAME)?;
        if !entry.quantised {
            let table = self.tensor(NAME, &[vocabulary, width])?;
            return Words::plain(&table).map_err(|error| error.to_string());
        }
        let rows = QuantisedRows::new(entry.bytes.to_vec(), vocabulary, width);
        rows.map(Words::Quantised).map_err(|error| error.to_string())
    }
}

fn network(
    measures: Measures,
    layers: usize,
    vocabulary: usize,
    tensors: &Tensors<'_>,
) -> Result<Bert, String> {
    let Measures { width, inner, .. } = measures;
    if width == 0 || inner == 0 {
        return Err("it claims a network of no width".into());
    }
    let rows = |name: &str| Ok::<_, String>([tensors.count(name)? / width, width]);
    let embedding = EmbeddingWeights {
        words: tensors.words(vocabulary, width)?,
        positions: tensors.tensor("emb.pos", &rows("emb.pos")?)?,
        kinds: tensors.tensor("emb.type", &rows("emb.type")?)?,
        norm: tensors.pair("emb.ln", &[width])?,
    };
    let layers = (0..layers)
        .map(|layer| {
            let pair = |name: &str, shape: &[usize]| tensors.pair(&format!("l{layer}.{name}"), shape);
            Ok(LayerWeights {
                query: pair("q", &[width, width])?,
                key: pair("k", &[width, width])?,
                value: pair("v", &[width, width])?,
                attention_out: pair("ao", &[width, width])?,
                attention_norm: pair("aln", &[width])?,
                up: pair("fi", &[inner, width])?,
                down: pair("fo", &[width, inner])?,
                output_norm: pair("oln", &[width])?,
            })
        })
        .collect::<Result<_, String>>()?;
    Bert::new(measures, embedding, layers).map_err(|error| error.to_string())
}

/// The network of a file in floats, under the names that BERT's tensors have elsewhere.
#[cfg(test)]
pub(super) fn floats(path: &Path) -> (HashMap<String, Tensor>, candle_transformers::models::bert::Config) {
    let file = std::fs::read(path).expect("the file can be read");
    let mut bytes = Bytes::new(&file);
    bytes.take(4).and_then(|_| bytes.number()).expect("a version");
    let [width, layers, heads, inner, vocabulary, positions, kinds] = bytes.numbers().expect("measures");
    let epsilon = f64::from(bytes.f32().expect("epsilon"));
    bytes.number().expect("a length of blocks");
    tokenizer(&mut bytes).expect("a tokenizer");
    Normaliser::read(&mut bytes).expect("a normaliser");
    let tensors = Tensors::read(&mut bytes, &file).expect("tensors");
    let mut named = HashMap::new();
    let mut add = |to: String, from: String, shape: &[usize]| {
        named.insert(to, tensors.tensor(&from, shape).expect("a tensor"));
    };
    add("embeddings.word_embeddings.weight".into(), "emb.word".into(), &[vocabulary, width]);
    add("embeddings.position_embeddings.weight".into(), "emb.pos".into(), &[positions, width]);
    add("embeddings.token_type_embeddings.weight".into(), "emb.type".into(), &[kinds, width]);
    let mut pairs = vec![("embeddings.LayerNorm".to_owned(), "emb.ln".to_owned(), vec![width])];
    for layer in 0..layers {
        for (to, from, shape) in [
            ("attention.self.query", "q", vec![width, width]),
            ("attention.self.key", "k", vec![width, width]),
            ("attention.self.value", "v", vec![width, width]),
            ("attention.output.dense", "ao", vec![width, width]),
            ("attention.output.LayerNorm", "aln", vec![width]),
            ("intermediate.dense", "fi", vec![inner, width]),
            ("output.dense", "fo", vec![width, inner]),
            ("output.LayerNorm", "oln", vec![width]),
        ] {
            pairs.push((format!("encoder.layer.{layer}.{to}"), format!("l{layer}.{from}"), shape));
        }
    }
    for (to, from, shape) in pairs {
        add(format!("{to}.weight"), format!("{from}.w"), &shape);
        add(format!("{to}.bias"), format!("{from}.b"), &shape[..1]);
    }
    let config = candle_transformers::models::bert::Config {
        vocab_size: vocabulary,
        hidden_size: width,
        num_hidden_layers: layers,
        num_attention_heads: heads,
        intermediate_size: inner,
        max_position_embeddings: positions,
        type_vocab_size: kinds,
        layer_norm_eps: epsilon,
        ..Default::default()
    };
    (named, config)
}
