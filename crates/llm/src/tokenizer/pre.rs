//! How text is cut into words before byte-pair encoding, by the file's `tokenizer.ggml.pre`.
//!
//! The table is llama.cpp's (`llama-vocab.cpp`), and words are cut as llama.cpp cuts them, to the
//! byte, also where that is not quite what a model's makers wrote: it composes no characters (NFC),
//! and knows upper and lower case of a to z only. A wrong expression would tokenise text in a way
//! that the model never saw, so a name that is not in this table is refused.

use fancy_regex::{Regex, RegexBuilder};

use self::Step::{Around, Behind, Threes};

pub(super) struct PreTokenizer {
    names: &'static [&'static str],
    /// Applied one after another; each cuts the pieces of the one before.
    steps: &'static [Step],
    /// Whether a word that is in the vocabulary is taken whole, without merging.
    pub(super) whole_words: bool,
    /// Whether a prompt begins with bos when the file doesn't say.
    pub(super) add_bos: bool,
    /// Whether words are spelled in characters, spaces as U+2581, rather than in letters for bytes.
    pub(super) in_characters: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Cuts before and behind each match.
    Around(&'static str),
    /// Cuts behind each match.
    Behind(&'static str),
    /// Cuts inside each match, into threes from its end.
    Threes(&'static str),
}

macro_rules! contractions {
    () => {
        r"'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])"
    };
}

/// White space up to its last line break, else all but a space that belongs to what follows.
macro_rules! blanks {
    () => {
        r"|\s*[\r\n]+|\s+(?!\S)|\s+"
    };
}

/// The cut of tiktoken's cl100k, in its many variants.
macro_rules! cl100k {
    ($letters:literal, $digits:literal, $others:literal) => {
        concat!(contractions!(), r"|[^\r\n\p{L}\p{N}]?", $letters, "|", $digits, "| ?", $others, blanks!())
    };
}

/// The cut of tiktoken's o200k, where a capital begins a word and a contraction ends one.
macro_rules! o200k {
    ($capitals:literal, $smalls:literal, $contractions:expr, $digits:literal) => {
        concat!(
            r"[^\r\n\p{L}\p{N}]?",
            $capitals,
            "*",
            $smalls,
            "+",
            $contractions,
            r"|[^\r\n\p{L}\p{N}]?",
            $capitals,
            "+",
            $smalls,
            "*",
            $contractions,
            "|",
            $digits,
            r"| ?[^\s\p{L}\p{N}]+[\r\n/]*",
            blanks!()
        )
    };
}

/// [`o200k`] without case.
macro_rules! caseless {
    ($digits:literal) => {
        concat!(
            r"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+(?:",
            contractions!(),
            ")?|",
            $digits,
            r"| ?[^\s\p{L}\p{N}]+[\r\n/]*",
            blanks!()
        )
    };
}

/// The last cut of DeepSeek's and its relatives'.
macro_rules! deepseek {
    ($after_signs:literal) => {
        concat!(
            r"[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+",
            $after_signs
        )
    };
}

macro_rules! han {
    () => {
        r"\u{4E00}-\u{9FFF}\u{3400}-\u{4DBF}\u{20000}-\u{2A6DF}\u{2A700}-\u{2EBEF}\u{F900}-\u{FAFF}\u{2F800}-\u{2FA1F}"
    };
}

const GPT2: Step = Around(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");
const QWEN2: Step = Around(cl100k!(r"\p{L}+", r"\p{N}", r"[^\s\p{L}\p{N}]+[\r\n]*"));
const DIGIT: Step = Around(r"\p{N}");
const DIGITS: Step = Around(r"\p{N}+");
const DIGITS_TO_3: Step = Around(r"\p{N}{1,3}");
const THREE_DIGITS: Step = Around("[0-9][0-9][0-9]");
const LINE_BREAK: Step = Around(r"[\r\n]");
const LINES: Step = Around(r"[^\n]+|\n+");
const CJK: Step = Around(r"[[\u{800}-\u{9FA5}\u{AC00}-\u{D7FF}]--\s]+");
const HAN_AND_KANA: Step = Around(r"[\u{4E00}-\u{9FA5}\u{3040}-\u{30FF}]+");
const BLOOM: Step = Around(r" ?[^(\s|.,!?…。，、।۔،)]+");
const CL100K: &[Step] = &[Around(cl100k!(r"\p{L}+", r"\p{N}{1,3}", r"[^\s\p{L}\p{N}]+[\r\n]*"))];
const ONE_GPT2: &[Step] = &[GPT2];
const DIGIT_GPT2: &[Step] = &[DIGIT, GPT2];
const ONE_QWEN2: &[Step] = &[QWEN2];
const DEEPSEEK3: &[Step] = &[DIGITS_TO_3, HAN_AND_KANA, Around(concat!(deepseek!(r"[\r\n]*"), blanks!()))];

const TABLE: &[PreTokenizer] = &[
    named(
        &[
            "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
            "jina-v5-nano",
        ],
        CL100K,
    )
    .whole_words()
    .add_bos(),
    named(&["glm4", "glm5"], CL100K).whole_words(),
    named(&["dbrx", "smaug-bpe", "chatglm-bpe"], CL100K),
    named(
        &[
            "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "jina-v1-en",
            "jina-v2-code", "roberta-bpe", "a.x-4.0", "mellum", "modern-bert", "mpt", "olmo", "jais",
            "exaone4", "trillion", "granite-docling",
        ],
        ONE_GPT2,
    ),
    named(
        &[
            "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2",
        ],
        DIGIT_GPT2,
    ),
    named(
        &[
            "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open",
            "grok-2",
        ],
        ONE_QWEN2,
    ),
    named(
        &["qwen35"],
        &[Around(cl100k!(r"[\p{L}\p{M}]+", r"\p{N}", r"[^\s\p{L}\p{M}\p{N}]+[\r\n]*"))],
    ),
    named(&["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"], DEEPSEEK3),
    named(
        &["spark2_5"],
        &[
            DIGITS_TO_3,
            HAN_AND_KANA,
            Around(concat!(deepseek!(""), r"|[\r\n]|\s+(?!\S)|\s+")),
            DIGIT,
        ],
    ),
    named(
        &["deepseek-llm"],
        &[
            LINE_BREAK,
            // Letters that have a case, as far as they had one when this was written.
            Around(
                r"\s?[[\p{Lu}\p{Ll}\p{Lt}]&&[A-\u{556}\u{10A0}-\u{10C5}\u{13A0}-\u{13FD}\u{1C90}-\u{1CBF}\u{1D00}-\u{1DBF}\u{1E00}-\u{1FFF}\u{2100}-\u{218F}\u{2C00}-\u{2CFF}\u{A640}-\u{A78E}\u{AB70}-\u{ABBF}\u{FB00}-\u{FB17}\u{FF21}-\u{FF5A}\u{10400}-\u{104FB}\u{10C80}-\u{10CF2}\u{118A0}-\u{118DF}\u{1E900}-\u{1E943}]]+",
            ),
            Around(r"\s?[!-/:-~\u{FF01}-\u{FF0F}\u{FF1A}-\u{FF5E}\u{2018}-\u{201F}\u{3001}\u{3002}]+"),
            Around(r"\s+$"),
            CJK,
            DIGITS,
        ],
    ),
    named(&["deepseek-coder"], &[LINE_BREAK, Around(r"\s?\p{L}+"), Around(r"\s?\p{P}+"), CJK, DIGIT]),
    named(
        &["youtu"],
        &[
            Around(
                r"[\u{AC00}-\u{D7A3}\u{3131}-\u{318E}]+|[！…“”‘’—：；，\u{3001}-\u{303F}\u{FE30}-\u{FE4F}]+|[\u{3105}-\u{312F}]+|[\u{4E00}-\u{9FA5}\u{3040}-\u{30FF}]+",
            ),
            Around(caseless!(r"\p{N}")),
        ],
    )
    .whole_words(),
    named(
        &["tiny_aya", "cohere2moe"],
        &[Behind(r"\p{N}+"), Threes(r"\p{N}+"), Around(caseless!(r"\p{N}{1,3}"))],
    ),
    named(&["falcon"], &[Around(r"[\p{P}$+<=>^~|`]+"), GPT2, THREE_DIGITS]),
    named(&["default"], &[Around(r"[\p{P}$+<=>^~|]+"), GPT2, DIGITS, THREE_DIGITS]),
    named(&["poro-chat", "bloom", "gpt3-finnish"], &[BLOOM]),
    named(&["viking"], &[BLOOM, DIGIT]),
    named(&["tekken"], &[Around(o200k!(r"[\p{L}--[a-z]]", r"[\p{L}--[A-Z]]", "", r"\p{N}"))])
        .whole_words()
        .add_bos(),
    named(
        &["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"],
        &[Around(o200k!(
            r"[\p{L}--[a-z]]",
            r"[\p{L}--[A-Z]]",
            concat!("(?:", contractions!(), ")?"),
            r"\p{N}{1,3}"
        ))],
    ),
    named(
        &["granite-embed-multi-97m"],
        &[Around(o200k!(
            r"[\p{L}\p{M}--[a-z]]",
            r"[\p{L}\p{M}--[A-Z]]",
            concat!("(?:", contractions!(), ")?"),
            r"\p{N}{1,3}"
        ))],
    )
    .whole_words(),
    named(
        &["chameleon"],
        &[
            Around("<sentinel:[0-9]+>"),
            Around("IMGIMG[A-I]{1,4}Z"),
            Around(r"[\t\n]|    |  "),
            DIGIT,
            Around(r"[\p{P}!-/:-@\[-`{-~]"),
            GPT2,
        ],
    )
    .add_bos(),
    named(
        &["kimi-k2"],
        &[Around(concat!(
            "[", han!(), r"]+|[^\r\n\p{L}\p{N}]?[\p{L}--[", han!(), "]]+(?:", contractions!(),
            r")?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*", blanks!()
        ))],
    ),
    named(
        &["superbpe"],
        &[DIGITS, Behind("[^0-9](?=(?:[0-9]{3})+(?![0-9]))"), Threes("[0-9]+")],
    ),
    named(
        &["bailingmoe", "bailingmoe2", "llada-moe"],
        &[Around(concat!(
            contractions!(),
            r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
        ))],
    ),
    named(&["seed-coder"], &[Around(cl100k!(r"\p{L}+", r"\p{N}", r"[^\s\p{L}\p{N}]+"))]),
    named(
        &["ufakzeka"],
        &[Around(concat!(r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*", blanks!()))],
    ),
    named(
        &["afmoe"],
        &[
            Behind(r"\p{N}+"),
            Threes(r"\p{N}+"),
            Around(
                r"[\u{4E00}-\u{9FFF}\u{3400}-\u{4DBF}\u{8C48}-\u{FAFF}\u{3040}-\u{30FF}\u{FF65}-\u{FF9F}\u{2F00}-\u{2FDF}\u{E40}-\u{EFF}\u{1780}-\u{17FF}\u{1000}-\u{109F}\u{AA60}-\u{AA7F}\u{A9E0}-\u{A9FF}\u{AC00}-\u{D7AF}\u{1100}-\u{11FF}]+",
            ),
            Around(concat!(deepseek!(r"[\r\n]*"), blanks!())),
        ],
    ),
    named(&["laguna"], &[LINES, QWEN2]),
    named(
        &["exaone-moe"],
        &[Around(concat!(
            contractions!(),
            r"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"
        ))],
    ),
    named(
        &["minicpm5"],
        &[DIGITS_TO_3, Around(cl100k!(r"\p{L}+", r"\p{N}+", r"[^\s\p{L}\p{N}]+[\r\n]*"))],
    )
    .whole_words(),
    named(
        &["jais-2"],
        &[Around(concat!(
            contractions!(),
            r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+",
            r"|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)",
            r"|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s"
        ))],
    ),
    named(
        &["k2-horizon"],
        &[Around(cl100k!(r"[\p{L}\p{M}\u{200C}\u{200D}]+", r"\p{N}{1,3}", r"[^\s\p{L}\p{N}]+[\r\n]*"))],
    ),
    named(&["gemma4", "granite-embed-multi-311m"], &[LINES]).add_bos().in_characters(),
    named(&["sarvam-moe"], &[LINES]).in_characters(),
];

const fn named(names: &'static [&'static str], steps: &'static [Step]) -> PreTokenizer {
    PreTokenizer { names, steps, whole_words: false, add_bos: false, in_characters: false }
}

impl PreTokenizer {
    const fn whole_words(self) -> Self {
        Self { whole_words: true, ..self }
    }

    const fn add_bos(self) -> Self {
        Self { add_bos: true, ..self }
    }

    const fn in_characters(self) -> Self {
        Self { in_characters: true, ..self }
    }

    pub(super) fn find(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|entry| entry.names.contains(&name))
    }

    pub(super) fn cuts(&self) -> Result<Cuts, String> {
        let compile = |step: &Step| {
            let (Around(expression) | Behind(expression) | Threes(expression)) = step;
            // No expression goes back further than over one match, so none needs a limit on that.
            let regex = RegexBuilder::new(expression).backtrack_limit(usize::MAX).build();
            Ok((regex.map_err(|error| error.to_string())?, *step))
        };
        self.steps.iter().map(compile).collect::<Result<_, _>>().map(Cuts)
    }
}

/// The steps of a pre-tokenizer, ready to cut.
pub(super) struct Cuts(Vec<(Regex, Step)>);

impl Cuts {
    /// The words of a text, in order and without a gap. It fails where a run of one kind (white space,
    /// say) is longer than the expression can remember, about a million characters.
    pub(super) fn words<'t>(&self, text: &'t str) -> Result<Vec<&'t str>, String> {
        let mut pieces = vec![text];
        for (regex, step) in &self.0 {
            let mut finer = Vec::with_capacity(pieces.len());
            for piece in pieces {
                let mut rest = 0;
                let mut cut = |at: usize| {
                    if at > rest {
                        finer.push(&piece[rest..at]);
                        rest = at;
                    }
                };
                for found in regex.find_iter(piece) {
                    let found = found.map_err(|error| format!("text can't be cut into words: {error}"))?;
                    match step {
                        Around(_) => {
                            cut(found.start());
                            cut(found.end());
                        }
                        Behind(_) => cut(found.end()),
                        Threes(_) => {
                            let left_over = found.as_str().chars().count() % 3;
                            let digits = found.as_str().char_indices().skip(left_over).step_by(3);
                            digits.filter(|(at, _)| *at > 0).for_each(|(at, _)| cut(found.start() + at));
                        }
                    }
                }
                cut(piece.len());
            }
            pieces = finer;
        }
        Ok(pieces)
    }
}

#[cfg(test)]
mod tests;
