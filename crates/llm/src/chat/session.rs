//! The model at work: reads prompts, writes answers, and remembers what it has read.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatRequest, Finish, ModelError, Prepared, Priority};

use super::constraint::Held;
use super::joint::Sequence;
use super::lookup::Lookup;
use super::pages::{PAGE, Pages};
use super::pinned::{Pinned, Saved};
use super::prompter::Prompter;
use super::sampler::Sampler;
use super::snapshots::Snapshots;
use super::stops::Stops;
use super::{Parts, Reply};
use crate::speed::PIECE;
use crate::tokenizer::TextStream;

/// Fewer tokens are read again sooner than they are found.
const WORTH_KEEPING: usize = 32;

pub(super) struct Session {
    id: String,
    sequence: Sequence,
    prompter: Arc<Prompter>,
    context: usize,
    drafts: bool,
    /// The logits after the last token that the sequence has read, drafts aside.
    logits: Option<Vec<f32>>,
    /// What was read ahead.
    draft: Draft,
    kept: Arc<Kept>,
    /// How often [`Kept::forget`] was called when it last looked.
    forgotten: u64,
}

/// What all sessions of a model keep of what was read before.
pub(super) struct Kept {
    pages: Mutex<Pages>,
    /// Bytes that the pages may take.
    room: usize,
    snapshots: Option<Snapshots>,
    pinned: Option<Mutex<Pinned>>,
    forgotten: AtomicU64,
}

impl Kept {
    pub(super) fn new(room: usize, snapshots: Option<Snapshots>, pinned: Option<Pinned>) -> Self {
        let pages = Mutex::new(Pages::new(room));
        Self { pages, room, snapshots, pinned: pinned.map(Mutex::new), forgotten: AtomicU64::new(0) }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pinned(&self) -> Option<MutexGuard<'_, Pinned>> {
        self.pinned.as_ref().map(|pinned| pinned.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many of the first tokens are kept, of a prompt whose last token is always read.
    pub(super) fn known(&self, prompt: &[u32]) -> usize {
        let kept = self.pages().kept(prompt);
        let part = self.pinned().and_then(|pinned| pinned.find(prompt, kept));
        // Of what was computed ahead, the part before stands in memory or is soon read.
        part.map_or(kept, |part| part.end)
    }

    /// Forgets what is kept in memory; no session uses what it has read before any more.
    pub(super) fn forget(&self) {
        *self.pages() = Pages::new(self.room);
        self.forgotten.fetch_add(1, Ordering::AcqRel);
    }
}

/// Tokens that were read because they are likely to be written, with the logits after each.
#[derive(Default)]
struct Draft {
    ahead: VecDeque<(u32, Vec<f32>)>,
    /// How many there were, and how many of them came true.
    drafted: usize,
    kept: usize,
}

/// The logits after what was written, and whether the model was asked for them now.
struct ReadOn {
    logits: Vec<f32>,
    is_new: bool,
}

/// What was written.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) tokens: usize,
    pub(super) passes: usize,
    pub(super) finish: Finish,
}

impl Session {
    /// With `drafts`, what is likely to follow is read ahead where that changes no answer.
    pub(super) fn new(
        id: String,
        sequence: Sequence,
        prompter: Arc<Prompter>,
        context: usize,
        drafts: bool,
        kept: Arc<Kept>,
    ) -> Self {
        let drafts = drafts && sequence.reads_ahead();
        Self {
            id,
            sequence,
            prompter,
            context,
            drafts,
            logits: None,
            draft: Draft::default(),
            forgotten: kept.forgotten.load(Ordering::Acquire),
            kept,
        }
    }

    /// The tokens that it has read.
    pub(super) fn read(&self) -> &[u32] {
        self.sequence.read()
    }

    /// Says for what it works from now on, or that it rests.
    pub(super) fn work_for(&mut self, priority: Option<Priority>) {
        let forgotten = self.kept.forgotten.load(Ordering::Acquire);
        if self.forgotten != forgotten {
            self.forget();
            self.forgotten = forgotten;
        }
        self.sequence.work_for(priority);
    }

    /// The logarithms of the probabilities that `first_tokens` come next.
    pub(super) fn score(
        &mut self,
        prompt: &[u32],
        first_tokens: &[u32],
        cancel: &Cancel,
        replies: &Sender<Reply>,
    ) -> Result<Vec<f32>, ModelError> {
        const DOING: &str = "weighing beginnings of an answer";
        self.take_pages_up(prompt);
        let taken = self.take_pinned_up(prompt, cancel, replies)?;
        let read = if taken { self.read_prompt(prompt, cancel, replies)? } else { None };
        let Some(logits) = read else {
            return Err(self.failed(DOING, "it was cancelled"));
        };
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
        let all = largest + sum.ln() as f32;
        Ok(first_tokens.iter().map(|token| logits[*token as usize] - all).collect())
    }

    pub(super) fn complete(
        &mut self,
        prompt: &[u32],
        common: usize,
        request: &ChatRequest,
        cancel: &Cancel,
        replies: &Sender<Reply>,
    ) -> Result<Answer, ModelError> {
        let refused = |reason: String| ModelError::Constraint { model: self.id.clone(), reason };
        let mut held =
            request.constraint.as_ref().map(|rule| self.prompter.hold(rule)).transpose().map_err(refused)?;
        let mut answer = Answer { text: String::new(), tokens: 0, passes: 0, finish: Finish::Cancelled };
        let common = &prompt[..common.min(prompt.len() - 1)];
        self.take_pages_up(prompt);
        self.take_snapshot_up(common);
        if !self.take_pinned_up(prompt, cancel, replies)? {
            return Ok(answer);
        }
        let Some(mut logits) = self.read_prompt(prompt, cancel, replies)? else {
            return Ok(answer);
        };
        self.keep_snapshot(common);
        let mut sampler = Sampler::new(request.sampling);
        let mut characters = TextStream::default();
        let stops = self.prompter.stops().iter().map(|stop| (*stop).to_owned());
        let mut stops = Stops::new(request.stop.iter().cloned().chain(stops));
        let mut said = prompt.to_vec();
        let mut lookup = self.drafts.then(Lookup::default);
        answer.finish = 'writing: loop {
            let left = request.max_tokens.min(self.context - prompt.len()) - answer.tokens;
            if left == 0 {
                break Finish::Length;
            }
            if cancel.is_cancelled() {
                break Finish::Cancelled;
            }
            let Some(mut next) = self.next_tokens(&mut sampler, &mut logits, held.as_mut(), &said)? else {
                break Finish::Stop;
            };
            let is_cut = next.len() > left;
            next.truncate(left);
            for token in &next {
                let Some(bytes) = self.prompter.continues_with(*token) else {
                    break 'writing Finish::Stop;
                };
                answer.tokens += 1;
                let (text, stopped) = stops.push(&characters.push(bytes));
                if !tell(&mut answer, text, replies) {
                    break 'writing Finish::Cancelled;
                }
                if stopped {
                    break 'writing Finish::Stop;
                }
            }
            if !is_cut && held.as_ref().is_some_and(Held::is_done) {
                break Finish::Stop;
            }
            // The last token that is allowed need not be read.
            if next.len() < left {
                said.extend(&next);
                let most = left - next.len() - 1;
                let Some(read) = self.read_on(&next, &said, most, lookup.as_mut(), cancel)? else {
                    break Finish::Cancelled;
                };
                answer.passes += usize::from(read.is_new);
                logits = read.logits;
            }
        };
        tell(&mut answer, stops.finish(), replies);
        Ok(answer)
    }

    /// What is written next: all tokens that the rule forces, or else one that the model chooses;
    /// `None` when the rule lets nothing follow.
    fn next_tokens(
        &self,
        sampler: &mut Sampler,
        logits: &mut [f32],
        held: Option<&mut Held>,
        said: &[u32],
    ) -> Result<Option<Vec<u32>>, ModelError> {
        let nothing = || self.failed("choosing a token", "no token is possible");
        let Some(held) = held else {
            return sampler.choose(logits, said).map(|token| Some(vec![token])).ok_or_else(nothing);
        };
        if held.is_done() {
            return Ok(None);
        }
        let forced = held.forced();
        if !forced.is_empty() {
            return Ok(Some(forced));
        }
        let broken = |reason| self.failed("holding an answer to its rule", reason);
        held.mask(logits).map_err(broken)?;
        let token = sampler.choose(logits, said).ok_or_else(nothing)?;
        if self.prompter.continues_with(token).is_none() {
            return Ok(None);
        }
        held.write(token).map_err(broken)?;
        Ok(Some(vec![token]))
    }

    /// Keeps what the decoder has read where a prompt goes another way, and takes up what was kept of the
    /// prompt's beginning, when it is more than what it has read of it.
    fn take_pages_up(&mut self, prompt: &[u32]) {
        self.drop_draft();
        let read = self.sequence.read();
        if read == prompt && self.logits.is_some() {
            return;
        }
        let same = read.iter().zip(prompt).take_while(|(read, token)| read == token).count();
        if same < read.len() {
            self.kept.pages().keep(read, |range| self.sequence.save(range));
        }
        // The last token is always read, for its logits are wanted.
        self.sequence.cut(same.min(prompt.len() - 1));
        self.logits = None;
        let at = self.sequence.read().len();
        let kept = &prompt[..prompt.len() - 1];
        let shared = Arc::clone(&self.kept);
        let mut pages = shared.pages();
        if pages.kept(kept) <= at {
            return;
        }
        for (start, saved) in pages.saved(kept) {
            let is_new = start + PAGE > at;
            if is_new && !self.sequence.restore(start, &kept[start..start + PAGE], saved) {
                tracing::warn!(model = self.id, "a page does not fit the model that it was made of");
                break;
            }
        }
    }

    /// Takes up what was computed of the beginning of a prompt, when it is kept and more than what
    /// the decoder still has of it.
    fn take_snapshot_up(&mut self, common: &[u32]) {
        if common.len() < WORTH_KEEPING || self.sequence.read().starts_with(common) {
            return;
        }
        let Some(snapshots) = &self.kept.snapshots else { return };
        match snapshots.load(common) {
            Ok(Some(saved)) => {
                self.draft = Draft::default();
                if self.sequence.restore(0, common, &saved) {
                    self.logits = None;
                } else {
                    tracing::warn!(model = self.id, "a snapshot does not fit the model that it was made of");
                    self.forget();
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(model = self.id, %error, "a snapshot cannot be read"),
        }
    }

    fn keep_snapshot(&mut self, common: &[u32]) {
        if let Some(snapshots) = &self.kept.snapshots
            && common.len() >= WORTH_KEEPING
            && !snapshots.has(common)
            && let Some(saved) = self.sequence.save(0..common.len())
            && let Err(error) = snapshots.save(common, &saved)
        {
            tracing::warn!(model = self.id, %error, "a snapshot cannot be written");
        }
    }

    /// Takes up what was computed ahead of a prompt, when it is more than what it has read of it;
    /// false when it was cancelled.
    fn take_pinned_up(
        &mut self,
        prompt: &[u32],
        cancel: &Cancel,
        replies: &Sender<Reply>,
    ) -> Result<bool, ModelError> {
        // The last token is always read, for its logits are wanted.
        let before = &prompt[..prompt.len() - 1];
        let read = self.sequence.read().len();
        let Some(mut pinned) = self.kept.pinned().filter(|_| before.starts_with(self.sequence.read())) else {
            return Ok(true);
        };
        let Some(part) = pinned.find(before, read) else { return Ok(true) };
        let loaded = pinned.load(&before[..part.end]);
        drop(pinned);
        let saved = match loaded {
            Ok(Some(saved)) => saved,
            Ok(None) => return Ok(true),
            Err(error) => {
                tracing::warn!(model = self.id, %error, "what was computed ahead cannot be read");
                return Ok(true);
            }
        };
        if read < part.start && self.read_prompt(&before[..part.start], cancel, replies)?.is_none() {
            return Ok(false);
        }
        self.logits = None;
        if !self.sequence.restore(part.start, &before[part], &saved) {
            tracing::warn!(model = self.id, "what was computed ahead does not fit the model");
        }
        Ok(true)
    }

    /// Computes the shared part of a prompt and keeps it on disk.
    pub(super) fn prepare(
        &mut self,
        prompt: &[u32],
        parts: Parts,
        cancel: &Cancel,
        replies: &Sender<Reply>,
    ) -> Result<Prepared, ModelError> {
        let from = parts.common / PAGE * PAGE;
        let shared = &prompt[..parts.end / PAGE * PAGE];
        let Some(is_known) = self.kept.pinned().map(|pinned| pinned.has(shared)) else {
            return Ok(Prepared::Full);
        };
        if shared.len() < from + WORTH_KEEPING || is_known {
            return Ok(Prepared::Nothing);
        }
        let common = &prompt[..parts.common];
        self.take_pages_up(shared);
        self.take_snapshot_up(common);
        if self.read_prompt(shared, cancel, replies)?.is_none() {
            return Ok(Prepared::Cancelled);
        }
        self.keep_snapshot(common);
        // A network that keeps more than keys and values can go on from nowhere else.
        let Some(saved) = self.sequence.save(from..shared.len()) else { return Ok(Prepared::Nothing) };
        let Some(mut pinned) = self.kept.pinned() else { return Ok(Prepared::Full) };
        match pinned.save(parts.source, shared, from, &saved) {
            Ok(Saved::Kept) => Ok(Prepared::Kept),
            Ok(Saved::Full) => Ok(Prepared::Full),
            Err(error) => Err(self.failed("keeping what was computed ahead", error)),
        }
    }

    /// Reads a prompt, or what of it is new; `None` when it was cancelled.
    fn read_prompt(
        &mut self,
        prompt: &[u32],
        cancel: &Cancel,
        replies: &Sender<Reply>,
    ) -> Result<Option<Vec<f32>>, ModelError> {
        let total = prompt.len();
        self.drop_draft();
        if self.sequence.read() != prompt || self.logits.is_none() {
            let same =
                self.sequence.read().iter().zip(prompt).take_while(|(read, token)| read == token).count();
            // The last token is always read, for its logits are wanted.
            self.sequence.cut(same.min(total - 1));
            self.logits = None;
        }
        // What is told here is only for the eye: that nobody listens shows at the first text.
        let tell = |done| drop(replies.send(Reply::Reading { done, total }));
        tell(self.sequence.read().len());
        while self.sequence.read().len() < total {
            let at = self.sequence.read().len();
            let end = (at + PIECE).min(total);
            if self.forward(&prompt[at..end], cancel, "reading the prompt")?.is_none() {
                return Ok(None);
            }
            tell(end);
        }
        let logits = self.logits.clone().expect("the last token of the prompt was just read");
        if logits.iter().all(|logit| logit.is_finite()) {
            return Ok(Some(logits));
        }
        self.forget();
        Err(self.failed("reading the prompt", "its output is not a number"))
    }

    /// Reads what was written, the last of `said`, and with it what is likely to follow, at most
    /// `most` tokens; `None` when it was cancelled.
    ///
    /// Drafts change nothing but the time: each token is chosen from logits that are the same to the
    /// bit with and without them.
    fn read_on(
        &mut self,
        written: &[u32],
        said: &[u32],
        most: usize,
        lookup: Option<&mut Lookup>,
        cancel: &Cancel,
    ) -> Result<Option<ReadOn>, ModelError> {
        const DOING: &str = "writing an answer";
        let read_on = |logits, is_new| ReadOn { logits, is_new };
        let mut new = written;
        while let Some((token, rest)) = new.split_first()
            && let Some((_, logits)) = self.draft.ahead.pop_front_if(|(drafted, _)| drafted == token)
        {
            self.draft.kept += 1;
            self.logits = Some(logits);
            new = rest;
        }
        if new.is_empty() {
            return Ok(self.logits.clone().map(|logits| read_on(logits, false)));
        }
        let Some(lookup) = lookup else {
            let logits = self.forward(new, cancel, DOING)?;
            return Ok(logits.map(|logits| read_on(logits, true)));
        };
        if self.draft.drafted > 0 {
            lookup.learn(self.draft.drafted, self.draft.kept);
        }
        self.drop_draft();
        let draft = lookup.draft(said, most);
        let Some(logits) = self.forward_all(&[new, draft].concat(), draft.len() + 1, cancel, DOING)? else {
            return Ok(None);
        };
        let mut rows = logits.chunks_exact(logits.len() / (draft.len() + 1)).map(<[f32]>::to_vec);
        self.logits = rows.next();
        self.draft.ahead = draft.iter().copied().zip(rows).collect();
        self.draft.drafted = draft.len();
        Ok(self.logits.clone().map(|logits| read_on(logits, true)))
    }

    /// Forgets what was read ahead and not written.
    fn drop_draft(&mut self) {
        self.sequence.cut(self.sequence.read().len() - self.draft.ahead.len());
        self.draft = Draft::default();
    }

    /// The logits after `tokens`; `None` when it was cancelled.
    fn forward(
        &mut self,
        tokens: &[u32],
        cancel: &Cancel,
        doing: &'static str,
    ) -> Result<Option<Vec<f32>>, ModelError> {
        self.forward_all(tokens, 1, cancel, doing)
    }

    /// The logits after each of the last `count` of `tokens`, `[count, vocabulary]`; kept are those
    /// after the last one.
    fn forward_all(
        &mut self,
        tokens: &[u32],
        count: usize,
        cancel: &Cancel,
        doing: &'static str,
    ) -> Result<Option<Vec<f32>>, ModelError> {
        match self.sequence.forward(tokens, count, cancel) {
            Ok(logits) => {
                // A piece that was cancelled leaves what was read before, but not its logits.
                self.logits = logits.as_ref().map(|all| all[all.len() / count * (count - 1)..].to_vec());
                Ok(logits)
            }
            Err(error) => {
                self.forget();
                Err(self.failed(doing, error))
            }
        }
    }

    fn forget(&mut self) {
        self.sequence.cut(0);
        self.logits = None;
        self.draft = Draft::default();
    }

    fn failed(&self, doing: &'static str, reason: impl ToString) -> ModelError {
        ModelError::Run { model: self.id.clone(), doing, reason: reason.to_string() }
    }
}

/// Adds text to the answer and tells it; false when nobody listens any more.
fn tell(answer: &mut Answer, text: String, replies: &Sender<Reply>) -> bool {
    if text.is_empty() {
        return true;
    }
    answer.text.push_str(&text);
    replies.send(Reply::Text(text)).is_ok()
}
