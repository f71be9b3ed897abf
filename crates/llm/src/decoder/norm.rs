//! Root mean square norm (Zhang and Sennrich 2019), and what else goes value by value.

use rayon::prelude::*;

const LANES: usize = 16;
/// Rows from which a second thread pays.
const PARALLEL: usize = 16;

/// A norm over the last units of a tensor.
pub(super) struct Norm {
    weight: Vec<f32>,
    epsilon: f32,
}

impl Norm {
    pub(super) fn new(weight: Vec<f32>, epsilon: f32) -> Self {
        Self { weight, epsilon }
    }

    /// Norms each row in its place.
    pub(super) fn apply(&self, values: &mut [f32]) {
        let width = self.weight.len();
        if values.len() < PARALLEL * width {
            values.chunks_exact_mut(width).for_each(|row| self.row(row));
        } else {
            values.par_chunks_exact_mut(width).with_min_len(8).for_each(|row| self.row(row));
        }
    }

    /// Norms each row of `values` into `out`.
    pub(super) fn apply_to(&self, values: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.extend_from_slice(values);
        self.apply(out);
    }

    fn row(&self, row: &mut [f32]) {
        let mean = dot(row, row) / row.len() as f32;
        let scale = 1.0 / (mean + self.epsilon).sqrt();
        row.iter_mut().zip(&self.weight).for_each(|(value, weight)| *value *= scale * weight);
    }
}

/// Multiplies all values.
pub(super) fn scale(values: &mut [f32], by: f32) {
    if by != 1.0 {
        values.iter_mut().for_each(|value| *value *= by);
    }
}

pub(super) fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let (mut ones, mut others) = (one.chunks_exact(LANES), other.chunks_exact(LANES));
    for (one, other) in (&mut ones).zip(&mut others) {
        sums.iter_mut().zip(one.iter().zip(other)).for_each(|(sum, (one, other))| *sum += one * other);
    }
    let rest = ones.remainder().iter().zip(others.remainder());
    let rest: f32 = rest.map(|(one, other)| one * other).sum();
    sums.iter().sum::<f32>() + rest
}
