//! A model file's header, read with suspicion.
//!
//! The format is GGUF as ggml's `docs/gguf.md` describes it, versions 1 to 3, little-endian. Every
//! count and length is held against what the file can hold before anything is allocated for it, and
//! every tensor's extent against the file's end, so that a hostile header is refused in
//! milliseconds and a file cut in half is named as such before the decoder reads it.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use candle_core::Shape;
use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::{Content, TensorInfo, Value, VersionedMagic};
use inhouse_agent::chat::ModelError;

use self::cursor::Cursor;

mod cursor;
mod facts;

#[cfg(fuzzing)]
pub(crate) use facts::tell;
pub use facts::{GgufFacts, inspect};

const MAGIC: &[u8] = b"GGUF";
/// The largest header seen (a vocabulary of 262,144 with scores) takes 7 MB.
const MAX_HEADER: u64 = 128 << 20;
const MAX_TENSORS: u64 = 1 << 16;
const MAX_KEYS: u64 = 1 << 14;
const MAX_DIMENSIONS: u32 = 4;
const DEFAULT_ALIGNMENT: u64 = 32;

/// The header of a file whose tensors all lie within it.
pub(crate) struct Gguf {
    path: PathBuf,
    file_bytes: u64,
    version: VersionedMagic,
    metadata: HashMap<String, Value>,
    tensors: HashMap<String, TensorInfo>,
    /// Where the tensors' data begins, in bytes from the file's start.
    data_start: u64,
}

impl Gguf {
    pub(crate) fn read(path: &Path) -> Result<Self, ModelError> {
        let broken = |reason: String| ModelError::Load { path: path.display().to_string(), reason };
        let file = File::open(path).map_err(|error| broken(format!("it cannot be opened: {error}")))?;
        let facts = file.metadata().map_err(|error| broken(format!("its size cannot be read: {error}")))?;
        if !facts.is_file() {
            return Err(broken("it is not a file".into()));
        }
        let gguf = Self::parse(path, file, facts.len()).map_err(broken)?;
        Ok(gguf)
    }

    /// Reads the header at the start of a file of so many bytes; `path` is what errors name.
    pub(crate) fn parse(path: &Path, file: impl Read, file_bytes: u64) -> Result<Self, String> {
        let mut cursor = Cursor::new(file, file_bytes.min(MAX_HEADER));
        if cursor.bytes(4).map_err(|_| "it is too short to be a GGUF file")? != MAGIC {
            return Err("it does not begin with GGUF, so it is another kind of file".into());
        }
        let version = match cursor.u32()? {
            1 => VersionedMagic::GgufV1,
            2 => VersionedMagic::GgufV2,
            3 => VersionedMagic::GgufV3,
            other => return Err(format!("its GGUF version is {other}, and only 1 to 3 are known")),
        };
        cursor.short_lengths = version == VersionedMagic::GgufV1;

        let tensor_count = bounded("tensors", cursor.length()?, MAX_TENSORS)?;
        let key_count = bounded("metadata keys", cursor.length()?, MAX_KEYS)?;
        let mut metadata = HashMap::new();
        for _ in 0..key_count {
            let key = cursor.string()?;
            let value = cursor.value().map_err(|reason| format!("metadata key {key:?}: {reason}"))?;
            if metadata.insert(key.clone(), value).is_some() {
                return Err(format!("metadata key {key:?} occurs twice"));
            }
        }
        let mut tensors = HashMap::new();
        for _ in 0..tensor_count {
            let name = cursor.string()?;
            let tensor = tensor(&mut cursor).map_err(|reason| format!("tensor {name:?}: {reason}"))?;
            if tensors.insert(name.clone(), tensor).is_some() {
                return Err(format!("tensor {name:?} occurs twice"));
            }
        }

        let alignment = match metadata.get("general.alignment") {
            None => DEFAULT_ALIGNMENT,
            Some(value) => match value.to_u32() {
                Ok(bytes @ 1..=65_536) if bytes.is_power_of_two() => u64::from(bytes),
                _ => return Err(format!("general.alignment is {value:?}, not a power of two")),
            },
        };
        let data_start = cursor.position().next_multiple_of(alignment);
        let gguf = Self { path: path.into(), file_bytes, version, metadata, tensors, data_start };
        gguf.check_extents(alignment)?;
        Ok(gguf)
    }

    /// Every tensor must lie where the file has bytes, and where no other lies; the last one names the
    /// cut.
    fn check_extents(&self, alignment: u64) -> Result<(), String> {
        let mut extents = Vec::with_capacity(self.tensors.len());
        for (name, tensor) in &self.tensors {
            if !tensor.offset.is_multiple_of(alignment) {
                return Err(format!("tensor {name:?} begins at {}, off the alignment", tensor.offset));
            }
            let start = self.data_start.checked_add(tensor.offset);
            let extent = start.zip(tensor_bytes(tensor)).and_then(|(start, bytes)| {
                let end = start.checked_add(bytes)?;
                Some((start, end, name))
            });
            extents.push(extent.ok_or_else(|| format!("tensor {name:?} is larger than any file"))?);
        }
        extents.sort_unstable();
        let shared = extents.windows(2).find(|pair| pair[0].1 > pair[1].0);
        if let Some([(_, _, name), (_, _, next)]) = shared {
            return Err(format!("its tensors {name:?} and {next:?} share bytes"));
        }
        match extents.last() {
            None => Err("it holds no tensors".into()),
            Some((_, end, name)) if *end > self.file_bytes => Err(format!(
                "it has {} bytes, but its tensor {name:?} ends at byte {end}: it was cut short",
                self.file_bytes
            )),
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes before the tensors' data.
    pub(crate) fn data_start(&self) -> u64 {
        self.data_start
    }

    pub(crate) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Tensors by name; their extents were checked.
    pub(crate) fn tensors(&self) -> &HashMap<String, TensorInfo> {
        &self.tensors
    }

    /// Stored size of all tensors, in bytes.
    pub(crate) fn tensor_bytes(&self) -> u64 {
        self.tensors.values().filter_map(tensor_bytes).sum()
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.metadata.contains_key(key)
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.metadata.get(key)?.to_string().ok().map(String::as_str)
    }

    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        self.metadata.get(key)?.to_bool().ok()
    }

    /// A number that is written in any of the unsigned widths, or signed and not below zero.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        match self.metadata.get(key)? {
            Value::I8(n) => u64::try_from(*n).ok(),
            Value::I16(n) => u64::try_from(*n).ok(),
            Value::I32(n) => u64::try_from(*n).ok(),
            Value::I64(n) => u64::try_from(*n).ok(),
            Value::Bool(_) => None,
            other => other.to_u64().ok(),
        }
    }

    pub(crate) fn float(&self, key: &str) -> Option<f32> {
        self.metadata.get(key)?.to_f32().ok()
    }

    pub(crate) fn array(&self, key: &str) -> Option<&[Value]> {
        self.metadata.get(key)?.to_vec().ok().map(Vec::as_slice)
    }

    /// "it lacks KEY", for a file that can't be used without it.
    pub(crate) fn missing(&self, key: &str) -> ModelError {
        self.broken(format!("its header lacks {key}, or holds another kind of value there"))
    }

    pub(crate) fn broken(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Load { path: self.path.display().to_string(), reason: reason.into() }
    }

    pub(crate) fn unsupported(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Unsupported { path: self.path.display().to_string(), reason: reason.into() }
    }

    /// The header as candle's readers take it.
    pub(crate) fn into_content(self) -> Content {
        Content {
            magic: self.version,
            metadata: self.metadata,
            tensor_infos: self.tensors,
            tensor_data_offset: self.data_start,
        }
    }
}

fn bounded(what: &str, count: u64, most: u64) -> Result<u64, String> {
    if count > most { Err(format!("its header claims {count} {what}")) } else { Ok(count) }
}

fn tensor(cursor: &mut Cursor<impl Read>) -> Result<TensorInfo, String> {
    let dimensions = cursor.u32()?;
    if dimensions > MAX_DIMENSIONS {
        return Err(format!("it has {dimensions} dimensions"));
    }
    // The file names the fastest dimension first, candle the slowest.
    let mut shape = (0..dimensions)
        .map(|_| cursor.length().and_then(|n| usize::try_from(n).map_err(|_| format!("a side of {n}"))))
        .collect::<Result<Vec<_>, _>>()?;
    shape.reverse();
    let kind = cursor.u32()?;
    let ggml_dtype = storage(kind).ok_or_else(|| format!("its storage kind {kind} is not known"))?;
    let row = shape.last().copied().unwrap_or(1);
    if shape.contains(&0) || row % ggml_dtype.block_size() != 0 {
        return Err(format!("its shape {shape:?} does not divide into blocks of {ggml_dtype:?}"));
    }
    let offset = cursor.u64()?;
    Ok(TensorInfo { ggml_dtype, shape: Shape::from(shape), offset })
}

/// Size of a tensor in the file, or `None` when it overflows.
fn tensor_bytes(tensor: &TensorInfo) -> Option<u64> {
    let elements =
        tensor.shape.dims().iter().try_fold(1u64, |product, side| product.checked_mul(*side as u64))?;
    let blocks = elements / tensor.ggml_dtype.block_size() as u64;
    blocks.checked_mul(tensor.ggml_dtype.type_size() as u64)
}

/// ggml's numbers of the ways a tensor is stored, as far as candle computes with them.
fn storage(kind: u32) -> Option<GgmlDType> {
    Some(match kind {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        9 => GgmlDType::Q8_1,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        15 => GgmlDType::Q8K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
