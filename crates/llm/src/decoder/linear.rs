//! Linear maps with quantised weights, multiplied as fast as candle can without losing precision.
//!
//! Candle has vector instructions that take whole tiles for Q4K, Q6K and Q8_0 when the inputs divide
//! into blocks of 256; otherwise it multiplies row by row, several times slower, and with Q4_1, Q5_0
//! and Q5_1 value by value. Files that are called "Q4_K_M" consist of these kinds when the network's
//! width does not divide into 256. Such weights are kept as Q8_0, filled up with zeros to the next
//! multiple of 256: eight bits hold four or five with an error of at most 1/254 of the largest
//! weight in a block of 32.
//!
//! The tiles round the inputs to eight bits for 256 at a time. That is how the K kinds are meant, but
//! small networks with a few large inputs suffer from it. So weights in Q8_0 multiply what the
//! rounding leaves over as well, or, when there are many tokens, are turned into floats.

use candle_core::quantized::gguf_file::TensorInfo;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{D, Device, Module, Result, Tensor};

/// Inputs of a tile.
const TILE: usize = 256;
const RECODED: GgmlDType = GgmlDType::Q8_0;
/// From so many tokens on it pays to turn weights into floats.
const MANY: usize = 16;

pub(super) struct Linear {
    weight: Weight,
    bias: Option<Tensor>,
}

enum Weight {
    /// As candle multiplies it.
    Stored(QMatMul),
    /// In Q8_0, of so many inputs and then zeros.
    Filled { weight: QMatMul, inputs: usize, filling: usize },
}

impl Linear {
    /// `weight` is `[out, in]`, `bias` `[out]`.
    pub(super) fn new(weight: QTensor, bias: Option<Tensor>) -> Result<Self> {
        let (_, inputs) = weight.shape().dims2()?;
        let filling = inputs.next_multiple_of(TILE) - inputs;
        let weight = if !is_filled(weight.dtype()) {
            Weight::Stored(QMatMul::from_qtensor(weight)?)
        } else if weight.dtype() == RECODED && filling == 0 {
            Weight::Filled { weight: QMatMul::from_qtensor(weight)?, inputs, filling }
        } else {
            let filled = weight.dequantize(&Device::Cpu)?.pad_with_zeros(D::Minus1, 0, filling)?;
            let weight = QMatMul::from_qtensor(QTensor::quantize(&filled, RECODED)?)?;
            Weight::Filled { weight, inputs, filling }
        };
        Ok(Self { weight, bias })
    }

    /// `[tokens, in]` to `[tokens, out]`.
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let output = match &self.weight {
            Weight::Stored(weight) => weight.forward(input)?,
            Weight::Filled { weight, inputs, .. } if input.dim(0)? >= MANY => {
                let floats = match weight {
                    QMatMul::QTensor(weight) => weight.dequantize(&Device::Cpu)?,
                    QMatMul::Tensor(floats) | QMatMul::TensorF16(floats) => floats.clone(),
                };
                input.matmul(&floats.narrow(1, 0, *inputs)?.t()?)?
            }
            Weight::Filled { weight, filling, .. } => {
                let input = input.pad_with_zeros(D::Minus1, 0, *filling)?;
                if rounds_coarsely() {
                    let rounded = rounded(&input)?;
                    (weight.forward(&rounded)? + weight.forward(&(input - rounded)?)?)?
                } else {
                    weight.forward(&input)?
                }
            }
        };
        match &self.bias {
            Some(bias) => output.broadcast_add(bias),
            None => Ok(output),
        }
    }
}

/// Whether candle multiplies Q8_0 in tiles on this machine; elsewhere it rounds inputs for 32 at a
/// time, which is fine enough.
fn rounds_coarsely() -> bool {
    #[cfg(target_arch = "x86_64")]
    let tiles = is_x86_feature_detected!("avx512vnni") || is_x86_feature_detected!("avxvnni");
    #[cfg(not(target_arch = "x86_64"))]
    let tiles = false;
    tiles
}

/// The inputs as eight bits hold them, for 256 at a time. They are rounded here once more by the
/// tiles, to the same.
fn rounded(input: &Tensor) -> Result<Tensor> {
    let mut values = input.flatten_all()?.to_vec1::<f32>()?;
    for block in values.chunks_exact_mut(TILE) {
        let largest = block.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        if largest > 0.0 {
            let step = largest / 127.0;
            block.iter_mut().for_each(|value| *value = (*value / step).round() * step);
        }
    }
    Tensor::from_vec(values, input.dims(), &Device::Cpu)
}

/// Kinds that are kept as Q8_0.
fn is_filled(kind: GgmlDType) -> bool {
    matches!(
        kind,
        GgmlDType::Q4_0
            | GgmlDType::Q4_1
            | GgmlDType::Q5_0
            | GgmlDType::Q5_1
            | GgmlDType::Q8_0
            | GgmlDType::Q8_1
    )
}

/// Upper bound of the memory that a tensor takes: candle keeps a second copy in the order of the
/// tiles, and what is stored in f16 it computes with in f32.
pub(super) fn memory(tensor: &TensorInfo) -> u64 {
    let elements = tensor.shape.elem_count() as u64;
    let bytes = |elements: u64, kind: GgmlDType| {
        elements.div_ceil(kind.block_size() as u64).saturating_mul(kind.type_size() as u64)
    };
    match (tensor.ggml_dtype, tensor.shape.dims()) {
        (GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16, _) => bytes(elements, GgmlDType::F32),
        (kind, [outputs, inputs]) if is_filled(kind) => {
            2 * bytes((*outputs as u64).saturating_mul(inputs.next_multiple_of(TILE) as u64), RECODED)
        }
        (kind, _) => 2 * bytes(elements, kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map of a kind and its floats give the same, but for the error of eight bits.
    #[test]
    fn recoded_weights_multiply_like_the_stored_ones() -> Result<()> {
        let cpu = Device::Cpu;
        let bias = Tensor::randn(0f32, 1., 32, &cpu)?;
        for kind in [GgmlDType::Q4_0, GgmlDType::Q4_1, GgmlDType::Q5_0, GgmlDType::Q8_0, GgmlDType::F16] {
            for (tokens, inputs) in [(1, 96), (3, 96), (20, 96), (2, 512)] {
                let mut input = vec![0.1f32; tokens * inputs];
                // One large input makes coarse rounding of the others visible.
                input[7] = 30.0;
                let noise = Tensor::randn(0f32, 0.1, (tokens, inputs), &cpu)?;
                let input = (Tensor::from_vec(input, (tokens, inputs), &cpu)? + noise)?;
                let stored = QTensor::quantize(&Tensor::randn(0f32, 1., (32, inputs), &cpu)?, kind)?;
                let exact = input.matmul(&stored.dequantize(&cpu)?.t()?)?.broadcast_add(&bias)?;
                let got = Linear::new(stored, Some(bias.clone()))?.forward(&input)?;
                let error = (exact.sub(&got)?.sqr()?.mean_all()? / exact.sqr()?.mean_all()?)?;
                let error = error.to_scalar::<f32>()?.sqrt();
                assert!(error < 0.01, "{kind:?}, {tokens} of {inputs}: {error}");
            }
        }
        Ok(())
    }
}
