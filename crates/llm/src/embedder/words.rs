//! The embedding of words: a row of a large table for each token.

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Result, Tensor};
use half::f16;

pub(super) enum Words {
    /// In f32.
    Plain { table: Vec<f32>, width: usize },
    /// Rows in 4 bits, which are turned into f32 when they are looked up: a large vocabulary takes
    /// a seventh of the memory so.
    Quantised(QuantisedRows),
}

pub(super) struct QuantisedRows {
    /// Blocks of GGML's Q4_0, row after row.
    blocks: Vec<u8>,
    width: usize,
}

/// Values of a block of GGML's Q4_0.
const BLOCK: usize = 32;
/// Its bytes: a 16-bit scale, and two values a byte, the first sixteen in the low halves.
const BLOCK_BYTES: usize = 18;

impl Words {
    /// A table `[vocabulary, width]` in f32.
    pub(super) fn plain(table: &Tensor) -> Result<Self> {
        let (_, width) = table.dims2()?;
        Ok(Self::Plain { table: table.flatten_all()?.to_vec1()?, width })
    }

    /// The rows of `ids`, `[ids, width]`.
    pub(super) fn rows(&self, ids: &[u32]) -> Result<Vec<f32>> {
        let width = match self {
            Self::Plain { width, .. } => *width,
            Self::Quantised(table) => table.width,
        };
        let mut rows = vec![0.0; ids.len() * width];
        for (id, row) in ids.iter().zip(rows.chunks_exact_mut(width)) {
            let at = *id as usize;
            let found = match self {
                Self::Plain { table, width } => {
                    table.get(at * width..(at + 1) * width).map(|found| row.copy_from_slice(found))
                }
                Self::Quantised(table) => table.read(at, row),
            };
            if found.is_none() {
                candle_core::bail!("token {id} is beyond the words");
            }
        }
        Ok(rows)
    }
}

impl QuantisedRows {
    pub(super) fn new(blocks: Vec<u8>, rows: usize, width: usize) -> Result<Self> {
        let table = Self { blocks, width };
        if !width.is_multiple_of(BLOCK) || table.blocks.len() != rows * table.row_bytes() {
            candle_core::bail!("the words take {} bytes, not {rows} x {width} units", table.blocks.len());
        }
        Ok(table)
    }

    fn row_bytes(&self) -> usize {
        self.width / BLOCK * BLOCK_BYTES
    }

    /// `None` when there is no such row.
    fn read(&self, at: usize, row: &mut [f32]) -> Option<()> {
        let bytes = self.row_bytes();
        let blocks = self.blocks.get(at * bytes..(at + 1) * bytes)?;
        for (block, values) in blocks.chunks_exact(BLOCK_BYTES).zip(row.chunks_exact_mut(BLOCK)) {
            let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
            let (lows, highs) = values.split_at_mut(BLOCK / 2);
            for ((code, low), high) in block[2..].iter().zip(lows).zip(highs) {
                *low = scale * (f32::from(code & 15) - 8.0);
                *high = scale * (f32::from(code >> 4) - 8.0);
            }
        }
        Some(())
    }
}

/// Blocks of Q4_0 as a tensor in f32.
pub(super) fn dequantised(blocks: Vec<u8>, shape: &[usize]) -> Result<Tensor> {
    let storage = QStorage::from_data(blocks.into(), &Device::Cpu, GgmlDType::Q4_0)?;
    QTensor::new(storage, shape)?.dequantize(&Device::Cpu)
}
