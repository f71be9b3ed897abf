//! The tokenizer that a model file brings: text in, tokens out, and back.
//!
//! Text is data: the parts of a prompt that came from a person or a document can't become one of
//! the model's special tokens, whatever they spell. The vocabularies that text is cut with don't
//! hold these tokens at all; only the template's own parts are searched for them.

use inhouse_agent::chat::ModelError;

use self::matcher::Matcher;
use self::sentencepiece::SentencePiece;
use crate::gguf::Gguf;

mod bpe;
mod matcher;
mod pre;
mod sentencepiece;
mod stream;

pub(crate) use stream::TextStream;

#[cfg(any(test, fuzzing))]
pub(crate) fn byte_letters() -> [char; 256] {
    *bpe::LETTERS
}

/// llama.cpp's `llama_token_type`, as `tokenizer.ggml.token_type` holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

impl Kind {
    fn from_number(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::Normal,
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => return None,
        })
    }

    /// Whether plain text may become such a token.
    fn is_text(self) -> bool {
        matches!(self, Self::Normal | Self::Byte)
    }
}

/// One entry of a vocabulary; its id is its place.
struct Entry {
    text: String,
    kind: Kind,
}

/// A piece of a prompt and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The template wrote it: it may name special tokens.
    Template(String),
    /// Someone else wrote it: it is text, whatever it spells.
    Content(String),
}

pub(crate) struct Tokenizer {
    cutter: Cutter,
    /// What each token adds to the text; empty for those that are no text.
    bytes: Vec<Box<[u8]>>,
    control: Vec<bool>,
    /// Special tokens, searched in the template's parts only.
    special: Matcher,
    /// White space that some vocabularies hold outside their merges, searched everywhere.
    blanks: Matcher,
    bos: Option<u32>,
    eos: Option<u32>,
    /// Other tokens that the file says end a turn.
    turn_ends: Vec<u32>,
    add_bos: bool,
}

enum Cutter {
    Bpe(Box<bpe::Bpe>),
    SentencePiece(SentencePiece),
}

impl Tokenizer {
    pub(crate) fn of(gguf: &Gguf) -> Result<Self, ModelError> {
        let model = gguf.text("tokenizer.ggml.model").ok_or_else(|| gguf.missing("tokenizer.ggml.model"))?;
        let entries = entries(gguf)?;
        let (cutter, bytes, add_bos) = match model {
            "gpt2" | "gemma4" => {
                const PRE: &str = "tokenizer.ggml.pre";
                let pre = if model == "gpt2" { gguf.text(PRE) } else { Some(model) };
                let bpe = bpe::Bpe::of(gguf, pre.ok_or_else(|| gguf.missing(PRE))?, &entries)?;
                let bytes = entries.iter().map(|entry| bpe.bytes_of(entry)).collect();
                let add_bos = bpe.pre.add_bos;
                (Cutter::Bpe(Box::new(bpe)), bytes, add_bos)
            }
            "llama" => {
                let pieces = SentencePiece::of(gguf, &entries)?;
                let bytes = entries.iter().map(sentencepiece::bytes_of).collect();
                (Cutter::SentencePiece(pieces), bytes, true)
            }
            other => return Err(gguf.unsupported(format!("its tokenizer {other:?} is not known"))),
        };
        let token = |key: &str| match gguf.number(key) {
            None => Ok(None),
            Some(id) if id < entries.len() as u64 => Ok(Some(id as u32)),
            Some(id) => Err(gguf.broken(format!("{key} is {id}, beyond its vocabulary"))),
        };
        // What SentencePiece numbers them when the file doesn't say.
        let default = |id: u32| (model == "llama" && (id as usize) < entries.len()).then_some(id);
        let turn_ends = [token("tokenizer.ggml.eot_token_id")?, token("tokenizer.ggml.eom_token_id")?];
        let ids = |wanted: fn(&Entry) -> bool| {
            entries
                .iter()
                .zip(0u32..)
                .filter(move |(entry, _)| wanted(entry))
                .map(|(entry, id)| (&*entry.text, id))
        };
        Ok(Self {
            cutter,
            bytes,
            control: entries
                .iter()
                .map(|entry| !entry.kind.is_text() && entry.kind != Kind::UserDefined)
                .collect(),
            special: Matcher::new(ids(|entry| !entry.kind.is_text() && !is_blank(entry))),
            blanks: Matcher::new(ids(is_blank)),
            bos: token("tokenizer.ggml.bos_token_id")?.or_else(|| default(1)),
            eos: token("tokenizer.ggml.eos_token_id")?.or_else(|| default(2)),
            turn_ends: turn_ends.into_iter().flatten().collect(),
            // No prompt ends with eos, whatever `add_eos_token` says: an answer is to follow.
            add_bos: gguf.flag("tokenizer.ggml.add_bos_token").unwrap_or(add_bos),
        })
    }

    /// Entries of the vocabulary.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The tokens of a bare text, none of them special.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let mut tokens = Vec::new();
        self.encode_run(text, true, &mut tokens)?;
        Ok(tokens)
    }

    /// The tokens of a text that follows `before`.
    pub(crate) fn encode_after(&self, before: &[u32], text: &str) -> Result<Vec<u32>, String> {
        let after_special = before.last().is_none_or(|last| self.is_control(*last));
        let mut tokens = Vec::new();
        self.encode_run(text, after_special, &mut tokens)?;
        Ok(tokens)
    }

    /// The tokens of a prompt, with bos where the model wants it.
    ///
    /// Text between two special tokens is cut as one, so that it is cut like the text that the
    /// model was trained on, also where the template's words touch a message's.
    pub(crate) fn encode_prompt(&self, parts: &[Part]) -> Result<Vec<u32>, String> {
        let mut tokens = Vec::new();
        let mut run = String::new();
        for part in parts {
            let mut rest = match part {
                Part::Content(text) => {
                    run.push_str(text);
                    continue;
                }
                Part::Template(text) => text.as_str(),
            };
            while let Some(found) = self.special.first(rest) {
                run.push_str(&rest[..found.start]);
                self.encode_run(&run, true, &mut tokens)?;
                run.clear();
                tokens.push(found.id);
                rest = &rest[found.end..];
            }
            run.push_str(rest);
        }
        self.encode_run(&run, true, &mut tokens)?;
        if let Some(bos) = self.bos.filter(|bos| self.add_bos && tokens.first() != Some(bos)) {
            tokens.insert(0, bos);
        }
        Ok(tokens)
    }

    fn encode_run(&self, text: &str, after_special: bool, tokens: &mut Vec<u32>) -> Result<(), String> {
        let mut rest = text;
        let mut after_special = after_special;
        while let Some(found) = self.blanks.first(rest) {
            self.cut(&rest[..found.start], after_special, tokens)?;
            tokens.push(found.id);
            rest = &rest[found.end..];
            // As llama.cpp has it: a space is thought behind any token that was found whole.
            after_special = true;
        }
        self.cut(rest, after_special, tokens)
    }

    fn cut(&self, text: &str, after_special: bool, tokens: &mut Vec<u32>) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        match &self.cutter {
            Cutter::Bpe(bpe) => bpe.cut(text, tokens),
            Cutter::SentencePiece(pieces) => {
                pieces.cut(text, after_special, tokens);
                Ok(())
            }
        }
    }

    /// The bytes that a token adds to the text; a character may be spread over several tokens.
    pub(crate) fn bytes(&self, token: u32) -> &[u8] {
        self.bytes.get(token as usize).map_or(&[], AsRef::as_ref)
    }

    /// Whether a token is never part of a text; padding behind the vocabulary isn't either.
    pub(crate) fn is_control(&self, token: u32) -> bool {
        self.control.get(token as usize).copied().unwrap_or(true)
    }

    /// The first special token that stands in `text`, as a template would name it.
    pub(crate) fn first_special(&self, text: &str) -> Option<u32> {
        self.special.first(text).map(|found| found.id)
    }

    /// Tokens that the file itself names as ends.
    pub(crate) fn ends(&self) -> impl Iterator<Item = u32> + '_ {
        self.eos.iter().chain(&self.turn_ends).copied()
    }
}

/// Blank entries carry no authority, and text must be cut with them to be cut as in training.
fn is_blank(entry: &Entry) -> bool {
    entry.kind == Kind::UserDefined
        && !entry.text.is_empty()
        && entry.text.chars().all(|letter| letter.is_whitespace() || letter == sentencepiece::SPACE)
}

fn entries(gguf: &Gguf) -> Result<Vec<Entry>, ModelError> {
    const TOKENS: &str = "tokenizer.ggml.tokens";
    const KINDS: &str = "tokenizer.ggml.token_type";
    let tokens = gguf.array(TOKENS).ok_or_else(|| gguf.missing(TOKENS))?;
    let kinds = gguf.array(KINDS).ok_or_else(|| gguf.missing(KINDS))?;
    if tokens.len() != kinds.len() || u32::try_from(tokens.len()).is_err() {
        return Err(gguf.broken(format!("it has {} tokens, but kinds of {}", tokens.len(), kinds.len())));
    }
    let entry = |(token, kind): (&_, &_)| {
        let text = text_of(token).ok_or_else(|| gguf.missing(TOKENS))?;
        let kind = number_of(kind).and_then(Kind::from_number).ok_or_else(|| gguf.missing(KINDS))?;
        Ok(Entry { text, kind })
    };
    tokens.iter().zip(kinds).map(entry).collect()
}

fn text_of(value: &candle_core::quantized::gguf_file::Value) -> Option<String> {
    value.to_string().ok().cloned()
}

fn number_of(value: &candle_core::quantized::gguf_file::Value) -> Option<u64> {
    value.to_i32().ok().and_then(|number| u64::try_from(number).ok()).or_else(|| value.to_u64().ok())
}

#[cfg(test)]
mod tests;
