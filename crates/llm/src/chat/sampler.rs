//! Choosing the next token.

use inhouse_agent::chat::Sampling;

/// Tokens back that a repetition is looked for.
const REPEATS: usize = 64;

/// Chooses tokens, each with what it has drawn before in mind.
pub(super) struct Sampler {
    sampling: Sampling,
    random: SplitMix,
}

impl Sampler {
    pub(super) fn new(sampling: Sampling) -> Self {
        Self { sampling, random: SplitMix(sampling.seed) }
    }

    /// Chooses by the logits, in this order: what was said before becomes less likely, then
    /// temperature, then the likeliest `top_k`, then `top_p` of their probability, then `min_p`.
    /// `None` when no token is possible.
    pub(super) fn choose(&mut self, logits: &mut [f32], before: &[u32]) -> Option<u32> {
        let Sampling { temperature, top_k, top_p, min_p, repetition_penalty, .. } = self.sampling;
        if repetition_penalty != 1.0 {
            let mut last = before[before.len().saturating_sub(REPEATS)..].to_vec();
            last.sort_unstable();
            last.dedup();
            for token in last {
                if let Some(logit) = logits.get_mut(token as usize) {
                    *logit =
                        if *logit > 0.0 { *logit / repetition_penalty } else { *logit * repetition_penalty };
                }
            }
        }
        let likeliest = likeliest(logits)?;
        if temperature <= 0.0 {
            return Some(likeliest);
        }
        let largest = logits[likeliest as usize];
        let mut all: Vec<(u32, f32)> = (0u32..)
            .zip(logits.iter())
            .filter(|(_, logit)| logit.is_finite())
            .map(|(token, logit)| (token, ((logit - largest) / temperature).exp()))
            // What is below this is not drawn in a lifetime.
            .filter(|(_, weight)| *weight > 1e-12)
            .collect();
        all.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        if top_k > 0 {
            all.truncate(top_k);
        }
        if top_p < 1.0 {
            let whole: f32 = all.iter().map(|(_, weight)| weight).sum();
            let mut sum = 0.0;
            let kept = all.iter().position(|(_, weight)| {
                sum += weight;
                sum >= top_p * whole
            });
            all.truncate(kept.map_or(all.len(), |last| last + 1));
        }
        // The likeliest has weight 1 whatever the temperature.
        all.retain(|(_, weight)| *weight >= min_p.min(1.0));
        let whole: f32 = all.iter().map(|(_, weight)| weight).sum();
        let mut left = self.random.next() * whole;
        for (token, weight) in &all {
            left -= weight;
            if left < 0.0 {
                return Some(*token);
            }
        }
        all.last().map(|(token, _)| *token)
    }
}

/// The first of the largest logits.
fn likeliest(logits: &[f32]) -> Option<u32> {
    let mut best = None;
    for (token, logit) in (0u32..).zip(logits) {
        if *logit > best.map_or(f32::NEG_INFINITY, |(_, largest)| largest) {
            best = Some((token, *logit));
        }
    }
    best.map(|(token, _)| token)
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    /// A number from 0 to less than 1.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 40) as f32 / (1u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [1.0, 3.0, 2.0, f32::NEG_INFINITY, -4.0];

    /// How often each token is drawn in 10,000 times.
    fn drawn(sampling: Sampling) -> [usize; 5] {
        let mut sampler = Sampler::new(sampling);
        let mut counts = [0; 5];
        for _ in 0..10_000 {
            counts[sampler.choose(&mut LOGITS.clone(), &[]).expect("a token") as usize] += 1;
        }
        counts
    }

    #[test]
    fn without_temperature_the_likeliest_is_taken_and_of_equals_the_first() {
        let mut sampler = Sampler::new(Sampling::default());
        assert_eq!(sampler.choose(&mut LOGITS.clone(), &[]), Some(1));
        assert_eq!(sampler.choose(&mut [2.0, 2.0], &[]), Some(0));
        assert_eq!(sampler.choose(&mut [f32::NEG_INFINITY; 3], &[]), None);
    }

    #[test]
    fn tokens_are_drawn_as_often_as_they_are_likely() {
        let counts = drawn(Sampling { temperature: 1.0, ..Sampling::default() });
        let whole: f64 = LOGITS.iter().map(|logit| f64::from(*logit).exp()).sum();
        for (logit, count) in LOGITS.iter().zip(counts) {
            let expected = f64::from(*logit).exp() / whole * 10_000.0;
            assert!((expected - count as f64).abs() < 150.0, "{counts:?}");
        }
        let cold = drawn(Sampling { temperature: 0.2, ..Sampling::default() });
        assert!(cold[1] > 9_900, "{cold:?}");
    }

    #[test]
    fn each_filter_drops_the_tail() {
        let draw = |sampling: Sampling| drawn(Sampling { temperature: 1.0, ..sampling }).map(|n| n > 0);
        assert_eq!(draw(Sampling { top_k: 2, ..Sampling::default() }), [false, true, true, false, false]);
        // The first has two thirds.
        assert_eq!(draw(Sampling { top_p: 0.5, ..Sampling::default() }), [false, true, false, false, false]);
        assert_eq!(draw(Sampling { top_p: 0.8, ..Sampling::default() }), [false, true, true, false, false]);
        // exp(-1) is more than 0.3, exp(-2) less.
        assert_eq!(draw(Sampling { min_p: 0.3, ..Sampling::default() }), [false, true, true, false, false]);
    }

    #[test]
    fn what_was_said_lately_becomes_less_likely() {
        let mut sampler = Sampler::new(Sampling { repetition_penalty: 2.0, ..Sampling::default() });
        assert_eq!(sampler.choose(&mut LOGITS.clone(), &[1]), Some(2));
        let long_ago: Vec<u32> = [1].into_iter().chain([4; REPEATS]).collect();
        assert_eq!(sampler.choose(&mut LOGITS.clone(), &long_ago), Some(1));
    }
}
