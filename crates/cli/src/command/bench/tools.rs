//! `inhouse bench --tools`: which tool the model calls for what is asked.

use std::fs;
use std::path::Path;
use std::time::Instant;

use inhouse_agent::answer::Language;
use inhouse_agent::call::{Called, ToolSpec};
use inhouse_agent::definition::Words;
use inhouse_app::AppError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::command::print_json;
use crate::{Context, End};

/// A line: tools, and what a person wants. Other keys are left alone.
#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: String,
    tools: Vec<Tool>,
    request: String,
    /// ISO 639-1; that of the request when it is missing.
    language: Option<String>,
}

#[derive(Deserialize)]
struct Tool {
    name: String,
    description: String,
    /// JSON Schema.
    parameters: Value,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    /// Null when none fits.
    tool: Option<String>,
    arguments: Option<Value>,
    /// Why a tool that fits could not be called.
    reason: Option<String>,
    /// What the model was asked, by name, and answered.
    answers: Vec<(String, String)>,
    prompt_tokens: usize,
    answer_tokens: usize,
    ms: u64,
}

pub async fn run(file: &Path, context: &Context) -> Result<End, AppError> {
    let bad = |reason: String| AppError::BadInput {
        path: file.to_owned(),
        reason,
        hint: "write a JSON object with `tools` and `request` on each line; docs/cli.md shows one",
    };
    let text = fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let request: Request =
            serde_json::from_str(line).map_err(|error| bad(format!("line {number}: {error}")))?;
        let tools = request.tools.into_iter().map(|tool| ToolSpec {
            name: tool.name,
            says: Words { en: tool.description.clone(), zh: tool.description },
            schema: tool.parameters.to_string(),
        });
        let language = match request.language.as_deref() {
            Some("zh") => Language::Chinese,
            Some("en") => Language::English,
            _ => Language::of(&request.request),
        };
        let begun = Instant::now();
        let call =
            context.app.call_tool(tools.collect(), &request.request, "", language, &context.cancel).await?;
        let (tool, arguments, reason) = match call.called {
            Called::Call { tool, arguments, .. } => {
                let arguments = serde_json::from_str(&arguments);
                (Some(tool), Some(arguments.map_err(|error| bad(error.to_string()))?), None)
            }
            Called::None => (None, None, None),
            Called::Broken { tool, reason } => (Some(tool), None, Some(reason)),
        };
        let line = Line {
            id: &request.id,
            tool,
            arguments,
            reason,
            answers: call.answers,
            prompt_tokens: call.prompt_tokens,
            answer_tokens: call.answer_tokens,
            ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        if context.json {
            print_json(&line)?;
        } else {
            match (&line.tool, &line.arguments) {
                (Some(tool), Some(arguments)) => println!("{} {tool} {arguments}", line.id),
                (Some(tool), None) => println!("{} {tool}: {}", line.id, line.reason.unwrap_or_default()),
                (None, _) => println!("{} none", line.id),
            }
        }
        if context.cancel.is_cancelled() {
            return Ok(End::Cancelled);
        }
    }
    Ok(End::Done)
}
