//! Weights in the order in which they are multiplied.
//!
//! Sixteen outputs make a group. A group is a row of units; a unit is one block of 32 inputs, or
//! eight of them that share their scales. Codes stand in lines of 64 bytes; each line has four
//! neighbouring inputs of all sixteen outputs, output by output, as `vpdpbusd` wants them.
//!
//! The weight of an output is `scale * code + minimum`, or with [`Codes::Six`] `scale * (code - 32)`
//! with a scale of its own for the first and for the second 16 inputs.

use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Result;
use candle_core::quantized::{GgmlDType, QTensor};
use half::f16;
use rayon::prelude::*;

use super::unpack::{self, Block};

/// Outputs of a group.
pub(crate) const LANES: usize = 16;
/// Inputs of a block.
pub(crate) const BLOCK: usize = 32;
/// Blocks that share their scales.
pub(super) const SHARED: usize = 8;

/// The width of the widest register.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [u8; 64]);

/// How many bits a code has, and where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codes {
    /// A line has inputs `4n..4n+4` in its low halves and `4n+16..4n+20` in its high ones.
    Four,
    /// Four lines have the low bits as [`Codes::Four`] has its codes; one has the high ones, that of
    /// inputs `4n..4n+4` as bit `n`.
    Five,
    /// Four lines as before; two have the high bits of four times four inputs each, the first four
    /// in the lowest bits.
    Six,
    Eight,
}

/// Where the two floats of a block come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scales {
    /// A line behind the codes has two 16-bit floats for each output.
    Own,
    /// A line at the start of a unit has two 16-bit floats for each output, and four have two steps
    /// for each output and block, 32 bytes for a block. The steps times the floats are the block's.
    Shared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) codes: Codes,
    pub(super) scales: Scales,
}

impl Codes {
    pub(super) const fn lines(self) -> usize {
        match self {
            Self::Four => 4,
            Self::Five => 5,
            Self::Six => 6,
            Self::Eight => 8,
        }
    }

    /// Line, byte of the line and shift of an input's code, or of its low four bits.
    fn place(self, output: usize, input: usize) -> (usize, usize, u32) {
        let (quad, shift) = match self {
            Self::Four | Self::Five | Self::Six => (input % 16 / 4, if input < 16 { 0 } else { 4 }),
            Self::Eight => (input / 4, 0),
        };
        (quad, output * 4 + input % 4, shift)
    }

    /// The same for the bits above four, and how many there are.
    fn high_place(self, output: usize, input: usize) -> Option<((usize, usize, u32), u32)> {
        let byte = output * 4 + input % 4;
        match self {
            Self::Four | Self::Eight => None,
            Self::Five => Some(((4, byte, (input / 4) as u32), 1)),
            Self::Six => Some(((4 + input / 16, byte, (input % 16 / 4 * 2) as u32), 2)),
        }
    }

    fn put(self, output: usize, input: usize, code: u8, lines: &mut [Line]) {
        let (line, byte, shift) = self.place(output, input);
        match self.high_place(output, input) {
            None => lines[line].0[byte] |= code << shift,
            Some(((high, high_byte, high_shift), _)) => {
                lines[line].0[byte] |= (code & 15) << shift;
                lines[high].0[high_byte] |= (code >> 4) << high_shift;
            }
        }
    }

    /// The code of an input of an output, in the lines of a block's codes.
    pub(super) fn get(self, output: usize, input: usize, lines: &[Line]) -> u8 {
        let (line, byte, shift) = self.place(output, input);
        let low = lines[line].0[byte] >> shift;
        match self.high_place(output, input) {
            None if self == Self::Eight => low,
            None => low & 15,
            Some(((line, byte, shift), bits)) => {
                let high = (lines[line].0[byte] >> shift) & ((1 << bits) - 1);
                low & 15 | high << 4
            }
        }
    }
}

impl Format {
    /// How a kind of weights is packed. Kinds of four to eight bits keep every code and scale; others
    /// are rounded to eight bits.
    fn of(kind: GgmlDType) -> Self {
        let (codes, scales) = match kind {
            GgmlDType::Q4_0 | GgmlDType::Q4_1 => (Codes::Four, Scales::Own),
            GgmlDType::Q5_0 | GgmlDType::Q5_1 => (Codes::Five, Scales::Own),
            GgmlDType::Q4K => (Codes::Four, Scales::Shared),
            GgmlDType::Q5K => (Codes::Five, Scales::Shared),
            GgmlDType::Q6K => (Codes::Six, Scales::Shared),
            _ => (Codes::Eight, Scales::Own),
        };
        Self { codes, scales }
    }

    /// Blocks of a unit.
    pub(super) const fn unit(self) -> usize {
        match self.scales {
            Scales::Own => 1,
            Scales::Shared => SHARED,
        }
    }

    /// Lines of a unit before its first code.
    pub(super) const fn head(self) -> usize {
        match self.scales {
            Scales::Own => 0,
            Scales::Shared => 1 + SHARED / 2,
        }
    }

    /// Lines of a unit.
    pub(super) const fn lines(self) -> usize {
        match self.scales {
            Scales::Own => self.codes.lines() + 1,
            Scales::Shared => self.head() + SHARED * self.codes.lines(),
        }
    }

    /// The lines of the codes of a unit's block.
    pub(super) fn codes_of(self, block: usize, unit: &[Line]) -> &[Line] {
        &unit[self.head() + block * self.codes.lines()..][..self.codes.lines()]
    }

    /// The two floats of an output, for a block of a unit.
    pub(super) fn scales_of(self, output: usize, block: usize, unit: &[Line]) -> (f32, f32) {
        let pair = |line: &Line| {
            let float = |at: usize| f16::from_le_bytes([line.0[at], line.0[at + 1]]).to_f32();
            (float(output * 2), float(32 + output * 2))
        };
        match self.scales {
            Scales::Own => pair(&unit[self.codes.lines()]),
            Scales::Shared => {
                let (scale, second) = pair(&unit[0]);
                let steps = &unit[1 + block / 2].0[block % 2 * 32..][..32];
                let step = |at: usize| match self.codes {
                    Codes::Six => f32::from(steps[at].cast_signed()),
                    _ => f32::from(steps[at]),
                };
                (scale * step(output), second * step(LANES + output))
            }
        }
    }

    fn put(self, output: usize, number: usize, block: &Block, unit: &mut [Line]) {
        let pair = match self.scales {
            Scales::Own => self.codes.lines(),
            Scales::Shared => {
                let steps = &mut unit[1 + number / 2].0[number % 2 * 32..][..32];
                (steps[output], steps[LANES + output]) = (block.steps[0], block.steps[1]);
                0
            }
        };
        unit[pair].0[output * 2..][..2].copy_from_slice(&block.scale.to_le_bytes());
        unit[pair].0[32 + output * 2..][..2].copy_from_slice(&block.second.to_le_bytes());
        let lines = &mut unit[self.head() + number * self.codes.lines()..];
        for (input, code) in block.codes.iter().enumerate() {
            self.codes.put(output, input, *code, lines);
        }
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
        if blocks % format.unit() != 0 {
            candle_core::bail!("{inputs} inputs are no whole blocks of {kind:?}");
        }
        let data = weight.data()?;
        let row_bytes = inputs.div_ceil(kind.block_size()) * kind.type_size();
        let group_lines = blocks / format.unit() * format.lines();
        let mut lines = vec![Line([0; 64]); outputs.div_ceil(LANES) * group_lines];
        let unpack_row = unpack::of(kind, weight)?;
        let sound = AtomicBool::new(true);
        lines.par_chunks_mut(group_lines).enumerate().for_each_init(
            || vec![Block::default(); blocks],
            |row, (group, lines)| {
                for output in 0..LANES.min(outputs - group * LANES) {
                    let at = group * LANES + output;
                    let bytes = data.get(at * row_bytes..(at + 1) * row_bytes).unwrap_or_default();
                    unpack_row.row(at, bytes, row);
                    for (blocks, unit) in
                        row.chunks_exact(format.unit()).zip(lines.chunks_exact_mut(format.lines()))
                    {
                        for (number, block) in blocks.iter().enumerate() {
                            if !(block.scale.is_finite() && block.second.is_finite()) {
                                sound.store(false, Ordering::Relaxed);
                            }
                            format.put(output, number, block, unit);
                        }
                    }
                }
            },
        );
        if !sound.into_inner() {
            candle_core::bail!("its weights hold what is no number");
        }
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
        let format = Format::of(kind);
        let units = inputs.div_ceil((BLOCK * format.unit()) as u64);
        let groups = outputs.div_ceil(LANES as u64);
        groups.saturating_mul(units).saturating_mul(64 * format.lines() as u64)
    }

    /// The units of a group.
    pub(super) fn group(&self, group: usize) -> &[Line] {
        let lines = self.blocks / self.format.unit() * self.format.lines();
        &self.lines[group * lines..(group + 1) * lines]
    }

    /// The weights of one output, as floats.
    pub(crate) fn row(&self, output: usize, row: &mut [f32]) {
        let format = self.format;
        let lane = output % LANES;
        let units = self.group(output / LANES).chunks_exact(format.lines());
        for (unit, row) in units.zip(row.chunks_mut(BLOCK * format.unit())) {
            for (block, row) in row.chunks_mut(BLOCK).enumerate() {
                let (scale, second) = format.scales_of(lane, block, unit);
                let lines = format.codes_of(block, unit);
                for (input, weight) in row.iter_mut().enumerate() {
                    let code = f32::from(format.codes.get(lane, input, lines));
                    *weight = match format.codes {
                        Codes::Six => (if input < 16 { scale } else { second }) * (code - 32.0),
                        Codes::Four | Codes::Five | Codes::Eight => scale * code + second,
                    };
                }
            }
        }
    }
}
