//! The model at work: reads prompts, writes answers, and remembers what it has read.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatRequest, Finish, ModelError};

use super::Reply;
use super::constraint::Held;
use super::prompter::Prompter;
use super::sampler::Sampler;
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
        let refused = |reason: String| ModelError::Constraint { model: self.id.clone(), reason };
        let mut held =
            request.constraint.as_ref().map(|rule| self.prompter.hold(rule)).transpose().map_err(refused)?;
        let mut answer = Answer { text: String::new(), tokens: 0, finish: Finish::Cancelled };
        let Some(mut logits) = self.read_prompt(prompt, cancel, replies)? else {
            return Ok(answer);
        };
        let mut sampler = Sampler::new(request.sampling);
        let mut characters = TextStream::default();
        let stops = self.prompter.stops().iter().map(|stop| (*stop).to_owned());
        let mut stops = Stops::new(request.stop.iter().cloned().chain(stops));
        let mut said = prompt.to_vec();
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
                let Some(read) = self.forward(&next, cancel, "writing an answer")? else {
                    break Finish::Cancelled;
                };
                logits = read;
                said.extend(next);
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
