//! Tools that a model may choose by itself: they read or compute, and change nothing.

use inhouse_agent::call::ToolSpec;
use inhouse_agent::definition::{Agent, Words};
use inhouse_tools::calculate::{self, Calculation, calculate};
use serde::Deserialize;

use crate::App;

/// Passages that a search gives.
const PASSAGES: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
}

pub(crate) fn all() -> Vec<ToolSpec> {
    let search = serde_json::json!({
        "type": "object",
        "properties": { "query": { "type": "string", "minLength": 1, "maxLength": 120 } },
        "required": ["query"],
        "additionalProperties": false,
    });
    vec![
        ToolSpec {
            name: "search".into(),
            says: Words {
                en: "finds passages in the person's documents".into(),
                zh: "在用户的文件中查找相关段落".into(),
            },
            schema: search.to_string(),
        },
        ToolSpec {
            name: "calculate".into(),
            says: Words {
                en: "computes exactly: arithmetic, sums, dates, working days, durations, amounts in Chinese capitals"
                    .into(),
                zh: "精确计算：算式、合计、日期、工作日、时长、人民币大写".into(),
            },
            schema: calculate::schema().to_string(),
        },
    ]
}

/// What `calculate` computes, as `80 * 3 = 240`, and its result.
pub(crate) fn compute(arguments: &str) -> Result<(String, String), String> {
    let what: Calculation = serde_json::from_str(arguments).map_err(|error| error.to_string())?;
    let done = calculate(&what).map_err(|error| error.to_string())?;
    let value = done.value.to_string();
    Ok((format!("{} = {value}", done.normalised), value))
}

/// What a tool says, or why it says nothing. An agent searches only the collections that its file names.
pub(super) fn call(
    app: &App,
    agent: &Agent,
    runtime: &tokio::runtime::Handle,
    tool: &str,
    arguments: &str,
) -> Result<String, String> {
    match tool {
        "search" => {
            let search: Search = serde_json::from_str(arguments).map_err(|error| error.to_string())?;
            let within = match agent.collections.as_slice() {
                [] => None,
                names => Some(app.sources_in(names).map_err(|error| error.to_string())?),
            };
            let found = runtime.block_on(app.search_within(&search.query, PASSAGES, within.as_deref()));
            let found = found.map_err(|error| error.to_string())?;
            if found.is_empty() {
                return Ok("nothing found".into());
            }
            let told = found.iter().map(|found| {
                let name = found.path.file_name().map(|name| name.to_string_lossy().into_owned());
                let anchor = found.passage.anchor;
                format!("{}, p. {}: {}", name.unwrap_or_default(), anchor.page, found.passage.text)
            });
            Ok(told.collect::<Vec<_>>().join("\n\n"))
        }
        "calculate" => compute(arguments).map(|(calculation, _)| calculation),
        other => Err(format!("there is no tool {other}")),
    }
}
