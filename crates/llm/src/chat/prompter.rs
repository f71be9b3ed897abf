//! From messages to the tokens that the model reads, and which of its tokens end an answer.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use inhouse_agent::chat::{Constraint, Message, ModelError};

use super::constraint::{Held, Rules};

use crate::gguf::Gguf;
use crate::template::Template;
use crate::tokenizer::{Part, Tokenizer};

pub(super) struct Prompter {
    tokenizer: Arc<Tokenizer>,
    template: Template,
    ends: HashSet<u32>,
    /// Made when the first answer is held to a rule.
    rules: OnceLock<Result<Rules, String>>,
}

impl Prompter {
    pub(super) fn of(gguf: &Gguf) -> Result<Self, ModelError> {
        let tokenizer = Tokenizer::of(gguf)?;
        let template = Template::of(gguf)?;
        let mut ends: HashSet<u32> = tokenizer.ends().collect();
        ends.extend(turn_end(&tokenizer, &template));
        if ends.is_empty() && template.stops().is_empty() {
            return Err(gguf.unsupported("nothing in it says how an answer ends"));
        }
        Ok(Self { tokenizer: Arc::new(tokenizer), template, ends, rules: OnceLock::new() })
    }

    pub(super) fn vocabulary(&self) -> usize {
        self.tokenizer.len()
    }

    pub(super) fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>, String> {
        let parts = self.template.render(messages, true)?;
        let tokens = self.tokenizer.encode_prompt(&parts)?;
        if tokens.is_empty() { Err("the prompt is empty".into()) } else { Ok(tokens) }
    }

    /// How many tokens of a prompt are those of its first messages alone.
    pub(super) fn common(&self, prompt: &[u32], messages: &[Message]) -> usize {
        if messages.is_empty() {
            return 0;
        }
        // A template may refuse to write them without what follows; then none are common.
        let alone =
            self.template.render(messages, false).and_then(|parts| self.tokenizer.encode_prompt(&parts));
        let same =
            |alone: &Vec<u32>| alone.iter().zip(prompt).take_while(|(one, other)| one == other).count();
        alone.as_ref().map_or(0, same)
    }

    pub(super) fn text(&self, text: &str) -> Result<Vec<u32>, String> {
        self.tokenizer.encode(text)
    }

    /// The first token of an answer that begins with `beginning`.
    pub(super) fn first_token(&self, prompt: &[u32], beginning: &str) -> Result<u32, String> {
        let tokens = self.tokenizer.encode_after(prompt, beginning)?;
        tokens.first().copied().ok_or_else(|| "a beginning is empty".into())
    }

    /// The bytes that a token adds to the answer, or `None` when it ends the answer: it is one of
    /// the model's ends, or a control token, which is no part of a text.
    pub(super) fn continues_with(&self, token: u32) -> Option<&[u8]> {
        let ends = self.ends.contains(&token) || self.tokenizer.is_control(token);
        (!ends).then(|| self.tokenizer.bytes(token))
    }

    /// Begins an answer that is held to a rule.
    pub(super) fn hold(&self, constraint: &Constraint) -> Result<Held, String> {
        let rules = self.rules.get_or_init(|| {
            let mut ends: Vec<u32> = self.ends.iter().copied().collect();
            ends.sort_unstable();
            Rules::new(Arc::clone(&self.tokenizer), &ends)
        });
        rules.as_ref().map_err(Clone::clone)?.hold(constraint)
    }

    pub(super) fn stops(&self) -> &'static [&'static str] {
        self.template.stops()
    }
}

/// The token that the template writes behind an answer; not every file names it in its metadata.
fn turn_end(tokenizer: &Tokenizer, template: &Template) -> Option<u32> {
    let turns = [Message::user("question"), Message::assistant("answer")];
    let parts = template.render(&turns, false).ok()?;
    let behind = parts.iter().rev().find_map(|part| match part {
        Part::Template(text) => tokenizer.first_special(text),
        Part::Content(_) => None,
    });
    behind.filter(|_| matches!(parts.last(), Some(Part::Template(_))))
}
