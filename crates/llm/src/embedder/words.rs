//! The embedding of words: a row of a large table for each token.

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Result, Tensor};

pub(super) enum Words {
    /// `[vocabulary, width]` in f32.
    Table(Tensor),
    /// Rows in 4 bits, which are turned into f32 when they are looked up: a large vocabulary takes
    /// a seventh of the memory so.
    Quantised(QuantisedRows),
}

pub(super) struct QuantisedRows {
    /// Blocks of GGML's Q4_0, row after row.
    blocks: Vec<u8>,
    width: usize,
    rows: usize,
}

impl Words {
    /// The rows of `ids`, `[ids, width]` in f32.
    pub(super) fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        match self {
            Self::Table(table) => table.index_select(&Tensor::new(ids, &Device::Cpu)?, 0),
            Self::Quantised(rows) => rows.rows(ids),
        }
    }
}

impl QuantisedRows {
    pub(super) fn new(blocks: Vec<u8>, rows: usize, width: usize) -> Result<Self> {
        let table = Self { blocks, width, rows };
        if !width.is_multiple_of(GgmlDType::Q4_0.block_size())
            || table.blocks.len() != rows * table.row_bytes()
        {
            candle_core::bail!("the words take {} bytes, not {rows} x {width} units", table.blocks.len());
        }
        Ok(table)
    }

    fn row_bytes(&self) -> usize {
        self.width / GgmlDType::Q4_0.block_size() * GgmlDType::Q4_0.type_size()
    }

    fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        let bytes = self.row_bytes();
        let mut found = Vec::with_capacity(ids.len() * bytes);
        for id in ids {
            let row = *id as usize;
            if row >= self.rows {
                candle_core::bail!("token {id} is beyond the {} words", self.rows);
            }
            found.extend_from_slice(&self.blocks[row * bytes..(row + 1) * bytes]);
        }
        dequantised(found, &[ids.len(), self.width])
    }
}

/// Blocks of Q4_0 as a tensor in f32.
pub(super) fn dequantised(blocks: Vec<u8>, shape: &[usize]) -> Result<Tensor> {
    let storage = QStorage::from_data(blocks.into(), &Device::Cpu, GgmlDType::Q4_0)?;
    QTensor::new(storage, shape)?.dequantize(&Device::Cpu)
}
