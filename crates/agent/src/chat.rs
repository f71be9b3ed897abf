//! The chat port: messages in, streamed text out.

use crate::cancel::Cancel;

/// A language model that continues a conversation. Calls block; the caller brings the thread.
pub trait ChatModel: Send + Sync {
    /// The catalogue's id of the model.
    fn id(&self) -> &str;

    /// Tokens that prompt and answer may have together.
    fn context(&self) -> usize;

    /// Tokens of the rendered prompt, template included.
    fn count_prompt_tokens(&self, messages: &[Message]) -> Result<usize, ModelError>;

    /// Tokens of a bare text, without template or special tokens.
    fn count_tokens(&self, text: &str) -> Result<usize, ModelError>;

    /// Reads the prompt and writes the answer, telling `on_event` as it goes.
    ///
    /// A prompt that leaves no room for one token of answer is [`ModelError::PromptTooLong`]; it
    /// is never cut here. A cancelled call returns what was written, with [`Finish::Cancelled`].
    fn complete(
        &self,
        request: &ChatRequest,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(ChatEvent<'_>),
    ) -> Result<Completion, ModelError>;

    /// How likely each text is as the beginning of the answer: the natural logarithm of the
    /// probability of its first token after the prompt. One reading of the prompt serves all.
    fn first_token_logprobs(
        &self,
        messages: &[Message],
        beginnings: &[&str],
        cancel: &Cancel,
    ) -> Result<Vec<f32>, ModelError>;

    /// How many tokens at the beginning of a prompt need not be read, because what was computed of them is
    /// kept. It may be less when the prompt comes to be read.
    fn known(&self, messages: &[Message]) -> Result<usize, ModelError>;

    /// Reads what requests will begin with, and keeps what was computed of it on disk. Changes no answer,
    /// only the time until it comes.
    fn prepare(&self, beginning: &Beginning, cancel: &Cancel) -> Result<Prepared, ModelError>;

    /// Bytes that [`Self::prepare`] keeps of a token.
    fn bytes_kept_of_a_token(&self) -> u64;

    /// Uses nothing any more of what it has read, as far as it is in memory; what is on disk is another's to
    /// remove.
    fn forget(&self);
}

/// What some requests will begin with: instructions, and a text of a source right behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The last one is shared up to its end only; something will follow in it.
    pub messages: Vec<Message>,
    /// As in [`ChatRequest::common`].
    pub common: usize,
    /// The source with which it is forgotten, by its number.
    pub source: i64,
}

/// What became of a beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prepared {
    /// It was computed, and is kept.
    Kept,
    /// It was kept already, or is so short that nothing is won.
    Nothing,
    /// There is no room on disk for it, or none at all was given.
    Full,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    System,
    User,
    Assistant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub speaker: Speaker,
    pub content: String,
}

impl Message {
    pub fn system(content: impl Into<String>) -> Self {
        Self { speaker: Speaker::System, content: content.into() }
    }

    pub fn user(content: impl Into<String>) -> Self {
        Self { speaker: Speaker::User, content: content.into() }
    }

    pub fn assistant(content: impl Into<String>) -> Self {
        Self { speaker: Speaker::Assistant, content: content.into() }
    }
}

#[derive(Debug, Clone)]
pub struct ChatRequest {
    pub messages: Vec<Message>,
    /// So many messages at the beginning come again in other requests, also after a restart: an
    /// agent's instructions. What was computed of them may be kept.
    pub common: usize,
    /// What it is for, where several are wanted at the same time.
    pub priority: Priority,
    /// Upper bound on the answer, in tokens.
    pub max_tokens: usize,
    pub sampling: Sampling,
    /// Texts that end the answer; they are not part of it.
    pub stop: Vec<String>,
    /// What the answer may be; `None` for any text.
    pub constraint: Option<Constraint>,
}

/// Who waits for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// An agent at its task.
    Background,
    /// A person, for the answer to a question.
    Person,
}

/// What an answer may be, to the letter. The model chooses among what is allowed and can write
/// nothing else; only an answer that was cut ([`Finish::Length`], [`Finish::Cancelled`]) is not
/// whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    /// JSON that is valid under a JSON Schema, given as JSON text.
    Json { schema: String },
    /// A text that a regular expression (in the syntax of the crate `regex`) matches as a whole.
    Regex(String),
    /// One of these texts.
    OneOf(Vec<String>),
    /// A stretch of this text, of whole words where words are spaced; never empty.
    Quote { of: String },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// 0 takes the likeliest token each time.
    pub temperature: f32,
    /// Likeliest tokens kept; 0 keeps all.
    pub top_k: usize,
    /// Share of probability kept, in (0, 1]; 1 keeps all (Holtzman et al. 2020).
    pub top_p: f32,
    /// Tokens less likely than this share of the likeliest one's probability are dropped; 0 keeps
    /// all.
    pub min_p: f32,
    /// Divides the likelihood of tokens that were among the last 64; 1 leaves them alone (Keskar et
    /// al. 2019).
    pub repetition_penalty: f32,
    /// The same seed draws the same answer.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, repetition_penalty: 1.0, seed: 0 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatEvent<'a> {
    /// The prompt is being read: tokens read so far, and in all.
    Reading { done: usize, total: usize },
    /// A piece of the answer, always whole characters.
    Text(&'a str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    pub text: String,
    pub finish: Finish,
    pub prompt_tokens: usize,
    pub answer_tokens: usize,
    /// Times that the model was asked after the prompt: fewer than tokens where some were forced or
    /// foreseen.
    pub passes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model ended its turn, or a stop text came.
    Stop,
    /// `max_tokens` or the context was reached: the text is cut.
    Length,
    Cancelled,
}

/// What can go wrong with a model, cut by what the caller can do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ModelError {
    /// The file is not the model that it should be: import or fetch it again.
    #[error("cannot load model file {path}: {reason}")]
    Load { path: String, reason: String },
    /// The file is sound, but of an architecture or tokenizer that is not known here.
    #[error("model file {path} is not supported: {reason}")]
    Unsupported { path: String, reason: String },
    /// Use fewer or shorter passages.
    #[error("the prompt has {tokens} tokens, and the model {model} reads at most {limit}")]
    PromptTooLong { model: String, tokens: usize, limit: usize },
    /// The rule itself is wrong, or too much for this model's tokenizer.
    #[error("the answer of the model {model} cannot be held to its rule: {reason}")]
    Constraint { model: String, reason: String },
    #[error("the model {model} failed while {doing}: {reason}")]
    Run { model: String, doing: &'static str, reason: String },
}
