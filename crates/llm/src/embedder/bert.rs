//! The BERT encoder (Devlin et al. 2018) with mean pooling, as sentence encoders use it.
//!
//! Texts stand one behind the other, without padding: linear maps take the tokens of all of them at
//! once, attention each text by itself. The scale of the attention scores is folded into the query's
//! weights when they are loaded. Linear maps are kept in eight bits, which loses next to nothing of
//! files in four and changes the rank of next to nothing with others.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Result, Tensor};

use super::words::Words;
use crate::kernel::Level;
use crate::kernel::attend::{Kept, Span};
use crate::kernel::inputs::Inputs;
use crate::kernel::maps::{gelu, layer_norm};
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
    /// The embedding of positions and of kind 0 in one, `[positions, width]`.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_out: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    output_norm: Norm,
}

struct Linear {
    weight: Packed,
    bias: Vec<f32>,
}

struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f32,
}

/// What is computed on the way, `[tokens, units]` each.
#[derive(Default)]
struct Room {
    inputs: Inputs,
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    attended: Vec<f32>,
    inner: Vec<f32>,
    by_heads: Vec<f32>,
}

impl Bert {
    pub(super) fn new(
        measures: Measures,
        embedding: EmbeddingWeights,
        layers: Vec<LayerWeights>,
    ) -> Result<Self> {
        let Measures { width, heads, inner, epsilon } = measures;
        if heads == 0 || width % heads != 0 {
            candle_core::bail!("{heads} heads cannot share {width} units");
        }
        let kind = embedding.kinds.narrow(0, 0, 1)?;
        expect("embedding of kinds", &kind, &[1, width])?;
        let positions = embedding.positions.broadcast_add(&kind)?.flatten_all()?.to_vec1()?;
        embedding.norm.expect("norm of the embedding", &[width])?;
        let scale = ((width / heads) as f64).powf(-0.5);
        let norm = |pair: &Pair| Norm::new(pair, epsilon);
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
                Ok(Layer {
                    query: Linear::new(&query)?,
                    key: Linear::new(&layer.key)?,
                    value: Linear::new(&layer.value)?,
                    attention_out: Linear::new(&layer.attention_out)?,
                    attention_norm: norm(&layer.attention_norm)?,
                    up: Linear::new(&layer.up)?,
                    down: Linear::new(&layer.down)?,
                    output_norm: norm(&layer.output_norm)?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { measures, words: embedding.words, positions, norm: norm(&embedding.norm)?, layers })
    }

    pub(super) fn dimensions(&self) -> usize {
        self.measures.width
    }

    /// One vector of length 1 per text. Each text has a token, and no more than there are positions.
    pub(super) fn embed(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let width = self.measures.width;
        let level = Level::best();
        let mut states = self.words.rows(&texts.concat())?;
        let mut rest = states.as_mut_slice();
        for text in texts {
            if text.len() * width > self.positions.len() {
                candle_core::bail!("{} tokens are more than there are positions", text.len());
            }
            let own = rest.split_off_mut(..text.len() * width).expect("a row of every token was looked up");
            own.iter_mut().zip(&self.positions).for_each(|(state, position)| *state += position);
        }
        self.norm.apply(&mut states, level);
        let mut room = Room::default();
        for layer in &self.layers {
            self.layer(layer, texts, &mut states, level, &mut room);
        }
        let mut rest = states.as_slice();
        Ok(texts
            .iter()
            .map(|text| {
                let own = rest.split_off(..text.len() * width).expect("a state of every token");
                let mut sum = vec![0.0; width];
                for state in own.chunks_exact(width) {
                    sum.iter_mut().zip(state).for_each(|(sum, unit)| *sum += unit);
                }
                // A mean and a sum point the same way.
                let length = sum.iter().map(|unit| unit * unit).sum::<f32>().sqrt();
                sum.iter_mut().for_each(|unit| *unit /= length);
                sum
            })
            .collect())
    }

    fn layer(&self, layer: &Layer, texts: &[&[u32]], states: &mut [f32], level: Level, room: &mut Room) {
        let width = self.measures.width;
        let Room { inputs, query, key, value, attended, inner, by_heads } = room;
        inputs.set(states, width, level);
        layer.query.forward(inputs, level, query);
        layer.key.forward(inputs, level, key);
        layer.value.forward(inputs, level, value);
        self.attend(texts, [query, key, value], level, by_heads, attended);
        inputs.set(attended, width, level);
        layer.attention_out.forward(inputs, level, attended);
        states.iter_mut().zip(&*attended).for_each(|(state, more)| *state += more);
        layer.attention_norm.apply(states, level);
        inputs.set(states, width, level);
        layer.up.forward(inputs, level, inner);
        gelu(inner, level);
        inputs.set(inner, self.measures.inner, level);
        layer.down.forward(inputs, level, attended);
        states.iter_mut().zip(&*attended).for_each(|(state, more)| *state += more);
        layer.output_norm.apply(states, level);
    }

    /// Lets every token of a text attend to all of this text's.
    fn attend(
        &self,
        texts: &[&[u32]],
        [queries, keys, values]: [&[f32]; 3],
        level: Level,
        by_heads: &mut Vec<f32>,
        out: &mut Vec<f32>,
    ) {
        let Measures { width, heads, .. } = self.measures;
        out.resize(queries.len(), 0.0);
        let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let mut kept = Kept::new(heads, width / heads, longest);
        let mut at = 0;
        for text in texts {
            let own = at * width..(at + text.len()) * width;
            kept.put(&keys[own.clone()], &values[own.clone()], 0);
            let span = Span { at: 0, window: None, end: Some(text.len()), level };
            kept.attend(&queries[own.clone()], heads, span, by_heads, &mut out[own]);
            at += text.len();
        }
    }
}

impl Linear {
    fn new(map: &Pair) -> Result<Self> {
        let weight = Packed::new(&QTensor::quantize(&map.weight, GgmlDType::Q8_0)?)?;
        Ok(Self { weight, bias: map.bias.to_vec1()? })
    }

    /// Writes `[tokens, outputs]` to `out`.
    fn forward(&self, inputs: &Inputs, level: Level, out: &mut Vec<f32>) {
        out.resize(inputs.rows() * self.bias.len(), 0.0);
        multiply(&self.weight, inputs, Some(&self.bias), level, out);
    }
}

impl Norm {
    fn new(pair: &Pair, epsilon: f64) -> Result<Self> {
        Ok(Self { weight: pair.weight.to_vec1()?, bias: pair.bias.to_vec1()?, epsilon: epsilon as f32 })
    }

    fn apply(&self, states: &mut [f32], level: Level) {
        layer_norm(states, &self.weight, &self.bias, self.epsilon, level);
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
