//! What is likely to come next, looked up in what was said: whoever quotes or repeats goes on as it
//! stands there (prompt lookup, Saxena 2023).

/// Tokens of a draft at first, and at most. One more is read with it; these fill the kernels' tiles.
const SHORTEST: usize = 3;
const LONGEST: usize = 11;
/// Tokens that must stand there in the same order before the draft, at least and at most.
const EASIEST: usize = 2;
const HARDEST: usize = 6;
/// Longer agreement makes no better draft.
const ENOUGH: usize = 32;

/// Drafts more after a draft that came true, and less readily after one that did not.
pub(super) struct Lookup {
    length: usize,
    agreement: usize,
}

impl Default for Lookup {
    fn default() -> Self {
        Self { length: SHORTEST, agreement: EASIEST + 1 }
    }
}

impl Lookup {
    /// What followed where the end of `said` stood before: the longest agreement, and of equal ones
    /// the latest; at most `most` tokens, or none.
    pub(super) fn draft<'a>(&self, said: &'a [u32], most: usize) -> &'a [u32] {
        let mut best = (0, 0);
        for end in (1..said.len()).rev() {
            let pairs = said[..end].iter().rev().zip(said.iter().rev());
            let agreement = pairs.take(ENOUGH).take_while(|(earlier, now)| earlier == now).count();
            if agreement > best.0 {
                best = (agreement, end);
                if agreement == ENOUGH {
                    break;
                }
            }
        }
        let (agreement, end) = best;
        if agreement < self.agreement {
            return &[];
        }
        &said[end..said.len().min(end + self.length.min(most))]
    }

    /// Of a draft of `drafted` tokens, the first `kept` were what was written.
    pub(super) fn learn(&mut self, drafted: usize, kept: usize) {
        if kept == drafted {
            self.length = (2 * self.length).min(LONGEST);
            self.agreement = EASIEST;
        } else {
            self.length = SHORTEST.max(kept);
            if kept == 0 {
                self.agreement = (self.agreement + 1).min(HARDEST);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_goes_on_as_the_longest_and_latest_place_does() {
        let lookup = Lookup::default();
        // "1 2 3" stood there twice; before the first there was the same 9 as now.
        let said = [9, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 8, 9, 1, 2, 3];
        assert_eq!(lookup.draft(&said, 99), [4, 5, 6]);
        assert_eq!(lookup.draft(&said, 2), [4, 5]);
        assert_eq!(lookup.draft(&said[1..12], 99), [0u32; 0]);
        let said = [1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3];
        assert_eq!(lookup.draft(&said, 1), [5]);
        assert!(lookup.draft(&[], 3).is_empty() && lookup.draft(&[1, 1], 0).is_empty());
    }

    #[test]
    fn a_repetition_may_overlap_itself() {
        assert_eq!(Lookup::default().draft(&[7, 7, 7, 7, 7], 3), [7]);
    }

    #[test]
    fn drafts_grow_while_they_come_true_and_need_more_agreement_when_they_do_not() {
        let mut lookup = Lookup::default();
        let said: Vec<u32> = (0..40).chain(0..10).collect();
        lookup.learn(3, 3);
        lookup.learn(6, 6);
        assert_eq!(lookup.draft(&said, 99).len(), 11);
        for _ in 0..9 {
            lookup.learn(3, 0);
        }
        let said = [1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5];
        assert!(lookup.draft(&said, 99).is_empty());
    }
}
