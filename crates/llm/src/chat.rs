//! The chat port over a model file: a handle for callers, and the thread on which the model lives.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatEvent, ChatModel, ChatRequest, Completion, Finish, Message, ModelError};

use self::prompter::Prompter;
use self::session::{Answer, Session};
pub use self::snapshots::SnapshotOptions;
use self::snapshots::{Snapshots, fingerprint};
use crate::decoder::{Decoder, Shape};
use crate::gguf::Gguf;

mod constraint;
mod lookup;
mod pages;
mod prompter;
mod sampler;
mod session;
mod snapshots;
mod stops;

/// How often a call that waits for another one looks whether it was cancelled.
const WAIT: Duration = Duration::from_millis(50);

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
}

/// A chat model out of a GGUF file, on its own thread.
///
/// Clones are handles to the same model; calls of several handles wait for each other. The thread
/// ends, and the memory is free, when the last handle is dropped.
#[derive(Clone)]
pub struct LocalChat(Arc<Handle>);

struct Handle {
    id: String,
    context: usize,
    prompter: Arc<Prompter>,
    /// `None` only while the handle is dropped.
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

enum Command {
    Complete { prompt: Vec<u32>, common: usize, request: ChatRequest, cancel: Cancel, replies: Sender<Reply> },
    Score { prompt: Vec<u32>, first_tokens: Vec<u32>, cancel: Cancel, replies: Sender<Reply> },
}

enum Reply {
    Reading { done: usize, total: usize },
    Text(String),
    Answered(Result<Answer, ModelError>),
    Scored(Result<Vec<f32>, ModelError>),
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
        let mut room = pages::ROOM;
        if let Some(limit) = options.memory_limit {
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
        let snapshots = options.snapshots.and_then(|at| open_snapshots(at, &options.id, &gguf));
        let died = gguf.broken("reading its weights failed unexpectedly");
        let (commands, inbox) = mpsc::channel();
        let (ready, loaded) = mpsc::channel();
        let (id, thread_prompter) = (options.id.clone(), Arc::clone(&prompter));
        let thread = thread::Builder::new()
            .name("model".into())
            .spawn(move || match Decoder::load(gguf, &shape) {
                Err(error) => drop(ready.send(Err(error))),
                Ok(decoder) => {
                    let mut session =
                        Session::new(id, decoder, thread_prompter, shape.context, options.drafts);
                    session.set_room(room);
                    session.set_snapshots(snapshots);
                    if ready.send(Ok(())).is_ok() {
                        serve(session, &inbox);
                    }
                }
            })
            .map_err(|error| ModelError::Run {
                model: options.id.clone(),
                doing: "starting its thread",
                reason: error.to_string(),
            })?;
        let handle =
            Handle { id: options.id, context, prompter, commands: Some(commands), thread: Some(thread) };
        loaded.recv().unwrap_or(Err(died))?;
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
        let commands = self.0.commands.as_ref().expect("the sender is taken only when the handle is dropped");
        commands.send(command).map_err(|_| self.died())
    }

    fn failed(&self, doing: &'static str, reason: impl Into<String>) -> ModelError {
        ModelError::Run { model: self.0.id.clone(), doing, reason: reason.into() }
    }

    /// The thread panicked in an earlier call.
    fn died(&self) -> ModelError {
        self.failed("computing", "its thread ended unexpectedly; load it again")
    }
}

/// Snapshots only save time: a folder that cannot be used costs no more than that.
fn open_snapshots(at: SnapshotOptions, id: &str, gguf: &Gguf) -> Option<Snapshots> {
    let folder = at.folder.clone();
    fingerprint(gguf.path(), gguf.data_start(), gguf.file_bytes())
        .and_then(|fingerprint| Snapshots::open(at, id, fingerprint))
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
                Next::Reply(Reply::Scored(_)) | Next::Gone => return Err(self.died()),
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
                Next::Reply(Reply::Text(_) | Reply::Answered(_)) | Next::Gone => return Err(self.died()),
                Next::CancelledWaiting => return Err(self.failed(DOING, "it was cancelled")),
            }
        }
    }
}

/// What the thread replies to one call.
struct Replies<'a> {
    inbox: Receiver<Reply>,
    cancel: &'a Cancel,
    /// Whether the thread has taken the call up.
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

/// The thread's life: one command after the other, until the last handle is gone.
fn serve(mut session: Session, inbox: &Receiver<Command>) {
    for command in inbox {
        match command {
            Command::Complete { prompt, common, request, cancel, replies } => {
                let answer = session.complete(&prompt, common, &request, &cancel, &replies);
                drop(replies.send(Reply::Answered(answer)));
            }
            Command::Score { prompt, first_tokens, cancel, replies } => {
                let scores = session.score(&prompt, &first_tokens, &cancel, &replies);
                drop(replies.send(Reply::Scored(scores)));
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!(model = self.id, "the model's thread had panicked");
        }
    }
}
