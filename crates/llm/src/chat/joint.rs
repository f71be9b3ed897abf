//! One decoder for several sessions: what they want read at the same time is read in one pass, so that
//! the weights, which take most of the time of writing, are fetched once for all of them.
//!
//! No thread of its own: the first session that wants something while no pass is under way leads one. It
//! waits a moment for others that are at work, takes what goes together, and computes it; the others wait
//! for what it gives them. What a person waits for goes first: long readings of others step back.

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::Priority;

use crate::decoder::{Decoder, Part};

/// A wish of so many tokens at most is a step of writing: beside others it costs hardly anything.
const STEP: usize = 16;
/// How long a pass waits for sessions that are choosing their next token; for that of a person longer.
const PATIENCE: Duration = Duration::from_millis(3);
const PATIENCE_FOR_A_PERSON: Duration = Duration::from_millis(25);

/// The decoder, and what is wanted of it.
pub(super) struct Joint {
    decoder: Mutex<Decoder>,
    state: Mutex<State>,
    /// Something was wished, or is done.
    changed: Condvar,
    reads_ahead: bool,
}

#[derive(Default)]
struct State {
    wishes: Vec<Wish>,
    done: Vec<(usize, Outcome)>,
    is_led: bool,
    /// Sessions that are at work, with what they work for.
    at_work: Vec<(usize, Priority)>,
}

/// Tokens that a session wants read.
#[derive(Clone)]
struct Wish {
    sequence: usize,
    tokens: Vec<u32>,
    count: usize,
    priority: Priority,
    cancel: Cancel,
}

/// Logits; none when it was cancelled; or why it failed.
type Outcome = Result<Option<Vec<f32>>, String>;

/// A session's own sequence.
pub(super) struct Sequence {
    joint: Arc<Joint>,
    number: usize,
    /// As the decoder has it; only this changes it.
    read: Vec<u32>,
}

impl Joint {
    pub(super) fn new(decoder: Decoder) -> Arc<Self> {
        let reads_ahead = decoder.reads_ahead();
        let (state, changed) = (Mutex::default(), Condvar::new());
        Arc::new(Self { decoder: Mutex::new(decoder), state, changed, reads_ahead })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decoder(&self) -> MutexGuard<'_, Decoder> {
        self.decoder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is wished, together with what others wish now.
    fn read(&self, wish: Wish) -> Outcome {
        let own = wish.sequence;
        let mut state = self.state();
        state.wishes.push(wish);
        self.changed.notify_all();
        loop {
            if let Some(at) = state.done.iter().position(|(sequence, _)| *sequence == own) {
                return state.done.swap_remove(at).1;
            }
            if state.is_led {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            if !state.wishes.iter().any(|wish| wish.sequence == own) {
                return Err("the pass that took it in ended unexpectedly".into());
            }
            state.is_led = true;
            let begun = Instant::now();
            while let Some(left) = state.patience().checked_sub(begun.elapsed()) {
                state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            let wishes = state.choose();
            drop(state);
            let led = Led(self);
            let outcomes = self.pass(wishes);
            state = self.state();
            state.done.extend(outcomes);
            drop(state);
            drop(led);
            state = self.state();
        }
    }

    /// One pass; when somebody cancels meanwhile, another one for the others.
    fn pass(&self, mut wishes: Vec<Wish>) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::new();
        let mut decoder = self.decoder();
        while !wishes.is_empty() {
            let parts: Vec<Part<'_>> = wishes.iter().map(Wish::part).collect();
            let goes_on = || !wishes.iter().any(|wish| wish.cancel.is_cancelled());
            match decoder.forward_together(&parts, &goes_on) {
                Ok(Some(logits)) => {
                    let each = wishes.iter().zip(logits);
                    outcomes.extend(each.map(|(wish, logits)| (wish.sequence, Ok(Some(logits)))));
                    break;
                }
                Ok(None) => wishes.retain(|wish| {
                    let is_cancelled = wish.cancel.is_cancelled();
                    if is_cancelled {
                        outcomes.push((wish.sequence, Ok(None)));
                    }
                    !is_cancelled
                }),
                Err(error) => {
                    let failed = |wish: &Wish| (wish.sequence, Err(error.to_string()));
                    outcomes.extend(wishes.iter().map(failed));
                    break;
                }
            }
        }
        outcomes
    }
}

/// Ends the lead, also when computing panicked: then the others are not left waiting.
struct Led<'a>(&'a Joint);

impl Drop for Led<'_> {
    fn drop(&mut self) {
        self.0.state().is_led = false;
        self.0.changed.notify_all();
    }
}

impl Wish {
    fn part(&self) -> Part<'_> {
        Part { sequence: self.sequence, tokens: &self.tokens, count: self.count }
    }

    fn is_step(&self) -> bool {
        self.tokens.len() <= STEP
    }
}

impl State {
    /// How long a pass that begins now waits for sessions that are at work and have wished nothing yet.
    fn patience(&self) -> Duration {
        let has_wished = |number: usize| self.wishes.iter().any(|wish| wish.sequence == number);
        let missing = self.at_work.iter().filter(|(number, _)| !has_wished(*number));
        match missing.map(|(_, priority)| *priority).max() {
            None => Duration::ZERO,
            Some(Priority::Background) => PATIENCE,
            Some(Priority::Person) => PATIENCE_FOR_A_PERSON,
        }
    }

    /// Takes what goes into one pass: all steps, and one long reading, the person's or else the one that
    /// was wished first; none of others while a person waits.
    fn choose(&mut self) -> Vec<Wish> {
        let highest = self.wishes.iter().map(|wish| wish.priority).max();
        let mut has_long = false;
        let (chosen, left) = std::mem::take(&mut self.wishes).into_iter().partition(|wish| {
            wish.is_step() || {
                let goes = !has_long && Some(wish.priority) == highest;
                has_long |= goes;
                goes
            }
        });
        self.wishes = left;
        chosen
    }
}

impl Sequence {
    pub(super) fn new(joint: &Arc<Joint>, number: usize) -> Self {
        Self { joint: Arc::clone(joint), number, read: Vec::new() }
    }

    /// See [`Decoder::reads_ahead`].
    pub(super) fn reads_ahead(&self) -> bool {
        self.joint.reads_ahead
    }

    /// Says for what it works from now on, or that it rests.
    pub(super) fn work_for(&self, priority: Option<Priority>) {
        let mut state = self.joint.state();
        state.at_work.retain(|(number, _)| *number != self.number);
        state.at_work.extend(priority.map(|priority| (self.number, priority)));
        drop(state);
        self.joint.changed.notify_all();
    }

    /// The tokens that it has read and not forgotten.
    pub(super) fn read(&self) -> &[u32] {
        &self.read
    }

    /// See [`Decoder::cut`].
    pub(super) fn cut(&mut self, count: usize) {
        if count < self.read.len() {
            let mut decoder = self.joint.decoder();
            decoder.cut(self.number, count);
            self.read.truncate(decoder.read(self.number).len());
        }
    }

    /// See [`Decoder::save`].
    pub(super) fn save(&self, tokens: Range<usize>) -> Option<Vec<u8>> {
        self.joint.decoder().save(self.number, tokens)
    }

    /// See [`Decoder::restore`].
    pub(super) fn restore(&mut self, at: usize, tokens: &[u32], saved: &[u8]) -> bool {
        let fits = self.joint.decoder().restore(self.number, at, tokens, saved);
        if fits {
            self.read.truncate(at);
            self.read.extend_from_slice(tokens);
        }
        fits
    }

    /// Reads tokens; gives the logits after each of the last `count` of them, or none when it was
    /// cancelled.
    pub(super) fn forward(&mut self, tokens: &[u32], count: usize, cancel: &Cancel) -> Outcome {
        let at_work = self.joint.state().at_work.clone();
        let own = at_work.iter().find(|(number, _)| *number == self.number);
        let logits = self.joint.read(Wish {
            sequence: self.number,
            tokens: tokens.to_vec(),
            count,
            priority: own.map_or(Priority::Background, |(_, priority)| *priority),
            cancel: cancel.clone(),
        })?;
        if logits.is_some() {
            self.read.extend_from_slice(tokens);
        }
        Ok(logits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(sequence: usize, tokens: usize, priority: Priority) -> Wish {
        Wish { sequence, tokens: vec![1; tokens], count: 1, priority, cancel: Cancel::new() }
    }

    fn chosen(wishes: Vec<Wish>) -> Vec<usize> {
        let mut state = State { wishes, ..State::default() };
        let all = state.wishes.len();
        let chosen = state.choose();
        assert_eq!(chosen.len() + state.wishes.len(), all);
        chosen.iter().map(|wish| wish.sequence).collect()
    }

    #[test]
    fn steps_go_together_and_a_person_goes_first() {
        use Priority::{Background, Person};
        assert_eq!(chosen(vec![wish(0, 1, Background), wish(1, 4, Background)]), [0, 1]);
        // One long reading at a time, the one that was wished first.
        let long = [wish(0, 256, Background), wish(1, 256, Background), wish(2, 1, Background)];
        assert_eq!(chosen(long.to_vec()), [0, 2]);
        assert_eq!(chosen(vec![wish(0, 256, Background), wish(1, 200, Person)]), [1]);
        // A person's step does not wait for another's long reading, nor another's step for a person's.
        assert_eq!(chosen(vec![wish(0, 256, Background), wish(1, 1, Person)]), [1]);
        assert_eq!(chosen(vec![wish(0, 1, Background), wish(1, 256, Person)]), [0, 1]);
    }

    #[test]
    fn a_pass_waits_only_for_those_that_are_choosing_a_token() {
        let at_work = vec![(0, Priority::Background), (1, Priority::Person)];
        let mut state = State { at_work, ..State::default() };
        state.wishes = vec![wish(0, 1, Priority::Background)];
        assert_eq!(state.patience(), PATIENCE_FOR_A_PERSON);
        state.wishes = vec![wish(1, 1, Priority::Person)];
        assert_eq!(state.patience(), PATIENCE);
        state.wishes.push(wish(0, 1, Priority::Background));
        assert_eq!(state.patience(), Duration::ZERO);
    }
}
