//! Which clause of one document is which of the other.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::clause::Clause;

/// Fewest thousandths of similarity of clauses that are taken for the same one.
pub(super) const SIMILAR: usize = 500;
/// The same for clauses under the same number.
pub(super) const SIMILAR_UNDER_NUMBER: usize = 300;

/// Most pairs of clauses that are looked at; in longer documents only those in nearby places.
const LOOKED_AT: usize = 4_000_000;

/// Pairs of places in the old and the new document; each place is in one pair at most.
pub(super) fn match_up(old: &[Clause], new: &[Clause]) -> Vec<(usize, usize)> {
    let mut pairs = same(old, new);
    let mut is_old_free = vec![true; old.len()];
    let mut is_new_free = vec![true; new.len()];
    for (one, two) in &pairs {
        (is_old_free[*one], is_new_free[*two]) = (false, false);
    }
    let old_free: Vec<usize> = (0..old.len()).filter(|at| is_old_free[*at]).collect();
    let new_free: Vec<usize> = (0..new.len()).filter(|at| is_new_free[*at]).collect();
    for (one, two) in similar(old, new, &old_free, &new_free) {
        if is_old_free[one] && is_new_free[two] {
            (is_old_free[one], is_new_free[two]) = (false, false);
            pairs.push((one, two));
        }
    }
    pairs
}

/// Clauses of the same text; where a text stands more than once, first those under the same number.
fn same(old: &[Clause], new: &[Clause]) -> Vec<(usize, usize)> {
    let mut by_text: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, clause) in old.iter().enumerate().rev() {
        by_text.entry(&clause.normal).or_default().push(at);
    }
    let mut by_both: HashMap<(&str, Option<&str>), Vec<usize>> = HashMap::new();
    for (at, clause) in old.iter().enumerate().rev() {
        by_both.entry((&clause.normal, clause.number.as_deref())).or_default().push(at);
    }
    let mut is_taken = vec![false; old.len()];
    let mut matched: Vec<Option<usize>> = vec![None; new.len()];
    for (at, clause) in new.iter().enumerate() {
        let places = by_both.get_mut(&(clause.normal.as_str(), clause.number.as_deref()));
        matched[at] = places.and_then(Vec::pop);
        if let Some(place) = matched[at] {
            is_taken[place] = true;
        }
    }
    for (at, clause) in new.iter().enumerate().filter(|(at, _)| matched[*at].is_none()).collect::<Vec<_>>() {
        let Some(places) = by_text.get_mut(clause.normal.as_str()) else { continue };
        while let Some(place) = places.pop() {
            if !is_taken[place] {
                is_taken[place] = true;
                matched[at] = Some(place);
                break;
            }
        }
    }
    matched.iter().enumerate().filter_map(|(at, place)| Some(((*place)?, at))).collect()
}

/// The best pairs first; a clause may be in several.
fn similar(old: &[Clause], new: &[Clause], old_free: &[usize], new_free: &[usize]) -> Vec<(usize, usize)> {
    let window = (LOOKED_AT / old_free.len().max(1)).max(1);
    let mut ranked = Vec::new();
    for (rank, &one) in old_free.iter().enumerate() {
        let middle = rank * new_free.len() / old_free.len();
        let from = middle.saturating_sub(window / 2);
        let to = (from + window).min(new_free.len());
        for &two in &new_free[from..to] {
            let (before, after) = (&old[one], &new[two]);
            let is_numbered_so = before.number.is_some() && before.number == after.number;
            let least = if is_numbered_so { SIMILAR_UNDER_NUMBER } else { SIMILAR };
            if before.most_similar(after) < least {
                continue;
            }
            let similarity = before.similarity(after);
            if similarity >= least {
                ranked.push((Reverse(similarity), !is_numbered_so, one.abs_diff(two), one, two));
            }
        }
    }
    ranked.sort_unstable();
    ranked.into_iter().map(|(.., one, two)| (one, two)).collect()
}

/// For each pair, in the order of the old document, whether it is in the longest run of pairs that
/// are in the order of the new one too.
pub(super) fn longest_run(pairs: &[(usize, usize)]) -> Vec<bool> {
    // For each length of a run the pair with which one of that length ends earliest.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, new)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *new);
        before.push(length.checked_sub(1).map(|length| ends[length]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut is_in = vec![false; pairs.len()];
    let mut next = ends.last().copied();
    while let Some(at) = next {
        is_in[at] = true;
        next = before[at];
    }
    is_in
}
