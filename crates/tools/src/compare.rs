//! Two versions of a document side by side, clause by clause.
//!
//! Clauses are matched by what they say, so one that moved or got another number is not told as
//! removed and added. Whatever differs by more than blanks and the width of characters is told as
//! changed, a number above all. The same documents always give the same differences.

mod clause;
mod heading;
mod pair;
mod units;
mod words;

pub use units::units;

use clause::Clause;

/// A clause of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// As it is written: `3.2`, `第五条`, `Article 5`.
    pub number: Option<String>,
    /// With or without the number.
    pub text: String,
}

/// What became of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub kind: DifferenceKind,
    /// Which clause of the old document, from 0; `None` for what was added.
    pub old: Option<usize>,
    /// Which clause of the new document, from 0; `None` for what was removed.
    pub new: Option<usize>,
    /// For a changed clause its text without the number: put together, what is the same and what was
    /// removed is the old text, and what is the same and what was added the new one. Empty for others.
    pub words: Vec<(Tag, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DifferenceKind {
    Same,
    /// It says the same in another place, maybe under another number.
    Moved,
    /// It says something else; it may have moved too.
    Changed,
    Added,
    Removed,
    /// It says the same in the same place under another number.
    Renumbered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    Same,
    Added,
    Removed,
}

/// What became of each clause, in the order of the new document; what was removed stands where it
/// stood. Clauses of the same text are matched first, then the most similar ones, from a half of
/// their pairs of neighbouring words on (Han: characters), or from three tenths on under the same
/// number (other figures count half); of equally similar ones those under the same number, then those nearest to each other.
pub fn compare(old: &[Unit], new: &[Unit]) -> Vec<Difference> {
    let old_clauses: Vec<Clause> = old.iter().map(Clause::of).collect();
    let new_clauses: Vec<Clause> = new.iter().map(Clause::of).collect();
    let mut pairs = pair::match_up(&old_clauses, &new_clauses);
    pairs.sort_unstable();
    let in_order = pair::longest_run(&pairs);

    let mut matched: Vec<Option<(usize, bool)>> = vec![None; new.len()];
    let mut is_kept = vec![false; old.len()];
    for (pair, stays) in pairs.iter().zip(in_order) {
        matched[pair.1] = Some((pair.0, stays));
        is_kept[pair.0] = true;
    }
    let removed = |from: usize, to: usize, told: &mut Vec<Difference>| {
        let gone = (from..to).filter(|at| !is_kept[*at]);
        told.extend(gone.map(|old| Difference::alone(DifferenceKind::Removed, Some(old), None)));
    };
    let mut told = Vec::with_capacity(old.len().max(new.len()));
    let mut passed = 0;
    for (new_at, matched) in matched.into_iter().enumerate() {
        let Some((old_at, stays)) = matched else {
            told.push(Difference::alone(DifferenceKind::Added, None, Some(new_at)));
            continue;
        };
        if stays {
            removed(passed, old_at, &mut told);
            passed = old_at;
        }
        let (before, after) = (&old_clauses[old_at], &new_clauses[new_at]);
        let kind = match (before.normal == after.normal, stays, before.number == after.number) {
            (false, _, _) => DifferenceKind::Changed,
            (true, false, _) => DifferenceKind::Moved,
            (true, true, false) => DifferenceKind::Renumbered,
            (true, true, true) => DifferenceKind::Same,
        };
        let words = match kind {
            DifferenceKind::Changed => words::between(before.body, after.body),
            _ => Vec::new(),
        };
        told.push(Difference { kind, old: Some(old_at), new: Some(new_at), words });
    }
    removed(passed, old.len(), &mut told);
    told
}

impl Difference {
    fn alone(kind: DifferenceKind, old: Option<usize>, new: Option<usize>) -> Self {
        Self { kind, old, new, words: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
