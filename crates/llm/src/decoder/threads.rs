//! How many threads compute.
//!
//! Reading many tokens is bound by arithmetic, and every core adds to it. Writing one after the other
//! is bound by the memory bus; which number is fastest there depends on the processor (two logical
//! cores may share a real one, some are slower than others) and on what else runs. So several numbers
//! are tried while real work is done, and tried again from time to time. What is computed does not
//! depend on it.

use std::time::Instant;

use inhouse_agent::chat::ModelError;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Tokens of a pass from which on all cores compute it.
const MANY: usize = 16;
/// Measurements that a number is judged by: the best of the last few, for others only disturb.
const RECENT: usize = 3;
/// After so many passes one number is tried again.
const AGAIN: usize = 128;

pub(super) struct Threads {
    /// The first has all cores.
    pools: Vec<ThreadPool>,
    writing: Choice,
}

impl Threads {
    pub(super) fn start(failed: impl Fn(String) -> ModelError) -> Result<Self, ModelError> {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        let pools = numbers(all)
            .into_iter()
            .map(|number| {
                ThreadPoolBuilder::new()
                    .num_threads(number)
                    .thread_name(|number| format!("model-{number}"))
                    .start_handler(|_| step_back())
                    .build()
                    .map_err(|error| failed(format!("its threads cannot be started: {error}")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let writing = Choice::among(pools.len());
        Ok(Self { pools, writing })
    }

    /// Does work on all cores.
    pub(super) fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pools[0].install(work)
    }

    /// Does a pass of `tokens` tokens. One that was stopped, or failed, says nothing about speed.
    pub(super) fn pass<T: Send, E: Send>(
        &mut self,
        tokens: usize,
        work: impl FnOnce() -> Result<Option<T>, E> + Send,
    ) -> Result<Option<T>, E> {
        if tokens >= MANY {
            return self.install(work);
        }
        let which = self.writing.next();
        let begun = Instant::now();
        let done = self.pools[which].install(work);
        if let Ok(Some(_)) = done {
            // Several tokens take hardly longer than one.
            self.writing.learn(which, begun.elapsed().as_secs_f64());
        }
        done
    }

    /// Threads that are fastest in writing, as far as was seen.
    pub(super) fn for_writing(&self) -> usize {
        self.pools[self.writing.best()].current_num_threads()
    }
}

/// Lets the calling thread step back behind the window's, which a person waits for.
fn step_back() {
    /// A thread of the usual priority gets three times the time of one with this.
    #[cfg(target_os = "linux")]
    const NICE: i32 = 5;
    // On Linux a priority is a thread's own, and no number means the calling one.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "a thread of the model keeps the usual priority");
    }
}

/// All logical cores, three quarters of them, half of them.
fn numbers(all: usize) -> Vec<usize> {
    let mut numbers = vec![all, all * 3 / 4, all / 2];
    numbers.retain(|number| *number > 0);
    numbers.dedup();
    numbers
}

/// Which of several ways is the fastest.
struct Choice {
    /// Of each, the last times, in seconds.
    times: Vec<Vec<f64>>,
    passes: usize,
}

impl Choice {
    fn among(count: usize) -> Self {
        Self { times: vec![Vec::new(); count], passes: 0 }
    }

    fn next(&mut self) -> usize {
        self.passes += 1;
        match self.times.iter().position(Vec::is_empty) {
            Some(which) => which,
            None if self.passes.is_multiple_of(AGAIN) => self.passes / AGAIN % self.times.len(),
            None => self.best(),
        }
    }

    fn learn(&mut self, which: usize, time: f64) {
        let times = &mut self.times[which];
        if times.len() == RECENT {
            times.remove(0);
        }
        times.push(time);
    }

    fn best(&self) -> usize {
        let time = |which: usize| self.times[which].iter().copied().fold(f64::INFINITY, f64::min);
        (0..self.times.len()).min_by(|a, b| time(*a).total_cmp(&time(*b))).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_tried_once_each() {
        assert_eq!(numbers(1), [1]);
        assert_eq!(numbers(2), [2, 1]);
        assert_eq!(numbers(4), [4, 3, 2]);
        assert_eq!(numbers(16), [16, 12, 8]);
    }

    #[test]
    fn the_fastest_is_taken_and_others_get_another_chance() {
        let mut choice = Choice::among(3);
        let mut speeds = [3.0, 1.0, 2.0];
        let mut taken = [0; 3];
        for _ in 0..1000 {
            let which = choice.next();
            taken[which] += 1;
            choice.learn(which, speeds[which]);
        }
        assert_eq!(choice.best(), 1);
        assert!(taken[0] < 10 && taken[2] < 10, "{taken:?}");
        // The processor changes, and so does the choice.
        speeds = [0.5, 1.0, 2.0];
        for _ in 0..4 * AGAIN {
            let which = choice.next();
            choice.learn(which, speeds[which]);
        }
        assert_eq!(choice.best(), 0);
    }

    #[test]
    fn one_disturbed_pass_changes_nothing() {
        let mut choice = Choice::among(2);
        for _ in 0..10 {
            let which = choice.next();
            choice.learn(which, [1.0, 2.0][which]);
        }
        choice.learn(0, 50.0);
        assert_eq!(choice.best(), 0);
    }
}
