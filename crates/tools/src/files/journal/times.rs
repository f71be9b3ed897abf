//! The times of folders: what an effect changed in passing, and undoing it gives back.

use super::Journal;
use super::entry::{FolderTime, Place};
use super::hands::Hands;
use super::work::{End, Work};
use crate::files::FilesError;
use crate::files::facts::Time;

impl Journal {
    /// Gives the folders of an undone step their times, and tells the times of the last work's folders.
    pub(super) fn times_when_done(&self, hands: &mut Hands) -> Result<Vec<FolderTime>, FilesError> {
        let Some(work) = self.works.last() else { return Ok(Vec::new()) };
        if work.begin.undoes.is_some() {
            let restored: Vec<FolderTime> = work
                .begin
                .times
                .iter()
                .filter_map(|time| {
                    Some(FolderTime { modified: self.time_before(work, time)?, ..time.clone() })
                })
                .collect();
            hands.set_times(&restored)?;
        }
        let places: Vec<Place> = work
            .begin
            .times
            .iter()
            .map(|time| Place::At { folder: time.folder.clone(), name: "".into() })
            .collect();
        hands.times(&places)
    }

    /// The time that a folder had before the steps that are undone with `undo`. When somebody else
    /// changed the folder since, it is the time of that change.
    ///
    /// Nothing when a later step in the same folder stands: then the folder did change just now.
    fn time_before(&self, undo: &Work, folder: &FolderTime) -> Option<Time> {
        let undone = undo.begin.undoes?.0;
        let find = |times: &'_ [FolderTime]| {
            times.iter().find(|time| is_same(time, folder)).map(|time| time.modified)
        };
        // Done before this one, in order, with the folder's times before and after.
        let passed: Vec<(&Work, Time, Time)> = self
            .works
            .iter()
            .filter(|work| work.begin.id != undo.begin.id && work.end == Some(End::Done))
            .filter_map(|work| Some((work, find(&work.begin.times)?, find(&work.times)?)))
            .collect();
        let is_standing = |work: &Work| {
            let begin = &work.begin;
            begin.undoes.is_none() && begin.id != undone && !self.is_undone(super::StepId(begin.id))
        };
        let standing =
            passed.iter().filter(|(work, ..)| is_standing(work)).map(|(work, ..)| work.begin.id).max();
        if standing.is_some_and(|standing| standing > undone) {
            return None;
        }
        let mut since = passed.iter().filter(|(work, ..)| standing.is_none_or(|last| work.begin.id > last));
        let &(_, mut time, mut last) = since.next()?;
        for &(_, before, after) in since {
            if before != last {
                time = before;
            }
            last = after;
        }
        Some(if folder.modified == last { time } else { folder.modified })
    }
}

fn is_same(one: &FolderTime, other: &FolderTime) -> bool {
    (one.device, one.inode) == (other.device, other.inode)
}
