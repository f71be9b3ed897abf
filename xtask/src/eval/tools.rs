//! `cargo xtask eval tools`: whether the model calls the right tool with the right arguments, and sees
//! when none fits.
//!
//! The cases are in the manner of the public benchmarks of function calling, and not theirs: one tool,
//! several, none that fits. An argument may have several right values, in which `*` stands for any text,
//! and one that may be left out has `null` or `""` among them.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Inhouse, Wanted};
use crate::house::House;
use crate::process;

/// The least share of right tools and arguments, and of `none` where none fits.
const RIGHT: f64 = 0.85;
const NONE: f64 = 0.80;

#[derive(Deserialize)]
struct Case {
    id: String,
    language: String,
    kind: String,
    tools: Vec<Tool>,
    accept: Vec<Accepted>,
}

#[derive(Deserialize)]
struct Tool {
    name: String,
    parameters: Value,
}

#[derive(Deserialize)]
struct Accepted {
    tool: String,
    arguments: BTreeMap<String, Vec<Value>>,
}

#[derive(Deserialize)]
struct Called {
    id: String,
    tool: Option<String>,
    arguments: Option<Map<String, Value>>,
    ms: f64,
}

#[derive(Default)]
struct Sum {
    cases: usize,
    tool: usize,
    right: usize,
}

pub fn run(house: &House, inhouse: &Inhouse<'_>, wanted: &Wanted) -> Result<()> {
    let file = house.root.join("xtask/src/eval/tools.jsonl");
    let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let lines: Vec<&str> = text.lines().step_by(wanted.every).collect();
    let cases: Vec<Case> = lines
        .iter()
        .map(|line| serde_json::from_str(line))
        .collect::<Result<_, _>>()
        .context("reading the cases")?;
    let folder = tempfile::tempdir().context("making a folder for the evaluation's data")?;
    let requests = folder.path().join("requests.jsonl");
    fs::write(&requests, lines.join("\n")).context("writing the requests")?;
    let mut command = inhouse(&folder.path().join("home"));
    command.args(["bench", "--json", "--tools"]).arg(&requests);
    let printed = process::output(wanted.with_model(&mut command))?;
    let called: Vec<Called> = printed
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("reading what was printed")?;
    if called.len() != cases.len() {
        bail!("{} requests were made and {} answered", cases.len(), called.len());
    }
    let mut sums: BTreeMap<(&str, &str), Sum> = BTreeMap::new();
    let (mut valid, mut calls) = (0, 0);
    for (case, called) in cases.iter().zip(&called) {
        if case.id != called.id {
            bail!("{} was asked and {} answered", case.id, called.id);
        }
        let sum = sums.entry((&case.kind, &case.language)).or_default();
        sum.cases += 1;
        let is_right = is_right(case, called);
        sum.tool += usize::from(is_tool(case, called));
        sum.right += usize::from(is_right);
        if called.tool.is_some() {
            calls += 1;
            valid += usize::from(is_valid(case, called));
        }
        if !is_right {
            let arguments = called.arguments.clone().map(Value::Object).unwrap_or_default();
            println!("wrong: {} {} {arguments}", case.id, called.tool.as_deref().unwrap_or("none"));
        }
    }
    println!("{:<10} {:<8} {:>6} {:>11} {:>15}", "kind", "language", "cases", "right tool", "and arguments");
    for ((kind, language), sum) in &sums {
        println!("{kind:<10} {language:<8} {:>6} {:>11} {:>15}", sum.cases, sum.tool, sum.right);
    }
    let mut times: Vec<f64> = called.iter().map(|called| called.ms).collect();
    times.sort_by(f64::total_cmp);
    println!("valid: {valid} of {calls}; median {:.0} ms", times[times.len() / 2]);
    let share = |none: bool| {
        let of = sums.iter().filter(|((kind, _), _)| (*kind == "none") == none).map(|(_, sum)| sum);
        let (right, cases) = of.fold((0, 0), |(right, cases), sum| (right + sum.right, cases + sum.cases));
        right as f64 / cases.max(1) as f64
    };
    let (right, none) = (share(false), share(true));
    println!("right {right:.3}, none seen {none:.3}");
    if valid < calls || right < RIGHT || none < NONE {
        bail!("wanted: all valid, {RIGHT} right, {NONE} of those that none fits");
    }
    Ok(())
}

fn is_tool(case: &Case, called: &Called) -> bool {
    match &called.tool {
        None => case.accept.is_empty(),
        Some(tool) => case.accept.iter().any(|accepted| accepted.tool == *tool),
    }
}

fn is_right(case: &Case, called: &Called) -> bool {
    let (Some(tool), Some(arguments)) = (&called.tool, &called.arguments) else {
        return called.tool.is_none() && case.accept.is_empty();
    };
    case.accept.iter().filter(|accepted| accepted.tool == *tool).any(|accepted| {
        let all_known = arguments.keys().all(|name| accepted.arguments.contains_key(name));
        let fits = |(name, values): (&String, &Vec<Value>)| match arguments.get(name) {
            Some(value) => values.iter().any(|one| same(one, value)),
            None => values.iter().any(|one| one.is_null() || one.as_str() == Some("")),
        };
        all_known && accepted.arguments.iter().all(fits)
    })
}

/// The arguments have what the schema requires, and nothing that it does not know.
fn is_valid(case: &Case, called: &Called) -> bool {
    let tool = case.tools.iter().find(|tool| Some(&tool.name) == called.tool.as_ref());
    let (Some(tool), Some(arguments)) = (tool, &called.arguments) else { return false };
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    let required = tool.parameters.get("required").and_then(Value::as_array);
    let kind_fits = |name: &String, value: &Value| {
        let Some(schema) = properties.and_then(|all| all.get(name)) else { return false };
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        }
    };
    let is_there = |name: &Value| name.as_str().is_some_and(|name| arguments.contains_key(name));
    required.is_none_or(|names| names.iter().all(is_there))
        && arguments.iter().all(|(name, value)| kind_fits(name, value))
}

/// Numbers by value; texts without regard to case, blanks and the marks around; lists and objects part
/// by part.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::String(a), Value::String(b)) => is_like(&plain(a), &plain(b)),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// Whether a text is a pattern's, in which `*` stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((begins, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(begins) else { return false };
    let Some((between, ends)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
    for part in between.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(ends)
}

fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && !",.-/_^".contains(*c));
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in
            [("*", "anything"), ("*seal*", "the seal leaks"), ("a*c", "abc"), ("a*b*c", "a-b-c")]
        {
            assert!(is_like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("*seal*", "the pump"), ("a*c", "abd"), ("a*b*c", "a-c"), ("seal", "seals")] {
            assert!(!is_like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_call_is_right_by_its_values() {
        let case: Case = serde_json::from_str(
            r#"{"id": "a", "language": "en", "kind": "simple", "tools": [{"name": "t", "parameters": {"properties": {"n": {"type": "integer"}, "s": {"type": "string"}}, "required": ["n"]}}],
                "accept": [{"tool": "t", "arguments": {"n": [2], "s": ["Blue Room", ""]}}]}"#,
        )
        .expect("a case");
        let called = |arguments: &str| -> Called {
            serde_json::from_str(&format!(r#"{{"id": "a", "tool": "t", "arguments": {arguments}, "ms": 1}}"#))
                .expect("a call")
        };
        assert!(
            is_right(&case, &called(r#"{"n": 2.0}"#))
                && is_right(&case, &called(r#"{"n": 2, "s": "blue room"}"#))
        );
        assert!(
            !is_right(&case, &called(r#"{"n": 3}"#)) && !is_right(&case, &called(r#"{"n": 2, "s": "red"}"#))
        );
        assert!(!is_right(&case, &called(r#"{"n": 2, "x": 1}"#)));
        assert!(is_valid(&case, &called(r#"{"n": 2}"#)) && !is_valid(&case, &called(r#"{"s": "a"}"#)));
        assert!(!is_valid(&case, &called(r#"{"n": "2"}"#)));
        let none = Called { id: "a".into(), tool: None, arguments: None, ms: 1.0 };
        assert!(!is_right(&case, &none) && is_right(&Case { accept: Vec::new(), ..case }, &none));
    }
}
