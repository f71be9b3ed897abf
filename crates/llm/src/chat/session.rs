//! The model at work: reads prompts, writes answers, and remembers what it has read.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use candle_core::{D, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling as Sampler};
use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatRequest, Finish, ModelError, Sampling};

use super::Reply;
use super::prompter::Prompter;
use super::stops::Stops;
use crate::decoder::Decoder;
use crate::tokenizer::TextStream;

/// Tokens that are read in one go: enough to fill the processor, few enough to be cancelled soon.
const PIECE: usize = 128;
/// The last, shorter piece ends where this divides the position, and what is left is read alone.
/// Candle's models keep a mask for every pair of lengths they ever saw; this way there are few.
const STEP: usize = 16;

pub(super) struct Session {
    id: String,
    decoder: Decoder,
    prompter: Arc<Prompter>,
    context: usize,
    /// The tokens that the decoder has cached.
    read: Vec<u32>,
    /// The logits after the last of them, when it was read last.
    logits: Option<Tensor>,
}

/// What was written.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) tokens: usize,
    pub(super) finish: Finish,
}

impl Session {
    pub(super) fn new(id: String, decoder: Decoder, prompter: Arc<Prompter>, context: usize) -> Self {
        Self { id, decoder, prompter, context, read: Vec::new(), logits: None }
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
        let scores = candle_nn::ops::log_softmax(&logits, D::Minus1).and_then(|all| all.to_vec1::<f32>());
        let scores = scores.map_err(|error| self.failed(DOING, error))?;
        Ok(first_tokens.iter().map(|token| scores[*token as usize]).collect())
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
            let token = sampler.sample(&logits).map_err(|error| self.failed("choosing a token", error))?;
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
                logits = self.forward(&[token], "writing an answer")?;
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
    ) -> Result<Option<Tensor>, ModelError> {
        let total = prompt.len();
        if self.read != prompt || self.logits.is_none() {
            let goes_on =
                self.decoder.reads_in_pieces() && self.read.len() < total && prompt.starts_with(&self.read);
            if !goes_on {
                self.forget();
            }
        }
        // What is told here is only for the eye: that nobody listens shows at the first text.
        let tell = |done| drop(replies.send(Reply::Reading { done, total }));
        tell(self.read.len());
        while self.read.len() < total {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            let at = self.read.len();
            let end = if self.decoder.reads_in_pieces() { piece_end(at, total) } else { total };
            self.forward(&prompt[at..end], "reading the prompt")?;
            tell(end);
        }
        let logits = self.logits.clone().expect("the last token of the prompt was just read");
        let sum = logits.sum_all().and_then(|sum| sum.to_scalar::<f32>());
        match sum {
            Ok(sum) if sum.is_finite() => Ok(Some(logits)),
            Ok(_) => {
                self.forget();
                Err(self.failed("reading the prompt", "its output is not a number"))
            }
            Err(error) => Err(self.failed("reading the prompt", error)),
        }
    }

    fn forward(&mut self, tokens: &[u32], doing: &'static str) -> Result<Tensor, ModelError> {
        match self.decoder.forward(tokens) {
            Ok(logits) => {
                self.read.extend_from_slice(tokens);
                self.logits = Some(logits.clone());
                Ok(logits)
            }
            Err(error) => {
                self.forget();
                Err(self.failed(doing, error))
            }
        }
    }

    fn forget(&mut self) {
        self.decoder.reset();
        self.read.clear();
        self.logits = None;
    }

    fn failed(&self, doing: &'static str, reason: impl ToString) -> ModelError {
        ModelError::Run { model: self.id.clone(), doing, reason: reason.to_string() }
    }
}

/// Where the piece that begins at `at` ends.
fn piece_end(at: usize, total: usize) -> usize {
    let whole = (at + PIECE) / PIECE * PIECE;
    let stepped = total / STEP * STEP;
    if whole <= total {
        whole
    } else if stepped > at {
        stepped
    } else {
        total
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_a_prompt_and_end_at_round_positions() {
        for (start, total) in [(0, 1), (0, 300), (5, 400), (129, 130), (0, 128), (250, 260)] {
            let (mut at, mut pieces) = (start, 0);
            while at < total {
                let end = piece_end(at, total);
                assert!(end > at && end <= total && end - at <= PIECE);
                assert!(end == total || end % STEP == 0);
                (at, pieces) = (end, pieces + 1);
            }
            assert!(pieces <= (total - start) / PIECE + 3);
        }
    }
}
