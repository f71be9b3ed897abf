//! Deciding a step that was cut short: it is completed or taken back, never half.

use std::path::PathBuf;

use super::entry::{Entry, Move, Place};
use super::hands::Hands;
use super::work::{End, Work, take_back};
use super::{Journal, StepId};
use crate::files::FilesError;
use crate::files::folder::Identity;

/// What became of the piece of work that was cut short.
#[derive(Debug)]
pub enum Recovered {
    /// Nothing was cut short.
    Nothing,
    /// It is done now.
    Completed { step: StepId, path: PathBuf },
    /// Everything is as it was before it began. An undo that was taken back can be done again.
    TakenBack { step: StepId, path: PathBuf },
    /// Somebody changed what it needs, so it stays as it is. What was kept is in the journal.
    Left { step: StepId, path: PathBuf, why: FilesError },
}

impl Journal {
    /// Decides the step that was cut short, if there is one. Called after every opening. When it
    /// fails (a disk is missing, say), nothing is decided, and it can be called again.
    pub fn recover(&mut self) -> Result<Recovered, FilesError> {
        let Some(work) = self.works.last().filter(|work| work.is_open()).cloned() else {
            return Ok(Recovered::Nothing);
        };
        let mut hands = Hands::new(self.kept.clone(), self.limits.reserve);
        let id = work.begin.id;
        let step = work.begin.undoes.unwrap_or(StepId(id));
        let path = work.begin.path().unwrap_or_default();
        let decided = if work.end == Some(End::Done) { Ok(true) } else { self.decide(&mut hands, &work) };
        match decided {
            Ok(true) => match self.tidy(&mut hands, id) {
                Ok(()) => Ok(Recovered::Completed { step, path }),
                // Somebody has put something else under the temporary name: that is theirs.
                Err(why @ FilesError::Displaced { .. }) => {
                    self.note(Entry::Tidied { id })?;
                    Ok(Recovered::Left { step, path, why })
                }
                Err(error) => Err(error),
            },
            Ok(false) => {
                self.note(Entry::Dropped { id, why: "it was cut short".into() })?;
                Ok(Recovered::TakenBack { step, path })
            }
            Err(why) if is_changed(&why) => {
                self.note(Entry::Left { id, why: why.to_string() })?;
                Ok(Recovered::Left { step, path, why })
            }
            Err(error) => Err(error),
        }
    }

    /// Says whether it is done now; otherwise it was taken back.
    fn decide(&mut self, hands: &mut Hands, work: &Work) -> Result<bool, FilesError> {
        let mut done = progress(hands, work)?;
        if done > 0 {
            match self.complete(hands, work, done) {
                Err(error) if is_changed(&error) => done = progress(hands, work)?,
                completed => return completed.map(|()| true),
            }
        }
        take_back(hands, &work.begin, work.staged.as_deref(), &work.moves[..done])?;
        Ok(false)
    }

    fn complete(&mut self, hands: &mut Hands, work: &Work, done: usize) -> Result<(), FilesError> {
        for step in &work.moves[done..] {
            hands.make(step)?;
        }
        self.finish(hands, work.begin.id)
    }
}

/// Whether the world is not what the moves need, rather than out of reach for now.
fn is_changed(error: &FilesError) -> bool {
    matches!(
        error,
        FilesError::Changed { .. }
            | FilesError::Exists { .. }
            | FilesError::NotFound { .. }
            | FilesError::Displaced { .. }
            | FilesError::Kind { .. }
            | FilesError::Link { .. }
            | FilesError::Unclear { .. }
    )
}

/// How many of the moves were made: each thing is looked for at the places that it passes.
fn progress(hands: &mut Hands, work: &Work) -> Result<usize, FilesError> {
    let mut passes: Vec<(Identity, Vec<(usize, &Place)>)> = Vec::new();
    for (count, step) in work.moves.iter().enumerate() {
        let hops = match step {
            Move::Rename { from, to, what } => vec![(what.identity(), from, to)],
            Move::Exchange { one, other, at_one, at_other } => {
                vec![(at_one.identity(), one, other), (at_other.identity(), other, one)]
            }
        };
        for (what, from, to) in hops {
            match passes.iter_mut().find(|(known, _)| *known == what) {
                Some((_, places)) => places.push((count + 1, to)),
                None => passes.push((what, vec![(0, from), (count + 1, to)])),
            }
        }
    }
    let mut done = None;
    for (what, places) in passes {
        for (count, place) in places {
            let found = match hands.inode_at(place) {
                Err(error) if is_changed(&error) => None,
                found => found?,
            };
            if found == Some(what.inode) {
                done = done.max(Some(count));
                break;
            }
        }
    }
    match done {
        Some(done) => Ok(done),
        // Nobody else touches a name that is ours, so what is not there did not come.
        None if work.moves.iter().all(|step| matches!(step, Move::Rename { to, .. } if to.is_ours())) => {
            Ok(0)
        }
        None => Err(FilesError::Unclear { step: StepId(work.begin.id) }),
    }
}
