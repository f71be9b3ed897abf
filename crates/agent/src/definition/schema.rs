//! The JSON Schema of agents' files, by which editors complete and check them while they are typed. It
//! is made of the very types that read them.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    Ask, Calendar, CheckKind, Compare, Extract, FileAway, Fill, ForEach, Form, Free, Input, Limits, Mail,
    Permission, Query, ReadTable, Redact, Split, Tool, Translate, Words, Write,
};

/// A schema of the draft that editors know for TOML (draft 7).
pub fn schema() -> Value {
    let mut make = SchemaSettings::draft07().into_generator();
    let steps: Vec<Value> = vec![
        step::<ReadTable>(&mut make, "table"),
        step::<Split>(&mut make, "split"),
        step::<Form>(&mut make, "form"),
        step::<Extract>(&mut make, "extract"),
        step::<ForEach>(&mut make, "for_each"),
        step::<Query>(&mut make, "query"),
        step::<Compare>(&mut make, "compare"),
        step::<Translate>(&mut make, "translate"),
        step::<Redact>(&mut make, "redact"),
        step::<Ask>(&mut make, "ask"),
        step::<Free>(&mut make, "free"),
        step::<Write>(&mut make, "write"),
        step::<Fill>(&mut make, "fill"),
        step::<Mail>(&mut make, "mail"),
        step::<Calendar>(&mut make, "calendar"),
        step::<FileAway>(&mut make, "file"),
    ];
    let checks = checks(&mut make);
    let properties = json!({
        "name": make.subschema_for::<Words>(),
        "description": make.subschema_for::<Words>(),
        "industry": { "type": "string" },
        "instructions": make.subschema_for::<Words>(),
        "model": { "type": "string" },
        "collections": make.subschema_for::<Vec<String>>(),
        "tools": make.subschema_for::<Vec<String>>(),
        "inputs": make.subschema_for::<Vec<Input>>(),
        "permissions": make.subschema_for::<BTreeMap<Tool, Permission>>(),
        "limits": make.subschema_for::<Limits>(),
        "steps": { "type": "array", "minItems": 1, "items": { "oneOf": steps } },
        "checks": { "type": "array", "items": { "oneOf": checks } },
    });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "agent.toml",
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "description", "industry", "steps"],
        "properties": properties,
        "definitions": make.take_definitions(true),
    })
}

/// The schema of a step: that of its work, and what every step has.
fn step<T: JsonSchema>(make: &mut SchemaGenerator, does: &str) -> Value {
    let title = make.subschema_for::<Words>();
    let each = json!({
        "name": { "type": "string", "pattern": "^[a-z][a-z0-9_]*$" },
        "use": { "const": does },
        "title": title,
        "model": { "type": "string" },
    });
    with(T::json_schema(make).to_value(), each, &["name", "use", "title"])
}

fn checks(make: &mut SchemaGenerator) -> Vec<Value> {
    let says = make.subschema_for::<Words>();
    let each = json!({ "name": { "type": "string" }, "says": says });
    let kinds = CheckKind::json_schema(make).to_value();
    let kinds = kinds.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
    kinds.into_iter().map(|kind| with(kind, each.clone(), &["name", "says"])).collect()
}

/// An object's schema with more properties, some of which are required.
fn with(schema: Value, more: Value, required: &[&str]) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    let Value::Object(mut all) = more else { return Value::Object(schema) };
    if let Some(Value::Object(own)) = schema.remove("properties") {
        all.extend(own);
    }
    let mut names: Vec<Value> = required.iter().map(|name| json!(name)).collect();
    if let Some(Value::Array(own)) = schema.remove("required") {
        names.extend(own);
    }
    schema.extend(Map::from_iter([
        ("properties".to_owned(), Value::Object(all)),
        ("required".to_owned(), Value::Array(names)),
        ("additionalProperties".to_owned(), json!(false)),
    ]));
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_schema_for_editors_is_what_the_types_say() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/agent.schema.json");
        let made = serde_json::to_string_pretty(&schema()).expect("JSON") + "\n";
        if std::env::var_os("INHOUSE_UPDATE").is_some() {
            std::fs::write(&path, &made).expect("the schema is written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == made, "docs/agent.schema.json is stale: run `cargo xtask codegen`");
    }

    #[test]
    fn every_step_and_check_is_in_it() {
        let schema = schema();
        let names = |list: &str, key: &str| -> Vec<String> {
            let items = schema["properties"][list]["items"]["oneOf"].as_array().expect("a list");
            items
                .iter()
                .map(|item| item["properties"][key]["const"].as_str().unwrap_or("?").to_owned())
                .collect()
        };
        for name in names("steps", "use") {
            let toml =
                format!("[[steps]]\nname = \"x\"\nuse = \"{name}\"\ntitle = {{ en = \"\", zh = \"\" }}");
            let head =
                "name = { en = \"\", zh = \"\" }\ndescription = { en = \"\", zh = \"\" }\nindustry = \"x\"\n";
            let problems =
                super::super::Agent::parse("x", &format!("{head}{toml}")).err().unwrap_or_default();
            assert!(problems.iter().all(|problem| !problem.what.contains("which is none of")), "{name}");
        }
        assert_eq!(names("steps", "use").len(), 16);
        assert_eq!(
            names("checks", "kind"),
            ["filled", "quoted", "same_rows", "no_row", "reopens", "no_personal_data"]
        );
    }
}
