//! Applying an approved effect.

use super::entry::{Begin, Move, Place, Removal};
use super::hands::{Hands, Like, temporary};
use super::work::{Means, Plan};
use super::{Journal, StepId};
use crate::files::FilesError;
use crate::files::effect::{Effect, EffectKind, Looked};
use crate::files::facts::Facts;
use crate::files::grant::Grant;
use crate::files::preview::Approval;

impl Journal {
    /// Does what was approved, or nothing: fails when the effect, or anything that it meets, is not
    /// what was shown. Afterwards it is on the disk and can be undone by the step that is returned.
    pub fn apply(
        &mut self,
        grant: &Grant,
        effect: &Effect,
        approval: Approval,
    ) -> Result<StepId, FilesError> {
        self.must_be_recovered()?;
        let mut means = self.means;
        loop {
            let looked = effect.look(grant, &self.limits, self.identity()?)?;
            approval.holds_for(&looked)?;
            let id = self.next_id();
            match self.attempt(looked, id, means) {
                Ok(()) => return Ok(StepId(id)),
                Err(error) => {
                    means = means
                        .without_what_failed(&error, effect.kind() == EffectKind::Move)
                        .filter(|_| self.must_be_recovered().is_ok())
                        .ok_or(error)?;
                }
            }
        }
    }

    fn attempt(&mut self, looked: Looked<'_>, id: u64, mut means: Means) -> Result<(), FilesError> {
        let mut hands = Hands::new(self.kept.clone(), self.limits.reserve);
        let Looked { kind, from, to, bytes, .. } = looked;
        let (from, before) = match from {
            Some((spot, facts)) => (Some(hands.hold(spot)), Some(facts)),
            None => (None, None),
        };
        let to = to.map(|spot| hands.hold(spot));
        let kept = Place::Kept { name: id.to_string() };
        if let Some(from) = &from {
            means.into_journal &= hands.share_a_device(from, &kept)?;
            if let Some(to) = &to {
                means.across &= hands.share_a_device(from, to)?;
            }
        }
        let (temporary_names, times) = (Vec::new(), Vec::new());
        let mut begin = Begin { id, undoes: None, kind, from, before, to, temporary: temporary_names, times };
        begin.times = hands.times(begin.changed())?;
        let Begin { from, before, to, .. } = begin.clone();
        let bytes = bytes.unwrap_or_default();
        match (kind, from, before, to) {
            (EffectKind::Create, None, None, Some(to)) => {
                let new = temporary(&to);
                begin.temporary = vec![new.clone()];
                self.carry_out(&mut hands, begin, |hands| {
                    let made = hands.write(&new, bytes, Like::New)?;
                    Ok(Plan::of_new(new, to, made))
                })
            }
            (EffectKind::MakeFolder, None, None, Some(to)) => {
                let new = temporary(&to);
                begin.temporary = vec![new.clone()];
                self.carry_out(&mut hands, begin, |hands| {
                    let made = hands.make_folder(&new)?;
                    Ok(Plan::of_new(new, to, made))
                })
            }
            (EffectKind::Copy, Some(from), Some(before), Some(to)) => {
                let new = temporary(&to);
                begin.temporary = vec![new.clone()];
                self.carry_out(&mut hands, begin, |hands| {
                    let made = hands.copy(&from, &before, &new, Like::Copied(&before))?;
                    Ok(Plan::of_new(new, to, made))
                })
            }
            (EffectKind::Replace, Some(at), Some(before), None) => {
                let new = temporary(&at);
                begin.temporary = vec![new.clone()];
                begin.temporary.extend((!means.into_journal).then(|| kept.clone()));
                self.carry_out(&mut hands, begin, |hands| {
                    let made = hands.write(&new, bytes, Like::Replaced(&before, &at))?;
                    let mut plan = Plan { staged: vec![made.inode], ..Plan::default() };
                    plan.replace(hands, Replacing { new, made, at, before, kept }, means)?;
                    Ok(plan)
                })
            }
            (EffectKind::Trash, Some(from), Some(before), None) => {
                must_be_carried(&before, means.into_journal, &from, &hands)?;
                begin.temporary.extend((!means.into_journal).then(|| kept.clone()));
                self.carry_out(&mut hands, begin, |hands| {
                    let mut plan = Plan::default();
                    plan.take(hands, from, before, kept, means)?;
                    Ok(plan)
                })
            }
            (EffectKind::Move, Some(from), Some(before), Some(to)) if means.across => {
                self.carry_out(&mut hands, begin, |_| {
                    let moves = vec![Move::Rename { from, to, what: before }];
                    Ok(Plan { moves, ..Plan::default() })
                })
            }
            (EffectKind::Move, Some(from), Some(before), Some(to)) => {
                must_be_carried(&before, false, &from, &hands)?;
                if before.sha256.is_none() {
                    let (bytes, limit) = (before.bytes, self.limits.largest);
                    return Err(FilesError::TooLarge { path: hands.path_of(&from), bytes, limit });
                }
                let new = temporary(&to);
                begin.temporary = vec![new.clone()];
                begin.temporary.extend((!means.into_journal).then(|| kept.clone()));
                self.carry_out(&mut hands, begin, |hands| {
                    let made = hands.copy(&from, &before, &new, Like::Same(&before))?;
                    let mut plan = Plan::of_new(new, to, made);
                    plan.take(hands, from, before, kept, means)?;
                    Ok(plan)
                })
            }
            // `Effect::look` gives each kind what it needs.
            _ => Err(FilesError::NotFound { path: begin.path().unwrap_or_default() }),
        }
    }
}

/// A folder is only ever renamed.
fn must_be_carried(before: &Facts, can_rename: bool, from: &Place, hands: &Hands) -> Result<(), FilesError> {
    if before.is_file() || can_rename {
        return Ok(());
    }
    Err(FilesError::AcrossFileSystems { path: hands.path_of(from) })
}

/// A file that takes the place of another one in its folder.
pub struct Replacing {
    /// A temporary name beside `at`, where what takes the place stands or will stand.
    pub new: Place,
    pub made: Facts,
    pub at: Place,
    pub before: Facts,
    /// Where what stood there goes.
    pub kept: Place,
}

impl Plan {
    pub fn of_new(new: Place, to: Place, made: Facts) -> Self {
        let staged = vec![made.inode];
        Self { staged, moves: vec![Move::Rename { from: new, to, what: made }], remove: Vec::new() }
    }

    /// Takes a file into the journal: by a rename, or by a copy and the removal of the original.
    pub fn take(
        &mut self,
        hands: &mut Hands,
        from: Place,
        what: Facts,
        kept: Place,
        means: Means,
    ) -> Result<(), FilesError> {
        if means.into_journal {
            self.moves.push(Move::Rename { from, to: kept, what });
            return Ok(());
        }
        if what.is_file() {
            let copy = hands.copy(&from, &what, &kept, Like::Same(&what))?;
            self.staged.push(copy.inode);
        }
        let parked = temporary(&from);
        self.moves.push(Move::Rename { from, to: parked.clone(), what: what.clone() });
        self.remove.push(Removal { at: parked, what });
        Ok(())
    }

    pub fn replace(
        &mut self,
        hands: &mut Hands,
        replacing: Replacing,
        means: Means,
    ) -> Result<(), FilesError> {
        let Replacing { new, made, at, before, kept } = replacing;
        if !means.exchange {
            // For a moment nothing stands there; the journal knows where both are.
            self.take(hands, at.clone(), before, kept, means)?;
            self.moves.push(Move::Rename { from: new, to: at, what: made });
            return Ok(());
        }
        let (one, other) = (new.clone(), at.clone());
        self.moves.push(Move::Exchange { one, other, at_one: made, at_other: before.clone() });
        if means.into_journal {
            self.moves.push(Move::Rename { from: new, to: kept, what: before });
        } else {
            let copy = hands.copy(&at, &before, &kept, Like::Same(&before))?;
            self.staged.push(copy.inode);
            self.remove.push(Removal { at: new, what: before });
        }
        Ok(())
    }
}
