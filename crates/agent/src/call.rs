//! A tool call: which tool does what is asked, if any, and with which arguments.
//!
//! A small model is asked three short questions, each held to a grammar. It names the likeliest tool; the
//! question speaks of none and the grammar does not let it say so, because it would say it too often, and
//! without the word it chooses worse. Seeing only that tool, it says in a few words what is asked and how
//! the tool compares with that. And it writes the arguments under the tool's JSON Schema. What can be told
//! without a model is told by code: see [`fit`] and [`check`].

mod check;
mod fit;
mod prompt;
mod schema;

use crate::answer::Language;
use crate::chat::ChatRequest;
use crate::definition::Words;

use schema::Schema;

/// Times that arguments are written for one call: once, and again with what a check named.
const ATTEMPTS: u64 = 3;

/// A tool as a model may choose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolSpec {
    pub name: String,
    pub says: Words,
    /// JSON Schema of its arguments.
    pub schema: String,
}

/// What a tool is wanted for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub request: &'a str,
    /// What holds for whoever asks, such as an agent's instructions; may be empty.
    pub instructions: &'a str,
    pub language: Language,
    /// Whether a tool fits that does a part of it only.
    pub in_steps: bool,
    /// Calls that were made for it, in order.
    pub done: &'a [Done],
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub tool: String,
    pub arguments: String,
    pub result: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// The arguments are a JSON object that is valid under the tool's schema; they are borne out when all
    /// of their figures and dates stand in the request.
    Call { tool: String, arguments: String, borne_out: bool },
    /// No tool does what is asked, or nothing is left to do, or a number that the tool needs was not said
    /// and would be made up.
    None,
    /// A tool fits, but what was written for it is not valid: it was cut, as a rule.
    Broken { tool: String, reason: String },
}

/// A model that answers requests. The first value names the question within the call, the same each time.
pub type Ask<'a, E> = dyn FnMut(&str, &ChatRequest) -> Result<String, E> + 'a;

/// Chooses a tool for what is asked and has its arguments written, in at most three questions, and two
/// more when a check names what is wrong with the arguments. Errors are those of `ask`.
pub fn call_tool<E>(tools: &[ToolSpec], asked: &Asked<'_>, ask: &mut Ask<'_, E>) -> Result<Called, E> {
    let Some(tool) = choose(tools, asked, ask)? else { return Ok(Called::None) };
    write(tool, asked, None, ask)
}

/// The tool that does what is asked.
pub fn choose<'t, E>(
    tools: &'t [ToolSpec],
    asked: &Asked<'_>,
    ask: &mut Ask<'_, E>,
) -> Result<Option<&'t ToolSpec>, E> {
    let likeliest = match tools {
        [] => None,
        [only] if asked.done.is_empty() => Some(only),
        _ => {
            let name = ask("tool", &prompt::choose(tools, asked))?;
            tools.iter().find(|tool| tool.name == name.trim())
        }
    };
    let Some(tool) = likeliest else { return Ok(None) };
    let compared = ask(&format!("{}/fits", tool.name), &prompt::fits(tool, asked))?;
    Ok(fit::is_fit(&compared, tool, asked).then_some(tool))
}

/// Has the arguments of a tool written; `refused` are some that were written before, and what is wrong
/// with them: then they are written once.
pub fn write<E>(
    tool: &ToolSpec,
    asked: &Asked<'_>,
    refused: Option<(&str, &str)>,
    ask: &mut Ask<'_, E>,
) -> Result<Called, E> {
    let broken = |reason: String| Called::Broken { tool: tool.name.clone(), reason };
    let schema = match Schema::read(&tool.schema) {
        Ok(schema) => schema,
        Err(reason) => return Ok(broken(reason)),
    };
    let mut wrong = refused.map(|(arguments, error)| (arguments.to_owned(), error.to_owned()));
    let first = u64::from(wrong.is_some());
    // What is valid though not all of its figures were found in the request, as it was written first.
    let mut valid = None;
    let mut reason = String::new();
    let attempts = if refused.is_some() { 1 } else { ATTEMPTS };
    for attempt in 0..attempts {
        let request = prompt::write(tool, &schema, asked, wrong.as_ref(), attempt + first);
        let text = ask(&format!("{}#{attempt}", tool.name), &request)?;
        let arguments = match schema.check(&text) {
            Ok(arguments) => check::tidied(arguments, &schema, asked),
            Err(error) => {
                reason = error.clone();
                wrong = Some((text, error));
                continue;
            }
        };
        let written = arguments.to_string();
        match check::not_said(&arguments, &schema, asked) {
            None => return Ok(Called::Call { tool: tool.name.clone(), arguments: written, borne_out: true }),
            Some((name, value)) => {
                wrong = Some((written, prompt::not_said(asked.language, &name, &value)));
                valid.get_or_insert(arguments);
            }
        }
    }
    Ok(match valid {
        Some(arguments) if check::has_made_up(&arguments, &schema, asked) => Called::None,
        Some(arguments) => {
            Called::Call { tool: tool.name.clone(), arguments: arguments.to_string(), borne_out: false }
        }
        None => broken(reason),
    })
}

#[cfg(test)]
mod tests;
