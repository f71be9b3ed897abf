//! Calls that wait for a session, and which of them is next.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use inhouse_agent::chat::Priority;

use super::Command;

pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    commands: Vec<Command>,
    /// What the sessions have read that wait for one.
    idle: Vec<Option<Vec<u32>>>,
    /// Sessions whose threads live.
    alive: usize,
    is_closed: bool,
}

/// A session's end of the queue.
pub(super) struct Worker {
    pub(super) number: usize,
    pub(super) queue: Arc<Queue>,
}

impl Queue {
    pub(super) fn new(sessions: usize) -> Self {
        let idle = vec![None; sessions];
        let state = State { commands: Vec::new(), idle, alive: sessions, is_closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False when no session lives that could take it.
    pub(super) fn put(&self, command: Command) -> bool {
        let mut state = self.state();
        let lives = state.alive > 0;
        if lives {
            state.commands.push(command);
            self.changed.notify_all();
        }
        lives
    }

    /// How many of the first tokens a session that waits has read.
    pub(super) fn known(&self, prompt: &[u32]) -> usize {
        self.state().idle.iter().flatten().map(|read| common(read, prompt)).max().unwrap_or(0)
    }

    /// Lets the sessions end.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.changed.notify_all();
    }
}

impl Worker {
    /// Says that the session can take a call, and what it has read. To be said before an answer is given:
    /// who follows it up then finds the session.
    pub(super) fn rest(&self, read: &[u32]) {
        self.queue.state().idle[self.number] = Some(read.to_vec());
        // A call that waits may be another's, now that this one waits too.
        self.queue.changed.notify_all();
    }

    /// The next call for a session that rests; none when the queue was closed.
    pub(super) fn next(&self) -> Option<Command> {
        let mut state = self.queue.state();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(which) = state.next(self.number) {
                state.idle[self.number] = None;
                self.queue.changed.notify_all();
                return Some(state.commands.remove(which));
            }
            state = self.queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.alive -= 1;
        state.idle[self.number] = None;
        if state.alive == 0 {
            // Who waits for them hears that nobody answers.
            state.commands.clear();
        }
        self.queue.changed.notify_all();
    }
}

impl State {
    /// Which call a session takes: the first one of a person, or else the first one, when no other session
    /// that waits has read more of it. The last one that waits is a person's, where there are several.
    fn next(&self, session: usize) -> Option<usize> {
        let is_persons = |command: &Command| command.priority() == Priority::Person;
        let free = self.idle.iter().flatten().count();
        let takes_all = free > 1 || self.alive == 1;
        let first = (takes_all && !self.commands.is_empty()).then_some(0);
        let which = self.commands.iter().position(is_persons).or(first)?;
        let prompt = self.commands[which].prompt();
        let idle = self.idle.iter().enumerate();
        let known =
            idle.filter_map(|(number, read)| read.as_ref().map(|read| (common(read, prompt), number)));
        // Of several that know as much, the first one.
        let best = known.max_by_key(|(same, number)| (*same, std::cmp::Reverse(*number)));
        best.is_some_and(|(_, number)| number == session).then_some(which)
    }
}

/// How many tokens two texts begin with alike.
fn common(one: &[u32], other: &[u32]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use inhouse_agent::cancel::Cancel;
    use inhouse_agent::chat::{ChatRequest, Sampling};

    use super::*;

    fn command(priority: Priority) -> Command {
        let request = ChatRequest {
            messages: Vec::new(),
            common: 0,
            priority,
            max_tokens: 1,
            sampling: Sampling::default(),
            stop: Vec::new(),
            constraint: None,
        };
        let (prompt, cancel, replies) = (vec![1, 2], Cancel::new(), mpsc::channel().0);
        Command::Complete { prompt, common: 0, request, cancel, replies }
    }

    fn state(commands: &[Priority], idle: &[bool]) -> State {
        let commands = commands.iter().map(|priority| command(*priority)).collect();
        let idle: Vec<_> = idle.iter().map(|is_idle| is_idle.then(|| vec![9])).collect();
        State { commands, alive: idle.len(), idle, is_closed: false }
    }

    #[test]
    fn a_person_goes_first_and_finds_a_session_free() {
        use Priority::{Background, Person};
        let waiting = state(&[Background, Background, Person], &[true, true, true]);
        assert_eq!((waiting.next(0), waiting.next(1)), (Some(2), None));
        // Two agents are at work: the third session is a person's.
        assert_eq!(state(&[Background], &[false, false, true]).next(2), None);
        assert_eq!(state(&[Background, Person], &[false, false, true]).next(2), Some(1));
        assert_eq!(state(&[Background], &[false, true, true]).next(1), Some(0));
        // One alone does everything.
        assert_eq!(state(&[Background], &[true]).next(0), Some(0));
        assert_eq!(state(&[], &[true]).next(0), None);
    }

    #[test]
    fn a_call_goes_to_the_session_that_has_read_most_of_it() {
        let mut waiting = state(&[Priority::Person], &[true, true, true]);
        waiting.idle[1] = Some(vec![1, 2, 3]);
        waiting.idle[2] = Some(vec![1]);
        assert_eq!([0, 1, 2].map(|session| waiting.next(session)), [None, Some(0), None]);
        assert_eq!(common(&[1, 2, 3], &[1, 2, 4, 3]), 2);
        waiting.idle[1] = None;
        assert_eq!([0, 2].map(|session| waiting.next(session)), [None, Some(0)]);
    }

    #[test]
    fn without_sessions_nothing_is_taken() {
        let queue = Arc::new(Queue::new(1));
        assert!(queue.put(command(Priority::Person)));
        drop(Worker { number: 0, queue: Arc::clone(&queue) });
        assert!(!queue.put(command(Priority::Person)) && queue.state().commands.is_empty());
    }
}
