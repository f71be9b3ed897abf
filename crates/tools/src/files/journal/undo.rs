//! Undoing steps: what was there before comes back, unless somebody has changed it since.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::apply::Replacing;
use super::entry::{Begin, Move, Place};
use super::hands::{Hands, Like, temporary};
use super::work::{End, Means, Plan, Work};
use super::{Journal, StepId, must_be_there};
use crate::files::FilesError;
use crate::files::effect::EffectKind;
use crate::files::facts::{Facts, Kind};

/// What became of undoing one step.
#[derive(Debug)]
pub struct Undone {
    pub step: StepId,
    pub path: PathBuf,
    /// Why nothing was changed for this step, when it could not be undone.
    pub left: Option<FilesError>,
    /// Where what was there before still lies in the journal, when it could not be brought back.
    pub kept: Option<PathBuf>,
}

impl Journal {
    /// Undoes every step of the run, the last one first. A step whose file somebody changed since is
    /// left as it is and told; the others are undone all the same. Fails only when the journal does.
    pub fn undo(&mut self) -> Result<Vec<Undone>, FilesError> {
        self.must_be_recovered()?;
        let steps: Vec<StepId> = self.works.iter().rev().filter_map(|work| self.undoable(work)).collect();
        let mut told = Vec::new();
        for step in steps {
            let left = match self.undo_step(step) {
                Ok(()) => None,
                Err(error @ (FilesError::Unrecovered { .. } | FilesError::JournalDamaged { .. })) => {
                    return Err(error);
                }
                Err(error) => Some(error),
            };
            let known = self.works.iter().find(|work| work.begin.id == step.0);
            let path = known.and_then(|work| work.begin.path()).unwrap_or_default();
            let kept =
                left.as_ref().and_then(|_| known?.kept()).map(|name| self.kept.path_of(OsStr::new(name)));
            told.push(Undone { step, path, left, kept });
        }
        Ok(told)
    }

    /// Undoes one step on which no later one builds. When it fails, nothing was changed.
    pub fn undo_step(&mut self, step: StepId) -> Result<(), FilesError> {
        self.must_be_recovered()?;
        let work = self
            .works
            .iter()
            .find(|work| work.begin.id == step.0 && self.undoable(work).is_some())
            .ok_or(FilesError::NoStep { step })?
            .clone();
        self.must_not_be_built_upon(&work)?;
        let mut means = self.means;
        loop {
            match self.attempt_undo(&work, means) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    means = means
                        .without_what_failed(&error, work.begin.kind == EffectKind::Move)
                        .filter(|_| self.must_be_recovered().is_ok())
                        .ok_or(error)?;
                }
            }
        }
    }

    fn undoable(&self, work: &Work) -> Option<StepId> {
        let step = StepId(work.begin.id);
        let is_standing = work.begin.undoes.is_none() && work.end == Some(End::Done) && !self.is_undone(step);
        is_standing.then_some(step)
    }

    /// A later step builds on this one when it is about the same file, or about one in the same folder
    /// that one of them made, moved or took away.
    fn must_not_be_built_upon(&self, work: &Work) -> Result<(), FilesError> {
        let paths = |work: &Work| -> Vec<PathBuf> { work.begin.changed().filter_map(Place::path).collect() };
        let ours = paths(work);
        let later = self.works.iter().filter(|later| later.begin.id > work.begin.id);
        for later in later.filter(|later| self.undoable(later).is_some()) {
            let theirs = paths(later);
            let meet =
                |one: &PathBuf| theirs.iter().any(|other| one.starts_with(other) || other.starts_with(one));
            if ours.iter().any(meet) {
                let (step, on) = (StepId(work.begin.id), StepId(later.begin.id));
                return Err(FilesError::BuiltUpon { step, on });
            }
        }
        Ok(())
    }

    fn attempt_undo(&mut self, work: &Work, mut means: Means) -> Result<(), FilesError> {
        let mut hands = Hands::new(self.kept.clone(), self.limits.reserve);
        let id = self.next_id();
        // What goes away again is kept too: undoing loses nothing either.
        let gone = Place::Kept { name: id.to_string() };
        let Begin { kind, from, before, to, .. } = work.begin.clone();
        let by_rename = means.into_journal;
        for place in work.begin.changed() {
            means.into_journal &= hands.share_a_device(place, &gone)?;
        }
        let times = hands.times(work.begin.changed())?;
        let undoes = Some(StepId(work.begin.id));
        let mut begin = Begin {
            id,
            undoes,
            kind,
            from: from.clone(),
            before: None,
            to: to.clone(),
            temporary: Vec::new(),
            times,
        };
        match (kind, from, before, to) {
            (EffectKind::Create | EffectKind::Copy | EffectKind::MakeFolder, _, _, Some(at)) => {
                let what = unchanged(work, &mut hands, &at)?;
                if what.is_file() && !means.into_journal {
                    begin.temporary = vec![gone.clone()];
                }
                self.carry_out(&mut hands, begin, |hands| {
                    let mut plan = Plan::default();
                    plan.take(hands, at, what, gone, means)?;
                    Ok(plan)
                })
            }
            (EffectKind::Trash, Some(at), Some(before), _) => {
                let back = GivingBack::find(work, &mut hands, before, &at, means)?;
                must_be_free(&mut hands, &at)?;
                begin.temporary = back.temporary();
                self.carry_out(&mut hands, begin, |hands| {
                    let mut plan = Plan::default();
                    back.plan(hands, &mut plan, at)?;
                    Ok(plan)
                })
            }
            (EffectKind::Replace, Some(at), Some(before), _) => {
                let now = unchanged(work, &mut hands, &at)?;
                let back = GivingBack::find(work, &mut hands, before, &at, means)?;
                begin.temporary = back.temporary();
                begin.temporary.extend((!means.into_journal).then(|| gone.clone()));
                self.carry_out(&mut hands, begin, |hands| {
                    let mut plan = Plan::default();
                    let (new, made) = back.stage(hands, &mut plan)?;
                    let replacing = Replacing { new, made, at, before: now, kept: gone };
                    plan.replace(hands, replacing, means)?;
                    Ok(plan)
                })
            }
            (EffectKind::Move, Some(from), Some(_), Some(to)) if work.kept().is_none() => {
                let what = unchanged(work, &mut hands, &to)?;
                must_be_free(&mut hands, &from)?;
                self.carry_out(&mut hands, begin, |_| {
                    let moves = vec![Move::Rename { from: to, to: from, what }];
                    Ok(Plan { moves, ..Plan::default() })
                })
            }
            (EffectKind::Move, Some(from), Some(before), Some(to)) => {
                let what = unchanged(work, &mut hands, &to)?;
                must_be_free(&mut hands, &from)?;
                // The two are on different file systems, so at most one shares the journal's.
                let into = |hands: &mut Hands, place: &Place| -> Result<Means, FilesError> {
                    let into_journal = by_rename && hands.share_a_device(place, &gone)?;
                    Ok(Means { into_journal, ..means })
                };
                let (giving, taking) = (into(&mut hands, &from)?, into(&mut hands, &to)?);
                let back = GivingBack::find(work, &mut hands, before, &from, giving)?;
                begin.temporary = back.temporary();
                begin.temporary.extend((!taking.into_journal).then(|| gone.clone()));
                self.carry_out(&mut hands, begin, |hands| {
                    let mut plan = Plan::default();
                    back.plan(hands, &mut plan, from)?;
                    plan.take(hands, to, what, gone, taking)?;
                    Ok(plan)
                })
            }
            _ => Err(FilesError::NoStep { step: StepId(work.begin.id) }),
        }
    }
}

/// A pre-image on its way back.
struct GivingBack {
    kept: Place,
    /// As it lies in the journal now.
    what: Facts,
    before: Facts,
    /// A name beside the place where it goes.
    new: Place,
    by_rename: bool,
}

impl GivingBack {
    fn find(
        work: &Work,
        hands: &mut Hands,
        before: Facts,
        to: &Place,
        means: Means,
    ) -> Result<Self, FilesError> {
        let path = hands.path_of(to);
        let name = work.kept().ok_or(FilesError::NoStep { step: StepId(work.begin.id) })?;
        let kept = Place::Kept { name: name.to_owned() };
        let lies = hands.path_of(&kept);
        let damaged = || FilesError::KeptDamaged { path: path.clone(), kept: lies.clone() };
        let what = hands.look(&kept, u64::MAX)?.ok_or_else(damaged)?;
        // A file with more names is the same file under each: its content is theirs to change.
        let is_shared = before.names > 1 && what.inode == before.inode;
        if !what.hold_the_same_as(&before) && !is_shared {
            return Err(damaged());
        }
        let by_rename = means.into_journal;
        if !before.is_file() && !by_rename {
            return Err(FilesError::AcrossFileSystems { path });
        }
        Ok(Self { kept, what, before, new: temporary(to), by_rename })
    }

    fn temporary(&self) -> Vec<Place> {
        if self.by_rename { Vec::new() } else { vec![self.new.clone()] }
    }

    /// To where nothing stands.
    fn plan(self, hands: &mut Hands, plan: &mut Plan, to: Place) -> Result<(), FilesError> {
        if self.by_rename {
            plan.moves.push(Move::Rename { from: self.kept, to, what: self.what });
        } else {
            let made = hands.copy(&self.kept, &self.what, &self.new, Like::Same(&self.before))?;
            plan.staged.push(made.inode);
            plan.moves.push(Move::Rename { from: self.new, to, what: made });
        }
        Ok(())
    }

    /// To a temporary name, from where it will be exchanged.
    fn stage(self, hands: &mut Hands, plan: &mut Plan) -> Result<(Place, Facts), FilesError> {
        if self.by_rename {
            let (from, to, what) = (self.kept, self.new.clone(), self.what.clone());
            plan.moves.push(Move::Rename { from, to, what });
            return Ok((self.new, self.what));
        }
        let made = hands.copy(&self.kept, &self.what, &self.new, Like::Same(&self.before))?;
        plan.staged.push(made.inode);
        Ok((self.new, made))
    }
}

/// What the step left there, when it still is what the step left.
fn unchanged(work: &Work, hands: &mut Hands, at: &Place) -> Result<Facts, FilesError> {
    let path = hands.path_of(at);
    let made = work.made_at(at).ok_or(FilesError::NoStep { step: StepId(work.begin.id) })?;
    let most = if made.sha256.is_some() { u64::MAX } else { 0 };
    let now = must_be_there(hands.look(at, most)?, path.clone())?;
    if !now.hold_the_same_as(made) {
        return Err(FilesError::Changed { path });
    }
    if made.kind == Kind::EmptyFolder {
        let (folder, name) = hands.at(at)?;
        if !folder.below(&[name.to_owned()])?.names()?.is_empty() {
            return Err(FilesError::Changed { path });
        }
        return Ok(Facts { kind: Kind::EmptyFolder, ..now });
    }
    Ok(now)
}

fn must_be_free(hands: &mut Hands, at: &Place) -> Result<(), FilesError> {
    match hands.inode_at(at)? {
        None => Ok(()),
        Some(_) => Err(FilesError::Exists { path: hands.path_of(at) }),
    }
}
