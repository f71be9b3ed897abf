//! JSON Schemas of arguments, as people write them, made fit for writing and for checking.

use serde_json::{Map, Value, json};

use crate::call::prompt::Write;

/// Characters of a text whose schema names no bound: a small model may not come to an end by itself.
const LONGEST: u64 = 400;
const MOST_ITEMS: u64 = 20;

/// A schema in which nothing may be added to an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schema(Value);

impl Schema {
    /// Errors say what is wrong with the schema.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("the tool's schema is not JSON: {error}"))?;
        if !value.is_object() {
            return Err("the tool's schema is no object".into());
        }
        Ok(Self(strict(value)))
    }

    /// The schema under which arguments are written: each optional one must be there and may be null, so
    /// that a model decides on each of them. It would rather end than go on.
    pub(super) fn text(&self) -> String {
        spelt_out(self.0.clone()).to_string()
    }

    pub(super) fn root(&self) -> &Value {
        &self.0
    }

    /// The names of the arguments, parted by commas.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = properties(&self.0).map(|(name, _, _)| name).collect();
        names.join(", ")
    }

    /// One line for each argument: its name, what it may be, and what its author says of it.
    pub(super) fn describe(&self, words: &Write) -> String {
        let mut lines = String::new();
        describe(&self.0, 0, words, &mut lines);
        lines
    }

    /// The arguments when they are a JSON object that is valid. Knows `type`, `enum`, `const`,
    /// `required`, `properties`, `items` and bounds of numbers; the rest is for who decodes.
    pub(super) fn check(&self, text: &str) -> Result<Value, String> {
        let mut value: Value =
            serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        if !value.is_object() {
            return Err("it is no object".into());
        }
        drop_nulls(&mut value, &self.0);
        match fault(&value, &self.0, "") {
            None => Ok(value),
            Some(fault) => Err(fault),
        }
    }
}

/// Name, schema and whether it is required, of each property.
pub(super) fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value, bool)> {
    let of = schema.get("properties").and_then(Value::as_object);
    of.into_iter().flatten().map(|(name, property)| (name.as_str(), property, is_required(schema, name)))
}

pub(super) fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|known| known == name))
}

fn strict(mut schema: Value) -> Value {
    let Some(object) = schema.as_object_mut() else { return schema };
    if let Some(Value::Object(properties)) = object.remove("properties") {
        let properties: Map<String, Value> =
            properties.into_iter().map(|(name, property)| (name, strict(property))).collect();
        object.insert("properties".into(), Value::Object(properties));
        object.entry("type").or_insert(json!("object"));
        object.insert("additionalProperties".into(), json!(false));
    }
    if let Some(items) = object.remove("items") {
        object.insert("items".into(), strict(items));
        object.entry("maxItems").or_insert(json!(MOST_ITEMS));
    }
    for name in ["anyOf", "oneOf", "allOf"] {
        if let Some(Value::Array(schemas)) = object.remove(name) {
            object.insert(name.into(), schemas.into_iter().map(strict).collect());
        }
    }
    let is_text = object.get("type").is_some_and(|kind| kind == "string");
    if is_text && !["enum", "const", "pattern", "format"].iter().any(|name| object.contains_key(*name)) {
        object.entry("maxLength").or_insert(json!(LONGEST));
    }
    schema
}

fn spelt_out(mut schema: Value) -> Value {
    if let Some(items) = schema.get_mut("items") {
        *items = spelt_out(items.take());
    }
    let names: Vec<(String, bool)> =
        properties(&schema).map(|(name, _, required)| (name.to_owned(), required)).collect();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, required) in &names {
            let Some(property) = properties.get_mut(name) else { continue };
            let inner = spelt_out(property.take());
            *property = if *required { inner } else { json!({"anyOf": [inner, {"type": "null"}]}) };
        }
        schema["required"] = names.into_iter().map(|(name, _)| name).collect();
    }
    schema
}

/// Takes out the optional properties that are null.
fn drop_nulls(value: &mut Value, schema: &Value) {
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array_mut()) {
        values.iter_mut().for_each(|value| drop_nulls(value, items));
    }
    let Some(object) = value.as_object_mut() else { return };
    for (name, property, required) in properties(schema) {
        if !required && object.get(name).is_some_and(Value::is_null) {
            object.retain(|known, _| known != name);
        }
        if let Some(value) = object.get_mut(name) {
            drop_nulls(value, property);
        }
    }
}

fn describe(schema: &Value, depth: usize, words: &Write, lines: &mut String) {
    for (name, property, required) in properties(schema) {
        let mut kind = kind_of(property, words);
        if !required {
            kind.push_str(", ");
            kind.push_str(&words.optional);
        }
        let says = property.get("description").and_then(Value::as_str).unwrap_or_default();
        let indent = "  ".repeat(depth);
        let says = if says.is_empty() { String::new() } else { format!(": {says}") };
        lines.push_str(&format!("\n{indent}- {name} ({kind}){says}"));
        let inner = property.get("items").unwrap_or(property);
        describe(inner, depth + 1, words, lines);
    }
}

fn kind_of(schema: &Value, words: &Write) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<String> =
            values.iter().map(|value| value.as_str().map_or(value.to_string(), str::to_owned)).collect();
        return format!("{} {}", words.one_of, values.join(", "));
    }
    if let Some(items) = schema.get("items") {
        return format!("{} {}", words.list_of, kind_of(items, words));
    }
    let format = schema.get("format").and_then(Value::as_str);
    format.or(schema.get("type").and_then(Value::as_str)).unwrap_or("value").to_owned()
}

/// What in a value is not as its schema wants it.
fn fault(value: &Value, schema: &Value, at: &str) -> Option<String> {
    let here = if at.is_empty() { "the arguments" } else { at };
    if let Some(kind) = schema.get("type")
        && !is_kind(value, kind)
    {
        return Some(format!("{here} must be {kind}"));
    }
    let allowed = schema.get("enum").and_then(Value::as_array);
    if allowed.is_some_and(|allowed| !allowed.contains(value))
        || schema.get("const").is_some_and(|only| only != value)
    {
        return Some(format!("{here} may not be {value}"));
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(number) = value.as_f64()
        && (bound("minimum").is_some_and(|least| number < least)
            || bound("maximum").is_some_and(|most| number > most)
            || bound("exclusiveMinimum").is_some_and(|least| number <= least)
            || bound("exclusiveMaximum").is_some_and(|most| number >= most))
    {
        return Some(format!("{here} is out of bounds: {number}"));
    }
    if let Some(items) = schema.get("items") {
        return value.as_array().into_iter().flatten().find_map(|item| fault(item, items, at));
    }
    let object = value.as_object()?;
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    if let Some(missing) = required.filter_map(Value::as_str).find(|name| !object.contains_key(*name)) {
        return Some(format!("{} is missing", below(at, missing)));
    }
    object.iter().find_map(|(name, value)| {
        match schema.get("properties").and_then(|properties| properties.get(name)) {
            Some(property) => fault(value, property, &below(at, name)),
            None if schema.get("additionalProperties") == Some(&json!(false)) => {
                Some(format!("there is no {}", below(at, name)))
            }
            None => None,
        }
    })
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn is_kind(value: &Value, kind: &Value) -> bool {
    match kind {
        Value::Array(kinds) => kinds.iter().any(|kind| is_kind(value, kind)),
        Value::String(kind) => match kind.as_str() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "number" => value.is_number(),
            "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            _ => true,
        },
        _ => true,
    }
}
