//! Linear maps, quantised or not.

use candle_core::quantized::gguf_file::TensorInfo;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Result, Storage, Tensor};

use super::scratch::Scratch;
use crate::kernel::packed::Packed;
use crate::kernel::product::multiply;

/// A matrix of weights, `[outputs, inputs]`.
pub(super) enum Matrix {
    Packed(Packed),
    /// What the file stores as floats is computed as floats.
    Floats {
        weights: Tensor,
        outputs: usize,
        inputs: usize,
    },
}

impl Matrix {
    pub(super) fn new(weight: &QTensor) -> Result<Self> {
        if is_floats(weight.dtype()) {
            let weights = weight.dequantize(&Device::Cpu)?;
            let (outputs, inputs) = weights.dims2()?;
            must_be_numbers(&weights)?;
            Ok(Self::Floats { weights, outputs, inputs })
        } else {
            Packed::new(weight).map(Self::Packed)
        }
    }

    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::Packed(packed) => packed.outputs(),
            Self::Floats { outputs, .. } => *outputs,
        }
    }

    pub(super) fn inputs(&self) -> usize {
        match self {
            Self::Packed(packed) => packed.inputs(),
            Self::Floats { inputs, .. } => *inputs,
        }
    }

    /// The weights of one output.
    pub(super) fn row(&self, output: usize, row: &mut [f32]) -> Result<()> {
        match self {
            Self::Packed(packed) => packed.row(output, row),
            Self::Floats { weights, .. } => {
                row.copy_from_slice(&weights.narrow(0, output, 1)?.flatten_all()?.to_vec1::<f32>()?);
            }
        }
        Ok(())
    }
}

/// Refuses floats among which there is an infinity or none at all.
fn must_be_numbers(weights: &Tensor) -> Result<()> {
    let (storage, _) = weights.storage_and_layout();
    if let Storage::Cpu(storage) = &*storage
        && !storage.as_slice::<f32>()?.iter().all(|weight| weight.is_finite())
    {
        candle_core::bail!("its weights hold what is no number");
    }
    Ok(())
}

pub(super) struct Linear {
    matrix: Matrix,
    /// `[outputs]`
    bias: Option<Vec<f32>>,
}

impl Linear {
    pub(super) fn new(matrix: Matrix, bias: Option<Vec<f32>>) -> Self {
        Self { matrix, bias }
    }

    pub(super) fn outputs(&self) -> usize {
        self.matrix.outputs()
    }

    /// Maps `input`, `[tokens, inputs]`, which `scratch` was given before, to `[tokens, outputs]`.
    pub(super) fn forward(&self, input: &[f32], scratch: &mut Scratch, out: &mut Vec<f32>) -> Result<()> {
        forward(&self.matrix, self.bias.as_deref(), input, scratch, out)
    }
}

/// Maps by a matrix and adds the bias; see [`Linear::forward`].
pub(super) fn forward(
    matrix: &Matrix,
    bias: Option<&[f32]>,
    input: &[f32],
    scratch: &mut Scratch,
    out: &mut Vec<f32>,
) -> Result<()> {
    let tokens = input.len() / matrix.inputs();
    out.resize(tokens * matrix.outputs(), 0.0);
    match matrix {
        Matrix::Packed(packed) => {
            multiply(packed, &scratch.inputs, bias, scratch.level, out);
        }
        Matrix::Floats { weights, inputs, outputs } => {
            let input = Tensor::from_slice(input, (tokens, *inputs), &Device::Cpu)?;
            out.copy_from_slice(&input.matmul(&weights.t()?)?.flatten_all()?.to_vec1::<f32>()?);
            if let Some(bias) = bias {
                for row in out.chunks_exact_mut(*outputs) {
                    row.iter_mut().zip(bias).for_each(|(out, bias)| *out += bias);
                }
            }
        }
    }
    Ok(())
}

fn is_floats(kind: GgmlDType) -> bool {
    matches!(kind, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16)
}

/// Whether products of a tensor are the same to the bit however many rows are computed together.
pub(super) fn is_exact(tensor: &TensorInfo) -> bool {
    tensor.shape.rank() < 2 || !is_floats(tensor.ggml_dtype)
}

/// Bytes of memory that a tensor takes once it is loaded.
pub(super) fn memory(tensor: &TensorInfo) -> u64 {
    let elements = tensor.shape.elem_count() as u64;
    match (tensor.ggml_dtype, tensor.shape.dims()) {
        (kind, [outputs, inputs]) if !is_floats(kind) => {
            Packed::memory(kind, *outputs as u64, *inputs as u64)
        }
        (kind, [experts, outputs, inputs]) if !is_floats(kind) => {
            Packed::memory(kind, *outputs as u64, *inputs as u64).saturating_mul(*experts as u64)
        }
        _ => elements.saturating_mul(size_of::<f32>() as u64),
    }
}
