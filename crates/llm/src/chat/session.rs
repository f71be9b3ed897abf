//! The model at work: reads prompts, writes answers, and remembers what it has read.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling as Sampler};
use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatRequest, Finish, ModelError, Sampling};

use super::Reply;
use super::prompter::Prompter;
use super::stops::Stops;
use crate::decoder::Decoder;
use crate::speed::PIECE;
use crate::tokenizer::TextStream;

pub(super) struct Session {
    id: String,
    decoder: Decoder,
    prompter: Arc<Prompter>,
    context: usize,
    /// The logits after the last token that the decoder has read.
    logits: Option<Vec<f32>>,
}

/// What was written.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) tokens: usize,
    pub(super) finish: Finish,
}

impl Session {
    pub(super) fn new(id: String, decoder: Decoder, prompter: Arc<Prompter>, context: usize) -> Self {
        Self { id, decoder, prompter, context, logits: None }
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
        let Some(logits) = self.read_prompt(prompt, cancel, replies)? else {
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
        request: &ChatRequest,
        cancel: &Cancel,
        replies: &Sender<Reply>,
    ) -> Result<Answer, ModelError> {
        let mut answer = Answer { text: String::new(), tokens: 0, finish: Finish::Cancelled };
        let Some(mut logits) = self.read_prompt(prompt, cancel, replies)? else {
            return Ok(answer);
        };
        let mut sampler = sampler(request.sampling);
        let mut characters = TextStream::default();
        let stops = self.prompter.stops().iter().map(|stop| (*stop).to_owned());
        let mut stops = Stops::new(request.stop.iter().cloned().chain(stops));
        answer.finish = loop {
            if answer.tokens == request.max_tokens || prompt.len() + answer.tokens == self.context {
                break Finish::Length;
            }
            if cancel.is_cancelled() {
                break Finish::Cancelled;
            }
            let token = Tensor::new(logits.as_slice(), &Device::Cpu).and_then(|all| sampler.sample(&all));
            let token = token.map_err(|error| self.failed("choosing a token", error))?;
            let Some(bytes) = self.prompter.continues_with(token) else {
                break Finish::Stop;
            };
            answer.tokens += 1;
            let (text, stopped) = stops.push(&characters.push(bytes));
            if !tell(&mut answer, text, replies) {
                break Finish::Cancelled;
            }
            if stopped {
                break Finish::Stop;
            }
            // The last token that is allowed need not be read.
            if answer.tokens < request.max_tokens {
                let Some(next) = self.forward(&[token], cancel, "writing an answer")? else {
                    break Finish::Cancelled;
                };
                logits = next;
            }
        };
        tell(&mut answer, stops.finish(), replies);
        Ok(answer)
    }

    /// Reads a prompt, or what of it is new; `None` when it was cancelled.
    fn read_prompt(
        &mut self,
        prompt: &[u32],
        cancel: &Cancel,
        replies: &Sender<Reply>,
    ) -> Result<Option<Vec<f32>>, ModelError> {
        let total = prompt.len();
        if self.decoder.read() != prompt || self.logits.is_none() {
            let same =
                self.decoder.read().iter().zip(prompt).take_while(|(read, token)| read == token).count();
            // The last token is always read, for its logits are wanted.
            self.decoder.cut(same.min(total - 1));
            self.logits = None;
        }
        // What is told here is only for the eye: that nobody listens shows at the first text.
        let tell = |done| drop(replies.send(Reply::Reading { done, total }));
        tell(self.decoder.read().len());
        while self.decoder.read().len() < total {
            let at = self.decoder.read().len();
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

    /// The logits after `tokens`; `None` when it was cancelled.
    fn forward(
        &mut self,
        tokens: &[u32],
        cancel: &Cancel,
        doing: &'static str,
    ) -> Result<Option<Vec<f32>>, ModelError> {
        match self.decoder.forward(tokens, &|| !cancel.is_cancelled()) {
            Ok(logits) => {
                // A piece that was cancelled leaves what was read before, but not its logits.
                self.logits = logits.clone();
                Ok(logits)
            }
            Err(error) => {
                self.forget();
                Err(self.failed(doing, error))
            }
        }
    }

    fn forget(&mut self) {
        self.decoder.cut(0);
        self.logits = None;
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

fn sampler(sampling: Sampling) -> LogitsProcessor {
    let temperature = f64::from(sampling.temperature);
    let how = if temperature <= 0.0 {
        Sampler::ArgMax
    } else if sampling.top_p < 1.0 {
        Sampler::TopP { p: f64::from(sampling.top_p), temperature }
    } else {
        Sampler::All { temperature }
    };
    LogitsProcessor::from_sampling(sampling.seed, how)
}
