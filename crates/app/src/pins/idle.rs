//! When nobody works: the time to compute ahead.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::source::SourceId;

use super::is_usable;
use crate::{App, AppError};

/// So long nobody has had anything done before something is computed ahead.
const IDLE: Duration = Duration::from_secs(120);
/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(30);
/// Where Linux tells of batteries.
const SUPPLIES: &str = "/sys/class/power_supply";
/// Where it tells how much there is to do.
const LOAD: &str = "/proc/loadavg";

/// What a person has done at the moment, and since when nothing.
pub(crate) struct Activity(Mutex<State>);

struct State {
    at_work: usize,
    since: Instant,
    /// The wish to stop what is computed ahead.
    ahead: Cancel,
}

/// Something that a person waits for; over when it is dropped.
pub(crate) struct AtWork(App);

impl Default for Activity {
    fn default() -> Self {
        Self(Mutex::new(State { at_work: 0, since: Instant::now(), ahead: Cancel::new() }))
    }
}

impl Activity {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn begin(&self) {
        self.change(|state| {
            state.at_work += 1;
            state.ahead.cancel();
        });
    }

    fn end(&self) {
        self.change(|state| {
            state.at_work -= 1;
            state.since = Instant::now();
        });
    }

    /// A wish to stop that comes with the next work, when there has been none for so long.
    fn idle_for(&self, time: Duration) -> Option<Cancel> {
        self.change(|state| {
            let is_idle = state.at_work == 0 && state.since.elapsed() >= time;
            is_idle.then(|| {
                state.ahead = Cancel::new();
                state.ahead.clone()
            })
        })
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.0.activity.end();
    }
}

impl App {
    /// Notes that a person waits for something, until what it gives is dropped. What is computed ahead
    /// steps back.
    pub(crate) fn at_work(&self) -> AtWork {
        self.0.activity.begin();
        AtWork(self.clone())
    }

    /// Whether a window computes ahead by itself: not where the system says nothing of its power.
    pub fn prepares_when_idle(&self) -> bool {
        Path::new(SUPPLIES).is_dir() && Path::new(LOAD).is_file()
    }

    /// Computes pinned collections ahead while nobody works; ends never, but when it fails.
    pub async fn prepare_when_idle(&self) {
        // What was pinned when all was done last.
        let mut done = None;
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(error) = self.prepare_if_idle(&mut done).await {
                tracing::warn!(%error, "nothing more is computed ahead until the next start");
                return;
            }
        }
    }

    async fn prepare_if_idle(&self, done: &mut Option<Pinned>) -> Result<(), AppError> {
        if !self.home().is_writer() || !is_spare() {
            return Ok(());
        }
        let pinned = self.pinned()?;
        if pinned.sources.is_empty() || done.as_ref() == Some(&pinned) {
            return Ok(());
        }
        let Some(cancel) = self.0.activity.idle_for(IDLE) else { return Ok(()) };
        let unplugged = async {
            loop {
                tokio::time::sleep(LOOK).await;
                if !is_on_mains(Path::new(SUPPLIES)) {
                    cancel.cancel();
                }
            }
        };
        tokio::select! {
            prepared = self.prepare_pinned(&cancel, |_| {}) => {
                prepared?;
                if !cancel.is_cancelled() {
                    *done = Some(pinned);
                }
                Ok(())
            }
            () = unplugged => Ok(()),
        }
    }

    /// What is to be computed ahead, and by which model.
    fn pinned(&self) -> Result<Pinned, AppError> {
        let mut sources = self.pinned_sources()?;
        sources.retain(|id| self.source(*id).is_ok_and(|source| is_usable(source.state)));
        let model = if sources.is_empty() { String::new() } else { self.locate_chat_model_for(None)?.0.id };
        Ok(Pinned { sources, model })
    }
}

#[derive(PartialEq, Eq)]
struct Pinned {
    sources: Vec<SourceId>,
    model: String,
}

/// Whether the machine has time and power to spare. Where the system does not tell, it has none.
fn is_spare() -> bool {
    is_on_mains(Path::new(SUPPLIES)) && is_quiet()
}

/// Whether less than half of the processor is in use, as the system's load of the last minute says.
fn is_quiet() -> bool {
    let Ok(told) = std::fs::read_to_string(LOAD) else { return false };
    let load = told.split(' ').next().and_then(|load| load.parse::<f64>().ok());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    load.is_some_and(|load| load < cores as f64 / 2.0)
}

/// Whether no battery is being emptied. A machine without any has none; one that does not tell of its
/// power is taken to be on battery.
fn is_on_mains(supplies: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(supplies) else { return false };
    let says = |folder: &Path, file: &str, what: &str| {
        std::fs::read_to_string(folder.join(file)).is_ok_and(|text| text.trim() == what)
    };
    !entries.flatten().any(|entry| {
        let folder = entry.path();
        says(&folder, "type", "Battery") && says(&folder, "status", "Discharging")
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

    use super::*;

    #[test]
    fn work_stops_what_is_computed_ahead_and_begins_the_wait_anew() {
        let activity = Activity::default();
        assert!(activity.idle_for(IDLE).is_none());
        let ahead = activity.idle_for(Duration::ZERO).unwrap();
        assert!(!ahead.is_cancelled());
        activity.begin();
        assert!(ahead.is_cancelled() && activity.idle_for(Duration::ZERO).is_none());
        activity.end();
        assert!(!activity.idle_for(Duration::ZERO).unwrap().is_cancelled());
        assert!(activity.idle_for(IDLE).is_none());
    }

    #[test]
    fn a_battery_that_is_emptied_is_spared() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_on_mains(&folder.path().join("none")));
        assert!(is_on_mains(folder.path()));
        let supply = |name: &str, kind: &str, status: &str| {
            let supply = folder.path().join(name);
            std::fs::create_dir_all(&supply).unwrap();
            std::fs::write(supply.join("type"), format!("{kind}\n")).unwrap();
            std::fs::write(supply.join("status"), format!("{status}\n")).unwrap();
        };
        supply("BAT0", "Battery", "Charging");
        assert!(is_on_mains(folder.path()));
        supply("BAT1", "Battery", "Discharging");
        assert!(!is_on_mains(folder.path()));
    }
}
