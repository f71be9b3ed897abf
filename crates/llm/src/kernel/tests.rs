//! What the kernels promise, on every level that the processor has.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use super::Level;
use super::attend::{Kept, Span};
use super::inputs::Inputs;
use super::maps::{Gate, gate, gelu, layer_norm};
use super::packed::Packed;
use super::product::multiply;
use crate::fixture::Random;

const KINDS: [GgmlDType; 11] = [
    GgmlDType::Q4_0,
    GgmlDType::Q4_1,
    GgmlDType::Q5_0,
    GgmlDType::Q5_1,
    GgmlDType::Q8_0,
    GgmlDType::Q2K,
    GgmlDType::Q3K,
    GgmlDType::Q4K,
    GgmlDType::Q5K,
    GgmlDType::Q6K,
    GgmlDType::F16,
];

fn floats(count: usize, size: f32, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    (0..count).map(|_| random.next() * size).collect()
}

fn stored(outputs: usize, inputs: usize, kind: GgmlDType) -> QTensor {
    let weights = floats(outputs * inputs, 0.2, 3);
    QTensor::quantize(&Tensor::from_vec(weights, (outputs, inputs), &Device::Cpu).unwrap(), kind).unwrap()
}

fn dequantized(weight: &QTensor) -> Vec<f32> {
    weight.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// How far two vectors are apart, beside the size of the first.
fn apart(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let squares = |values: &mut dyn Iterator<Item = f32>| values.map(|value| value * value).sum::<f32>();
    let difference = squares(&mut one.iter().zip(other).map(|(a, b)| a - b));
    (difference / squares(&mut one.iter().copied())).sqrt()
}

/// The plain product, in 64 bits.
fn product(weights: &[f32], inputs: &[f32], width: usize) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    inputs
        .chunks_exact(width)
        .flat_map(|x| weights.chunks_exact(width).map(move |w| dot(w, x) as f32))
        .collect()
}

#[test]
fn packing_keeps_every_weight_of_four_to_eight_bits() {
    for kind in KINDS {
        // No whole group of outputs.
        let weight = stored(21, 512, kind);
        let packed = Packed::new(&weight).unwrap();
        let expected = dequantized(&weight);
        let mut row = vec![0.0; 512];
        for (output, expected) in expected.chunks_exact(512).enumerate() {
            packed.row(output, &mut row);
            let apart = apart(expected, &row);
            let most = match kind {
                GgmlDType::Q2K | GgmlDType::Q3K | GgmlDType::F16 => 5e-3,
                _ => 1e-6,
            };
            assert!(apart <= most, "{kind:?}: {apart}");
        }
    }
}

#[test]
fn every_level_multiplies_as_floats_do() {
    for kind in KINDS {
        for (outputs, inputs, rows) in [(16, 256, 1), (40, 512, 3), (33, 256, 12), (16, 1024, 31)] {
            let weight = stored(outputs, inputs, kind);
            let packed = Packed::new(&weight).unwrap();
            let mut x = floats(rows * inputs, 1.0, 9);
            // One large input of each row makes coarse rounding visible.
            x.iter_mut().step_by(inputs).for_each(|x| *x = 40.0);
            let bias = floats(outputs, 1.0, 4);
            let mut expected = product(&dequantized(&weight), &x, inputs);
            for row in expected.chunks_exact_mut(outputs) {
                row.iter_mut().zip(&bias).for_each(|(value, bias)| *value += bias);
            }
            let mut portable = Vec::new();
            for level in Level::available().into_iter().rev() {
                let mut x8 = Inputs::default();
                x8.set(&x, inputs, level);
                let mut out = vec![f32::NAN; rows * outputs];
                multiply(&packed, &x8, Some(&bias), level, &mut out);
                let error = apart(&expected, &out);
                // What eight bits make of inputs beside one that is forty times as large.
                assert!(error < 0.02, "{kind:?} {outputs}x{inputs}, {rows} rows, {level:?}: {error}");
                if portable.is_empty() {
                    portable.clone_from(&out);
                }
                let error = apart(&portable, &out);
                assert!(error < 1e-5, "{kind:?} {outputs}x{inputs}, {rows} rows, {level:?}: {error}");
            }
        }
    }
}

/// Codes, inputs and sums at their limits must not leave their registers.
#[test]
fn extreme_weights_and_inputs_do_not_overflow() {
    // Nearly all the same: of quite the same ones some kinds make no numbers.
    let weights: Vec<f32> = (0..16 * 1024).map(|at| -0.9 + (at % 7) as f32 * 1e-3).collect();
    let weights = Tensor::from_vec(weights, (16, 1024), &Device::Cpu).unwrap();
    for kind in KINDS {
        for sign in [1.0, -1.0] {
            let weight = QTensor::quantize(&weights, kind).unwrap();
            let x = vec![sign * 5.0; 1024 * 2];
            let expected = product(&dequantized(&weight), &x, 1024);
            for level in Level::available() {
                let mut x8 = Inputs::default();
                x8.set(&x, 1024, level);
                let mut out = vec![0.0; 32];
                multiply(&Packed::new(&weight).unwrap(), &x8, None, level, &mut out);
                let error = apart(&expected, &out);
                assert!(error < 1e-3, "{kind:?} {sign} {level:?}: {error}");
            }
        }
    }
}

#[test]
fn inputs_of_zero_and_widths_that_are_no_blocks_are_fine() {
    let weight = stored(16, 40, GgmlDType::F16);
    for level in Level::available() {
        let mut x8 = Inputs::default();
        x8.set(&[0.0; 40], 40, level);
        let mut out = vec![1.0; 16];
        multiply(&Packed::new(&weight).unwrap(), &x8, None, level, &mut out);
        assert_eq!(out, [0.0; 16]);
        let x = floats(40, 1.0, 5);
        x8.set(&x, 40, level);
        multiply(&Packed::new(&weight).unwrap(), &x8, None, level, &mut out);
        assert!(apart(&product(&dequantized(&weight), &x, 40), &out) < 0.01);
    }
}

/// Attention as the formula says, in 64 bits.
fn attention(
    queries: &[f32],
    keys: &[f32],
    values: &[f32],
    (heads, kv_heads, size): (usize, usize, usize),
    at: usize,
    window: Option<usize>,
) -> Vec<f32> {
    let mut out = Vec::new();
    for (token, query) in queries.chunks_exact(heads * size).enumerate() {
        let end = at + token + 1;
        let start = window.map_or(0, |window| end.saturating_sub(window));
        for head in 0..heads {
            let query = &query[head * size..][..size];
            let place = |token: usize| (token * kv_heads + head / (heads / kv_heads)) * size;
            let weights: Vec<f64> = (start..end)
                .map(|token| {
                    let key = &keys[place(token)..][..size];
                    query.iter().zip(key).map(|(q, k)| f64::from(*q) * f64::from(*k)).sum::<f64>().exp()
                })
                .collect();
            let sum: f64 = weights.iter().sum();
            out.extend((0..size).map(|unit| {
                let tokens = (start..end).zip(&weights);
                tokens
                    .map(|(token, weight)| weight / sum * f64::from(values[place(token) + unit]))
                    .sum::<f64>() as f32
            }));
        }
    }
    out
}

#[test]
fn every_level_attends_as_the_formula_says() {
    for (heads, kv_heads, size) in [(4, 2, 8), (14, 2, 64), (9, 3, 64), (4, 1, 256), (3, 3, 20)] {
        for (read, tokens, window) in [
            (0, 1, None),
            (70, 1, None),
            (0, 40, None),
            (33, 19, Some(17)),
            (300, 2, None),
            // Over several stretches of keys, all at once and with a window that begins in one.
            (1100, 3, None),
            (500, 40, None),
            (1015, 20, Some(600)),
        ] {
            let all = read + tokens;
            let (keys, values) =
                (floats(all * kv_heads * size, 1.0, 6), floats(all * kv_heads * size, 1.0, 7));
            let queries = floats(tokens * heads * size, 0.7, 8);
            let expected = attention(&queries, &keys, &values, (heads, kv_heads, size), read, window);
            for level in Level::available() {
                let mut kept = Kept::new(kv_heads, size, all);
                let first = read * kv_heads * size;
                // What was there before is written over.
                kept.put(&vec![9.0; all * kv_heads * size], &vec![9.0; all * kv_heads * size], 0);
                kept.put(&keys[..first], &values[..first], 0);
                kept.put(&keys[first..], &values[first..], read);
                let mut out = vec![f32::NAN; queries.len()];
                let span = Span { at: read, window, end: None, level };
                kept.attend(&queries, heads, span, &mut Vec::new(), &mut out);
                let error = apart(&expected, &out);
                assert!(error < 2e-3, "{heads}/{kv_heads}/{size} {read}+{tokens} {level:?}: {error}");
            }
        }
    }
}

#[test]
fn gates_let_through_what_their_formulas_say() {
    let values = [-200.0f32, -20.0, -1.0, -1e-3, 0.0, 0.5, 3.0, 90.0];
    let up = [2.0f32; 8];
    for level in Level::available() {
        let mut out = values;
        gate(Gate::Silu, &mut out, &up, level);
        for (value, out) in values.iter().zip(out) {
            let expected = f64::from(*value) / (1.0 + f64::from(-value).exp()) * 2.0;
            assert!((f64::from(out) - expected).abs() < 1e-5 * expected.abs().max(1.0), "{value}: {out}");
        }
        let mut out = values;
        gate(Gate::Gelu, &mut out, &up, level);
        for (value, out) in values.iter().zip(out) {
            let x = f64::from(*value);
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            let expected = x * (1.0 + inner.tanh());
            assert!((f64::from(out) - expected).abs() < 1e-5 * expected.abs().max(1.0), "{value}: {out}");
        }
    }
}

/// A network that reads both ways: every token sees all of them.
#[test]
fn every_level_attends_both_ways() {
    let (heads, size) = (3, 32);
    for tokens in [1, 9, 50, 600] {
        let floats = |seed| floats(tokens * heads * size, 0.7, seed);
        let (queries, keys, values) = (floats(6), floats(7), floats(8));
        // The last token of a prompt sees all; so each is taken for the last.
        let expected: Vec<f32> = queries
            .chunks_exact(heads * size)
            .flat_map(|query| attention(query, &keys, &values, (heads, heads, size), tokens - 1, None))
            .collect();
        for level in Level::available() {
            let mut kept = Kept::new(heads, size, tokens);
            kept.put(&keys, &values, 0);
            let mut out = vec![f32::NAN; queries.len()];
            let span = Span { at: 0, window: None, end: Some(tokens), level };
            kept.attend(&queries, heads, span, &mut Vec::new(), &mut out);
            let error = apart(&expected, &out);
            assert!(error < 2e-3, "{tokens} {level:?}: {error}");
        }
    }
}

#[test]
fn gelu_is_the_share_of_the_gaussian() {
    // x times the Gaussian's distribution function, from tables.
    let known = [
        (-200.0, 0.0),
        (-3.0, -0.004_049_694),
        (-1.0, -0.158_655_25),
        (-1e-3, -4.996_011e-4),
        (0.0, 0.0),
        (0.5, 0.345_731_23),
        (2.0, 1.954_499_7),
        (90.0, 90.0),
    ];
    for level in Level::available() {
        // More than a register has, and some over.
        let mut values: Vec<f32> = known.iter().cycle().take(35).map(|(value, _)| *value).collect();
        gelu(&mut values, level);
        for (out, (value, expected)) in values.iter().zip(known.iter().cycle()) {
            assert!((out - expected).abs() < 1e-6 * value.abs().max(1.0), "{value} {level:?}: {out}");
        }
    }
}

#[test]
fn layer_norm_brings_rows_to_mean_0_and_variance_1() {
    let width = 50;
    let values = floats(3 * width, 4.0, 2);
    let (weight, bias) = (floats(width, 1.0, 3), floats(width, 1.0, 4));
    let expected: Vec<f32> = values
        .chunks_exact(width)
        .flat_map(|row| {
            let mean = row.iter().map(|value| f64::from(*value)).sum::<f64>() / width as f64;
            let variance = row.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>();
            let scale = 1.0 / (variance / width as f64 + 1e-12).sqrt();
            let units = row.iter().zip(weight.iter().zip(&bias));
            units.map(move |(value, (weight, bias))| {
                ((f64::from(*value) - mean) * scale * f64::from(*weight) + f64::from(*bias)) as f32
            })
        })
        .collect();
    for level in Level::available() {
        let mut out = values.clone();
        layer_norm(&mut out, &weight, &bias, 1e-12, level);
        assert!(apart(&expected, &out) < 1e-5, "{level:?}");
        // A row of equal values has no variance, and becomes the bias.
        let mut even = vec![7.0; width];
        layer_norm(&mut even, &weight, &bias, 1e-12, level);
        assert!(even.iter().zip(&bias).all(|(value, bias)| (value - bias).abs() < 1e-3), "{level:?}");
    }
}
