//! The chat port over a model file: a handle for callers, and the threads that work for them.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{
    Beginning, ChatEvent, ChatModel, ChatRequest, Completion, Finish, Message, ModelError, Prepared, Priority,
};

use self::joint::{Joint, Sequence};
use self::pinned::Pinned;
use self::prompter::Prompter;
use self::queue::{Queue, Worker};
use self::session::{Answer, Kept, Session};
pub use self::snapshots::SnapshotOptions;
use self::snapshots::{Snapshots, fingerprint};
use crate::decoder::{Decoder, Shape};
use crate::gguf::Gguf;
use crate::kernel::Level;

mod constraint;
mod joint;
mod lookup;
mod pages;
pub(crate) mod pinned;
mod prompter;
mod queue;
mod sampler;
mod session;
mod snapshots;
mod stops;

/// Calls that are worked on at the same time: those of two agents, and a person's question.
const SEQUENCES: usize = 3;
/// How often a call that waits for another one looks whether it was cancelled.
const WAIT: Duration = Duration::from_millis(50);
/// Another one when keys and values are laid out or computed in another way: what was kept before goes then.
const COMPUTED: &[u8] = b"3";

/// Which file to load, and what it may take.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// The catalogue's id of the model.
    pub id: String,
    /// The GGUF file.
    pub path: PathBuf,
    /// Tokens that prompt and answer may have together; the file's own limit holds as well.
    pub context_limit: Option<usize>,
    /// Bytes of memory that the loaded model may take at most.
    pub memory_limit: Option<u64>,
    /// Whether what is likely to follow is read ahead, several tokens at a time. Changes the time
    /// that an answer takes, and no answer.
    pub drafts: bool,
    /// Where what was computed of common beginnings of prompts is kept; nowhere when `None`.
    pub snapshots: Option<SnapshotOptions>,
    /// Where what is computed ahead of texts is kept; nowhere when `None`.
    pub pinned: Option<SnapshotOptions>,
}

/// A chat model out of a GGUF file, on its own threads.
///
/// Clones are handles to the same model. Some calls of several handles are worked on at the same time,
/// and read in common passes ([`joint`]); the others wait, a person's before an agent's. The threads end,
/// and the memory is free, when the last handle is dropped.
#[derive(Clone)]
pub struct LocalChat(Arc<Handle>);

struct Handle {
    id: String,
    context: usize,
    bytes_of_a_token: u64,
    prompter: Arc<Prompter>,
    queue: Arc<Queue>,
    kept: Arc<Kept>,
    threads: Vec<JoinHandle<()>>,
}

enum Command {
    Complete { prompt: Vec<u32>, common: usize, request: ChatRequest, cancel: Cancel, replies: Sender<Reply> },
    Prepare { prompt: Vec<u32>, parts: Parts, cancel: Cancel, replies: Sender<Reply> },
    Score { prompt: Vec<u32>, first_tokens: Vec<u32>, cancel: Cancel, replies: Sender<Reply> },
}

enum Reply {
    Reading { done: usize, total: usize },
    Text(String),
    Answered(Result<Answer, ModelError>),
    Scored(Result<Vec<f32>, ModelError>),
    Prepared(Result<Prepared, ModelError>),
}

impl Command {
    fn prompt(&self) -> &[u32] {
        match self {
            Self::Complete { prompt, .. } | Self::Score { prompt, .. } | Self::Prepare { prompt, .. } => {
                prompt
            }
        }
    }

    fn priority(&self) -> Priority {
        match self {
            Self::Complete { request, .. } => request.priority,
            Self::Score { .. } | Self::Prepare { .. } => Priority::Background,
        }
    }
}

/// What a prompt is made of, where it is computed ahead.
#[derive(Debug, Clone, Copy)]
struct Parts {
    /// Tokens of the instructions.
    common: usize,
    /// Tokens up to the end of what is shared.
    end: usize,
    source: i64,
}

impl LocalChat {
    /// Checks the file, then reads its weights. Blocks for the time that the disk takes.
    pub fn load(options: LoadOptions) -> Result<Self, ModelError> {
        let gguf = Gguf::read(&options.path)?;
        let mut shape = Shape::of(&gguf)?;
        let prompter = Arc::new(Prompter::of(&gguf)?);
        if prompter.vocabulary() > shape.vocabulary {
            return Err(gguf.broken(format!(
                "it names {} tokens, but has embeddings of {}",
                prompter.vocabulary(),
                shape.vocabulary
            )));
        }
        shape.context = options.context_limit.unwrap_or(usize::MAX).min(shape.context);
        shape.sequences = SEQUENCES;
        let mut room = pages::ROOM;
        if let Some(limit) = options.memory_limit {
            // Where memory is short, fewer are worked on at the same time.
            while shape.sequences > 1 && shape.memory(shape.context) > limit {
                shape.sequences -= 1;
            }
            let needed = shape.memory(shape.context);
            if needed > limit {
                return Err(gguf.broken(format!(
                    "with {} tokens of context it takes up to {} MB of memory, and {} MB are allowed",
                    shape.context,
                    needed >> 20,
                    limit >> 20
                )));
            }
            room = room.min(usize::try_from(limit - needed).unwrap_or(usize::MAX));
        }

        let context = shape.context;
        let snapshots = options.snapshots.and_then(|at| open_kept(at, &options.id, &gguf, Snapshots::open));
        let pinned = options.pinned.and_then(|at| open_kept(at, &options.id, &gguf, Pinned::open));
        let bytes_of_a_token = shape.memory_of_a_token();
        let died = gguf.broken("reading its weights failed unexpectedly");
        // On another thread, so that one that panics takes nobody with it.
        let sequences = shape.sequences;
        let loading = thread::spawn(move || Decoder::load(gguf, &shape));
        let joint = Joint::new(loading.join().map_err(|_| died)??);
        let kept = Arc::new(Kept::new(room, snapshots, pinned));
        let queue = Arc::new(Queue::new(sequences));
        let mut handle =
            Handle { id: options.id, context, bytes_of_a_token, prompter, queue, kept, threads: Vec::new() };
        for number in 0..sequences {
            let session = Session::new(
                handle.id.clone(),
                Sequence::new(&joint, number),
                Arc::clone(&handle.prompter),
                context,
                options.drafts,
                Arc::clone(&handle.kept),
            );
            let worker = Worker { number, queue: Arc::clone(&handle.queue) };
            let thread = thread::Builder::new()
                .name(format!("session-{number}"))
                .spawn(move || serve(session, &worker))
                .map_err(|error| ModelError::Run {
                    model: handle.id.clone(),
                    doing: "starting its threads",
                    reason: error.to_string(),
                })?;
            handle.threads.push(thread);
        }
        Ok(Self(Arc::new(handle)))
    }

    fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>, ModelError> {
        self.0.prompter.prompt(messages).map_err(|reason| self.failed("rendering the prompt", reason))
    }

    /// A prompt that leaves room for a token of answer.
    fn fitting_prompt(&self, messages: &[Message]) -> Result<Vec<u32>, ModelError> {
        let prompt = self.prompt(messages)?;
        let limit = self.0.context.saturating_sub(1);
        if prompt.len() > limit {
            return Err(ModelError::PromptTooLong { model: self.0.id.clone(), tokens: prompt.len(), limit });
        }
        Ok(prompt)
    }

    fn send(&self, command: Command) -> Result<(), ModelError> {
        if self.0.queue.put(command) { Ok(()) } else { Err(self.died()) }
    }

    fn failed(&self, doing: &'static str, reason: impl Into<String>) -> ModelError {
        ModelError::Run { model: self.0.id.clone(), doing, reason: reason.into() }
    }

    /// The thread panicked in an earlier call.
    fn died(&self) -> ModelError {
        self.failed("computing", "its thread ended unexpectedly; load it again")
    }
}

/// Tells by what keys and values are computed: their last bits are others on another kind of processor, and
/// where kernels compute in another order.
fn computed_by() -> [u8; snapshots::HASH] {
    snapshots::hash([COMPUTED, Level::available()[0].name().as_bytes()])
}

/// What is kept only saves time: a folder that cannot be used costs no more than that.
fn open_kept<T>(
    at: SnapshotOptions,
    id: &str,
    gguf: &Gguf,
    open: impl FnOnce(SnapshotOptions, &str, [u8; snapshots::HASH]) -> io::Result<T>,
) -> Option<T> {
    let folder = at.folder.clone();
    fingerprint(gguf.path(), gguf.data_start(), gguf.file_bytes())
        .map(|file| snapshots::hash([&file, &computed_by()]))
        .and_then(|fingerprint| open(at, id, fingerprint))
        .inspect_err(|error| tracing::warn!(folder = %folder.display(), %error, "nothing computed is kept"))
        .ok()
}

impl ChatModel for LocalChat {
    fn id(&self) -> &str {
        &self.0.id
    }

    fn context(&self) -> usize {
        self.0.context
    }

    fn count_prompt_tokens(&self, messages: &[Message]) -> Result<usize, ModelError> {
        self.prompt(messages).map(|prompt| prompt.len())
    }

    fn count_tokens(&self, text: &str) -> Result<usize, ModelError> {
        let tokens = self.0.prompter.text(text).map_err(|reason| self.failed("counting tokens", reason))?;
        Ok(tokens.len())
    }

    fn complete(
        &self,
        request: &ChatRequest,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(ChatEvent<'_>),
    ) -> Result<Completion, ModelError> {
        let prompt = self.fitting_prompt(&request.messages)?;
        let prompt_tokens = prompt.len();
        let common =
            self.0.prompter.common(&prompt, &request.messages[..request.common.min(request.messages.len())]);
        let (replies, inbox) = mpsc::channel();
        let (request, shared) = (request.clone(), cancel.clone());
        self.send(Command::Complete { prompt, common, request, cancel: shared, replies })?;
        let mut replies = Replies { inbox, cancel, begun: false };
        let answer = loop {
            match replies.next() {
                Next::Reply(Reply::Reading { done, total }) => on_event(ChatEvent::Reading { done, total }),
                Next::Reply(Reply::Text(text)) => on_event(ChatEvent::Text(&text)),
                Next::Reply(Reply::Answered(answer)) => break answer?,
                Next::Reply(Reply::Scored(_) | Reply::Prepared(_)) | Next::Gone => return Err(self.died()),
                Next::CancelledWaiting => {
                    break Answer { text: String::new(), tokens: 0, passes: 0, finish: Finish::Cancelled };
                }
            }
        };
        Ok(Completion {
            text: answer.text,
            finish: answer.finish,
            prompt_tokens,
            answer_tokens: answer.tokens,
            passes: answer.passes,
        })
    }

    fn first_token_logprobs(
        &self,
        messages: &[Message],
        beginnings: &[&str],
        cancel: &Cancel,
    ) -> Result<Vec<f32>, ModelError> {
        const DOING: &str = "weighing beginnings of an answer";
        let prompt = self.fitting_prompt(messages)?;
        let first_tokens = beginnings
            .iter()
            .map(|beginning| self.0.prompter.first_token(&prompt, beginning))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|reason| self.failed(DOING, reason))?;
        let (replies, inbox) = mpsc::channel();
        self.send(Command::Score { prompt, first_tokens, cancel: cancel.clone(), replies })?;
        let mut replies = Replies { inbox, cancel, begun: false };
        loop {
            match replies.next() {
                Next::Reply(Reply::Scored(scores)) => return scores,
                Next::Reply(Reply::Reading { .. }) => {}
                Next::Reply(Reply::Text(_) | Reply::Answered(_) | Reply::Prepared(_)) | Next::Gone => {
                    return Err(self.died());
                }
                Next::CancelledWaiting => return Err(self.failed(DOING, "it was cancelled")),
            }
        }
    }

    fn known(&self, messages: &[Message]) -> Result<usize, ModelError> {
        let prompt = self.prompt(messages)?;
        Ok(self.0.queue.known(&prompt).max(self.0.kept.known(&prompt)))
    }

    fn prepare(&self, beginning: &Beginning, cancel: &Cancel) -> Result<Prepared, ModelError> {
        // What follows is not known; what two texts that follow have in common is shared.
        let followed = |by: &str| {
            let mut messages = beginning.messages.clone();
            if let Some(last) = messages.last_mut() {
                last.content.push_str(by);
            }
            self.fitting_prompt(&messages)
        };
        let (prompt, other) = (followed("Q")?, followed("[")?);
        let end = prompt.iter().zip(&other).take_while(|(one, other)| one == other).count();
        let messages = &beginning.messages[..beginning.common.min(beginning.messages.len())];
        let common = self.0.prompter.common(&prompt, messages).min(end);
        let (replies, inbox) = mpsc::channel();
        let parts = Parts { common, end, source: beginning.source };
        self.send(Command::Prepare { prompt, parts, cancel: cancel.clone(), replies })?;
        let mut replies = Replies { inbox, cancel, begun: false };
        loop {
            match replies.next() {
                Next::Reply(Reply::Prepared(prepared)) => return prepared,
                Next::Reply(Reply::Reading { .. }) => {}
                Next::Reply(_) | Next::Gone => return Err(self.died()),
                Next::CancelledWaiting => return Ok(Prepared::Cancelled),
            }
        }
    }

    fn bytes_kept_of_a_token(&self) -> u64 {
        self.0.bytes_of_a_token
    }

    fn forget(&self) {
        self.0.kept.forget();
    }
}

/// What the thread replies to one call.
struct Replies<'a> {
    inbox: Receiver<Reply>,
    cancel: &'a Cancel,
    /// Whether a thread has taken the call up.
    begun: bool,
}

enum Next {
    Reply(Reply),
    CancelledWaiting,
    Gone,
}

impl Replies<'_> {
    /// Waits for the next reply. A thread that is at work on this call sees the wish to stop itself
    /// and replies; one that is at work on another call is not waited for.
    fn next(&mut self) -> Next {
        loop {
            match self.inbox.recv_timeout(WAIT) {
                Ok(reply) => {
                    self.begun = true;
                    return Next::Reply(reply);
                }
                Err(RecvTimeoutError::Disconnected) => return Next::Gone,
                Err(RecvTimeoutError::Timeout) if !self.begun && self.cancel.is_cancelled() => {
                    return Next::CancelledWaiting;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// A thread's life: one command after the other, until the last handle is gone.
fn serve(mut session: Session, worker: &Worker) {
    worker.rest(session.read());
    while let Some(command) = worker.next() {
        session.work_for(Some(command.priority()));
        let (reply, replies) = match command {
            Command::Complete { prompt, common, request, cancel, replies } => {
                let answer = session.complete(&prompt, common, &request, &cancel, &replies);
                (Reply::Answered(answer), replies)
            }
            Command::Score { prompt, first_tokens, cancel, replies } => {
                let scores = session.score(&prompt, &first_tokens, &cancel, &replies);
                (Reply::Scored(scores), replies)
            }
            Command::Prepare { prompt, parts, cancel, replies } => {
                let prepared = session.prepare(&prompt, parts, &cancel, &replies);
                (Reply::Prepared(prepared), replies)
            }
        };
        session.work_for(None);
        worker.rest(session.read());
        // That nobody listens any more is fine.
        drop(replies.send(reply));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::warn!(model = self.id, "a thread of the model had panicked");
            }
        }
    }
}
