//! Attention over kept keys and values.
//!
//! Keys stand in blocks of sixteen tokens, `[block, unit, token]`, so that one instruction serves
//! sixteen of them; values stand token by token. Both are 16-bit floats. Heads that share keys and
//! values are computed together, so each key and value is read once for all of them.

use std::ops::Range;

use half::f16;
use rayon::prelude::*;

use super::Level;
use super::maps::{cap, exp};
use super::packed::LANES;

/// Queries that are computed together.
const ROWS: usize = 8;
/// Keys are read in two blocks at a time, and room is made for whole pairs.
const PAIR: usize = 2 * LANES;
/// Tokens whose attention is one piece of work.
const PIECE: usize = 16;
/// Keys that are taken together: their scores stay near the processor. A multiple of [`PAIR`].
const STRETCH: usize = 512;
/// Room is made for so many tokens at a time.
const ROOM: usize = 256;

/// Keys and values of one head of a layer.
#[derive(Default)]
struct Head {
    keys: Vec<u16>,
    values: Vec<u16>,
}

/// Keys and values of what one layer has read.
pub(crate) struct Kept {
    heads: Vec<Head>,
    /// Units of a head.
    size: usize,
    /// Tokens that there is room for.
    room: usize,
    /// Tokens that there will ever be.
    most: usize,
    /// What scores come near but never reach, where there is such a cap.
    cap: Option<f32>,
}

/// What a layer's attention has in common for all its heads.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    /// Position of the first token.
    pub(crate) at: usize,
    /// Tokens that may be seen, the own one included.
    pub(crate) window: Option<usize>,
    /// Where what is seen ends for all tokens, in a network that reads both ways; else each sees up to
    /// itself.
    pub(crate) end: Option<usize>,
    pub(crate) level: Level,
}

impl Kept {
    /// Of `heads` heads of `size` units, for at most `most` tokens.
    pub(crate) fn new(heads: usize, size: usize, most: usize) -> Self {
        Self { heads: (0..heads).map(|_| Head::default()).collect(), size, room: 0, most, cap: None }
    }

    /// With scores that are bent so that they stay within a cap.
    pub(crate) fn capped(self, cap: Option<f32>) -> Self {
        Self { cap, ..self }
    }

    /// Bytes for a token of a layer.
    pub(crate) fn memory(heads: usize, size: usize) -> usize {
        2 * heads * size * size_of::<u16>()
    }

    /// Keeps keys and values, `[tokens, heads, size]` each, from position `at` on, over what stood
    /// there.
    pub(crate) fn put(&mut self, keys: &[f32], values: &[f32], at: usize) {
        let size = self.size;
        let width = self.heads.len() * size;
        self.make_room(at + keys.len() / width);
        for (token, (keys, values)) in keys.chunks_exact(width).zip(values.chunks_exact(width)).enumerate() {
            let at = at + token;
            let parts = keys.chunks_exact(size).zip(values.chunks_exact(size));
            for (head, (key, value)) in self.heads.iter_mut().zip(parts) {
                let block = &mut head.keys[at / LANES * LANES * size..][..LANES * size];
                for (unit, key) in key.iter().enumerate() {
                    block[unit * LANES + at % LANES] = f16::from_f32(*key).to_bits();
                }
                for (kept, value) in head.values[at * size..][..size].iter_mut().zip(value) {
                    *kept = f16::from_f32(*value).to_bits();
                }
            }
        }
    }

    fn make_room(&mut self, end: usize) {
        if end > self.room {
            self.room = (end + end / 4).next_multiple_of(ROOM).min(self.most.max(end).next_multiple_of(PAIR));
            for head in &mut self.heads {
                for kept in [&mut head.keys, &mut head.values] {
                    kept.reserve_exact(self.room * self.size - kept.len());
                    kept.resize(self.room * self.size, 0);
                }
            }
        }
    }

    /// Adds keys and values of a range of tokens to `bytes`, for [`Self::restore`]. It begins where a
    /// block of [`LANES`] does.
    pub(crate) fn save(&self, tokens: Range<usize>, bytes: &mut Vec<u8>) {
        for head in &self.heads {
            for kept in [&head.keys[self.keys(&tokens)], &head.values[self.values(&tokens)]] {
                bytes.extend(kept.iter().flat_map(|half| half.to_le_bytes()));
            }
        }
    }

    /// Bytes that [`Self::save`] adds.
    pub(crate) fn saved(&self, tokens: &Range<usize>) -> usize {
        self.heads.len() * (self.keys(tokens).len() + self.values(tokens).len()) * size_of::<u16>()
    }

    /// Where keys stand, in whole blocks.
    fn keys(&self, tokens: &Range<usize>) -> Range<usize> {
        tokens.start * self.size..tokens.end.next_multiple_of(LANES) * self.size
    }

    fn values(&self, tokens: &Range<usize>) -> Range<usize> {
        tokens.start * self.size..tokens.end * self.size
    }

    /// Keeps a range of tokens as they were saved, [`Self::saved`] bytes.
    pub(crate) fn restore(&mut self, tokens: Range<usize>, bytes: &[u8]) {
        self.make_room(tokens.end);
        let (keys, values) = (self.keys(&tokens), self.values(&tokens));
        let mut halves = bytes.chunks_exact(2).map(|half| u16::from_le_bytes([half[0], half[1]]));
        for head in &mut self.heads {
            for kept in [&mut head.keys[keys.clone()], &mut head.values[values.clone()]] {
                kept.iter_mut().zip(&mut halves).for_each(|(kept, half)| *kept = half);
            }
        }
    }

    /// Attention of `queries`, `[tokens, heads, size]`, already scaled, whose keys and values
    /// are kept already. Writes the same shape to `out`.
    pub(crate) fn attend(
        &self,
        queries: &[f32],
        heads: usize,
        span: Span,
        scratch: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        let size = self.size;
        let tokens = queries.len() / size / heads;
        let group = heads / self.heads.len();
        let width = group * size;
        // Head by head, so that a piece of work has its own part; then token by token.
        scratch.resize(queries.len().max(scratch.len()), 0.0);
        let scratch = &mut scratch[..queries.len()];
        let piece = PIECE.min(tokens);
        let work: Vec<(usize, usize, &mut [f32])> = scratch
            .chunks_exact_mut(tokens * width)
            .enumerate()
            .flat_map(|(head, out)| {
                out.chunks_mut(piece * width).enumerate().map(move |(at, out)| (head, at * piece, out))
            })
            .collect();
        let run = |(head, first, out): (usize, usize, &mut [f32])| {
            let mut own = Vec::with_capacity(out.len());
            for token in first..first + out.len() / width {
                own.extend_from_slice(&queries[(token * heads + head * group) * size..][..width]);
            }
            let view = View { group, size, span: Span { at: span.at + first, ..span }, cap: self.cap };
            let rows = own.chunks(ROWS * size).zip(out.chunks_mut(ROWS * size));
            for (chunk, (queries, out)) in rows.enumerate() {
                let (first, head) = (chunk * ROWS, &self.heads[head]);
                let stretches = view.stretches(first, out.len() / size);
                if tokens > PIECE {
                    Part::join(stretches.map(|stretch| head.part(queries, first, &view, stretch)), out);
                } else {
                    // Of few tokens each stretch is a piece of work, for there may be fewer heads than
                    // threads.
                    let stretches: Vec<_> = stretches.collect();
                    let parts: Vec<Part> = stretches
                        .into_par_iter()
                        .map(|stretch| head.part(queries, first, &view, stretch))
                        .collect();
                    Part::join(parts.into_iter(), out);
                }
            }
        };
        work.into_par_iter().for_each(run);
        for (token, out) in out.chunks_exact_mut(heads * size).enumerate() {
            for (head, out) in out.chunks_exact_mut(width).enumerate() {
                out.copy_from_slice(&scratch[(head * tokens + token) * width..][..width]);
            }
        }
    }
}

/// How rows of queries, `[tokens, group]`, look at what was read.
struct View {
    group: usize,
    size: usize,
    span: Span,
    cap: Option<f32>,
}

impl View {
    /// Tokens that a row sees.
    fn seen(&self, row: usize) -> Range<usize> {
        let end = self.span.end.unwrap_or(self.span.at + row / self.group + 1);
        self.span.window.map_or(0, |window| end.saturating_sub(window))..end
    }

    /// What `count` rows see together, cut where every reading cuts it.
    fn stretches(&self, first: usize, count: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let start = self.seen(first).start / PAIR * PAIR;
        let end = self.seen(first + count - 1).end;
        (start / STRETCH..end.div_ceil(STRETCH))
            .map(move |at| start.max(at * STRETCH)..end.min((at + 1) * STRETCH))
    }
}

impl Head {
    /// Attention of rows of queries, `[rows, size]`, at most [`ROWS`], to a stretch.
    fn part(&self, queries: &[f32], first: usize, view: &View, stretch: Range<usize>) -> Part {
        let View { size, span: Span { level, .. }, .. } = *view;
        let count = queries.len() / size;
        let stride = stretch.len().next_multiple_of(PAIR);
        let mut scores = vec![0.0; count * stride];
        let keys = &self.keys[stretch.start * size..][..stride * size];
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => super::avx512::scores(count, queries, keys, size, &mut scores, stride),
            #[cfg(target_arch = "x86_64")]
            Level::AvxVnni | Level::Avx2 => {
                super::avx2::scores(count, queries, keys, size, &mut scores, stride)
            }
            #[cfg(target_arch = "aarch64")]
            Level::NeonDot | Level::Neon => {
                super::neon::scores(count, queries, keys, size, &mut scores, stride);
            }
            Level::Portable => scores_in_lanes(count, queries, keys, size, &mut scores, stride, widen),
        }
        let mut part = Part {
            rows: count,
            largest: [f32::NEG_INFINITY; ROWS],
            sums: [0.0; ROWS],
            blended: vec![0.0; count * size],
        };
        for (row, scores) in scores.chunks_exact_mut(stride).enumerate() {
            let seen = view.seen(first + row);
            let start = seen.start.clamp(stretch.start, stretch.end) - stretch.start;
            let end = seen.end.clamp(stretch.start, stretch.end) - stretch.start;
            scores[..start].fill(0.0);
            scores[end..].fill(0.0);
            if start < end {
                let own = &mut scores[start..end];
                if let Some(most) = view.cap {
                    cap(own, most);
                }
                (part.largest[row], part.sums[row]) = weigh(own, level);
            }
        }
        let values = &self.values[stretch.start * size..stretch.end * size];
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 if size.is_multiple_of(PAIR) => {
                super::avx512::blend(count, &scores, stride, values, size, &mut part.blended);
            }
            #[cfg(target_arch = "x86_64")]
            Level::AvxVnni | Level::Avx2 if size.is_multiple_of(8) => {
                super::avx2::blend(count, &scores, stride, values, size, &mut part.blended);
            }
            #[cfg(target_arch = "aarch64")]
            Level::NeonDot | Level::Neon if size.is_multiple_of(8) => {
                super::neon::blend(count, &scores, stride, values, size, &mut part.blended);
            }
            _ => blend_in_lanes(count, &scores, stride, values, size, &mut part.blended, widen),
        }
        part
    }
}

/// Attention of some rows to a stretch of what was read: values blended by weights that are e to the
/// power of scores less the largest, and not yet divided by their sum. So stretches can be taken one
/// by one (Milakov and Gimelshein 2018).
struct Part {
    rows: usize,
    /// Of each row; negative infinity, and the sum 0, where a row sees nothing of the stretch.
    largest: [f32; ROWS],
    sums: [f32; ROWS],
    /// `[rows, size]`
    blended: Vec<f32>,
}

impl Part {
    /// Writes the attention to all stretches, taken in order, `[rows, size]`.
    fn join(mut parts: impl Iterator<Item = Self>, out: &mut [f32]) {
        let Some(mut all) = parts.next() else { return out.fill(0.0) };
        let size = out.len() / all.rows;
        parts.for_each(|part| all.add(&part, size));
        for ((out, blended), sum) in
            out.chunks_exact_mut(size).zip(all.blended.chunks_exact(size)).zip(all.sums)
        {
            let inverse = 1.0 / sum;
            out.iter_mut().zip(blended).for_each(|(out, value)| *out = value * inverse);
        }
    }

    fn add(&mut self, other: &Self, size: usize) {
        let rows = self.blended.chunks_exact_mut(size).zip(other.blended.chunks_exact(size));
        for (row, (own, others)) in rows.enumerate() {
            if other.sums[row] == 0.0 {
                continue;
            }
            let largest = self.largest[row].max(other.largest[row]);
            // Of a row that has seen nothing yet, this makes 0 of what it has.
            let [by, others_by] = [self.largest[row], other.largest[row]].map(|own| (own - largest).exp());
            self.largest[row] = largest;
            self.sums[row] = self.sums[row] * by + other.sums[row] * others_by;
            own.iter_mut().zip(others).for_each(|(own, other)| *own = *own * by + other * others_by);
        }
    }
}

#[inline(always)]
fn widen(halves: &[u16; 8]) -> [f32; 8] {
    halves.map(|half| f16::from_bits(half).to_f32())
}

/// Scores of `rows` queries, `[rows, size]`, against blocks of keys; a row's go to
/// `out[row * stride..]`.
#[inline(always)]
pub(super) fn scores_in_lanes(
    rows: usize,
    queries: &[f32],
    keys: &[u16],
    size: usize,
    out: &mut [f32],
    stride: usize,
    widen: impl Fn(&[u16; 8]) -> [f32; 8],
) {
    for (at, keys) in keys.chunks_exact(size * LANES).enumerate() {
        for half in 0..2 {
            let mut totals = [[0f32; 8]; ROWS];
            for (unit, keys) in keys.chunks_exact(LANES).enumerate() {
                let keys = widen(keys[half * 8..][..8].try_into().expect("eight of sixteen"));
                for (row, total) in totals.iter_mut().take(rows).enumerate() {
                    let query = queries[row * size + unit];
                    total.iter_mut().zip(keys).for_each(|(total, key)| *total += key * query);
                }
            }
            for (row, total) in totals.iter().take(rows).enumerate() {
                out[row * stride + at * LANES + half * 8..][..8].copy_from_slice(total);
            }
        }
    }
}

/// Sums of `values`, `[tokens, size]`, weighted by rows of `weights`; a row begins at a multiple
/// of `stride`.
#[inline(always)]
pub(super) fn blend_in_lanes(
    rows: usize,
    weights: &[f32],
    stride: usize,
    values: &[u16],
    size: usize,
    out: &mut [f32],
    widen: impl Fn(&[u16; 8]) -> [f32; 8],
) {
    out.fill(0.0);
    for (token, values) in values.chunks_exact(size).enumerate() {
        for (at, values) in values.chunks_exact(8).enumerate() {
            let values = widen(values.try_into().expect("eight"));
            for row in 0..rows {
                let weight = weights[row * stride + token];
                let out = &mut out[row * size + at * 8..][..8];
                out.iter_mut().zip(values).for_each(|(out, value)| *out += value * weight);
            }
        }
        for at in size / 8 * 8..size {
            let value = f16::from_bits(values[at]).to_f32();
            for row in 0..rows {
                out[row * size + at] += value * weights[row * stride + token];
            }
        }
    }
}

/// Turns scores into weights: e to the power of what each is less than the largest. Gives the
/// largest, and the weights' sum.
fn weigh(scores: &mut [f32], level: Level) -> (f32, f32) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => super::avx512::weigh(scores),
        #[cfg(target_arch = "x86_64")]
        Level::AvxVnni | Level::Avx2 => super::avx2::weigh(scores),
        // NEON is what the compiler uses by itself.
        _ => weigh_in_lanes(scores),
    }
}

#[inline(always)]
pub(super) fn weigh_in_lanes(scores: &mut [f32]) -> (f32, f32) {
    let mut largest = [f32::NEG_INFINITY; LANES];
    let mut chunks = scores.chunks_exact(LANES);
    for chunk in &mut chunks {
        largest.iter_mut().zip(chunk).for_each(|(largest, score)| *largest = largest.max(*score));
    }
    let mut most = f32::NEG_INFINITY;
    for value in largest.iter().chain(chunks.remainder()) {
        most = most.max(*value);
    }
    let largest = most;
    let mut sums = [0f32; LANES];
    let mut chunks = scores.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        for (score, sum) in chunk.iter_mut().zip(&mut sums) {
            *score = exp(*score - largest);
            *sum += *score;
        }
    }
    let mut sum: f32 = sums.iter().sum();
    for score in chunks.into_remainder() {
        *score = exp(*score - largest);
        sum += *score;
    }
    (largest, sum)
}
