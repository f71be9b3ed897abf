//! The kernels on NEON, with or without its dot products of ARMv8.2.
#![expect(unsafe_code, reason = "vector instructions and their loads")]
#![expect(clippy::needless_range_loop, reason = "a row indexes several arrays at once")]

use std::arch::aarch64::*;
use std::arch::asm;

use super::inputs::{Rounded, TILE, Tile};
use super::packed::{BLOCK, Codes, Format, LANES, Line, Packed, Scales};
use super::product::Columns;

/// Outputs that a register has.
const QUARTER: usize = LANES / 4;

/// Kinds of [`Codes`], as parameters of a kernel.
const FOUR: u8 = 0;
const FIVE: u8 = 1;
const SIX: u8 = 2;
const EIGHT: u8 = 3;

/// Writes the products of a tile and a group; `DOT` only where the processor has dot products.
pub(super) fn multiply_tile<const DOT: bool>(weights: &Packed, group: usize, x: Tile<'_>, out: &Columns<'_>) {
    let Format { codes, scales } = weights.format;
    let part = Part { lines: weights.group(group), x, quarter: 0 };
    // SAFETY: every processor of 64 bits has NEON, and this level is chosen only where it has the rest.
    unsafe {
        match (codes, scales) {
            (Codes::Four, Scales::Own) => tile::<FOUR, false, DOT>(part, out),
            (Codes::Four, Scales::Shared) => tile::<FOUR, true, DOT>(part, out),
            (Codes::Five, Scales::Own) => tile::<FIVE, false, DOT>(part, out),
            (Codes::Five, Scales::Shared) => tile::<FIVE, true, DOT>(part, out),
            (Codes::Six, Scales::Own) => tile::<SIX, false, DOT>(part, out),
            (Codes::Six, Scales::Shared) => tile::<SIX, true, DOT>(part, out),
            (Codes::Eight, Scales::Own) => tile::<EIGHT, false, DOT>(part, out),
            (Codes::Eight, Scales::Shared) => tile::<EIGHT, true, DOT>(part, out),
        }
    }
}

#[target_feature(enable = "neon")]
fn tile<const CODES: u8, const IS_SHARED: bool, const DOT: bool>(all: Part<'_>, out: &Columns<'_>) {
    match all.x.rows {
        // Sums of few rows leave registers for the whole group, so weights are read once.
        1 => return all.multiply::<1, 4, CODES, IS_SHARED, DOT>(out),
        2 => return all.multiply::<2, 4, CODES, IS_SHARED, DOT>(out),
        _ => {}
    }
    for quarter in 0..4 {
        let part = Part { quarter, ..all };
        match all.x.rows {
            TILE => part.multiply::<TILE, 1, CODES, IS_SHARED, DOT>(out),
            6 => part.multiply::<6, 1, CODES, IS_SHARED, DOT>(out),
            _ => part.multiply::<4, 1, CODES, IS_SHARED, DOT>(out),
        }
    }
}

/// What is multiplied at a time: a tile, and a quarter of a group or all four.
#[derive(Clone, Copy)]
struct Part<'a> {
    lines: &'a [Line],
    x: Tile<'a>,
    /// The first quarter of the group.
    quarter: usize,
}

impl Part<'_> {
    #[target_feature(enable = "neon")]
    #[inline]
    fn multiply<
        const ROWS: usize,
        const QUARTERS: usize,
        const CODES: u8,
        const IS_SHARED: bool,
        const DOT: bool,
    >(
        self,
        out: &Columns<'_>,
    ) {
        let Self { lines, x, quarter: first } = self;
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
        assert!(x.rows == ROWS && first + QUARTERS <= 4);
        assert!(x.codes.len() == all * BLOCK && x.scales.len() == all && x.sums.len() == all);
        let mut total = [[vdupq_n_f32(0.0); ROWS]; QUARTERS];
        for unit in 0..units {
            // SAFETY: a unit has the lines that its format says; of the inputs one block's part is read,
            // which the lengths above hold; a line has 64 bytes, of which a quarter is read.
            unsafe {
                let head = lines.as_ptr().add(unit * format.lines());
                for part in 0..format.unit() {
                    let at = (unit * format.unit() + part) * ROWS;
                    let lines = head.add(format.head() + part * format.codes.lines());
                    let inputs = x.codes.as_ptr().add(at * BLOCK);
                    let scales = x.scales.as_ptr().add(at);
                    let sums = x.sums.as_ptr().add(at);
                    for q in 0..QUARTERS {
                        let [scale, second] = if IS_SHARED {
                            shared_scales::<CODES>(head, part, first + q)
                        } else {
                            own_scales(lines.add(format.codes.lines()), first + q)
                        };
                        let codes = unpacked::<CODES>(lines, first + q);
                        // What the codes were lessened by, times the scale, is added by the sums.
                        let base = if CODES == EIGHT { vfmaq_n_f32(second, scale, 128.0) } else { second };
                        let total = &mut total[q];
                        for r in 0..ROWS {
                            let inputs = inputs.add(r * BLOCK);
                            let (one, other) = (vld1q_s8(inputs), vld1q_s8(inputs.add(BLOCK / 2)));
                            let by = *scales.add(r);
                            let none = vdupq_n_s32(0);
                            let sum = dots::<DOT>(none, &codes[..4], one);
                            if CODES == SIX {
                                let both = [(sum, scale), (dots::<DOT>(none, &codes[4..], other), second)];
                                for (sum, scale) in both {
                                    let scale = vmulq_n_f32(scale, by);
                                    total[r] = vfmaq_f32(total[r], vcvtq_f32_s32(sum), scale);
                                }
                            } else {
                                let sum = dots::<DOT>(sum, &codes[4..], other);
                                let scale = vmulq_n_f32(scale, by);
                                total[r] = vfmaq_f32(total[r], vcvtq_f32_s32(sum), scale);
                                total[r] = vfmaq_n_f32(total[r], base, *sums.add(r));
                            }
                        }
                    }
                }
            }
        }
        for (q, total) in total.into_iter().enumerate() {
            for (r, total) in total.into_iter().enumerate() {
                let mut products = [0.0; QUARTER];
                // SAFETY: the array has four floats.
                unsafe { vst1q_f32(products.as_mut_ptr(), total) };
                out.put(r, (first + q) * QUARTER, &products);
            }
        }
    }
}

/// The codes of a block, four inputs of four outputs each; of six bits less 32, of eight less 128.
///
/// # Safety
///
/// The block has the lines that its kind of codes takes; `quarter` is below 4.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn unpacked<const CODES: u8>(lines: *const Line, quarter: usize) -> [int8x16_t; 8] {
    // SAFETY: a quarter of a line of 64 bytes is read at a time.
    let line = |at: usize| unsafe { vld1q_u8(lines.add(at).cast::<u8>().add(quarter * 16)) };
    let mut codes = [vdupq_n_s8(0); 8];
    for n in 0..4 {
        if CODES == EIGHT {
            let middle = vdupq_n_u8(0x80);
            codes[n] = vreinterpretq_s8_u8(veorq_u8(line(n), middle));
            codes[n + 4] = vreinterpretq_s8_u8(veorq_u8(line(n + 4), middle));
            continue;
        }
        let both = line(n);
        let halves = [vandq_u8(both, vdupq_n_u8(15)), vshrq_n_u8::<4>(both)];
        for (half, low) in halves.into_iter().enumerate() {
            let place = n as i8;
            let code = match CODES {
                // Bit `n` of the line, and bit `n + 4`.
                FIVE => vorrq_u8(low, bits(line(4), 4 - place - 4 * half as i8, 0x10)),
                SIX => vorrq_u8(low, bits(line(4 + half), 4 - 2 * place, 0x30)),
                _ => low,
            };
            let code = vreinterpretq_s8_u8(code);
            codes[n + 4 * half] = if CODES == SIX { vsubq_s8(code, vdupq_n_s8(32)) } else { code };
        }
    }
    codes
}

/// Bits moved to the left, or to the right by less than nothing.
#[target_feature(enable = "neon")]
#[inline]
fn bits(line: uint8x16_t, left: i8, place: u8) -> uint8x16_t {
    vandq_u8(vshlq_u8(line, vdupq_n_s8(left)), vdupq_n_u8(place))
}

/// Adds to each sum the products of four times four codes and sixteen inputs.
#[target_feature(enable = "neon")]
#[inline]
fn dots<const DOT: bool>(sums: int32x4_t, codes: &[int8x16_t], x: int8x16_t) -> int32x4_t {
    let sums = dot::<DOT, 0>(sums, codes[0], x);
    let sums = dot::<DOT, 1>(sums, codes[1], x);
    let sums = dot::<DOT, 2>(sums, codes[2], x);
    dot::<DOT, 3>(sums, codes[3], x)
}

/// Adds the products of four codes and the four inputs number `AT` to each sum. It is written as an
/// instruction, so that one kernel serves processors with and without it.
#[target_feature(enable = "neon")]
#[inline]
fn dot<const DOT: bool, const AT: i32>(mut sums: int32x4_t, codes: int8x16_t, x: int8x16_t) -> int32x4_t {
    if DOT {
        // SAFETY: the instruction only computes; with `DOT` the processor has it.
        unsafe {
            asm!(
                ".arch_extension dotprod",
                "sdot {sums:v}.4s, {codes:v}.16b, {x:v}.4b[{at}]",
                sums = inout(vreg) sums,
                codes = in(vreg) codes,
                x = in(vreg) x,
                at = const AT,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        return sums;
    }
    let x = vreinterpretq_s8_s32(vdupq_laneq_s32::<AT>(vreinterpretq_s32_s8(x)));
    // Two products of eight bits fit 16, as inputs are above -128.
    let first = vmull_s8(vget_low_s8(codes), vget_low_s8(x));
    vpadalq_s16(sums, vpaddq_s16(first, vmull_high_s8(codes, x)))
}

/// The two floats of four outputs, from the line that has those of a group.
///
/// # Safety
///
/// It is a line of packed weights, and `quarter` is below 4.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn own_scales(line: *const Line, quarter: usize) -> [float32x4_t; 2] {
    // SAFETY: 8 of the 64 bytes of the line are read at a time.
    [0, 1].map(|at| wide(unsafe { vld1_u16(line.cast::<u16>().add(at * LANES + quarter * QUARTER)) }))
}

/// The same for a block of a unit whose blocks share them.
///
/// # Safety
///
/// A unit of packed weights begins at `head` and has the block `part`; `quarter` is below 4.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn shared_scales<const CODES: u8>(head: *const Line, part: usize, quarter: usize) -> [float32x4_t; 2] {
    // SAFETY: a block has 32 bytes of steps behind the first line, of which 4 are read at a time.
    unsafe {
        let shared = own_scales(head, quarter);
        let steps = head.add(1).cast::<u8>().add(part * 2 * LANES + quarter * QUARTER);
        [0, 1].map(|at: usize| {
            let steps = u64::from(steps.add(at * LANES).cast::<u32>().read_unaligned());
            let steps = if CODES == SIX {
                vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(steps)))))
            } else {
                vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(steps)))))
            };
            vmulq_f32(shared[at], steps)
        })
    }
}

/// Four floats of 16 bits as such of 32. Written as an instruction: there is no stable type for them.
#[target_feature(enable = "neon")]
#[inline]
fn wide(halves: uint16x4_t) -> float32x4_t {
    let floats: float32x4_t;
    // SAFETY: the instruction only computes, and NEON has it.
    unsafe {
        asm!(
            "fcvtl {floats:v}.4s, {halves:v}.4h",
            floats = lateout(vreg) floats,
            halves = in(vreg) halves,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    floats
}

/// Rounds whole blocks to eight bits; see [`super::inputs::Inputs`].
pub(super) fn round(values: &[f32], rounded: &mut Rounded<'_>) {
    // SAFETY: every processor of 64 bits has NEON.
    unsafe { round_blocks(values, rounded) }
}

#[target_feature(enable = "neon")]
fn round_blocks(values: &[f32], rounded: &mut Rounded<'_>) {
    for (block, values) in values.chunks_exact(BLOCK).enumerate() {
        let at = block * rounded.step;
        let codes = &mut rounded.codes[at * BLOCK..][..BLOCK];
        // SAFETY: both chunks have 32 elements.
        let (scale, sums) = unsafe {
            let mut largest = vdupq_n_f32(0.0);
            for part in 0..8 {
                largest = vmaxnmq_f32(largest, vabsq_f32(vld1q_f32(values.as_ptr().add(part * 4))));
            }
            let scale = vmaxnmvq_f32(largest) / 127.0;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            let mut sums = [0; 2];
            for half in 0..2 {
                let whole = |part: usize| {
                    let values = vld1q_f32(values.as_ptr().add(half * 16 + part * 4));
                    vqmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(values, inverse)))
                };
                let bytes = vcombine_s8(
                    vqmovn_s16(vcombine_s16(whole(0), whole(1))),
                    vqmovn_s16(vcombine_s16(whole(2), whole(3))),
                );
                vst1q_s8(codes.as_mut_ptr().add(half * 16), bytes);
                sums[half] = i32::from(vaddlvq_s8(bytes));
            }
            (scale, sums)
        };
        rounded.scales[at] = scale;
        rounded.sums[at] = scale * (sums[0] + sums[1]) as f32;
        rounded.offsets[at * 2] = -32 * sums[0];
        rounded.offsets[at * 2 + 1] = -32 * sums[1];
    }
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
    // SAFETY: every processor of 64 bits has NEON.
    unsafe {
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

/// Scores of `ROWS` queries, `[ROWS, head]`, against blocks of keys; row `r` begins at `r * stride` of
/// `out`.
#[target_feature(enable = "neon")]
fn scores_tile<const ROWS: usize>(
    queries: &[f32],
    keys: &[u16],
    head: usize,
    out: &mut [f32],
    stride: usize,
) {
    let blocks = keys.len() / (head * LANES);
    assert!(queries.len() >= ROWS * head);
    assert!(out.len() >= (ROWS - 1) * stride + blocks * LANES);
    for block in 0..blocks {
        for half in 0..2 {
            let mut total = [[vdupq_n_f32(0.0); 2]; ROWS];
            // SAFETY: the lengths were held against all that is read and written.
            unsafe {
                for unit in 0..head {
                    let keys = keys.as_ptr().add((block * head + unit) * LANES + half * 8);
                    let (one, other) = (wide(vld1_u16(keys)), wide(vld1_u16(keys.add(4))));
                    for r in 0..ROWS {
                        let query = *queries.get_unchecked(r * head + unit);
                        total[r] =
                            [vfmaq_n_f32(total[r][0], one, query), vfmaq_n_f32(total[r][1], other, query)];
                    }
                }
                for r in 0..ROWS {
                    let out = out.as_mut_ptr().add(r * stride + block * LANES + half * 8);
                    vst1q_f32(out, total[r][0]);
                    vst1q_f32(out.add(4), total[r][1]);
                }
            }
        }
    }
}

/// See [`super::attend`]. `head` is a multiple of 8.
pub(super) fn blend(
    rows: usize,
    weights: &[f32],
    stride: usize,
    values: &[u16],
    head: usize,
    out: &mut [f32],
) {
    // SAFETY: every processor of 64 bits has NEON.
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

/// Sums of values, `[count, head]`, weighted by `ROWS` rows of `weights` of which row `r` begins
/// at `r * stride`; `[ROWS, head]` goes to `out`.
#[target_feature(enable = "neon")]
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
            let mut total = [[vdupq_n_f32(0.0); 2]; ROWS];
            for token in 0..count {
                let values = values.as_ptr().add(token * head + at);
                let (one, other) = (wide(vld1_u16(values)), wide(vld1_u16(values.add(4))));
                for r in 0..ROWS {
                    let weight = *weights.get_unchecked(r * stride + token);
                    total[r] =
                        [vfmaq_n_f32(total[r][0], one, weight), vfmaq_n_f32(total[r][1], other, weight)];
                }
            }
            for r in 0..ROWS {
                let out = out.as_mut_ptr().add(r * head + at);
                vst1q_f32(out, total[r][0]);
                vst1q_f32(out.add(4), total[r][1]);
            }
        }
    }
}
