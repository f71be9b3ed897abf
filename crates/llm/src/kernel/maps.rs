//! The maps that go value by value, or row by row.

use super::Level;
use super::packed::LANES;

/// Bends values so that they stay between `-most` and `most`: `most * tanh(x / most)`.
pub(crate) fn cap(values: &mut [f32], most: f32) {
    for value in values {
        *value = most - 2.0 * most / (1.0 + exp(*value * 2.0 / most));
    }
}

/// How a gate lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// `x / (1 + exp(-x))`
    Silu,
    /// The same with the argument of tanh's approximation of the Gaussian (Hendrycks and Gimpel
    /// 2016).
    Gelu,
}

/// Multiplies what the gate lets through with `up`, in the gate's place.
pub(crate) fn gate(kind: Gate, gate: &mut [f32], up: &[f32], level: Level) {
    match (kind, level) {
        #[cfg(target_arch = "x86_64")]
        (Gate::Silu, Level::Avx512) => super::avx512::gate(gate, up),
        #[cfg(target_arch = "x86_64")]
        (Gate::Silu, Level::AvxVnni | Level::Avx2) => super::avx2::gate(gate, up),
        (Gate::Silu, _) => silu_in_lanes(gate, up),
        (Gate::Gelu, _) => {
            for (gate, up) in gate.iter_mut().zip(up) {
                let x = *gate;
                let argument = 2.0 * (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
                *gate = x / (1.0 + exp(-argument)) * up;
            }
        }
    }
}

#[inline(always)]
pub(super) fn silu_in_lanes(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp(-*gate)) * up;
    }
}

/// Multiplies each value with the share of a Gaussian that lies below it (Hendrycks and Gimpel 2016).
pub(crate) fn gelu(values: &mut [f32], level: Level) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => super::avx512::gelu(values),
        #[cfg(target_arch = "x86_64")]
        Level::AvxVnni | Level::Avx2 => super::avx2::gelu(values),
        _ => gelu_in_lanes(values),
    }
}

/// The share comes from the error function's approximation 7.1.26 of Abramowitz and Stegun (1964),
/// which is off by 1.5e-7 at most.
#[inline(always)]
pub(super) fn gelu_in_lanes(values: &mut [f32]) {
    for value in values {
        let z = value.abs() * std::f32::consts::FRAC_1_SQRT_2;
        let t = 1.0 / (1.0 + 0.327_591_1 * z);
        let series =
            t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
        // What lies beyond the value's size, on one side.
        let beyond = 0.5 * series * exp(-z * z);
        *value *= if *value < 0.0 { beyond } else { 1.0 - beyond };
    }
}

/// Brings each row to mean 0 and variance 1, then to a weight and bias (Ba, Kiros and Hinton 2016).
pub(crate) fn layer_norm(values: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32, level: Level) {
    assert_eq!(weight.len(), bias.len(), "a bias for every weight");
    for row in values.chunks_exact_mut(weight.len()) {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => super::avx512::layer_norm(row, weight, bias, epsilon),
            #[cfg(target_arch = "x86_64")]
            Level::AvxVnni | Level::Avx2 => super::avx2::layer_norm(row, weight, bias, epsilon),
            _ => layer_norm_in_lanes(row, weight, bias, epsilon),
        }
    }
}

#[inline(always)]
pub(super) fn layer_norm_in_lanes(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let count = row.len() as f32;
    let mean = sum(row, |value| value) / count;
    let variance = sum(row, |value| (value - mean) * (value - mean)) / count;
    let scale = 1.0 / (variance + epsilon).sqrt();
    for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
        *value = (*value - mean) * scale * weight + bias;
    }
}

#[inline(always)]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0f32; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|value| of(*value)).sum();
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += of(*value));
    }
    sums.iter().sum::<f32>() + rest
}

/// e to the power of `x`, to about two units in the last place: a power of two, and Taylor's series
/// on what is left. `x` is taken to be between -87 and 87.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // 1.5 * 2^23: added to a float, its last bits are the nearest whole number.
    const MAGIC: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 87.0);
    let shifted = x * std::f32::consts::LOG2_E + MAGIC;
    let whole = shifted - MAGIC;
    let rest = x - whole * LN2_HIGH - whole * LN2_LOW;
    let series = 1.0
        + rest
            * (1.0
                + rest
                    * (0.5
                        + rest
                            * (1.0 / 6.0
                                + rest * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest * (1.0 / 720.0))))));
    f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000)) * series
}
