//! Tools that a model may choose by itself: they read or compute, and change nothing.

use inhouse_agent::call::ToolSpec;
use inhouse_agent::definition::{Agent, Words};
use inhouse_tools::calculate::{self, Calculation, calculate};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::App;

/// Passages that a search gives.
const PASSAGES: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
}

/// Computing, one tool for each kind of it: what a tool is for has to be seen from its name and one
/// sentence. The name that it has here, its action in the schema of `calculate`, and what it does.
const COMPUTING: [(&str, &str, &str, &str); 7] = [
    (
        "calculate",
        "evaluate",
        "Works out the result of a calculation with numbers and percentages.",
        "计算算式的结果，可含百分比。",
    ),
    (
        "date_difference",
        "date_difference",
        "Counts the days between two dates.",
        "计算两个日期之间相差多少天。",
    ),
    (
        "add_to_date",
        "add_to_date",
        "Finds the date that lies some days, weeks, months or years after or before a date.",
        "计算某日期之后或之前若干天、周、月或年的日期。",
    ),
    (
        "working_days",
        "working_days",
        "Counts the working days between two dates.",
        "计算两个日期之间有多少个工作日。",
    ),
    (
        "add_working_days",
        "add_working_days",
        "Finds the date that lies some working days after or before a date.",
        "计算某日期之后或之前若干个工作日的日期。",
    ),
    (
        "amount_in_capitals",
        "amount_in_capitals",
        "Writes an amount of money in Chinese capital numerals.",
        "把金额写成中文大写。",
    ),
    ("weekday", "weekday", "Tells which weekday a date is.", "查询某日期是星期几。"),
];

pub(crate) fn all() -> Vec<ToolSpec> {
    let schema = json!({
        "type": "object",
        "properties": { "query": { "type": "string", "minLength": 1, "maxLength": 120 } },
        "required": ["query"],
        "additionalProperties": false,
    });
    let says = Words {
        en: "Finds passages in the person's documents.".into(),
        zh: "在用户的文件中查找相关段落。".into(),
    };
    let mut all = vec![ToolSpec { name: "search".into(), says, schema: schema.to_string() }];
    all.extend(computing());
    all
}

/// The tools that compute.
pub(crate) fn computing() -> Vec<ToolSpec> {
    let schema = calculate::schema();
    let actions = schema["anyOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let tool = |(name, action, en, zh): &(&str, &str, &str, &str)| {
        let is_it = |schema: &&Value| schema["properties"]["action"]["const"] == *action;
        let mut schema = actions.iter().find(is_it)?.clone();
        // The name says it already.
        schema["properties"].as_object_mut()?.remove("action");
        schema["required"].as_array_mut()?.retain(|name| name != "action");
        let says = Words { en: (*en).into(), zh: (*zh).into() };
        Some(ToolSpec { name: (*name).into(), says, schema: schema.to_string() })
    };
    COMPUTING.iter().filter_map(tool).collect()
}

/// What a tool computes, as `80 * 3 = 240`, and its result.
pub(crate) fn compute(tool: &str, arguments: &str) -> Result<(String, String), String> {
    let known = COMPUTING.iter().find(|(name, ..)| *name == tool);
    let (_, action, ..) = known.ok_or_else(|| format!("there is no tool {tool}"))?;
    let mut what: Value = serde_json::from_str(arguments).map_err(|error| error.to_string())?;
    if let Some(what) = what.as_object_mut() {
        what.insert("action".into(), json!(action));
    }
    let what: Calculation = serde_json::from_value(what).map_err(|error| error.to_string())?;
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
            let within = app.sources_for(&[], &agent.collections).map_err(|error| error.to_string())?;
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
        other => compute(other, arguments).map(|(calculation, _)| calculation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_computing_is_a_tool_of_its_own() {
        assert_eq!(computing().len(), COMPUTING.len());
        assert!(computing().iter().all(|tool| !tool.schema.contains("\"action\"")));
        let (calculation, value) =
            compute("calculate", r#"{"expression": "17 * 145.50 * (1 + 19%)"}"#).expect("a result");
        assert_eq!(value, "2943.465");
        assert!(calculation.ends_with("= 2943.465"), "{calculation}");
        let (_, day) = compute("add_working_days", r#"{"date": "2026-03-02", "days": 5}"#).expect("a day");
        assert_eq!(day, "2026-03-09");
        assert!(compute("shell", "{}").is_err() && compute("weekday", "{}").is_err());
    }
}
