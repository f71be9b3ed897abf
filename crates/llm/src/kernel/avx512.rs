//! The kernels on AVX-512 with VNNI.
#![expect(unsafe_code, reason = "vector instructions and their loads")]
#![expect(clippy::needless_range_loop, reason = "a row indexes several arrays at once")]

use std::arch::x86_64::*;

use super::inputs::{Rounded, TILE, Tile};
use super::packed::{BLOCK, Codes, Format, LANES, Line, Packed, Scales};
use super::product::Columns;

/// How many lines before they are used weights are asked for: 4 KiB before, to come near, and again when
/// they are needed soon, to come all the way. Asked for once only, they are waited for, or take up room
/// near the core for too long.
const FAR: usize = 64;
const SOON: usize = 8;
/// Rows up to which weights are used about as fast as memory brings them.
const FEW: usize = 6;

/// Kinds of [`Codes`], as parameters of a kernel.
const FOUR: u8 = 0;
const FIVE: u8 = 1;
const SIX: u8 = 2;
const EIGHT: u8 = 3;

/// Writes the products of a tile and a group.
pub(super) fn multiply_tile(weights: &Packed, group: usize, x: Tile<'_>, out: &Columns<'_>) {
    let Format { codes, scales } = weights.format;
    let lines = weights.group(group);
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe {
        match (codes, scales) {
            (Codes::Four, Scales::Own) => tile::<FOUR, false>(lines, x, out),
            (Codes::Four, Scales::Shared) => tile::<FOUR, true>(lines, x, out),
            (Codes::Five, Scales::Own) => tile::<FIVE, false>(lines, x, out),
            (Codes::Five, Scales::Shared) => tile::<FIVE, true>(lines, x, out),
            (Codes::Six, Scales::Own) => tile::<SIX, false>(lines, x, out),
            (Codes::Six, Scales::Shared) => tile::<SIX, true>(lines, x, out),
            (Codes::Eight, Scales::Own) => tile::<EIGHT, false>(lines, x, out),
            (Codes::Eight, Scales::Shared) => tile::<EIGHT, true>(lines, x, out),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile<const CODES: u8, const IS_SHARED: bool>(lines: &[Line], x: Tile<'_>, out: &Columns<'_>) {
    match x.rows {
        TILE => rows::<TILE, CODES, IS_SHARED>(lines, x, out),
        6 => rows::<6, CODES, IS_SHARED>(lines, x, out),
        4 => rows::<4, CODES, IS_SHARED>(lines, x, out),
        2 => rows::<2, CODES, IS_SHARED>(lines, x, out),
        _ => rows::<1, CODES, IS_SHARED>(lines, x, out),
    }
}

/// A tile of so many rows times a group.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn rows<const ROWS: usize, const CODES: u8, const IS_SHARED: bool>(
    lines: &[Line],
    x: Tile<'_>,
    out: &Columns<'_>,
) {
    let format = Format {
        codes: match CODES {
            FOUR => Codes::Four,
            FIVE => Codes::Five,
            SIX => Codes::Six,
            _ => Codes::Eight,
        },
        scales: if IS_SHARED { Scales::Shared } else { Scales::Own },
    };
    let blocks = x.blocks;
    let all = ROWS * blocks;
    let units = blocks / format.unit();
    assert!(units * format.unit() == blocks && lines.len() == units * format.lines());
    assert!(x.rows == ROWS);
    assert!(x.codes.len() == all * BLOCK && x.scales.len() == all);
    assert!(x.sums.len() == all && x.offsets.len() == all * 2);
    let low = _mm512_set1_epi8(15);
    let mut total = [_mm512_setzero_ps(); ROWS];
    for unit in 0..units {
        // SAFETY: a unit has the lines that its format says; of the inputs one block's part is read,
        // which the lengths above hold; a line has 64 bytes.
        unsafe {
            let head = lines.as_ptr().add(unit * format.lines());
            if ROWS <= FEW {
                for at in 0..format.head() {
                    ask_for(head.wrapping_add(at));
                }
            }
            // Of the unit, or of its only block.
            let pair = if IS_SHARED { head } else { head.add(format.codes.lines()) }.cast::<__m256i>();
            let shared =
                [_mm512_cvtph_ps(_mm256_load_si256(pair)), _mm512_cvtph_ps(_mm256_load_si256(pair.add(1)))];
            for part in 0..format.unit() {
                let block = unit * format.unit() + part;
                let lines = head.add(format.head() + part * format.codes.lines());
                if ROWS <= FEW {
                    for at in 0..format.lines() / format.unit() {
                        ask_for(lines.wrapping_add(at));
                    }
                }
                let codes = x.codes.as_ptr().add(block * ROWS * BLOCK);
                let scales = x.scales.as_ptr().add(block * ROWS);
                let sums = x.sums.as_ptr().add(block * ROWS);
                let offsets = x.offsets.as_ptr().add(block * ROWS * 2);
                let line = |at: usize| _mm512_load_si512(lines.add(at).cast());
                let quad = |r: usize, n: usize| {
                    _mm512_set1_epi32(codes.add(r * BLOCK + n * 4).cast::<i32>().read_unaligned())
                };
                let [scale, second] = if IS_SHARED {
                    let steps = head.add(1).cast::<__m128i>().add(part * 2);
                    let step = |at: usize| {
                        let steps = _mm_load_si128(steps.add(at));
                        let steps = if CODES == SIX {
                            _mm512_cvtepi8_epi32(steps)
                        } else {
                            _mm512_cvtepu8_epi32(steps)
                        };
                        _mm512_mul_ps(shared[at], _mm512_cvtepi32_ps(steps))
                    };
                    [step(0), step(1)]
                } else {
                    shared
                };
                let mut dots = [_mm512_setzero_si512(); ROWS];
                if CODES == EIGHT {
                    for n in 0..8 {
                        let codes = line(n);
                        for r in 0..ROWS {
                            dots[r] = _mm512_dpbusd_epi32(dots[r], codes, quad(r, n));
                        }
                    }
                } else if CODES == SIX {
                    for half in 0..2 {
                        let high = high_pairs(line(4 + half));
                        for r in 0..ROWS {
                            dots[r] = _mm512_set1_epi32(*offsets.add(r * 2 + half));
                        }
                        for n in 0..4 {
                            let low_bits = if half == 0 { line(n) } else { _mm512_srli_epi16::<4>(line(n)) };
                            let codes = _mm512_or_si512(_mm512_and_si512(low_bits, low), high[n]);
                            for r in 0..ROWS {
                                dots[r] = _mm512_dpbusd_epi32(dots[r], codes, quad(r, half * 4 + n));
                            }
                        }
                        let own = if half == 0 { scale } else { second };
                        for r in 0..ROWS {
                            let by = _mm512_mul_ps(own, _mm512_set1_ps(*scales.add(r)));
                            total[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[r]), by, total[r]);
                        }
                    }
                } else {
                    for n in 0..4 {
                        let both = line(n);
                        let mut one = _mm512_and_si512(both, low);
                        let mut other = _mm512_and_si512(_mm512_srli_epi16::<4>(both), low);
                        if CODES == FIVE {
                            let high = high_bit(line(4), n);
                            one = _mm512_or_si512(one, high[0]);
                            other = _mm512_or_si512(other, high[1]);
                        }
                        for r in 0..ROWS {
                            dots[r] = _mm512_dpbusd_epi32(dots[r], one, quad(r, n));
                        }
                        for r in 0..ROWS {
                            dots[r] = _mm512_dpbusd_epi32(dots[r], other, quad(r, n + 4));
                        }
                    }
                }
                if CODES != SIX {
                    for r in 0..ROWS {
                        let by = _mm512_mul_ps(scale, _mm512_set1_ps(*scales.add(r)));
                        total[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[r]), by, total[r]);
                        total[r] = _mm512_fmadd_ps(second, _mm512_set1_ps(*sums.add(r)), total[r]);
                    }
                }
            }
        }
    }
    for (row, total) in total.into_iter().enumerate() {
        let mut products = [0.0; LANES];
        // SAFETY: the array has sixteen floats.
        unsafe { _mm512_storeu_ps(products.as_mut_ptr(), total) };
        out.put(row, 0, &products);
    }
}

/// Asks memory for what stands some lines behind `line`; beyond the end of the weights that does nothing.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn ask_for(line: *const Line) {
    _mm_prefetch::<_MM_HINT_T1>(line.wrapping_add(FAR).cast());
    _mm_prefetch::<_MM_HINT_T0>(line.wrapping_add(SOON).cast());
}

/// The fifth bits of inputs `4n..4n+4` and `4n+16..4n+20`, at their place.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn high_bit(line: __m512i, n: usize) -> [__m512i; 2] {
    let place = _mm512_set1_epi8(0x10);
    let (one, other) = match n {
        0 => (_mm512_slli_epi16::<4>(line), line),
        1 => (_mm512_slli_epi16::<3>(line), _mm512_srli_epi16::<1>(line)),
        2 => (_mm512_slli_epi16::<2>(line), _mm512_srli_epi16::<2>(line)),
        _ => (_mm512_slli_epi16::<1>(line), _mm512_srli_epi16::<3>(line)),
    };
    [_mm512_and_si512(one, place), _mm512_and_si512(other, place)]
}

/// The bits above four of four codes of six bits in each byte, at their place.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn high_pairs(line: __m512i) -> [__m512i; 4] {
    let place = |bits| _mm512_and_si512(bits, _mm512_set1_epi8(0x30));
    [
        place(_mm512_slli_epi16::<4>(line)),
        place(_mm512_slli_epi16::<2>(line)),
        place(line),
        place(_mm512_srli_epi16::<2>(line)),
    ]
}

/// Rounds whole blocks to eight bits; see [`super::inputs::Inputs`].
pub(super) fn round(values: &[f32], rounded: &mut Rounded<'_>) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { round_blocks(values, rounded) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn round_blocks(values: &[f32], rounded: &mut Rounded<'_>) {
    for (block, values) in values.chunks_exact(BLOCK).enumerate() {
        let at = block * rounded.step;
        let codes = &mut rounded.codes[at * BLOCK..][..BLOCK];
        // SAFETY: both chunks have 32 elements.
        let (scale, sums) = unsafe {
            let halves = [_mm512_loadu_ps(values.as_ptr()), _mm512_loadu_ps(values.as_ptr().add(16))];
            let largest = _mm512_max_ps(_mm512_abs_ps(halves[0]), _mm512_abs_ps(halves[1]));
            let scale = _mm512_reduce_max_ps(largest) / 127.0;
            let inverse = _mm512_set1_ps(if scale > 0.0 { 1.0 / scale } else { 0.0 });
            let whole = halves.map(|half| _mm512_cvtps_epi32(_mm512_mul_ps(half, inverse)));
            _mm_storeu_si128(codes.as_mut_ptr().cast(), _mm512_cvtsepi32_epi8(whole[0]));
            _mm_storeu_si128(codes.as_mut_ptr().add(16).cast(), _mm512_cvtsepi32_epi8(whole[1]));
            (scale, whole.map(|whole| _mm512_reduce_add_epi32(whole)))
        };
        rounded.scales[at] = scale;
        rounded.sums[at] = scale * sums[0].wrapping_add(sums[1]) as f32;
        rounded.offsets[at * 2] = -32 * sums[0];
        rounded.offsets[at * 2 + 1] = -32 * sums[1];
    }
}

/// Scores of `ROWS` queries, `[ROWS, head]` already scaled, against two blocks of 16 keys each,
/// `[2, head, 16]`; query `r`'s go to `out[r * stride..]`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn scores_tile<const ROWS: usize>(
    queries: &[f32],
    keys: &[u16],
    head: usize,
    out: &mut [f32],
    stride: usize,
) {
    assert!(queries.len() >= ROWS * head && keys.len() >= 2 * head * LANES);
    assert!(out.len() >= (ROWS - 1) * stride + 2 * LANES);
    let mut total = [[_mm512_setzero_ps(); 2]; ROWS];
    // SAFETY: the lengths were held against all that is read and written.
    unsafe {
        for unit in 0..head {
            let key = |block: usize| {
                let at = keys.as_ptr().add((block * head + unit) * LANES);
                _mm512_cvtph_ps(_mm256_loadu_si256(at.cast()))
            };
            let keys = [key(0), key(1)];
            for r in 0..ROWS {
                let query = _mm512_set1_ps(*queries.get_unchecked(r * head + unit));
                total[r][0] = _mm512_fmadd_ps(keys[0], query, total[r][0]);
                total[r][1] = _mm512_fmadd_ps(keys[1], query, total[r][1]);
            }
        }
        for (r, total) in total.iter().enumerate() {
            _mm512_storeu_ps(out.as_mut_ptr().add(r * stride), total[0]);
            _mm512_storeu_ps(out.as_mut_ptr().add(r * stride + LANES), total[1]);
        }
    }
}

/// See [`super::attend`]: scores of `rows` queries against pairs of blocks of keys.
pub(super) fn scores(
    rows: usize,
    queries: &[f32],
    keys: &[u16],
    head: usize,
    out: &mut [f32],
    stride: usize,
) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { scores_blocks(rows, queries, keys, head, out, stride) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn scores_blocks(rows: usize, queries: &[f32], keys: &[u16], head: usize, out: &mut [f32], stride: usize) {
    for (pair, keys) in keys.chunks_exact(2 * head * LANES).enumerate() {
        let out = &mut out[pair * 2 * LANES..];
        match rows {
            1 => scores_tile::<1>(queries, keys, head, out, stride),
            2 => scores_tile::<2>(queries, keys, head, out, stride),
            3 => scores_tile::<3>(queries, keys, head, out, stride),
            4 => scores_tile::<4>(queries, keys, head, out, stride),
            5 => scores_tile::<5>(queries, keys, head, out, stride),
            6 => scores_tile::<6>(queries, keys, head, out, stride),
            7 => scores_tile::<7>(queries, keys, head, out, stride),
            _ => scores_tile::<8>(queries, keys, head, out, stride),
        }
    }
}

/// Sums of values, `[count, head]`, weighted by `ROWS` rows of `weights` of which row `r` begins
/// at `r * stride`; `[ROWS, head]` goes to `out`. `head` is a multiple of 32.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn blend_tile<const ROWS: usize>(
    weights: &[f32],
    stride: usize,
    values: &[u16],
    head: usize,
    out: &mut [f32],
) {
    let count = values.len() / head;
    assert!(weights.len() >= (ROWS - 1) * stride + count && out.len() >= ROWS * head);
    // SAFETY: the lengths were held against all that is read and written.
    unsafe {
        for at in (0..head).step_by(2 * LANES) {
            let mut total = [[_mm512_setzero_ps(); 2]; ROWS];
            for token in 0..count {
                let value = values.as_ptr().add(token * head + at);
                let values = [
                    _mm512_cvtph_ps(_mm256_loadu_si256(value.cast())),
                    _mm512_cvtph_ps(_mm256_loadu_si256(value.add(LANES).cast())),
                ];
                for r in 0..ROWS {
                    let weight = _mm512_set1_ps(*weights.get_unchecked(r * stride + token));
                    total[r][0] = _mm512_fmadd_ps(values[0], weight, total[r][0]);
                    total[r][1] = _mm512_fmadd_ps(values[1], weight, total[r][1]);
                }
            }
            for (r, total) in total.iter().enumerate() {
                _mm512_storeu_ps(out.as_mut_ptr().add(r * head + at), total[0]);
                _mm512_storeu_ps(out.as_mut_ptr().add(r * head + at + LANES), total[1]);
            }
        }
    }
}

/// See [`super::attend`].
pub(super) fn blend(
    rows: usize,
    weights: &[f32],
    stride: usize,
    values: &[u16],
    head: usize,
    out: &mut [f32],
) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe {
        match rows {
            1 => blend_tile::<1>(weights, stride, values, head, out),
            2 => blend_tile::<2>(weights, stride, values, head, out),
            3 => blend_tile::<3>(weights, stride, values, head, out),
            4 => blend_tile::<4>(weights, stride, values, head, out),
            5 => blend_tile::<5>(weights, stride, values, head, out),
            6 => blend_tile::<6>(weights, stride, values, head, out),
            7 => blend_tile::<7>(weights, stride, values, head, out),
            _ => blend_tile::<8>(weights, stride, values, head, out),
        }
    }
}

/// See [`super::attend::weigh`].
pub(super) fn weigh(scores: &mut [f32]) -> (f32, f32) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { weigh_vectors(scores) }
}

/// The portable form, compiled for wide registers.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn weigh_vectors(scores: &mut [f32]) -> (f32, f32) {
    super::attend::weigh_in_lanes(scores)
}

/// See [`super::maps::gate`].
pub(super) fn gate(gate: &mut [f32], up: &[f32]) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { gate_vectors(gate, up) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn gate_vectors(gate: &mut [f32], up: &[f32]) {
    super::maps::silu_in_lanes(gate, up);
}

/// See [`super::maps::gelu`].
pub(super) fn gelu(values: &mut [f32]) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { gelu_vectors(values) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn gelu_vectors(values: &mut [f32]) {
    super::maps::gelu_in_lanes(values);
}

/// See [`super::maps::layer_norm`].
pub(super) fn layer_norm(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { layer_norm_vectors(row, weight, bias, epsilon) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn layer_norm_vectors(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    super::maps::layer_norm_in_lanes(row, weight, bias, epsilon);
}
