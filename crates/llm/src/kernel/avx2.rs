//! The kernels on AVX2, with or without VNNI in registers of 256 bits.
#![expect(unsafe_code, reason = "vector instructions and their loads")]
#![expect(clippy::needless_range_loop, reason = "a row indexes several arrays at once")]

use std::arch::asm;
use std::arch::x86_64::*;

use super::inputs::{Rounded, TILE, Tile};
use super::packed::{BLOCK, Codes, Format, LANES, Line, Packed, Scales};
use super::product::Columns;

/// How many lines before they are used weights are asked for; see [`super::avx512`].
const FAR: usize = 64;
const SOON: usize = 8;
/// Rows up to which weights are used about as fast as memory brings them.
const FEW: usize = 2;
/// Outputs that a register has.
const HALF: usize = LANES / 2;

/// Kinds of [`Codes`], as parameters of a kernel.
const FOUR: u8 = 0;
const FIVE: u8 = 1;
const SIX: u8 = 2;
const EIGHT: u8 = 3;

/// Writes the products of a tile and a group.
pub(super) fn multiply_tile<const VNNI: bool>(
    weights: &Packed,
    group: usize,
    x: Tile<'_>,
    out: &Columns<'_>,
) {
    let Format { codes, scales } = weights.format;
    let part = Part { lines: weights.group(group), x, half: 0 };
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe {
        match (codes, scales) {
            (Codes::Four, Scales::Own) => tile::<FOUR, false, VNNI>(part, out),
            (Codes::Four, Scales::Shared) => tile::<FOUR, true, VNNI>(part, out),
            (Codes::Five, Scales::Own) => tile::<FIVE, false, VNNI>(part, out),
            (Codes::Five, Scales::Shared) => tile::<FIVE, true, VNNI>(part, out),
            (Codes::Six, Scales::Own) => tile::<SIX, false, VNNI>(part, out),
            (Codes::Six, Scales::Shared) => tile::<SIX, true, VNNI>(part, out),
            (Codes::Eight, Scales::Own) => tile::<EIGHT, false, VNNI>(part, out),
            (Codes::Eight, Scales::Shared) => tile::<EIGHT, true, VNNI>(part, out),
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn tile<const CODES: u8, const IS_SHARED: bool, const VNNI: bool>(all: Part<'_>, out: &Columns<'_>) {
    match all.x.rows {
        // Sums of few rows leave registers for both halves, so weights are read once.
        1 => return all.multiply::<1, 2, CODES, IS_SHARED, VNNI>(out),
        2 => return all.multiply::<2, 2, CODES, IS_SHARED, VNNI>(out),
        _ => {}
    }
    for half in 0..2 {
        let part = Part { half, ..all };
        match all.x.rows {
            TILE => part.multiply::<TILE, 1, CODES, IS_SHARED, VNNI>(out),
            6 => part.multiply::<6, 1, CODES, IS_SHARED, VNNI>(out),
            _ => part.multiply::<4, 1, CODES, IS_SHARED, VNNI>(out),
        }
    }
}

/// What is multiplied at a time: a tile, and a half of a group or both.
#[derive(Clone, Copy)]
struct Part<'a> {
    lines: &'a [Line],
    x: Tile<'a>,
    /// The first half of the group.
    half: usize,
}

impl Part<'_> {
    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    fn multiply<
        const ROWS: usize,
        const HALVES: usize,
        const CODES: u8,
        const IS_SHARED: bool,
        const VNNI: bool,
    >(
        self,
        out: &Columns<'_>,
    ) {
        let Self { lines, x, half: first_half } = self;
        let blocks = x.blocks;
        let format = Format {
            codes: match CODES {
                FOUR => Codes::Four,
                FIVE => Codes::Five,
                SIX => Codes::Six,
                _ => Codes::Eight,
            },
            scales: if IS_SHARED { Scales::Shared } else { Scales::Own },
        };
        let all = ROWS * blocks;
        let units = blocks / format.unit();
        assert!(units * format.unit() == blocks && lines.len() == units * format.lines());
        assert!(x.rows == ROWS && first_half + HALVES <= 2);
        assert!(x.codes.len() == all * BLOCK && x.scales.len() == all);
        assert!(x.sums.len() == all && x.offsets.len() == all * 2);
        let asks = ROWS <= FEW;
        let mut total = [[_mm256_setzero_ps(); ROWS]; HALVES];
        for unit in 0..units {
            // SAFETY: a unit has the lines that its format says; of the inputs one block's part is read,
            // which the lengths above hold; a line has 64 bytes, of which a half is read.
            unsafe {
                let head = lines.as_ptr().add(unit * format.lines());
                if asks {
                    (0..format.head()).for_each(|at| ask_for(head.wrapping_add(at)));
                }
                for part in 0..format.unit() {
                    let block = unit * format.unit() + part;
                    let lines = head.add(format.head() + part * format.codes.lines());
                    if asks {
                        (0..format.lines() / format.unit()).for_each(|at| ask_for(lines.wrapping_add(at)));
                    }
                    let at = block * ROWS;
                    let codes = x.codes.as_ptr().add(at * BLOCK);
                    let scales = x.scales.as_ptr().add(at);
                    let sums = x.sums.as_ptr().add(at);
                    let offsets = x.offsets.as_ptr().add(at * 2);
                    let quad = |r: usize, n: usize| {
                        _mm256_set1_epi32(codes.add(r * BLOCK + n * 4).cast::<i32>().read_unaligned())
                    };
                    for h in 0..HALVES {
                        let half = first_half + h;
                        let [scale, second] = if IS_SHARED {
                            shared_scales::<CODES>(head, part, half)
                        } else {
                            own_scales(lines.add(format.codes.lines()), half)
                        };
                        let total = &mut total[h];
                        let add = |total: &mut __m256, dot: __m256i, r: usize, scale: __m256| {
                            let by = _mm256_mul_ps(scale, _mm256_broadcast_ss(&*scales.add(r)));
                            *total = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), by, *total);
                        };
                        let codes = unpacked::<CODES>(lines, half);
                        if CODES == SIX {
                            for r in 0..ROWS {
                                let x = |n| quad(r, n);
                                let halves = if VNNI {
                                    [dots::<0, 4>(&codes, x), dots::<4, 8>(&codes, x)]
                                } else {
                                    [
                                        _mm256_add_epi32(pairs::<0, 2>(&codes, x), pairs::<2, 4>(&codes, x)),
                                        _mm256_add_epi32(pairs::<4, 6>(&codes, x), pairs::<6, 8>(&codes, x)),
                                    ]
                                };
                                for (half, own) in [scale, second].into_iter().enumerate() {
                                    let offset = _mm256_set1_epi32(*offsets.add(r * 2 + half));
                                    add(&mut total[r], _mm256_add_epi32(halves[half], offset), r, own);
                                }
                            }
                            continue;
                        }
                        // What the codes were lessened by, times the scale, is added by the sums.
                        let base = if !VNNI && CODES == EIGHT {
                            _mm256_fmadd_ps(scale, _mm256_set1_ps(128.0), second)
                        } else {
                            second
                        };
                        for r in 0..ROWS {
                            let x = |n| quad(r, n);
                            let dots = match CODES {
                                _ if VNNI => {
                                    _mm256_add_epi32(dots::<0, 4>(&codes, x), dots::<4, 8>(&codes, x))
                                }
                                FOUR => pairs::<0, 8>(&codes, x),
                                FIVE => _mm256_add_epi32(pairs::<0, 4>(&codes, x), pairs::<4, 8>(&codes, x)),
                                _ => signed(&codes, x),
                            };
                            add(&mut total[r], dots, r, scale);
                            let sum = _mm256_broadcast_ss(&*sums.add(r));
                            total[r] = _mm256_fmadd_ps(base, sum, total[r]);
                        }
                    }
                }
            }
        }
        for (h, total) in total.into_iter().enumerate() {
            for (r, total) in total.into_iter().enumerate() {
                let mut products = [0.0; HALF];
                // SAFETY: the array has eight floats.
                unsafe { _mm256_storeu_ps(products.as_mut_ptr(), total) };
                out.put(r, (first_half + h) * HALF, &products);
            }
        }
    }
}

/// The codes of a block, four inputs of eight outputs each. Codes of eight bits are taken as they are.
///
/// # Safety
///
/// The block has the lines that its kind of codes takes; `half` is 0 or 1.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn unpacked<const CODES: u8>(lines: *const Line, half: usize) -> [__m256i; 8] {
    // SAFETY: a half of a line of 64 bytes is read at a time.
    let line = |at: usize| unsafe { _mm256_load_si256(lines.add(at).cast::<__m256i>().add(half)) };
    let low = _mm256_set1_epi8(15);
    let mut codes = [_mm256_setzero_si256(); 8];
    for n in 0..4 {
        if CODES == EIGHT {
            (codes[n], codes[n + 4]) = (line(n), line(n + 4));
            continue;
        }
        let both = line(n);
        let (one, other) = (_mm256_and_si256(both, low), _mm256_and_si256(_mm256_srli_epi16::<4>(both), low));
        let high = match CODES {
            FIVE => high_bit(line(4), n),
            SIX => [high_pair(line(4), n), high_pair(line(5), n)],
            _ => [_mm256_setzero_si256(); 2],
        };
        (codes[n], codes[n + 4]) = (_mm256_or_si256(one, high[0]), _mm256_or_si256(other, high[1]));
    }
    codes
}

/// Sums of products of codes and inputs, with VNNI.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn dots<const FROM: usize, const TO: usize>(codes: &[__m256i; 8], x: impl Fn(usize) -> __m256i) -> __m256i {
    let mut sums = _mm256_setzero_si256();
    for n in FROM..TO {
        sums = dot(sums, codes[n], x(n));
    }
    sums
}

/// The same without it. Pairs of neighbours are summed in 16 bits, which take eight products of codes of
/// four bits, four of codes of five and two of codes of six.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn pairs<const FROM: usize, const TO: usize>(codes: &[__m256i; 8], x: impl Fn(usize) -> __m256i) -> __m256i {
    let mut pairs = _mm256_maddubs_epi16(codes[FROM], x(FROM));
    for n in FROM + 1..TO {
        pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(codes[n], x(n)));
    }
    widened(pairs)
}

/// Sums of two neighbours.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn widened(pairs: __m256i) -> __m256i {
    _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
}

/// The same for codes of eight bits less 128: pairs of larger ones leave 16 bits.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn signed(codes: &[__m256i; 8], x: impl Fn(usize) -> __m256i) -> __m256i {
    let mut sums = _mm256_setzero_si256();
    for n in 0..8 {
        let code = _mm256_xor_si256(codes[n], _mm256_set1_epi8(-128));
        let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(x(n), code));
        sums = _mm256_add_epi32(sums, widened(pairs));
    }
    sums
}

/// Adds the products of four codes and four inputs to each sum. It is written as an instruction, so that
/// one kernel serves processors with and without it.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn dot(mut sums: __m256i, codes: __m256i, x: __m256i) -> __m256i {
    // SAFETY: the instruction only computes; with `VNNI` the processor has it.
    unsafe {
        asm!(
            "{{vex}} vpdpbusd {sums}, {codes}, {x}",
            sums = inout(ymm_reg) sums,
            codes = in(ymm_reg) codes,
            x = in(ymm_reg) x,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// Asks memory for what stands some lines behind `line`; beyond the end of the weights that does nothing.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn ask_for(line: *const Line) {
    _mm_prefetch::<_MM_HINT_T1>(line.wrapping_add(FAR).cast());
    _mm_prefetch::<_MM_HINT_T0>(line.wrapping_add(SOON).cast());
}

/// The two floats of eight outputs, from the line that has those of a group.
///
/// # Safety
///
/// It is a line of packed weights, and `half` 0 or 1.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn own_scales(line: *const Line, half: usize) -> [__m256; 2] {
    // SAFETY: 16 of the 64 bytes of the line are read at a time.
    [0, 1].map(|at| unsafe { _mm256_cvtph_ps(_mm_load_si128(line.cast::<__m128i>().add(at * 2 + half))) })
}

/// The same for a block of a unit whose blocks share them.
///
/// # Safety
///
/// A unit of packed weights begins at `head` and has the block `part`; `half` is 0 or 1.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn shared_scales<const CODES: u8>(head: *const Line, part: usize, half: usize) -> [__m256; 2] {
    // SAFETY: a block has 32 bytes of steps behind the first line, of which 8 are read at a time.
    unsafe {
        let shared = own_scales(head, half);
        let steps = head.add(1).cast::<u8>().add(part * 2 * LANES + half * HALF);
        [0, 1].map(|at: usize| {
            let steps = _mm_loadl_epi64(steps.add(at * LANES).cast());
            let steps = if CODES == SIX { _mm256_cvtepi8_epi32(steps) } else { _mm256_cvtepu8_epi32(steps) };
            _mm256_mul_ps(shared[at], _mm256_cvtepi32_ps(steps))
        })
    }
}

/// The fifth bits of inputs `4n..4n+4` and `4n+16..4n+20`, at their place.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn high_bit(line: __m256i, n: usize) -> [__m256i; 2] {
    let place = _mm256_set1_epi8(0x10);
    let (one, other) = match n {
        0 => (_mm256_slli_epi16::<4>(line), line),
        1 => (_mm256_slli_epi16::<3>(line), _mm256_srli_epi16::<1>(line)),
        2 => (_mm256_slli_epi16::<2>(line), _mm256_srli_epi16::<2>(line)),
        _ => (_mm256_slli_epi16::<1>(line), _mm256_srli_epi16::<3>(line)),
    };
    [_mm256_and_si256(one, place), _mm256_and_si256(other, place)]
}

/// The bits above four of four inputs of [`Codes::Six`], at their place.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn high_pair(line: __m256i, n: usize) -> __m256i {
    let bits = match n {
        0 => _mm256_slli_epi16::<4>(line),
        1 => _mm256_slli_epi16::<2>(line),
        2 => line,
        _ => _mm256_srli_epi16::<2>(line),
    };
    _mm256_and_si256(bits, _mm256_set1_epi8(0x30))
}

/// Rounds whole blocks to eight bits; see [`super::inputs::Inputs`].
pub(super) fn round(values: &[f32], rounded: &mut Rounded<'_>) {
    // SAFETY: this level is chosen only where the processor has these instructions.
    unsafe { round_blocks(values, rounded) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn round_blocks(values: &[f32], rounded: &mut Rounded<'_>) {
    let sign = _mm256_set1_ps(-0.0);
    // Packing takes the lower halves of both registers before the upper ones.
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (block, values) in values.chunks_exact(BLOCK).enumerate() {
        let at = block * rounded.step;
        let codes = &mut rounded.codes[at * BLOCK..][..BLOCK];
        // SAFETY: both chunks have 32 elements.
        let (scale, sums) = unsafe {
            let parts = [0, 1, 2, 3].map(|part| _mm256_loadu_ps(values.as_ptr().add(part * 8)));
            let sizes = parts.map(|part| _mm256_andnot_ps(sign, part));
            let largest = _mm256_max_ps(_mm256_max_ps(sizes[0], sizes[1]), _mm256_max_ps(sizes[2], sizes[3]));
            let scale = largest_of(largest) / 127.0;
            let inverse = _mm256_set1_ps(if scale > 0.0 { 1.0 / scale } else { 0.0 });
            let whole = parts.map(|part| _mm256_cvtps_epi32(_mm256_mul_ps(part, inverse)));
            let pairs = _mm256_packs_epi32(whole[0], whole[1]);
            let bytes = _mm256_packs_epi16(pairs, _mm256_packs_epi32(whole[2], whole[3]));
            let bytes = _mm256_permutevar8x32_epi32(bytes, order);
            _mm256_storeu_si256(codes.as_mut_ptr().cast(), bytes);
            let sum = |one, other| sum_of(_mm256_add_epi32(one, other));
            (scale, [sum(whole[0], whole[1]), sum(whole[2], whole[3])])
        };
        rounded.scales[at] = scale;
        rounded.sums[at] = scale * (sums[0] + sums[1]) as f32;
        rounded.offsets[at * 2] = -32 * sums[0];
        rounded.offsets[at * 2 + 1] = -32 * sums[1];
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn largest_of(values: __m256) -> f32 {
    let four = _mm_max_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps::<1>(values));
    let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps::<1>(two, two)))
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn sum_of(values: __m256i) -> i32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256::<1>(values));
    let two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<1>(two)))
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

/// Sums of values, `[count, head]`, weighted by `ROWS` rows of `weights` of which row `r` begins
/// at `r * stride`; `[ROWS, head]` goes to `out`. `head` is a multiple of 8.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn blend_tile<const ROWS: usize>(
    weights: &[f32],
    stride: usize,
    values: &[u16],
    head: usize,
    out: &mut [f32],
) {
    let count = values.len() / head;
    assert!(head.is_multiple_of(8) && out.len() >= ROWS * head);
    assert!(weights.len() >= (ROWS - 1) * stride + count);
    // SAFETY: the lengths were held against all that is read and written.
    unsafe {
        for at in (0..head).step_by(8) {
            let mut total = [_mm256_setzero_ps(); ROWS];
            for token in 0..count {
                let values = values.as_ptr().add(token * head + at);
                let values = _mm256_cvtph_ps(_mm_loadu_si128(values.cast()));
                for r in 0..ROWS {
                    let weight = _mm256_set1_ps(*weights.get_unchecked(r * stride + token));
                    total[r] = _mm256_fmadd_ps(values, weight, total[r]);
                }
            }
            for r in 0..ROWS {
                _mm256_storeu_ps(out.as_mut_ptr().add(r * head + at), total[r]);
            }
        }
    }
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
