//! Holding an answer to a rule: which tokens may come next, by llguidance's parser.

use std::sync::Arc;

use inhouse_agent::chat::Constraint;
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};

use crate::tokenizer::Tokenizer;

/// A model's vocabulary, ready for rules.
pub(super) struct Rules {
    factory: ParserFactory,
}

/// A rule and what was written under it.
pub(super) struct Held {
    matcher: Matcher,
}

struct Vocabulary {
    tokenizer: Arc<Tokenizer>,
    trie: TokTrie,
}

impl TokenizerEnv for Vocabulary {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        self.trie.tokenize_with_greedy_fallback(bytes, |text| {
            // A text that the tokenizer can't cut is cut by the longest tokens that there are.
            self.tokenizer
                .encode_after(&[0], text)
                .unwrap_or_else(|_| self.trie.greedy_tokenize(text.as_bytes()))
        })
    }
}

impl Rules {
    /// `ends` are the tokens that end an answer.
    pub(super) fn new(tokenizer: Arc<Tokenizer>, ends: &[u32]) -> Result<Self, String> {
        let first = *ends.first().ok_or("no token of the model ends an answer")?;
        let words: Vec<Vec<u8>> = (0..tokenizer.len() as u32)
            .map(|token| {
                if ends.contains(&token) || tokenizer.is_control(token) {
                    // What begins with this byte is no text.
                    let mut name = vec![TokTrie::SPECIAL_TOKEN_MARKER];
                    name.extend(format!("<{token}>").bytes());
                    name
                } else {
                    tokenizer.bytes(token).to_vec()
                }
            })
            .collect();
        let info = TokRxInfo::new(words.len() as u32, first);
        let trie = TokTrie::from(&info, &words).with_eos_tokens(ends);
        let vocabulary: TokEnv = Arc::new(Vocabulary { tokenizer, trie });
        let forced = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let slices = llguidance::earley::SlicedBiasComputer::general_slices();
        let mut factory =
            ParserFactory::new(&vocabulary, forced, &slices).map_err(|error| error.to_string())?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Self { factory })
    }

    pub(super) fn hold(&self, constraint: &Constraint) -> Result<Held, String> {
        let parser = grammar(constraint)
            .and_then(|grammar| self.factory.create_parser(grammar).map_err(|error| format!("{error:#}")))?;
        let mut matcher = Matcher::new(Ok(parser));
        match matcher.get_error() {
            Some(error) => Err(error),
            None if matcher.is_stopped() => Err("no text keeps to it".into()),
            None => {
                let warnings = matcher.grammar_warnings();
                if !warnings.is_empty() {
                    tracing::warn!(?warnings, "a rule for an answer says more than can be held to");
                }
                Ok(Held { matcher })
            }
        }
    }
}

fn grammar(constraint: &Constraint) -> Result<TopLevelGrammar, String> {
    Ok(match constraint {
        Constraint::Json { schema } => {
            let mut schema: Value =
                serde_json::from_str(schema).map_err(|error| format!("its schema is not JSON: {error}"))?;
            // One way to write white space: a small model can't get lost in it, and most of it is
            // forced.
            if let Some(schema) = schema.as_object_mut() {
                schema.entry("x-guidance").or_insert(json!({"whitespace_flexible": false}));
            }
            end_times(&mut schema);
            TopLevelGrammar::from_json_schema(schema)
        }
        Constraint::Regex(pattern) => TopLevelGrammar::from_regex(pattern),
        Constraint::OneOf(texts) => {
            if texts.is_empty() || texts.iter().any(String::is_empty) {
                return Err("there must be texts to choose from, and none empty".into());
            }
            let texts: Vec<String> =
                texts.iter().map(|text| Value::from(text.as_str()).to_string()).collect();
            TopLevelGrammar::from_lark(format!("start: {}", texts.join(" | ")))
        }
        Constraint::Quote { of } => {
            let chunks = chunks(of);
            if chunks.is_empty() {
                return Err("there is no text to quote from".into());
            }
            let chunks = json!({"substring_chunks": chunks});
            TopLevelGrammar::from_lark(format!(
                "start: QUOTE\nQUOTE: STRETCH & /(?s:.+)/\nSTRETCH: %regex {chunks}"
            ))
        }
    })
}

/// Bounds times, whose seconds may have any number of decimals: a small model may never come to an
/// end of them.
fn end_times(schema: &mut Value) {
    // 23:59:59.999+00:00, and the same behind a date.
    const LONGEST: [(&str, u32); 2] = [("time", 18), ("date-time", 29)];
    match schema {
        Value::Object(object) => {
            let format = object.get("format").and_then(Value::as_str);
            if let Some((_, longest)) = LONGEST.iter().find(|(name, _)| Some(*name) == format) {
                object.entry("maxLength").or_insert(json!(longest));
            }
            // These hold values, not schemas.
            let schemas = object.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "const" | "enum"));
            schemas.for_each(|(_, schema)| end_times(schema));
        }
        Value::Array(values) => values.iter_mut().for_each(end_times),
        _ => {}
    }
}

/// A text in pieces at whose ends a quote may begin or end: words with the white space before
/// them, and single characters of scripts without spaces.
fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut start = 0;
    let mut in_word = false;
    for (at, character) in text.char_indices() {
        let spaced = character.is_alphanumeric() && !is_dense(character);
        if at > start && !(in_word && spaced) {
            chunks.push(&text[start..at]);
            start = at;
        }
        in_word = spaced;
    }
    if start < text.len() {
        chunks.push(&text[start..]);
    }
    chunks
}

/// Of a script that is written without spaces: kana, Chinese characters, Hangul.
fn is_dense(character: char) -> bool {
    matches!(u32::from(character), 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

impl Held {
    /// Tokens that must come next, whatever the model says; they count as written.
    pub(super) fn forced(&mut self) -> Vec<u32> {
        self.matcher.consume_ff_tokens()
    }

    /// Whether nothing can follow.
    pub(super) fn is_done(&self) -> bool {
        self.matcher.is_stopped()
    }

    /// Makes every token impossible that may not come next.
    pub(super) fn mask(&mut self, logits: &mut [f32]) -> Result<(), String> {
        let allowed = self.matcher.compute_mask_or_eos().map_err(|error| format!("{error:#}"))?;
        for (token, logit) in logits.iter_mut().enumerate() {
            if token >= allowed.len() || !allowed.get(token) {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }

    pub(super) fn write(&mut self, token: u32) -> Result<(), String> {
        self.matcher.consume_token(token).map_err(|error| format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_get_an_end_and_values_are_left_alone() {
        let mut schema = json!({
            "properties": {"at": {"format": "time"}, "format": {"const": {"format": "time"}}},
            "anyOf": [{"format": "date-time", "maxLength": 40}, {"format": "date"}],
        });
        let mut expected = schema.clone();
        expected["properties"]["at"]["maxLength"] = json!(18);
        end_times(&mut schema);
        assert_eq!(schema, expected);
    }

    #[test]
    fn texts_are_quoted_by_words_and_by_characters_where_words_have_no_spaces() {
        assert_eq!(
            chunks("Up to EUR 0.43, 每公里0.43元"),
            [
                "Up", " ", "to", " ", "EUR", " ", "0", ".", "43", ",", " ", "每", "公", "里", "0", ".", "43",
                "元"
            ]
        );
        assert!(chunks("").is_empty());
    }
}
