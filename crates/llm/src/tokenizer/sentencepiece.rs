//! SentencePiece's byte-pair variant: the pair whose union scores highest is merged first.
//!
//! It is the algorithm of sentencepiece's `bpe_model.cc` and llama.cpp's `llm_tokenizer_spm`: the
//! vocabulary's scores are the ranks, no list of merges is needed, and a character that is not in
//! the vocabulary is spelled in bytes.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use inhouse_agent::chat::ModelError;

use super::{Entry, Kind, is_blank};
use crate::gguf::Gguf;

/// Stands for a space in the vocabulary.
pub(super) const SPACE: char = '\u{2581}';

pub(super) struct SentencePiece {
    pieces: HashMap<String, (u32, f32)>,
    bytes: Vec<u32>,
    /// Whether a space is thought before the text.
    leading_space: bool,
}

impl SentencePiece {
    pub(super) fn of(gguf: &Gguf, entries: &[Entry]) -> Result<Self, ModelError> {
        const SCORES: &str = "tokenizer.ggml.scores";
        let scores = gguf.array(SCORES).ok_or_else(|| gguf.missing(SCORES))?;
        if scores.len() != entries.len() {
            return Err(gguf.broken(format!("it has {} tokens, but {} scores", entries.len(), scores.len())));
        }
        let mut pieces = HashMap::with_capacity(entries.len());
        for ((entry, id), score) in entries.iter().zip(0u32..).zip(scores) {
            // Adding zero makes both zeros one, for they are equal in rank.
            let score = score.to_f32().map_err(|_| gguf.missing(SCORES))? + 0.0;
            if entry.kind == Kind::Normal || is_blank(entry) {
                pieces.insert(entry.text.clone(), (id, score));
            }
        }
        let mut bytes = vec![None; 256];
        for (entry, id) in entries.iter().zip(0u32..) {
            if let Some(byte) = byte_of(entry) {
                bytes[usize::from(byte)] = Some(id);
            }
        }
        let bytes = bytes
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| gguf.unsupported("its vocabulary can't spell every byte"))?;
        let leading_space = gguf.flag("tokenizer.ggml.add_space_prefix").unwrap_or(true);
        Ok(Self { pieces, bytes, leading_space })
    }

    pub(super) fn cut(&self, text: &str, after_special: bool, tokens: &mut Vec<u32>) {
        let lead = if self.leading_space && after_special { "\u{2581}" } else { "" };
        let text = format!("{lead}{}", text.replace(' ', "\u{2581}"));
        for symbol in self.merge(&text) {
            let piece = &text[symbol.start..symbol.end];
            match self.pieces.get(piece) {
                Some((id, _)) => tokens.push(*id),
                None => tokens.extend(piece.bytes().map(|byte| self.bytes[usize::from(byte)])),
            }
        }
    }

    /// The pieces of `text` after all merges, in order.
    fn merge(&self, text: &str) -> Vec<Symbol> {
        let mut symbols: Vec<Symbol> = text
            .char_indices()
            .enumerate()
            .map(|(place, (start, letter))| Symbol {
                start,
                end: start + letter.len_utf8(),
                before: place.checked_sub(1),
                next: place + 1,
            })
            .collect();
        let mut pairs = BinaryHeap::new();
        for right in 1..symbols.len() {
            pairs.extend(self.pair(text, &symbols, right - 1, right));
        }
        while let Some(pair) = pairs.pop() {
            let (left, right) = (symbols[pair.left], symbols[pair.right]);
            // One of the two was merged with another meanwhile.
            if left.is_gone()
                || right.is_gone()
                || right.end - left.start != pair.bytes
                || left.end != right.start
            {
                continue;
            }
            symbols[pair.left].end = right.end;
            symbols[pair.left].next = right.next;
            symbols[pair.right].end = right.start;
            if right.next < symbols.len() {
                symbols[right.next].before = Some(pair.left);
                pairs.extend(self.pair(text, &symbols, pair.left, right.next));
            }
            if let Some(before) = left.before {
                pairs.extend(self.pair(text, &symbols, before, pair.left));
            }
        }
        symbols.retain(|symbol| !symbol.is_gone());
        symbols
    }

    fn pair(&self, text: &str, symbols: &[Symbol], left: usize, right: usize) -> Option<Pair> {
        let (start, end) = (symbols[left].start, symbols[right].end);
        let (_, score) = self.pieces.get(&text[start..end])?;
        Some(Pair { score: *score, left, right, bytes: end - start })
    }
}

/// A stretch of the text, chained to its neighbours; one that was merged into another is empty.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    start: usize,
    end: usize,
    before: Option<usize>,
    next: usize,
}

impl Symbol {
    fn is_gone(self) -> bool {
        self.start == self.end
    }
}

/// Two neighbours that could be merged.
struct Pair {
    score: f32,
    left: usize,
    right: usize,
    /// Length of the union, which tells whether the pair still stands.
    bytes: usize,
}

impl Ord for Pair {
    /// The highest score first, and of equals the leftmost.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.left.cmp(&self.left))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Pair {}

/// What a token adds to the text; control tokens add nothing.
pub(super) fn bytes_of(entry: &Entry) -> Box<[u8]> {
    match entry.kind {
        Kind::Byte => byte_of(entry).map_or_else(Box::default, |byte| Box::new([byte])),
        Kind::Normal | Kind::UserDefined => entry.text.replace(SPACE, " ").into_bytes().into(),
        Kind::Control | Kind::Unknown | Kind::Unused => Box::default(),
    }
}

/// The byte that `<0xE5>` spells.
fn byte_of(entry: &Entry) -> Option<u8> {
    let digits = entry.text.strip_prefix("<0x")?.strip_suffix('>')?;
    (entry.kind == Kind::Byte && digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok())?
}
