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

/// How fast the pairs of a head turn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Turns {
    /// Units of a head that are turned; those behind them are left as they are.
    pub(super) units: usize,
    pub(super) base: f32,
    /// Divides positions.
    pub(super) stretch: f32,
    pub(super) yarn: Option<Yarn>,
    /// What turned units are multiplied with.
    pub(super) magnitude: f32,
}

/// YaRN (Peng et al. 2023): pairs that turn fast are not stretched, slow ones are, and those
/// between are blended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Yarn {
    /// Tokens that the network saw before it was stretched.
    pub(super) context: usize,
    /// Full turns within that context from which on a pair counts as fast, and up to which as slow.
    pub(super) fast: f32,
    pub(super) slow: f32,
}

impl Turns {
    /// The angle of each pair from one position to the next; `factors`, `[units / 2]`, divide it.
    fn angles(&self, factors: Option<&[f32]>) -> Vec<f32> {
        let angle = |pair: usize| {
            let factor = factors.map_or(1.0, |factors| factors[pair]);
            let whole = self.base.powf(-2.0 * pair as f32 / self.units as f32);
            let stretched = whole / self.stretch / factor;
            match &self.yarn {
                None => stretched,
                Some(yarn) => {
                    let slowness = yarn.slowness(pair, self);
                    stretched * slowness + whole / factor * (1.0 - slowness)
                }
            }
        };
        (0..self.units / 2).map(angle).collect()
    }
}

impl Yarn {
    /// 0 for a fast pair, 1 for a slow one.
    fn slowness(&self, pair: usize, turns: &Turns) -> f32 {
        // The pair that makes so many turns within the context.
        let pair_of = |count: f32| {
            let length = self.context as f32 / (count * 2.0 * std::f32::consts::PI);
            turns.units as f32 * length.ln() / (2.0 * turns.base.ln())
        };
        let first = pair_of(self.fast).floor().max(0.0);
        let last = pair_of(self.slow).ceil().min(turns.units as f32 - 1.0);
        ((pair as f32 - first) / (last - first).max(0.001)).clamp(0.0, 1.0)
    }
}

/// The turns of all positions of a context.
pub(super) struct Rotation {
    pairs: Pairs,
    head: usize,
    /// Pairs of a head that are turned.
    turned: usize,
    /// `[context, turned]`: cosine and sine.
    turns: Vec<(f32, f32)>,
}

impl Rotation {
    /// Of heads of `head` units; `factors`, `[turns.units / 2]`, divide each pair's angle.
    pub(super) fn new(
        pairs: Pairs,
        head: usize,
        turns: &Turns,
        factors: Option<&[f32]>,
        context: usize,
    ) -> Self {
        let angles = turns.angles(factors);
        let magnitude = turns.magnitude;
        let turns = (0..context)
            .flat_map(|position| angles.iter().map(move |angle| position as f32 * angle))
            .map(|angle| (angle.cos() * magnitude, angle.sin() * magnitude))
            .collect();
        Self { pairs, head, turned: angles.len(), turns }
    }

    /// Turns the heads of one token, `[heads, head]`.
    pub(super) fn turn(&self, heads: &mut [f32], position: usize) {
        let half = self.turned;
        let turns = &self.turns[position * half..][..half];
        for head in heads.chunks_exact_mut(self.head) {
            let turned = &mut head[..2 * half];
            match self.pairs {
                Pairs::Neighbours => {
                    for (pair, (cos, sin)) in turned.chunks_exact_mut(2).zip(turns) {
                        (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos);
                    }
                }
                Pairs::Halves => {
                    let (first, second) = turned.split_at_mut(half);
                    for ((a, b), (cos, sin)) in first.iter_mut().zip(second).zip(turns) {
                        (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
                    }
                }
            }
        }
    }
}
