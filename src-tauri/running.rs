//! The answers that are being written, so that they can be stopped.

use std::collections::HashMap;
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
