//! The message catalogues of the UI say the same things in every language.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Finding;
use super::tree::{Entry, Tree};

/// The folder of the catalogues, one JSON file per language.
const FOLDER: &str = "ui/src/i18n/";

/// The language that the others are compared with.
const FIRST: &str = "ui/src/i18n/en.json";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let catalogues: Vec<&Entry> = tree
        .files
        .iter()
        .filter(|file| file.path.starts_with(FOLDER) && file.has_extension(&["json"]))
        .collect();
    let mut findings = Vec::new();
    let mut read = BTreeMap::new();
    for file in &catalogues {
        match serde_json::from_str(file.text.as_deref().unwrap_or_default()) {
            Ok(value) => {
                let mut messages = BTreeMap::new();
                flatten("", &value, &mut messages);
                read.insert(file.path.as_str(), messages);
            }
            Err(error) => findings.push(Finding::new(&file.path, error.line(), error.to_string())),
        }
    }
    let Some(first) = read.get(FIRST) else {
        if tree.files.iter().any(|file| file.path.starts_with("ui/")) && findings.is_empty() {
            findings.push(Finding::new(FIRST, 0, "the English message catalogue is missing"));
        }
        return findings;
    };
    for (path, other) in &read {
        for (key, text) in first {
            match other.get(key) {
                None => findings.push(Finding::new(*path, 0, format!("the message {key} is missing"))),
                Some(translated) if placeholders(translated) != placeholders(text) => {
                    let what = format!("the message {key} has other placeholders than in {FIRST}");
                    findings.push(Finding::new(*path, 0, what));
                }
                Some(translated) if translated.trim().is_empty() => {
                    findings.push(Finding::new(*path, 0, format!("the message {key} is empty")));
                }
                Some(_) => {}
            }
        }
        for key in other.keys().filter(|key| !first.contains_key(*key)) {
            findings.push(Finding::new(*path, 0, format!("the message {key} is not in {FIRST}")));
        }
    }
    findings
}

fn flatten(prefix: &str, value: &Value, messages: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&key, value, messages);
            }
        }
        Value::String(text) => {
            messages.insert(prefix.to_owned(), text.clone());
        }
        other => {
            messages.insert(prefix.to_owned(), other.to_string());
        }
    }
}

/// The names in `{name}` and in the plurals `{name#one|other}`, which not every language has.
fn placeholders(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.split('{').skip(1).filter_map(|rest| rest.split(['}', '#']).next()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(en: &str, zh: &str) -> Vec<String> {
        let tree = Tree::of(&[("ui/src/i18n/en.json", en), ("ui/src/i18n/zh.json", zh)]);
        check(&tree).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn catalogues_that_say_the_same_pass() {
        let en = r#"{"a": "{n} {n#file|files} in {folder}", "b": {"c": "Stop"}}"#;
        assert!(found(en, r#"{"a": "{folder} 中有 {n} 个文件", "b": {"c": "停止"}}"#).is_empty());
    }

    #[test]
    fn missing_extra_empty_and_differing_messages_are_found() {
        let en = r#"{"a": "{n} files", "b": {"c": "Stop"}, "d": "Go"}"#;
        let zh = r#"{"a": "文件", "b": {"x": "停"}, "d": ""}"#;
        let found = found(en, zh);
        assert_eq!(found.len(), 4, "{found:?}");
        for (part, count) in
            [("placeholders", 1), ("b.c is missing", 1), ("b.x is not", 1), ("d is empty", 1)]
        {
            assert_eq!(found.iter().filter(|what| what.contains(part)).count(), count, "{part} in {found:?}");
        }
    }

    #[test]
    fn a_catalogue_that_is_no_json_is_found() {
        assert_eq!(found("{}", "{\n\"a\": }").len(), 1);
    }
}
