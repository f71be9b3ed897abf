//! Rotary positions (Su et al. 2021, "RoFormer"): a head's units are turned in pairs, by an angle
//! that grows with the position.

/// Which units make up a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pairs {
    /// Neighbours, as llama's files are laid out.
    Neighbours,
    /// One of the first half and one of the second.
    Halves,
}

/// The turns of all positions of a context.
pub(super) struct Rotation {
    pairs: Pairs,
    head: usize,
    /// `[context, head / 2]`: cosine and sine.
    turns: Vec<(f32, f32)>,
}

impl Rotation {
    /// `stretch` divides the positions; `factors`, `[head / 2]`, divide each pair's angle.
    pub(super) fn new(
        pairs: Pairs,
        head: usize,
        base: f32,
        stretch: f32,
        factors: Option<&[f32]>,
        context: usize,
    ) -> Self {
        let frequencies: Vec<f32> = (0..head / 2)
            .map(|pair| {
                let factor = factors.map_or(1.0, |factors| factors[pair]);
                base.powf(-2.0 * pair as f32 / head as f32) / stretch / factor
            })
            .collect();
        let turns = (0..context)
            .flat_map(|position| frequencies.iter().map(move |frequency| position as f32 * frequency))
            .map(|angle| (angle.cos(), angle.sin()))
            .collect();
        Self { pairs, head, turns }
    }

    /// Turns the heads of one token, `[heads, head]`.
    pub(super) fn turn(&self, heads: &mut [f32], position: usize) {
        let half = self.head / 2;
        let turns = &self.turns[position * half..][..half];
        for head in heads.chunks_exact_mut(self.head) {
            match self.pairs {
                Pairs::Neighbours => {
                    for (pair, (cos, sin)) in head.chunks_exact_mut(2).zip(turns) {
                        (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos);
                    }
                }
                Pairs::Halves => {
                    let (first, second) = head.split_at_mut(half);
                    for ((a, b), (cos, sin)) in first.iter_mut().zip(second).zip(turns) {
                        (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
                    }
                }
            }
        }
    }
}
