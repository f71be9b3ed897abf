//! Reads little-endian values from the start of a file, never past a limit.

use std::io::{BufReader, Read};

use candle_core::quantized::gguf_file::Value;

/// Elements of all arrays together; the largest vocabulary seen takes 786,432.
const MAX_ELEMENTS: u64 = 4 << 20;
/// Arrays in arrays occur in no known file; one level is allowed.
const MAX_DEPTH: usize = 2;

pub(super) struct Cursor<R> {
    reader: BufReader<R>,
    position: u64,
    /// The first byte that must not be read.
    end: u64,
    elements: u64,
    /// Version 1 writes lengths in 32 bits.
    pub(super) short_lengths: bool,
}

impl<R: Read> Cursor<R> {
    pub(super) fn new(reader: R, end: u64) -> Self {
        let reader = BufReader::with_capacity(1 << 16, reader);
        Self { reader, position: 0, end, elements: 0, short_lengths: false }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn bytes(&mut self, count: u64) -> Result<Vec<u8>, String> {
        self.reserve(count)?;
        let mut bytes = vec![0; usize::try_from(count).map_err(|_| "a length beyond memory".to_owned())?];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn length(&mut self) -> Result<u64, String> {
        if self.short_lengths { self.u32().map(u64::from) } else { self.u64() }
    }

    pub(super) fn string(&mut self) -> Result<String, String> {
        let length = self.length()?;
        String::from_utf8(self.bytes(length)?).map_err(|_| "a text is not UTF-8".into())
    }

    /// A value with its type number before it.
    pub(super) fn value(&mut self) -> Result<Value, String> {
        let kind = self.u32()?;
        self.value_of(kind, 0)
    }

    fn value_of(&mut self, kind: u32, depth: usize) -> Result<Value, String> {
        Ok(match kind {
            0 => Value::U8(self.array().map(u8::from_le_bytes)?),
            1 => Value::I8(self.array().map(i8::from_le_bytes)?),
            2 => Value::U16(self.array().map(u16::from_le_bytes)?),
            3 => Value::I16(self.array().map(i16::from_le_bytes)?),
            4 => Value::U32(self.u32()?),
            5 => Value::I32(self.array().map(i32::from_le_bytes)?),
            6 => Value::F32(self.array().map(f32::from_le_bytes)?),
            7 => Value::Bool(self.array::<1>()? != [0]),
            8 => Value::String(self.string()?),
            9 if depth < MAX_DEPTH => self.array_value(depth)?,
            9 => return Err("arrays are nested too deeply".into()),
            10 => Value::U64(self.u64()?),
            11 => Value::I64(self.array().map(i64::from_le_bytes)?),
            12 => Value::F64(self.array().map(f64::from_le_bytes)?),
            other => return Err(format!("the value type {other} is not known")),
        })
    }

    fn array_value(&mut self, depth: usize) -> Result<Value, String> {
        let kind = self.u32()?;
        let length = self.length()?;
        // Every element takes a byte at least, which also bounds what is allocated below.
        self.reserve(length)?;
        self.elements = self.elements.saturating_add(length);
        if self.elements > MAX_ELEMENTS {
            return Err(format!("an array of {length} elements is more than any model needs"));
        }
        (0..length).map(|_| self.value_of(kind, depth + 1)).collect::<Result<Vec<_>, _>>().map(Value::Array)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.reserve(N as u64)?;
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn reserve(&self, count: u64) -> Result<(), String> {
        let left = self.end - self.position;
        if count > left {
            return Err(format!(
                "{count} bytes are announced at byte {}, but only {left} follow there",
                self.position
            ));
        }
        Ok(())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), String> {
        self.reader.read_exact(bytes).map_err(|error| format!("at byte {}: {error}", self.position))?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}
