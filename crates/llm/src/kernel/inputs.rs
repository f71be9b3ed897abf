//! Inputs of a product, rounded to eight bits for 32 at a time.

use rayon::prelude::*;

use super::Level;
use super::packed::BLOCK;

/// Rows that are multiplied together; fewer at the end, in the largest of [`SIZES`] that fit.
pub(super) const TILE: usize = 12;
const SIZES: [usize; 5] = [TILE, 6, 4, 2, 1];

/// Rows of inputs, tile by tile. The arrays are kept for the next ones.
#[derive(Default)]
pub(crate) struct Inputs {
    pub(super) rows: usize,
    /// Blocks of a row.
    blocks: usize,
    /// `[tiles, blocks, rows of the tile, 32]`
    codes: Vec<i8>,
    /// `[tiles, blocks, rows of the tile]`
    scales: Vec<f32>,
    /// Sums of 32 inputs as rounded, of the same shape.
    sums: Vec<f32>,
    /// `[tiles, blocks, rows of the tile, 2]`: what sums of products with codes of six bits begin with, of
    /// the first and of the second 16 inputs, because such codes stand 32 too high.
    offsets: Vec<i32>,
}

/// Some rows of inputs; `[blocks, rows]` of each.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    pub(super) rows: usize,
    pub(super) blocks: usize,
    pub(super) codes: &'a [i8],
    pub(super) scales: &'a [f32],
    pub(super) sums: &'a [f32],
    pub(super) offsets: &'a [i32],
}

impl Inputs {
    /// Takes rows of `width` floats; what a last block lacks is zero.
    pub(crate) fn set(&mut self, values: &[f32], width: usize, level: Level) {
        self.rows = values.len() / width;
        self.blocks = width.div_ceil(BLOCK);
        let all = self.rows * self.blocks;
        self.codes.resize(all * BLOCK, 0);
        self.scales.resize(all, 0.0);
        self.sums.resize(all, 0.0);
        self.offsets.resize(all * 2, 0);
        let blocks = self.blocks;
        let size = TILE * blocks;
        let tiles = (values.par_chunks(TILE * width))
            .zip(self.codes.par_chunks_mut(size * BLOCK))
            .zip(self.scales.par_chunks_mut(size))
            .zip(self.sums.par_chunks_mut(size))
            .zip(self.offsets.par_chunks_mut(size * 2));
        tiles.for_each(|((((values, codes), scales), sums), offsets)| {
            for (first, rows) in tiles_of(values.len() / width) {
                for row in 0..rows {
                    let values = &values[(first + row) * width..][..width];
                    // A row's blocks stand `rows` apart.
                    let at = first * blocks + row;
                    let mut rounded = Rounded {
                        codes: &mut codes[at * BLOCK..],
                        scales: &mut scales[at..],
                        sums: &mut sums[at..],
                        offsets: &mut offsets[at * 2..],
                        step: rows,
                    };
                    rounded.set(values, level);
                }
            }
        });
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// First row and rows of all tiles.
    pub(super) fn tiles(&self) -> impl Iterator<Item = (usize, Tile<'_>)> {
        tiles_of(self.rows).map(|(first, rows)| {
            let (at, count) = (first * self.blocks, rows * self.blocks);
            let tile = Tile {
                rows,
                blocks: self.blocks,
                codes: &self.codes[at * BLOCK..][..count * BLOCK],
                scales: &self.scales[at..][..count],
                sums: &self.sums[at..][..count],
                offsets: &self.offsets[at * 2..][..count * 2],
            };
            (first, tile)
        })
    }
}

fn tiles_of(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| first + size <= rows)?;
        first += size;
        Some((first - size, size))
    })
}

/// Where a row goes; its blocks stand `step` apart.
pub(super) struct Rounded<'a> {
    pub(super) codes: &'a mut [i8],
    pub(super) scales: &'a mut [f32],
    pub(super) sums: &'a mut [f32],
    pub(super) offsets: &'a mut [i32],
    pub(super) step: usize,
}

impl Rounded<'_> {
    fn set(&mut self, values: &[f32], level: Level) {
        let blocks = values.chunks_exact(BLOCK);
        let rest = blocks.remainder();
        let whole = blocks.len();
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => super::avx512::round(&values[..whole * BLOCK], self),
            #[cfg(target_arch = "x86_64")]
            Level::AvxVnni | Level::Avx2 => super::avx2::round(&values[..whole * BLOCK], self),
            #[cfg(target_arch = "aarch64")]
            Level::NeonDot | Level::Neon => super::neon::round(&values[..whole * BLOCK], self),
            Level::Portable => blocks.enumerate().for_each(|(block, values)| self.set_block(block, values)),
        }
        if !rest.is_empty() {
            let mut last = [0.0; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            self.set_block(whole, &last);
        }
    }

    fn set_block(&mut self, block: usize, values: &[f32]) {
        let at = block * self.step;
        let largest = values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        let scale = largest / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let codes = &mut self.codes[at * BLOCK..][..BLOCK];
        for (code, value) in codes.iter_mut().zip(values) {
            *code = (value * inverse).round_ties_even() as i8;
        }
        let sum = |codes: &[i8]| codes.iter().map(|code| i32::from(*code)).sum::<i32>();
        let halves = [sum(&codes[..BLOCK / 2]), sum(&codes[BLOCK / 2..])];
        self.scales[at] = scale;
        self.sums[at] = scale * (halves[0] + halves[1]) as f32;
        for (offset, half) in self.offsets[at * 2..][..2].iter_mut().zip(halves) {
            *offset = -32 * half;
        }
    }
}
