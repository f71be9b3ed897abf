//! Quantised weights times inputs.
#![expect(unsafe_code, reason = "groups write to columns of one matrix at the same time")]

use std::marker::PhantomData;
use std::ops::Range;

use rayon::prelude::*;

use super::Level;
use super::inputs::{Inputs, Tile};
use super::packed::{BLOCK, Codes, Format, LANES, Packed};

/// Products of fewer weights than this are not worth a second thread.
const PARALLEL: usize = 1 << 16;
/// Bytes of weights that a tile of inputs is multiplied with before the next one is: they stay near the
/// processor until then.
const PANEL: usize = 1 << 17;

/// Writes `[rows, outputs]` of `inputs [rows, inputs]` into `out`, plus `bias [outputs]`.
pub(crate) fn multiply(
    weights: &Packed,
    inputs: &Inputs,
    bias: Option<&[f32]>,
    level: Level,
    out: &mut [f32],
) {
    let rows = inputs.rows;
    let all = Matrix::new(out, rows, weights.outputs, bias);
    let groups = weights.outputs.div_ceil(LANES);
    let panel = (PANEL * groups / size_of_val(&*weights.lines).max(1)).max(1);
    let work = |mut groups: Range<usize>| {
        while !groups.is_empty() {
            let panel = groups.start..groups.end.min(groups.start + panel);
            groups.start = panel.end;
            for (first, tile) in inputs.tiles() {
                for group in panel.clone() {
                    // SAFETY: each group is in one piece of work.
                    let columns = unsafe { all.columns(group, first..first + tile.rows) };
                    multiply_tile(weights, group, tile, level, &columns);
                }
            }
        }
    };
    let threads = rayon::current_num_threads();
    if threads == 1 || weights.outputs * weights.inputs * rows < PARALLEL {
        work(0..groups);
    } else {
        // A few pieces for each thread: one that is held up is helped by the others.
        let piece = groups.div_ceil(threads * 4).max(1);
        let pieces = (0..groups.div_ceil(piece)).into_par_iter();
        pieces.for_each(|at| work(at * piece..groups.min((at + 1) * piece)));
    }
}

/// A matrix, `[rows, outputs]`, that is written group by group of columns.
struct Matrix<'a> {
    start: *mut f32,
    rows: usize,
    outputs: usize,
    bias: Option<&'a [f32]>,
    written: PhantomData<&'a mut [f32]>,
}

// SAFETY: threads reach the floats through `columns` only, where each has columns of its own.
unsafe impl Sync for Matrix<'_> {}

impl<'a> Matrix<'a> {
    fn new(out: &'a mut [f32], rows: usize, outputs: usize, bias: Option<&'a [f32]>) -> Self {
        assert_eq!(out.len(), rows * outputs, "room for every output");
        assert!(bias.is_none_or(|bias| bias.len() == outputs), "a bias for every output");
        Self { start: out.as_mut_ptr(), rows, outputs, bias, written: PhantomData }
    }

    /// The columns of a group, of some rows.
    ///
    /// # Safety
    ///
    /// While they are used, nobody else has columns of that group.
    unsafe fn columns(&self, group: usize, rows: Range<usize>) -> Columns<'a> {
        let first = group * LANES;
        assert!(first < self.outputs && rows.end <= self.rows, "a part of the matrix");
        let count = LANES.min(self.outputs - first);
        Columns {
            // SAFETY: the matrix has the row and the column.
            start: unsafe { self.start.add(rows.start * self.outputs + first) },
            rows: rows.len(),
            stride: self.outputs,
            count,
            bias: self.bias.map(|bias| &bias[first..][..count]),
            written: PhantomData,
        }
    }
}

/// Where the products of a tile and a group go.
pub(super) struct Columns<'a> {
    start: *mut f32,
    rows: usize,
    /// From one row to the next.
    stride: usize,
    /// Columns of the group; the last one may lack some.
    count: usize,
    bias: Option<&'a [f32]>,
    written: PhantomData<&'a mut [f32]>,
}

impl Columns<'_> {
    /// Writes products of a row, from the column `lane` on; what is beyond the last column is left.
    #[inline(always)]
    pub(super) fn put<const COUNT: usize>(&self, row: usize, lane: usize, products: &[f32; COUNT]) {
        assert!(row < self.rows);
        let count = COUNT.min(self.count.saturating_sub(lane));
        if count == 0 {
            return;
        }
        // SAFETY: the row has these columns, which are this group's own.
        let out = unsafe { std::slice::from_raw_parts_mut(self.start.add(row * self.stride + lane), count) };
        let bias = self.bias.map(|bias| &bias[lane..][..count]);
        // Nearly always all columns are there, and then their number is known to the compiler.
        match (<&mut [f32; COUNT]>::try_from(&mut *out), bias) {
            (Ok(out), None) => *out = *products,
            (Ok(out), Some(bias)) => {
                let bias: &[f32; COUNT] = bias.try_into().expect("as long");
                *out = std::array::from_fn(|at| products[at] + bias[at]);
            }
            (Err(_), bias) => {
                for (at, (out, product)) in out.iter_mut().zip(products).enumerate() {
                    *out = product + bias.map_or(0.0, |bias| bias[at]);
                }
            }
        }
    }
}

/// Writes the products of a tile and a group.
fn multiply_tile(weights: &Packed, group: usize, tile: Tile<'_>, level: Level, out: &Columns<'_>) {
    assert_eq!(tile.blocks, weights.blocks, "inputs of another width");
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => super::avx512::multiply_tile(weights, group, tile, out),
        #[cfg(target_arch = "x86_64")]
        Level::AvxVnni => super::avx2::multiply_tile::<true>(weights, group, tile, out),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => super::avx2::multiply_tile::<false>(weights, group, tile, out),
        #[cfg(target_arch = "aarch64")]
        Level::NeonDot => super::neon::multiply_tile::<true>(weights, group, tile, out),
        #[cfg(target_arch = "aarch64")]
        Level::Neon => super::neon::multiply_tile::<false>(weights, group, tile, out),
        Level::Portable => portable(weights, group, tile, out),
    }
}

/// What all forms compute.
fn portable(weights: &Packed, group: usize, tile: Tile<'_>, out: &Columns<'_>) {
    let format = weights.format;
    let mut products = vec![[0.0; LANES]; tile.rows];
    for (number, unit) in weights.group(group).chunks_exact(format.lines()).enumerate() {
        for part in 0..format.unit() {
            let block = number * format.unit() + part;
            let lines = format.codes_of(part, unit);
            for lane in 0..LANES {
                let codes: [i32; BLOCK] =
                    std::array::from_fn(|input| i32::from(format.codes.get(lane, input, lines)));
                let (scale, second) = format.scales_of(lane, part, unit);
                for (row, products) in products.iter_mut().enumerate() {
                    products[lane] +=
                        portable_block(&codes, scale, second, tile, block * tile.rows + row, format);
                }
            }
        }
    }
    for (row, products) in products.iter().enumerate() {
        out.put(row, 0, products);
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
    let offsets = &tile.offsets[at * 2..][..2];
    let dot = |part: Range<usize>, offset: i32| {
        let products = codes[part.clone()].iter().zip(&x[part]);
        (products.map(|(code, x)| code * i32::from(*x)).sum::<i32>() + offset) as f32 * tile.scales[at]
    };
    match format.codes {
        Codes::Four | Codes::Five | Codes::Eight => scale * dot(0..BLOCK, 0) + second * tile.sums[at],
        Codes::Six => scale * dot(0..16, offsets[0]) + second * dot(16..32, offsets[1]),
    }
}
