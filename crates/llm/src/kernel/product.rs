//! Quantised weights times inputs.

use std::ops::Range;

use rayon::prelude::*;

use super::Level;
use super::inputs::{Inputs, Tile};
use super::packed::{BLOCK, Codes, Format, LANES, Packed};

/// Products of fewer weights than this are not worth a second thread.
const PARALLEL: usize = 1 << 16;

/// Writes `[rows, outputs]` of `inputs [rows, inputs]` into `out`, plus `bias [outputs]`. `scratch`
/// is kept for the next product.
pub(crate) fn multiply(
    weights: &Packed,
    inputs: &Inputs,
    bias: Option<&[f32]>,
    level: Level,
    scratch: &mut Vec<f32>,
    out: &mut [f32],
) {
    let rows = inputs.rows;
    assert_eq!(inputs.blocks, weights.blocks, "inputs of another width");
    assert_eq!(out.len(), rows * weights.outputs, "room for every output");
    let groups = weights.outputs.div_ceil(LANES);
    let size = rows * LANES;
    if scratch.len() < groups * size {
        scratch.resize(groups * size, 0.0);
    }
    let scratch = &mut scratch[..groups * size];
    let work = |first: usize, out: &mut [f32]| {
        for (group, out) in out.chunks_exact_mut(size).enumerate() {
            multiply_group(weights, first + group, inputs, level, out);
        }
    };
    let threads = rayon::current_num_threads();
    if threads == 1 || weights.outputs * weights.inputs * rows < PARALLEL {
        work(0, scratch);
    } else {
        // A few pieces for each thread: one that is held up is helped by the others.
        let piece = groups.div_ceil(threads * 4).max(1);
        scratch.par_chunks_mut(piece * size).enumerate().for_each(|(at, out)| work(at * piece, out));
    }

    let outputs = weights.outputs;
    let gather = |row: usize, out: &mut [f32]| {
        for (group, out) in out.chunks_mut(LANES).enumerate() {
            let lanes = &scratch[group * size + row * LANES..][..out.len()];
            out.copy_from_slice(lanes);
        }
        if let Some(bias) = bias {
            out.iter_mut().zip(bias).for_each(|(out, bias)| *out += bias);
        }
    };
    if rows < 8 {
        out.chunks_exact_mut(outputs).enumerate().for_each(|(row, out)| gather(row, out));
    } else {
        out.par_chunks_exact_mut(outputs).with_min_len(4).enumerate().for_each(|(row, out)| gather(row, out));
    }
}

/// Writes `[rows, 16]` of one group.
fn multiply_group(weights: &Packed, group: usize, inputs: &Inputs, level: Level, out: &mut [f32]) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => super::avx512::multiply_group(weights, group, inputs, out),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => super::avx2::multiply_group(weights, group, inputs, out),
        Level::Portable => portable(weights, group, inputs, out),
    }
}

/// What all forms compute.
fn portable(weights: &Packed, group: usize, inputs: &Inputs, out: &mut [f32]) {
    let format = weights.format;
    out.fill(0.0);
    for (first, tile) in inputs.tiles() {
        let out = &mut out[first * LANES..][..tile.rows * LANES];
        for (number, unit) in weights.group(group).chunks_exact(format.lines()).enumerate() {
            for part in 0..format.unit() {
                let block = number * format.unit() + part;
                let lines = format.codes_of(part, unit);
                for lane in 0..LANES {
                    let codes: [i32; BLOCK] =
                        std::array::from_fn(|input| i32::from(format.codes.get(lane, input, lines)));
                    let (scale, second) = format.scales_of(lane, part, unit);
                    for (row, out) in out.chunks_exact_mut(LANES).enumerate() {
                        out[lane] +=
                            portable_block(&codes, scale, second, tile, block * tile.rows + row, format);
                    }
                }
            }
        }
    }
}

/// A block of one output times the block `at` of a tile.
fn portable_block(
    codes: &[i32; BLOCK],
    scale: f32,
    second: f32,
    tile: Tile<'_>,
    at: usize,
    format: Format,
) -> f32 {
    let x = &tile.codes[at * BLOCK..][..BLOCK];
    let halves = &tile.halves[at * 2..][..2];
    let dot = |part: Range<usize>| {
        let products = codes[part.clone()].iter().zip(&x[part]);
        products.map(|(code, x)| code * i32::from(*x)).sum::<i32>() as f32 * tile.scales[at]
    };
    match format.codes {
        Codes::Four | Codes::Five | Codes::Eight => scale * dot(0..BLOCK) + second * tile.sums[at],
        Codes::Six => scale * (dot(0..16) - 32.0 * halves[0]) + second * (dot(16..32) - 32.0 * halves[1]),
    }
}
