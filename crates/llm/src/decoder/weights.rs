//! Reads the tensors of a model file by name.

use std::borrow::Cow;
use std::fs::File;

use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::{QStorage, QTensor};
use candle_core::{Device, Result};

use super::linear::{Linear, Matrix};
use super::norm::Norm;
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
    fn stored(&mut self, name: &str) -> Result<QTensor> {
        self.content.tensor(&mut self.file, name, &Device::Cpu)
    }

    pub(super) fn matrix(&mut self, name: &str) -> Result<Matrix> {
        Matrix::new(&self.stored(name)?)
    }

    /// A tensor of so many floats: norms, biases and other small ones.
    pub(super) fn floats(&mut self, name: &str, count: usize) -> Result<Vec<f32>> {
        let floats = self.stored(name)?.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
        if floats.len() != count {
            candle_core::bail!("{name} has {} elements instead of {count}", floats.len());
        }
        Ok(floats)
    }

    /// The same, when the file has it.
    pub(super) fn floats_if_any(&mut self, name: &str, count: usize) -> Result<Option<Vec<f32>>> {
        if self.has(name) { self.floats(name, count).map(Some) } else { Ok(None) }
    }

    /// The linear map `{name}.weight` of these measures, with `{name}.bias` when the file has it.
    pub(super) fn linear(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Linear> {
        let matrix = self.matrix(&format!("{name}.weight"))?;
        if (matrix.outputs(), matrix.inputs()) != (outputs, inputs) {
            candle_core::bail!(
                "{name}.weight is {} x {} instead of {outputs} x {inputs}",
                matrix.outputs(),
                matrix.inputs()
            );
        }
        let bias = self.floats_if_any(&format!("{name}.bias"), outputs)?;
        Ok(Linear::new(matrix, bias))
    }

    /// A norm over so many units, when the file has it.
    pub(super) fn norm_if_any(&mut self, name: &str, units: usize, epsilon: f32) -> Result<Option<Norm>> {
        Ok(self.floats_if_any(name, units)?.map(|weight| Norm::new(weight, epsilon)))
    }

    /// The linear maps of all experts in `{name}.weight`, `[experts, outputs, inputs]`.
    pub(super) fn linears(
        &mut self,
        name: &str,
        experts: usize,
        outputs: usize,
        inputs: usize,
    ) -> Result<Vec<Linear>> {
        let all = self.stored(&format!("{name}.weight"))?;
        if all.shape().dims() != [experts, outputs, inputs] {
            candle_core::bail!(
                "{name}.weight is {:?} instead of {experts} x {outputs} x {inputs}",
                all.shape()
            );
        }
        let data = all.data()?;
        data.chunks_exact(data.len() / experts)
            .map(|data| {
                let stored = QStorage::from_data(Cow::Borrowed(data), &Device::Cpu, all.dtype())?;
                Ok(Linear::new(Matrix::new(&QTensor::new(stored, (outputs, inputs))?)?, None))
            })
            .collect()
    }

    /// The number of outputs of `{name}.weight`, as the header has it.
    pub(super) fn outputs(&self, name: &str) -> Result<usize> {
        match self.content.tensor_infos.get(&format!("{name}.weight")).map(|tensor| tensor.shape.dims()) {
            Some([outputs, _]) => Ok(*outputs),
            Some(dims) => candle_core::bail!("{name}.weight is {dims:?}, no matrix"),
            None => candle_core::bail!("{name}.weight is missing"),
        }
    }
}
