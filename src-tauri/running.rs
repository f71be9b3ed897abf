//! The answers that are being written and the tasks that are carried out, so that they can be stopped.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use inhouse_agent::cancel::Cancel;

#[derive(Debug, Default)]
pub struct Running(Mutex<HashMap<i64, Cancel>>);

impl Running {
    pub fn begin(&self, run: i64) -> Cancel {
        let cancel = Cancel::new();
        self.lock().insert(run, cancel.clone());
        cancel
    }

    /// As [`Self::begin`], but `None` when the run is under way already.
    pub fn begin_once(&self, run: i64) -> Option<Cancel> {
        match self.lock().entry(run) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => Some(free.insert(Cancel::new()).clone()),
        }
    }

    pub fn holds(&self, run: i64) -> bool {
        self.lock().contains_key(&run)
    }

    pub fn end(&self, run: i64) {
        self.lock().remove(&run);
    }

    /// Nothing happens when the run has ended meanwhile.
    pub fn stop(&self, run: i64) {
        if let Some(cancel) = self.lock().get(&run) {
            cancel.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Cancel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_is_under_way_is_not_begun_again_before_it_has_ended() {
        let running = Running::default();
        let cancel = running.begin_once(1).expect("nothing is under way");
        assert!(running.begin_once(1).is_none() && running.holds(1));
        running.stop(1);
        assert!(cancel.is_cancelled());
        running.end(1);
        assert!(!running.holds(1) && running.begin_once(1).is_some());
    }
}
