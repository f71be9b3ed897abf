//! Byte-pair encoding: over letters that stand for bytes (GPT-2's), or over characters with bytes for
//! those that the vocabulary lacks. The merges are the `tokenizers` crate's.

use std::sync::LazyLock;

use inhouse_agent::chat::ModelError;
use tokenizers::Model;
use tokenizers::models::bpe::{BPE, Vocab};

use super::pre::{Cuts, PreTokenizer};
use super::{Entry, sentencepiece, text_of};
use crate::gguf::Gguf;

pub(super) struct Bpe {
    pub(super) pre: &'static PreTokenizer,
    cuts: Cuts,
    model: BPE,
}

impl Bpe {
    /// Reads the merges; `name` is the pre-tokenizer's.
    pub(super) fn of(gguf: &Gguf, name: &str, entries: &[Entry]) -> Result<Self, ModelError> {
        const MERGES: &str = "tokenizer.ggml.merges";
        let pre = PreTokenizer::find(name)
            .ok_or_else(|| gguf.unsupported(format!("its pre-tokenizer {name:?} is not known")))?;
        let cuts =
            pre.cuts().map_err(|error| gguf.unsupported(format!("the expressions of {name:?}: {error}")))?;

        let vocabulary: Vocab = entries
            .iter()
            .zip(0u32..)
            .filter(|(entry, _)| entry.kind.is_text())
            .map(|(entry, id)| (entry.text.clone(), id))
            .collect();
        // Some vocabularies lack control characters and bytes that UTF-8 never holds; these are left
        // out of a text. Without the printable ones it would be another kind of vocabulary.
        let spelled = |byte: u8| match pre.in_characters {
            true => format!("<0x{byte:02X}>"),
            false => LETTERS[usize::from(byte)].to_string(),
        };
        let lacks = |byte: &u8| !vocabulary.contains_key(&spelled(*byte));
        if let Some(byte) = (b' '..=b'~').chain([b'\n']).find(lacks) {
            return Err(gguf.broken(format!("its vocabulary lacks {:?}", char::from(byte))));
        }
        let merges = gguf.array(MERGES).ok_or_else(|| gguf.missing(MERGES))?;
        let merges = merges
            .iter()
            .map(|merge| {
                let merge = text_of(merge)?;
                let (left, right) = merge.split_once(' ')?;
                Some((left.to_owned(), right.to_owned()))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| gguf.missing(MERGES))?;
        let model = BPE::builder()
            .vocab_and_merges(vocabulary, merges)
            .ignore_merges(pre.whole_words)
            .byte_fallback(pre.in_characters)
            .build()
            .map_err(|error| gguf.broken(format!("its merges do not fit its vocabulary: {error}")))?;
        Ok(Self { pre, cuts, model })
    }

    /// What a token adds to the text.
    pub(super) fn bytes_of(&self, entry: &Entry) -> Box<[u8]> {
        if self.pre.in_characters { sentencepiece::bytes_of(entry) } else { bytes_of(entry) }
    }

    pub(super) fn cut(&self, text: &str, tokens: &mut Vec<u32>) -> Result<(), String> {
        if self.pre.in_characters {
            let text = text.replace(' ', "\u{2581}");
            return self.cuts.words(&text)?.into_iter().try_for_each(|word| {
                // Runs of line breaks are tokens that no merges lead to.
                let whole = word.starts_with('\n').then(|| self.model.token_to_id(word)).flatten();
                match whole {
                    Some(id) => tokens.push(id),
                    None => self.merge(word, tokens)?,
                }
                Ok(())
            });
        }
        let mut letters = String::new();
        for word in self.cuts.words(text)? {
            letters.clear();
            letters.extend(word.bytes().map(|byte| LETTERS[usize::from(byte)]));
            self.merge(&letters, tokens)?;
        }
        Ok(())
    }

    fn merge(&self, word: &str, tokens: &mut Vec<u32>) -> Result<(), String> {
        let merged = self.model.tokenize(word).map_err(|error| error.to_string())?;
        tokens.extend(merged.iter().map(|token| token.id));
        Ok(())
    }
}

/// The character that stands for each byte (GPT-2's `bytes_to_unicode`): itself where it is
/// printable, else one from U+0100 on.
pub(super) static LETTERS: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut spare = 0x100..;
    std::array::from_fn(|byte| match byte {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => char::from(byte as u8),
        _ => spare.next().and_then(char::from_u32).expect("U+0100 to U+0143 are characters"),
    })
});

/// What a token of letters adds to the text. Special tokens that aren't control ones are written as
/// they are.
fn bytes_of(entry: &Entry) -> Box<[u8]> {
    if !entry.kind.is_text() {
        return sentencepiece::bytes_of(entry);
    }
    let bytes = entry.text.chars().map(byte_of).collect::<Option<Vec<u8>>>();
    bytes.unwrap_or_else(|| entry.text.clone().into_bytes()).into()
}

fn byte_of(letter: char) -> Option<u8> {
    match u32::from(letter) {
        code @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => u8::try_from(code).ok(),
        code => {
            let place = LETTERS.iter().position(|known| u32::from(*known) == code)?;
            u8::try_from(place).ok()
        }
    }
}
