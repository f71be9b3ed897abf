//! How text is cut into words before byte-pair encoding, by the file's `tokenizer.ggml.pre`.
//!
//! The expressions are those of the models' own tokenizers, as llama.cpp's `llama-vocab.cpp` lists
//! them. A wrong one would tokenise text in a way that the model never saw, so a name that is not
//! in this table is refused.

pub(super) struct PreTokenizer {
    names: &'static [&'static str],
    /// Applied one after another; each cuts the pieces of the one before.
    pub(super) expressions: &'static [&'static str],
    /// Whether text is composed (Unicode NFC) before.
    pub(super) compose: bool,
    /// Whether a word that is in the vocabulary is taken whole, without merging.
    pub(super) whole_words: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const ONE_DIGIT: &str = r"\p{N}";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const TABLE: &[PreTokenizer] = &[
    PreTokenizer {
        names: &["qwen2", "deepseek-r1-qwen"],
        expressions: &[QWEN2],
        compose: true,
        whole_words: false,
    },
    PreTokenizer {
        names: &["llama-bpe", "llama3", "llama-v3"],
        expressions: &[LLAMA3],
        compose: false,
        whole_words: true,
    },
    PreTokenizer { names: &["smaug-bpe"], expressions: &[LLAMA3], compose: false, whole_words: false },
    PreTokenizer {
        names: &["smollm", "starcoder", "refact", "command-r"],
        expressions: &[ONE_DIGIT, GPT2],
        compose: false,
        whole_words: false,
    },
    PreTokenizer { names: &["gpt-2", "phi-2"], expressions: &[GPT2], compose: false, whole_words: false },
];

impl PreTokenizer {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|entry| entry.names.contains(&name))
    }
}
