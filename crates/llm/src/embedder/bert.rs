//! The BERT encoder (Devlin et al. 2018) with mean pooling, as sentence encoders use it.
//!
//! Queries, keys and values are computed by one product, and the scale of the attention scores is
//! folded into the query's weights when they are loaded. Linear maps are kept in eight bits, which
//! loses nothing of files in four and changes the rank of next to nothing with others.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{D, DType, Device, Result, Tensor};

use super::words::Words;
use crate::kernel::Level;
use crate::kernel::inputs::Inputs;
use crate::kernel::packed::Packed;
use crate::kernel::product::multiply;

/// A linear map's or a norm's weight and bias.
pub(super) struct Pair {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
}

/// The weights of one layer, linear ones as `[out, in]`.
pub(super) struct LayerWeights {
    pub(super) query: Pair,
    pub(super) key: Pair,
    pub(super) value: Pair,
    pub(super) attention_out: Pair,
    pub(super) attention_norm: Pair,
    pub(super) up: Pair,
    pub(super) down: Pair,
    pub(super) output_norm: Pair,
}

/// The weights outside the layers.
pub(super) struct EmbeddingWeights {
    pub(super) words: Words,
    /// `[positions, width]`
    pub(super) positions: Tensor,
    /// `[kinds, width]`; all text is of kind 0.
    pub(super) kinds: Tensor,
    pub(super) norm: Pair,
}

/// The measures that shapes don't tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measures {
    pub(super) width: usize,
    pub(super) heads: usize,
    /// Width of the layers' inner part.
    pub(super) inner: usize,
    pub(super) epsilon: f64,
}

pub(super) struct Bert {
    measures: Measures,
    words: Words,
    /// The embedding of positions and of kind 0 in one.
    positions: Tensor,
    norm: Pair,
    layers: Vec<Layer>,
}

struct Layer {
    /// `[3 * width, width]`: query, key, value.
    attention: Linear,
    attention_out: Linear,
    attention_norm: Pair,
    up: Linear,
    down: Linear,
    output_norm: Pair,
}

struct Linear {
    weight: Packed,
    bias: Vec<f32>,
}

impl Bert {
    pub(super) fn new(
        measures: Measures,
        embedding: EmbeddingWeights,
        layers: Vec<LayerWeights>,
    ) -> Result<Self> {
        let Measures { width, heads, inner, .. } = measures;
        if heads == 0 || width % heads != 0 {
            candle_core::bail!("{heads} heads cannot share {width} units");
        }
        let kind = embedding.kinds.narrow(0, 0, 1)?;
        expect("embedding of kinds", &kind, &[1, width])?;
        let positions = embedding.positions.broadcast_add(&kind)?;
        embedding.norm.expect("norm of the embedding", &[width])?;
        let scale = ((width / heads) as f64).powf(-0.5);
        let layers = layers
            .into_iter()
            .map(|layer| {
                layer.query.expect("query", &[width, width])?;
                layer.key.expect("key", &[width, width])?;
                layer.value.expect("value", &[width, width])?;
                layer.attention_out.expect("attention's output", &[width, width])?;
                layer.attention_norm.expect("attention's norm", &[width])?;
                layer.up.expect("inner layer", &[inner, width])?;
                layer.down.expect("layer's output", &[width, inner])?;
                layer.output_norm.expect("output's norm", &[width])?;
                let query = Pair { weight: (layer.query.weight * scale)?, bias: (layer.query.bias * scale)? };
                let attention = Pair {
                    weight: Tensor::cat(&[&query.weight, &layer.key.weight, &layer.value.weight], 0)?,
                    bias: Tensor::cat(&[&query.bias, &layer.key.bias, &layer.value.bias], 0)?,
                };
                Ok(Layer {
                    attention: Linear::new(&attention)?,
                    attention_out: Linear::new(&layer.attention_out)?,
                    attention_norm: layer.attention_norm,
                    up: Linear::new(&layer.up)?,
                    down: Linear::new(&layer.down)?,
                    output_norm: layer.output_norm,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { measures, words: embedding.words, positions, norm: embedding.norm, layers })
    }

    pub(super) fn dimensions(&self) -> usize {
        self.measures.width
    }

    /// One vector of length 1 per text; texts are padded to the longest.
    pub(super) fn embed(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let count = texts.len();
        let length = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let padded = |fill: &dyn Fn(&[u32], usize) -> f32| {
            let values: Vec<f32> =
                texts.iter().flat_map(|text| (0..length).map(|at| fill(text, at))).collect();
            Tensor::from_vec(values, (count, length), &Device::Cpu)
        };
        let ids: Vec<u32> =
            texts.iter().flat_map(|text| (0..length).map(|at| text.get(at).copied().unwrap_or(0))).collect();
        // The share of each token in the mean, and minus infinity where there is none to attend to.
        let shares = padded(&|text, at| if at < text.len() { 1.0 / text.len() as f32 } else { 0.0 })?;
        let even = texts.iter().all(|text| text.len() == length);
        let hidden = if even {
            None
        } else {
            let mask = padded(&|text, at| if at < text.len() { 0.0 } else { f32::NEG_INFINITY })?;
            Some(mask.reshape((count, 1, 1, length))?)
        };

        let positions = self.positions.narrow(0, 0, length)?;
        let words = self.words.rows(&ids)?.reshape((count, length, self.measures.width))?;
        let mut states = self.normalise(&words.broadcast_add(&positions)?, &self.norm)?;
        for layer in &self.layers {
            states = self.layer(layer, &states, hidden.as_ref())?;
        }
        let mean = shares.reshape((count, 1, length))?.matmul(&states)?.squeeze(1)?;
        let norm = mean.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
        mean.broadcast_div(&norm)?.to_vec2()
    }

    fn layer(&self, layer: &Layer, states: &Tensor, hidden: Option<&Tensor>) -> Result<Tensor> {
        let attended = layer.attention_out.forward(&self.attend(layer, states, hidden)?)?;
        let states = self.normalise(&(states + attended)?, &layer.attention_norm)?;
        let inner = layer.up.forward(&states)?.gelu_erf()?;
        self.normalise(&(states + layer.down.forward(&inner)?)?, &layer.output_norm)
    }

    fn attend(&self, layer: &Layer, states: &Tensor, hidden: Option<&Tensor>) -> Result<Tensor> {
        let (count, length, width) = states.dims3()?;
        let heads = self.measures.heads;
        let all = layer.attention.forward(states)?.reshape((count, length, 3, heads, width / heads))?;
        let part = |which: usize| all.narrow(2, which, 1)?.squeeze(2)?.transpose(1, 2)?.contiguous();
        let scores = part(0)?.matmul(&part(1)?.t()?)?;
        let scores = match hidden {
            Some(mask) => scores.broadcast_add(mask)?,
            None => scores,
        };
        let weights = candle_nn::ops::softmax_last_dim(&scores)?;
        weights.matmul(&part(2)?)?.transpose(1, 2)?.reshape((count, length, width))
    }

    fn normalise(&self, states: &Tensor, norm: &Pair) -> Result<Tensor> {
        candle_nn::ops::layer_norm(states, &norm.weight, &norm.bias, self.measures.epsilon as f32)
    }
}

impl Linear {
    fn new(map: &Pair) -> Result<Self> {
        let weight = Packed::new(&QTensor::quantize(&map.weight, GgmlDType::Q8_0)?)?;
        Ok(Self { weight, bias: map.bias.to_vec1()? })
    }

    /// `[count, length, inputs]` to `[count, length, outputs]`.
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (count, length, width) = input.dims3()?;
        let level = Level::best();
        let mut inputs = Inputs::default();
        inputs.set(&input.flatten_all()?.to_vec1::<f32>()?, width, level);
        let mut out = vec![0.0; count * length * self.bias.len()];
        multiply(&self.weight, &inputs, Some(&self.bias), level, &mut Vec::new(), &mut out);
        Tensor::from_vec(out, (count, length, self.bias.len()), &Device::Cpu)
    }
}

impl Pair {
    fn expect(&self, what: &str, shape: &[usize]) -> Result<()> {
        expect(what, &self.weight, shape)?;
        expect(what, &self.bias, &shape[..1])
    }
}

/// A tensor of another shape would fail later, or not at all and give nonsense.
fn expect(what: &str, tensor: &Tensor, shape: &[usize]) -> Result<()> {
    if tensor.dims() != shape || tensor.dtype() != DType::F32 {
        candle_core::bail!("the {what} is {:?} {:?}, not {shape:?}", tensor.dims(), tensor.dtype());
    }
    Ok(())
}
