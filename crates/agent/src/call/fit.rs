//! Whether a tool fits, by what the model said of it and by the words that stand there.

use serde_json::Value;

use crate::answer::terms::Terms;
use crate::call::prompt::Compared;
use crate::call::schema::{Schema, properties};
use crate::call::{Asked, ToolSpec};

/// Share of the terms of one text that another must have to say the same.
const RESTATED: f32 = 0.75;

/// Whether the tool does what is asked; for a request of several steps, a part of it.
///
/// A small model puts what is asked in words first and judges then. It often finds the right words, those
/// of the tool, and judges wrongly that only the topic is the same. Its words count then, where those of
/// the request bear them out: it also says the words of a tool when it knows no others.
pub(super) fn is_fit(answer: &str, tool: &ToolSpec, asked: &Asked<'_>) -> bool {
    let compared = Compared::read(answer);
    if asked.in_steps {
        return !compared.is_other() && !answer.trim().is_empty();
    }
    compared.is_same() || (restates(compared.asked, tool, asked) && shares_words(tool, asked))
}

fn restates(words: &str, tool: &ToolSpec, asked: &Asked<'_>) -> bool {
    let said = Terms::of(words);
    let says = Terms::of(tool.says.get(asked.language));
    let are_told = !said.words.is_empty() && !says.words.is_empty();
    are_told && (said.recall_in(&says) >= RESTATED || says.recall_in(&said) >= RESTATED)
}

/// Whether the request has a word of what the tool and its arguments are said to be.
fn shares_words(tool: &ToolSpec, asked: &Asked<'_>) -> bool {
    let mut text = tool.says.get(asked.language).to_owned();
    if let Ok(schema) = Schema::read(&tool.schema) {
        say(schema.root(), &mut text);
    }
    let tool = Terms::of(&text);
    Terms::of(asked.request).words.iter().any(|word| tool.words.contains(word))
}

/// The words of a schema: its names, what is said of them, and what they may be.
fn say(schema: &Value, text: &mut String) {
    for (name, property, _) in properties(schema) {
        text.push('\n');
        text.push_str(&name.replace('_', " "));
        let says = property.get("description").and_then(Value::as_str);
        let values = property.get("enum").and_then(Value::as_array).into_iter().flatten();
        for words in says.into_iter().chain(values.filter_map(Value::as_str)) {
            text.push('\n');
            text.push_str(&words.replace('_', " "));
        }
        say(property.get("items").unwrap_or(property), text);
    }
}
