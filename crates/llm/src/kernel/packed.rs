//! Weights in the order in which they are multiplied.
//!
//! Sixteen outputs make a group. A group is a row of blocks, one for every 32 inputs; a block is
//! its codes and then two 16-bit floats for each output. The weight of an output is
//! `scale * code + minimum`, or with [`Format::Halves`] `scale * (code - 32)`, with a scale of its
//! own for the first and for the second 16 inputs. Codes stand in lines of 64 bytes; each line has
//! four neighbouring inputs of all sixteen outputs, output by output, as `vpdpbusd` wants them.

use candle_core::Result;
use candle_core::quantized::{GgmlDType, QTensor};
use half::f16;
use rayon::prelude::*;

use super::unpack::{self, Block};

/// Outputs of a group.
pub(crate) const LANES: usize = 16;
/// Inputs of a block.
pub(crate) const BLOCK: usize = 32;

/// The width of the widest register.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [u8; 64]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Codes of four bits; a line has inputs `4n..4n+4` in its low halves and `4n+16..4n+20` in its
    /// high ones.
    Nibbles,
    /// Codes of eight bits.
    Bytes,
    /// Codes of six bits about 32, and a scale for every 16 inputs. Four lines have the low bits as
    /// [`Format::Nibbles`] has its codes; two have the high ones of four times four inputs each,
    /// the first four in the lowest bits.
    Halves,
}

impl Format {
    /// How a kind of weights is packed. Kinds of four to eight bits keep every code; others are
    /// rounded to eight bits.
    fn of(kind: GgmlDType) -> Self {
        match kind {
            GgmlDType::Q4_0 | GgmlDType::Q4_1 | GgmlDType::Q4K => Self::Nibbles,
            GgmlDType::Q6K => Self::Halves,
            _ => Self::Bytes,
        }
    }

    fn code_lines(self) -> usize {
        match self {
            Self::Nibbles => 4,
            Self::Halves => 6,
            Self::Bytes => 8,
        }
    }

    /// Lines of a block: its codes, and one of scales.
    pub(super) fn lines(self) -> usize {
        self.code_lines() + 1
    }

    /// Line, byte of the line and shift of an input's code, or of its low four bits.
    fn place(self, output: usize, input: usize) -> (usize, usize, u32) {
        let (quad, shift) = match self {
            Self::Nibbles | Self::Halves => (input % 16 / 4, if input < 16 { 0 } else { 4 }),
            Self::Bytes => (input / 4, 0),
        };
        (quad, output * 4 + input % 4, shift)
    }

    /// The same for two bits above four.
    fn high_place(output: usize, input: usize) -> (usize, usize, u32) {
        (4 + input / 16, output * 4 + input % 4, (input % 16 / 4 * 2) as u32)
    }
}

/// A matrix of quantised weights.
pub(crate) struct Packed {
    pub(super) format: Format,
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    /// Blocks of one output.
    pub(super) blocks: usize,
    pub(super) lines: Vec<Line>,
}

impl Packed {
    /// Packs `[outputs, inputs]`.
    pub(crate) fn new(weight: &QTensor) -> Result<Self> {
        let (outputs, inputs) = weight.shape().dims2()?;
        let kind = weight.dtype();
        let format = Format::of(kind);
        let blocks = inputs.div_ceil(BLOCK);
        let data = weight.data()?;
        let row_bytes = inputs.div_ceil(kind.block_size()) * kind.type_size();
        let group_lines = blocks * format.lines();
        let mut lines = vec![Line([0; 64]); outputs.div_ceil(LANES) * group_lines];
        let unpack_row = unpack::of(kind, weight)?;
        lines.par_chunks_mut(group_lines).enumerate().for_each_init(
            || vec![Block::default(); blocks],
            |row, (group, lines)| {
                for output in 0..LANES.min(outputs - group * LANES) {
                    let at = group * LANES + output;
                    let bytes = data.get(at * row_bytes..(at + 1) * row_bytes).unwrap_or_default();
                    unpack_row.row(at, bytes, row);
                    for (block, lines) in row.iter().zip(lines.chunks_exact_mut(format.lines())) {
                        put(format, output, block, lines);
                    }
                }
            },
        );
        Ok(Self { format, outputs, inputs, blocks, lines })
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Bytes that weights of a kind take when they are packed.
    pub(crate) fn memory(kind: GgmlDType, outputs: u64, inputs: u64) -> u64 {
        let blocks = inputs.div_ceil(BLOCK as u64);
        let groups = outputs.div_ceil(LANES as u64);
        groups.saturating_mul(blocks).saturating_mul(64 * Format::of(kind).lines() as u64)
    }

    pub(super) fn group(&self, group: usize) -> &[Line] {
        let lines = self.blocks * self.format.lines();
        &self.lines[group * lines..(group + 1) * lines]
    }

    /// The weights of one output, as floats.
    pub(crate) fn row(&self, output: usize, row: &mut [f32]) {
        let lane = output % LANES;
        let blocks = self.group(output / LANES).chunks_exact(self.format.lines());
        for (lines, row) in blocks.zip(row.chunks_mut(BLOCK)) {
            let (scale, second) = scales(self.format, lane, lines);
            for (input, weight) in row.iter_mut().enumerate() {
                let code = code(self.format, lane, input, lines);
                *weight = match self.format {
                    Format::Nibbles | Format::Bytes => scale * f32::from(code) + second,
                    Format::Halves => (if input < 16 { scale } else { second }) * (f32::from(code) - 32.0),
                };
            }
        }
    }
}

fn put(format: Format, output: usize, block: &Block, lines: &mut [Line]) {
    for (input, code) in block.codes.iter().enumerate() {
        let (line, byte, shift) = format.place(output, input);
        if format == Format::Halves {
            lines[line].0[byte] |= (code & 15) << shift;
            let (line, byte, shift) = Format::high_place(output, input);
            lines[line].0[byte] |= (code >> 4) << shift;
        } else {
            lines[line].0[byte] |= code << shift;
        }
    }
    let scales = &mut lines[format.code_lines()].0;
    scales[output * 2..][..2].copy_from_slice(&block.scale.to_le_bytes());
    scales[32 + output * 2..][..2].copy_from_slice(&block.second.to_le_bytes());
}

/// The code of an input of an output, in the lines of a block.
pub(super) fn code(format: Format, output: usize, input: usize, lines: &[Line]) -> u8 {
    let (line, byte, shift) = format.place(output, input);
    let low = lines[line].0[byte] >> shift;
    match format {
        Format::Bytes => low,
        Format::Nibbles => low & 15,
        Format::Halves => {
            let (line, byte, shift) = Format::high_place(output, input);
            low & 15 | ((lines[line].0[byte] >> shift) & 3) << 4
        }
    }
}

/// The two floats of an output, in the lines of a block.
pub(super) fn scales(format: Format, output: usize, lines: &[Line]) -> (f32, f32) {
    let scales = &lines[format.code_lines()].0;
    let float = |at: usize| f16::from_le_bytes([scales[at], scales[at + 1]]).to_f32();
    (float(output * 2), float(32 + output * 2))
}
