//! Byte-level byte-pair encoding (GPT-2's), through the `tokenizers` crate.

use std::sync::LazyLock;

use inhouse_agent::chat::ModelError;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;

use super::pre::PreTokenizer;
use super::{Entry, text_of};
use crate::gguf::Gguf;

pub(super) struct Bpe(tokenizers::Tokenizer);

impl Bpe {
    pub(super) fn of(gguf: &Gguf, entries: &[Entry]) -> Result<Self, ModelError> {
        const PRE: &str = "tokenizer.ggml.pre";
        const MERGES: &str = "tokenizer.ggml.merges";
        let name = gguf.text(PRE).ok_or_else(|| gguf.missing(PRE))?;
        let pre = PreTokenizer::named(name)
            .ok_or_else(|| gguf.unsupported(format!("its pre-tokenizer {name:?} is not known")))?;

        let vocabulary: Vocab = entries
            .iter()
            .zip(0u32..)
            .filter(|(entry, _)| entry.kind.is_text())
            .map(|(entry, id)| (entry.text.clone(), id))
            .collect();
        // Some vocabularies lack control characters and bytes that UTF-8 never holds; these are left
        // out of a text. Without the printable ones it would be another kind of vocabulary.
        let lacks = |byte: &u8| !vocabulary.contains_key(&LETTERS[usize::from(*byte)].to_string());
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
            .build()
            .map_err(|error| gguf.broken(format!("its merges do not fit its vocabulary: {error}")))?;

        let mut tokenizer = tokenizers::Tokenizer::new(model);
        let mut cuts: Vec<PreTokenizerWrapper> = Vec::new();
        for expression in pre.expressions {
            let pattern = SplitPattern::Regex((*expression).into());
            let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)
                .map_err(|error| gguf.unsupported(format!("the expression of {name:?}: {error}")))?;
            cuts.push(split.into());
        }
        cuts.push(ByteLevel::new(false, false, false).into());
        tokenizer.with_pre_tokenizer(Some(Sequence::new(cuts)));
        if pre.compose {
            tokenizer
                .with_normalizer(Some(NFC))
                .map_err(|error| gguf.unsupported(format!("the normaliser of {name:?}: {error}")))?;
        }
        Ok(Self(tokenizer))
    }

    pub(super) fn cut(&self, text: &str, tokens: &mut Vec<u32>) -> Result<(), String> {
        let encoding = self.0.encode_fast(text, false).map_err(|error| error.to_string())?;
        tokens.extend_from_slice(encoding.get_ids());
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

/// What a token adds to the text. Special tokens that aren't control ones are written as they are.
pub(super) fn bytes_of(entry: &Entry) -> Box<[u8]> {
    if !entry.kind.is_text() {
        return super::sentencepiece::bytes_of(entry);
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
