//! A gated convolution over the last few tokens (LFM2), which some networks have in the place of
//! attention.

use candle_core::Result;

use super::block::Strand;
use super::linear::Linear;
use super::scratch::Scratch;
use super::shape::Shape;
use super::weights::Weights;

/// What came before a token is kept for every so manieth token, to go on from there.
pub(super) const STEP: usize = 32;

pub(super) struct Convolution {
    /// Gives the gate before the convolution, the one behind it, and what is convolved.
    input: Linear,
    output: Linear,
    /// `[width, length]`, the own token's weight last.
    kernel: Vec<f32>,
    /// Tokens that it sees, the own one included.
    length: usize,
    width: usize,
    /// Of each sequence.
    lines: Vec<Line>,
}

/// What is kept of one sequence.
#[derive(Clone, Default)]
struct Line {
    /// What stood before tokens 0, [`STEP`], ...: `[steps, length - 1, width]`.
    kept: Vec<f32>,
    /// What stood before the first token that was read last, and before the one that follows: a
    /// reading that was stopped between two layers is done again.
    ends: [(usize, Vec<f32>); 2],
}

impl Convolution {
    /// Bytes for a token of a layer.
    pub(super) fn memory(width: usize, length: usize) -> usize {
        (width * (length - 1) * size_of::<f32>()).div_ceil(STEP)
    }

    /// `name` names the tensors of its layer.
    pub(super) fn load(weights: &mut Weights, name: &impl Fn(&str) -> String, shape: &Shape) -> Result<Self> {
        let (width, length) = (shape.width, shape.convolved);
        Ok(Self {
            input: weights.linear(&name("shortconv.in_proj"), 3 * width, width)?,
            output: weights.linear(&name("shortconv.out_proj"), width, width)?,
            kernel: weights.floats(&name("shortconv.conv.weight"), width * length)?,
            length,
            width,
            lines: vec![Line::default(); shape.sequences],
        })
    }

    /// Maps `states`, `[tokens, width]`. Each strand begins where its sequence stopped or last began, or
    /// at a whole number of [`STEP`]s that it has read.
    pub(super) fn forward(
        &mut self,
        states: &[f32],
        strands: &[Strand],
        scratch: &mut Scratch,
        out: &mut Vec<f32>,
    ) -> Result<()> {
        let width = self.width;
        scratch.set_inputs(states, width);
        let mut parts = std::mem::take(&mut scratch.gate);
        self.input.forward(states, scratch, &mut parts)?;
        let mut mixed = std::mem::take(&mut scratch.attended);
        mixed.clear();
        let mut rest = &parts[..];
        for strand in strands {
            let (own, others) = rest.split_at(strand.tokens * 3 * width);
            self.convolve(strand, own, &mut mixed)?;
            rest = others;
        }
        scratch.set_inputs(&mixed, width);
        self.output.forward(&mixed, scratch, out)?;
        (scratch.gate, scratch.attended) = (parts, mixed);
        Ok(())
    }

    /// Adds what the convolution makes of a strand's `parts`, `[tokens, 3, width]`, to `mixed`.
    fn convolve(&mut self, strand: &Strand, parts: &[f32], mixed: &mut Vec<f32>) -> Result<()> {
        let (width, at) = (self.width, strand.at);
        // What is convolved, behind what stood before it.
        let kept = &mut self.lines[strand.sequence];
        let Some(mut line) = kept.before(at, (self.length - 1) * width) else {
            candle_core::bail!("a convolution cannot go on from token {at}");
        };
        for parts in parts.chunks_exact(3 * width) {
            let gated = parts[..width].iter().zip(&parts[2 * width..]);
            line.extend(gated.map(|(gate, value)| gate * value));
        }
        for (token, parts) in parts.chunks_exact(3 * width).enumerate() {
            let seen = &line[token * width..][..self.length * width];
            mixed.extend(parts[width..2 * width].iter().enumerate().map(|(unit, gate)| {
                let kernel = &self.kernel[unit * self.length..][..self.length];
                let sum: f32 = kernel.iter().enumerate().map(|(at, by)| by * seen[at * width + unit]).sum();
                gate * sum
            }));
        }
        kept.keep(&line, at, strand.tokens, width, self.length);
        Ok(())
    }
}

impl Line {
    /// What stood before a token, of this `size`.
    fn before(&self, at: usize, size: usize) -> Option<Vec<f32>> {
        let kept = || self.kept.get(at / STEP * size..)?.get(..size).filter(|_| at.is_multiple_of(STEP));
        match self.ends.iter().find(|(end, _)| *end == at) {
            _ if at == 0 => Some(vec![0.0; size]),
            Some((_, before)) => Some(before.clone()),
            None => kept().map(<[f32]>::to_vec),
        }
    }

    /// Keeps what stood before every [`STEP`]th token of these, and before the next one.
    fn keep(&mut self, line: &[f32], at: usize, tokens: usize, width: usize, length: usize) {
        let before = (length - 1) * width;
        let end = at + tokens;
        for token in (at.next_multiple_of(STEP)..=end).step_by(STEP) {
            self.kept.truncate(token / STEP * before);
            self.kept.extend_from_slice(&line[(token - at) * width..][..before]);
        }
        self.ends = [(at, line[..before].to_vec()), (end, line[tokens * width..].to_vec())];
    }
}
