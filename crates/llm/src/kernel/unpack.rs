//! The codes and scales of each kind of weights, as ggml lays them out (`ggml-common.h`).

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Result};
use half::f16;

use super::packed::BLOCK;

/// 32 weights of one output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) codes: [u8; BLOCK],
    pub(super) scale: f16,
    /// The minimum, or the scale of the second half.
    pub(super) second: f16,
    /// What the two floats, shared by eight blocks, are to be multiplied by.
    pub(super) steps: [u8; 2],
}

impl Default for Block {
    fn default() -> Self {
        Self { codes: [0; BLOCK], scale: f16::ZERO, second: f16::ZERO, steps: [1; 2] }
    }
}

/// How the rows of a matrix are unpacked.
pub(super) enum Rows {
    Coded(fn(&[u8], &mut [Block])),
    /// Of a kind without an own form: as floats, to be rounded to eight bits.
    Floats {
        values: Vec<f32>,
        inputs: usize,
    },
}

impl Rows {
    /// Unpacks row number `at`, which stands in `bytes`.
    pub(super) fn row(&self, at: usize, bytes: &[u8], row: &mut [Block]) {
        match self {
            Self::Coded(unpack) => unpack(bytes, row),
            Self::Floats { values, inputs } => {
                for (block, values) in
                    row.iter_mut().zip(values[at * inputs..(at + 1) * inputs].chunks(BLOCK))
                {
                    *block = rounded(values);
                }
            }
        }
    }
}

pub(super) fn of(kind: GgmlDType, weight: &QTensor) -> Result<Rows> {
    Ok(match kind {
        GgmlDType::Q4_0 => Rows::Coded(|bytes, row| each(bytes, row, 18, q4_0)),
        GgmlDType::Q4_1 => Rows::Coded(|bytes, row| each(bytes, row, 20, q4_1)),
        GgmlDType::Q5_0 => Rows::Coded(|bytes, row| each(bytes, row, 22, q5_0)),
        GgmlDType::Q5_1 => Rows::Coded(|bytes, row| each(bytes, row, 24, q5_1)),
        GgmlDType::Q8_0 => Rows::Coded(|bytes, row| each(bytes, row, 34, q8_0)),
        GgmlDType::Q4K => Rows::Coded(|bytes, row| each_super(bytes, row, 144, q4_k)),
        GgmlDType::Q5K => Rows::Coded(|bytes, row| each_super(bytes, row, 176, q5_k)),
        GgmlDType::Q6K => Rows::Coded(|bytes, row| each_super(bytes, row, 210, q6_k)),
        _ => Rows::Floats {
            values: weight.dequantize(&Device::Cpu)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?,
            inputs: weight.shape().dims2()?.1,
        },
    })
}

fn each(bytes: &[u8], row: &mut [Block], size: usize, unpack: fn(&[u8]) -> Block) {
    for (block, bytes) in row.iter_mut().zip(bytes.chunks_exact(size)) {
        *block = unpack(bytes);
    }
}

/// Blocks of 256.
fn each_super(bytes: &[u8], row: &mut [Block], size: usize, unpack: fn(&[u8], &mut [Block])) {
    for (blocks, bytes) in row.chunks_exact_mut(8).zip(bytes.chunks_exact(size)) {
        unpack(bytes, blocks);
    }
}

fn float(bytes: &[u8], at: usize) -> f16 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// A code that stands for `scale * (code - middle)`.
fn about(codes: [u8; BLOCK], scale: f16, middle: f32) -> Block {
    Block { codes, scale, second: f16::from_f32(-middle * scale.to_f32()), ..Block::default() }
}

/// The first 16 codes stand in the low halves, the others in the high ones.
fn nibbles(bytes: &[u8]) -> [u8; BLOCK] {
    std::array::from_fn(|at| if at < 16 { bytes[at] & 15 } else { bytes[at - 16] >> 4 })
}

/// The same, with a fifth bit for each.
fn fives(bytes: &[u8], high: &[u8]) -> [u8; BLOCK] {
    let four = nibbles(bytes);
    std::array::from_fn(|at| four[at] | ((high[at / 8] >> (at % 8)) & 1) << 4)
}

fn q4_0(bytes: &[u8]) -> Block {
    about(nibbles(&bytes[2..]), float(bytes, 0), 8.0)
}

fn q4_1(bytes: &[u8]) -> Block {
    Block { codes: nibbles(&bytes[4..]), scale: float(bytes, 0), second: float(bytes, 2), ..Block::default() }
}

fn q5_0(bytes: &[u8]) -> Block {
    about(fives(&bytes[6..], &bytes[2..6]), float(bytes, 0), 16.0)
}

fn q5_1(bytes: &[u8]) -> Block {
    Block {
        codes: fives(&bytes[8..], &bytes[4..8]),
        scale: float(bytes, 0),
        second: float(bytes, 2),
        ..Block::default()
    }
}

fn q8_0(bytes: &[u8]) -> Block {
    about(std::array::from_fn(|at| bytes[2 + at] ^ 0x80), float(bytes, 0), 128.0)
}

/// The six bits of the scale and of the minimum of a block of 32, of 12 bytes for eight of them.
fn scale_and_minimum(bytes: &[u8], block: usize) -> [u8; 2] {
    if block < 4 {
        [bytes[block] & 63, bytes[block + 4] & 63]
    } else {
        [
            bytes[block + 4] & 15 | (bytes[block - 4] >> 6) << 4,
            bytes[block + 4] >> 4 | (bytes[block] >> 6) << 4,
        ]
    }
}

fn q4_k(bytes: &[u8], blocks: &mut [Block]) {
    k_with_minimum(bytes, blocks, &bytes[16..], |_, _| 0);
}

fn q5_k(bytes: &[u8], blocks: &mut [Block]) {
    let high = &bytes[16..48];
    k_with_minimum(bytes, blocks, &bytes[48..], |block, at| (high[at] >> block & 1) << 4);
}

fn k_with_minimum(bytes: &[u8], blocks: &mut [Block], codes: &[u8], high: impl Fn(usize, usize) -> u8) {
    for (number, block) in blocks.iter_mut().enumerate() {
        let codes = &codes[number / 2 * BLOCK..];
        let shift = number % 2 * 4;
        block.codes = std::array::from_fn(|at| (codes[at] >> shift) & 15 | high(number, at));
        (block.scale, block.second) = (float(bytes, 0), -float(bytes, 2));
        block.steps = scale_and_minimum(&bytes[4..16], number);
    }
}

fn q6_k(bytes: &[u8], blocks: &mut [Block]) {
    let scale = float(bytes, 208);
    let steps = &bytes[192..208];
    for (number, block) in blocks.iter_mut().enumerate() {
        // 128 weights at a time: low bits of 64 bytes, high bits of 32.
        let (half, quarter) = (number / 4, number % 4);
        let low = &bytes[half * 64 + quarter % 2 * 32..];
        let high = &bytes[128 + half * 32..];
        block.codes = std::array::from_fn(|at| {
            (low[at] >> (quarter / 2 * 4)) & 15 | ((high[at] >> (quarter * 2)) & 3) << 4
        });
        (block.scale, block.second) = (scale, scale);
        block.steps = [steps[number * 2], steps[number * 2 + 1]];
    }
}

/// Floats as eight bits.
fn rounded(values: &[f32]) -> Block {
    let largest = values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    let scale = f16::from_f32(largest / 127.0);
    let inverse = if scale.to_f32() > 0.0 { 1.0 / scale.to_f32() } else { 0.0 };
    let code = |value: f32| ((value * inverse).round().clamp(-127.0, 127.0) + 128.0) as u8;
    about(std::array::from_fn(|at| values.get(at).map_or(128, |value| code(*value))), scale, 128.0)
}
