//! The one job that computes ahead: how far it is, and how it is stopped.

use std::sync::{Mutex, PoisonError};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::source::SourceId;

use super::PinProgress;
use crate::{App, AppEvent};

/// What is computed ahead at the moment, and how far it has come; when nothing is, how far it came last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ahead {
    pub is_running: bool,
    pub progress: PinProgress,
}

#[derive(Default)]
pub(crate) struct Job(Mutex<State>);

#[derive(Default)]
struct State {
    running: Option<Running>,
    progress: PinProgress,
}

struct Running {
    cancel: Cancel,
    /// Of which something is computed; `None` while that is not known.
    sources: Option<Vec<SourceId>>,
}

/// The job, until it is dropped.
pub(super) struct Begun(App);

impl Job {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stops it when it may be at work on one of these; tells whether it was.
    pub(super) fn stop_for(&self, sources: &[SourceId]) -> bool {
        self.change(|state| {
            let Some(running) = &state.running else { return false };
            let concerns =
                running.sources.as_ref().is_none_or(|all| sources.iter().any(|source| all.contains(source)));
            if concerns {
                running.cancel.cancel();
            }
            concerns
        })
    }
}

impl App {
    pub fn ahead(&self) -> Ahead {
        self.0.job.change(|state| Ahead { is_running: state.running.is_some(), progress: state.progress })
    }

    /// Stops what is computed ahead, whoever began it. Nobody's time begins anew, so it does not go on at
    /// once by itself.
    pub fn stop_preparing(&self) {
        drop(self.at_work());
        self.0.job.change(|state| {
            if let Some(running) = &state.running {
                running.cancel.cancel();
            }
        });
    }

    /// What was computed last is not there any more, and there may be room again.
    pub(super) fn forget_job(&self) {
        self.0.job.change(|state| {
            if state.running.is_none() {
                state.progress = PinProgress::default();
            }
        });
        self.tell(AppEvent::AheadChanged);
    }

    pub(super) fn begin_job(&self, cancel: &Cancel) -> Begun {
        let running = Running { cancel: cancel.clone(), sources: None };
        self.0
            .job
            .change(|state| *state = State { running: Some(running), progress: PinProgress::default() });
        self.tell(AppEvent::AheadChanged);
        Begun(self.clone())
    }
}

impl Begun {
    pub(super) fn works_on(&self, sources: Vec<SourceId>) {
        self.0.0.job.change(|state| {
            if let Some(running) = &mut state.running {
                running.sources = Some(sources);
            }
        });
    }

    pub(super) fn has_come_to(&self, progress: PinProgress) {
        self.0.0.job.change(|state| state.progress = progress);
        self.0.tell(AppEvent::AheadChanged);
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.0.job.change(|state| state.running = None);
        self.0.tell(AppEvent::AheadChanged);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

    use crate::Options;

    use super::*;

    #[test]
    fn the_job_is_stopped_by_a_person_and_for_what_it_works_on() {
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(Options { home: Some(folder.path().into()), ..Options::default() }).unwrap();
        assert!(!app.ahead().is_running && !app.0.job.stop_for(&[SourceId(1)]));

        let cancel = Cancel::new();
        let begun = app.begin_job(&cancel);
        begun.works_on(vec![SourceId(1), SourceId(2)]);
        assert!(!app.0.job.stop_for(&[SourceId(3)]) && !cancel.is_cancelled());
        assert!(app.0.job.stop_for(&[SourceId(3), SourceId(2)]) && cancel.is_cancelled());
        begun.has_come_to(PinProgress { all: 2, done: 1, ..PinProgress::default() });
        assert!(app.ahead().is_running);
        drop(begun);
        assert_eq!((app.ahead().is_running, app.ahead().progress.done), (false, 1));

        // Until it is known what it works on, it may be anything.
        let cancel = Cancel::new();
        let begun = app.begin_job(&cancel);
        assert!(app.0.job.stop_for(&[SourceId(3)]) && cancel.is_cancelled());
        drop(begun);
        let cancel = Cancel::new();
        let _begun = app.begin_job(&cancel);
        app.stop_preparing();
        assert!(cancel.is_cancelled());
    }
}
