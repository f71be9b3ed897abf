//! The kernels on AVX2.
#![expect(unsafe_code, reason = "vector instructions and their loads")]

use std::arch::x86_64::*;

use super::inputs::{Inputs, Tile};
use super::packed::{BLOCK, Codes, Format, LANES, Line, Packed, Scales};

/// Writes `[rows, 16]` of one group.
pub(super) fn multiply_group(weights: &Packed, group: usize, inputs: &Inputs, out: &mut [f32]) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { rows(weights, group, inputs, out) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn rows(weights: &Packed, group: usize, inputs: &Inputs, out: &mut [f32]) {
    for (first, x) in inputs.tiles() {
        let out = &mut out[first * LANES..][..x.rows * LANES];
        let mut row = 0;
        let mut chunks = out.chunks_exact_mut(2 * LANES);
        for out in &mut chunks {
            tile::<2>(weights, group, x, inputs.blocks, row, out);
            row += 2;
        }
        let last = chunks.into_remainder();
        if !last.is_empty() {
            tile::<1>(weights, group, x, inputs.blocks, row, last);
        }
    }
}

/// `ROWS` rows of a tile from `row` on, times a group.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn tile<const ROWS: usize>(
    weights: &Packed,
    group: usize,
    x: Tile<'_>,
    blocks: usize,
    row: usize,
    out: &mut [f32],
) {
    let format = weights.format;
    let lines = weights.group(group);
    let all = x.rows * blocks;
    assert!(lines.len() * format.unit() == blocks * format.lines());
    assert!(out.len() == ROWS * LANES && row + ROWS <= x.rows);
    assert!(x.codes.len() == all * BLOCK && x.scales.len() == all);
    assert!(x.sums.len() == all && x.halves.len() == all * 2);
    let mut total = [[_mm256_setzero_ps(); 2]; ROWS];
    for (number, unit) in lines.chunks_exact(format.lines()).enumerate() {
        for part in 0..format.unit() {
            let block = number * format.unit() + part;
            let lines = format.codes_of(part, unit);
            for half in 0..2 {
                let [scale, second] = scales(format, unit, part, half);
                // SAFETY: `line(n)` reads 32 of the 64 bytes of a line; `quad(r, n)` reads four of the
                // 32 codes of a block of a row, all of which the arrays have.
                unsafe {
                    let line =
                        |at: usize| _mm256_load_si256(lines.as_ptr().add(at).cast::<__m256i>().add(half));
                    let place = |r: usize| block * x.rows + row + r;
                    let quad = |r: usize, n: usize| {
                        let at = place(r) * BLOCK + n * 4;
                        _mm256_set1_epi32(x.codes.as_ptr().add(at).cast::<i32>().read_unaligned())
                    };
                    for r in 0..ROWS {
                        let x_scale = _mm256_set1_ps(x.scales[place(r)]);
                        let half_sum = |part: usize| x.halves[place(r) * 2 + part];
                        let add = |total: __m256, dot: __m256i, scale: __m256, base: __m256, sum: f32| {
                            let scale = _mm256_mul_ps(scale, x_scale);
                            let total = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), scale, total);
                            _mm256_fmadd_ps(base, _mm256_set1_ps(sum), total)
                        };
                        total[r][half] = match format.codes {
                            Codes::Four => {
                                let dot = pairs(&|n| nibbles(line(n)), &|n| quad(r, n));
                                add(total[r][half], dot, scale, second, x.sums[place(r)])
                            }
                            Codes::Five => {
                                let dot = pairs(&|n| five_bits(line(n), line(4), n), &|n| quad(r, n));
                                add(total[r][half], dot, scale, second, x.sums[place(r)])
                            }
                            // Codes are taken about 128, since pairs of larger ones leave 16 bits.
                            Codes::Eight => {
                                let dot = signed::<0, 8>(&line, &|n| quad(r, n));
                                let base = _mm256_fmadd_ps(scale, _mm256_set1_ps(128.0), second);
                                add(total[r][half], dot, scale, base, x.sums[place(r)])
                            }
                            Codes::Six => {
                                let by = _mm256_set1_ps(128.0 - 32.0);
                                let code = |n: usize| six_bits(line(n % 4), line(4 + n / 4), n);
                                let one = signed::<0, 4>(&code, &|n| quad(r, n));
                                let other = signed::<4, 8>(&code, &|n| quad(r, n));
                                let total =
                                    add(total[r][half], one, scale, _mm256_mul_ps(scale, by), half_sum(0));
                                add(total, other, second, _mm256_mul_ps(second, by), half_sum(1))
                            }
                        };
                    }
                }
            }
        }
    }
    for (out, total) in out.chunks_exact_mut(LANES).zip(total) {
        // SAFETY: the chunk has sixteen floats.
        unsafe {
            _mm256_storeu_ps(out.as_mut_ptr(), total[0]);
            _mm256_storeu_ps(out.as_mut_ptr().add(8), total[1]);
        }
    }
}

/// The two floats of eight outputs, for a block of a unit.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn scales(format: Format, unit: &[Line], block: usize, half: usize) -> [__m256; 2] {
    let pair = match format.scales {
        Scales::Own => &unit[format.codes.lines()],
        Scales::Shared => &unit[0],
    };
    let steps = &unit[if format.scales == Scales::Own { 0 } else { 1 + block / 2 }];
    let float = |at: usize| {
        // SAFETY: 16 of the 64 bytes of a line are read, and 8 of them.
        unsafe {
            let float = _mm256_cvtph_ps(_mm_load_si128(pair.0.as_ptr().cast::<__m128i>().add(at * 2 + half)));
            if format.scales == Scales::Own {
                return float;
            }
            let steps = steps.0.as_ptr().add(block % 2 * 32 + at * LANES + half * 8);
            let steps = _mm_loadl_epi64(steps.cast());
            let steps = match format.codes {
                Codes::Six => _mm256_cvtepi8_epi32(steps),
                Codes::Four | Codes::Five | Codes::Eight => _mm256_cvtepu8_epi32(steps),
            };
            _mm256_mul_ps(float, _mm256_cvtepi32_ps(steps))
        }
    };
    [float(0), float(1)]
}

/// Products of codes of at most five bits, summed: four pairs of them stay in 16 bits.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn pairs(codes: &impl Fn(usize) -> [__m256i; 2], quad: &impl Fn(usize) -> __m256i) -> __m256i {
    let mut dot = _mm256_setzero_si256();
    for n in 0..4 {
        let [one, other] = codes(n);
        let pairs =
            _mm256_add_epi16(_mm256_maddubs_epi16(one, quad(n)), _mm256_maddubs_epi16(other, quad(n + 4)));
        dot = _mm256_add_epi32(dot, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    dot
}

/// The low and the high halves of bytes.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn nibbles(both: __m256i) -> [__m256i; 2] {
    let low = _mm256_set1_epi8(15);
    [_mm256_and_si256(both, low), _mm256_and_si256(_mm256_srli_epi16::<4>(both), low)]
}

/// The codes of inputs `4n..4n+4` and `4n+16..4n+20` of [`Codes::Five`].
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn five_bits(low: __m256i, high: __m256i, n: usize) -> [__m256i; 2] {
    let place = _mm256_set1_epi8(0x10);
    let high = match n {
        0 => [_mm256_slli_epi16::<4>(high), high],
        1 => [_mm256_slli_epi16::<3>(high), _mm256_srli_epi16::<1>(high)],
        2 => [_mm256_slli_epi16::<2>(high), _mm256_srli_epi16::<2>(high)],
        _ => [_mm256_slli_epi16::<1>(high), _mm256_srli_epi16::<3>(high)],
    };
    let [one, other] = nibbles(low);
    [
        _mm256_or_si256(one, _mm256_and_si256(high[0], place)),
        _mm256_or_si256(other, _mm256_and_si256(high[1], place)),
    ]
}

/// The codes of four inputs of [`Codes::Six`], from the line of their low bits and that of their
/// high ones.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn six_bits(low: __m256i, high: __m256i, n: usize) -> __m256i {
    let low = if n < 4 { low } else { _mm256_srli_epi16::<4>(low) };
    let high = match n % 4 {
        0 => _mm256_slli_epi16::<4>(high),
        1 => _mm256_slli_epi16::<2>(high),
        2 => high,
        _ => _mm256_srli_epi16::<2>(high),
    };
    let low = _mm256_and_si256(low, _mm256_set1_epi8(15));
    _mm256_or_si256(low, _mm256_and_si256(high, _mm256_set1_epi8(0x30)))
}

/// The sums of `(code - 128) * x` over quads of inputs `FROM..TO`.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn signed<const FROM: usize, const TO: usize>(
    codes: &impl Fn(usize) -> __m256i,
    x: &impl Fn(usize) -> __m256i,
) -> __m256i {
    let mut dot = _mm256_setzero_si256();
    for n in FROM..TO {
        let code = _mm256_xor_si256(codes(n), _mm256_set1_epi8(-128));
        let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(x(n), code));
        dot = _mm256_add_epi32(dot, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    dot
}

/// See [`super::attend`].
pub(super) fn scores(
    rows: usize,
    queries: &[f32],
    keys: &[u16],
    head: usize,
    out: &mut [f32],
    stride: usize,
) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { scores_vectors(rows, queries, keys, head, out, stride) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn scores_vectors(rows: usize, queries: &[f32], keys: &[u16], head: usize, out: &mut [f32], stride: usize) {
    super::attend::scores_in_lanes(rows, queries, keys, head, out, stride, widen);
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
    unsafe { blend_vectors(rows, weights, stride, values, head, out) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn blend_vectors(rows: usize, weights: &[f32], stride: usize, values: &[u16], head: usize, out: &mut [f32]) {
    super::attend::blend_in_lanes(rows, weights, stride, values, head, out, widen);
}

#[inline(always)]
fn widen(halves: &[u16; 8]) -> [f32; 8] {
    let mut wide = [0.0; 8];
    // SAFETY: called from functions that have these instructions; both arrays have eight elements.
    unsafe {
        let values = _mm256_cvtph_ps(_mm_loadu_si128(halves.as_ptr().cast()));
        _mm256_storeu_ps(wide.as_mut_ptr(), values);
    }
    wide
}

/// See [`super::attend::weigh`].
pub(super) fn weigh(scores: &mut [f32]) -> (f32, f32) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { weigh_vectors(scores) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn weigh_vectors(scores: &mut [f32]) -> (f32, f32) {
    super::attend::weigh_in_lanes(scores)
}

/// See [`super::maps::gate`].
pub(super) fn gate(gate: &mut [f32], up: &[f32]) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { gate_vectors(gate, up) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn gate_vectors(gate: &mut [f32], up: &[f32]) {
    super::maps::silu_in_lanes(gate, up);
}

/// See [`super::maps::gelu`].
pub(super) fn gelu(values: &mut [f32]) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { gelu_vectors(values) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn gelu_vectors(values: &mut [f32]) {
    super::maps::gelu_in_lanes(values);
}

/// See [`super::maps::layer_norm`].
pub(super) fn layer_norm(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { layer_norm_vectors(row, weight, bias, epsilon) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn layer_norm_vectors(row: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    super::maps::layer_norm_in_lanes(row, weight, bias, epsilon);
}
