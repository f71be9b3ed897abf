//! Reads the tensors of a model file by name.

use std::fs::File;

use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Result, Tensor};

use super::linear::Linear;
use crate::gguf::Gguf;

pub(super) struct Weights {
    content: Content,
    file: File,
}

impl Weights {
    pub(super) fn open(gguf: Gguf) -> Result<Self> {
        let file = File::open(gguf.path())?;
        Ok(Self { content: gguf.into_content(), file })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// A tensor as it is stored.
    pub(super) fn stored(&mut self, name: &str) -> Result<QTensor> {
        self.content.tensor(&mut self.file, name, &Device::Cpu)
    }

    /// A tensor in f32: norms, biases and other small ones.
    pub(super) fn floats(&mut self, name: &str) -> Result<Tensor> {
        self.stored(name)?.dequantize(&Device::Cpu)
    }

    /// The same, when the file has it.
    pub(super) fn floats_if_any(&mut self, name: &str) -> Result<Option<Tensor>> {
        if self.has(name) { self.floats(name).map(Some) } else { Ok(None) }
    }

    /// The linear map `{name}.weight`, with `{name}.bias` when the file has it.
    pub(super) fn linear(&mut self, name: &str) -> Result<Linear> {
        let weight = self.stored(&format!("{name}.weight"))?;
        let bias = self.floats_if_any(&format!("{name}.bias"))?;
        Linear::new(weight, bias)
    }
}
