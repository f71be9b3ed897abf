//! Tool calls under schemas made at random are valid, whatever the model would rather say.
//!
//! `INHOUSE_SCHEMAS=500` takes as many instead of a few.

use std::time::{Duration, Instant};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::chat::{ChatModel, ChatRequest, Constraint, Finish, Message, Priority, Sampling};
use inhouse_llm::{LoadOptions, LocalChat};
use serde_json::{Map, Value, json};

use super::model;

const FEW: u64 = 24;

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

const NAMES: &[&str] = &[
    "amount",
    "date",
    "title",
    "客户",
    "金额",
    "is_paid",
    "page",
    "tags",
    "due-date",
    "sum (EUR)",
    "备注",
    "lines",
    "from",
    "to",
    "kind",
    "\"quoted\"",
];
const WORDS: &[&str] =
    &["search", "calculate", "read_page", "付款", "approve", "it's", "a\\b", "x \"y\" z", ""];
const PATTERNS: &[&str] =
    &["^[A-Z]{2}-[0-9]{4}$", "^(yes|no|maybe)$", "^[0-9]{1,3}(,[0-9]{3}){0,2}$", "^[一-龥]{2,4}$"];
const FORMATS: &[&str] = &["date", "time", "uuid"];

/// A schema whose every answer has an end.
fn schema(random: &mut Random, depth: u32) -> Value {
    match random.below(if depth == 0 { 8 } else { 11 }) {
        0 => json!({"type": "string", "maxLength": 1 + random.below(16)}),
        1 => json!({"type": "string", "pattern": random.one(PATTERNS)}),
        2 => json!({"enum": [random.one(WORDS), random.one(WORDS), random.below(50), null]}),
        3 => {
            let least = random.below(900) as i64 - 400;
            json!({"type": "integer", "minimum": least, "maximum": least + random.below(2_000) as i64})
        }
        4 => json!({"type": "boolean"}),
        5 => json!({"const": random.one(WORDS)}),
        6 => json!({"type": "string", "format": random.one(FORMATS)}),
        7 => json!({"type": ["null", "boolean"]}),
        8 => {
            let least = random.below(3);
            json!({
                "type": "array",
                "items": schema(random, depth - 1),
                "minItems": least,
                "maxItems": least + random.below(3),
            })
        }
        9 => json!({"anyOf": [schema(random, depth - 1), schema(random, depth - 1)]}),
        _ => object(random, depth - 1),
    }
}

fn object(random: &mut Random, depth: u32) -> Value {
    let mut properties = Map::new();
    for _ in 0..1 + random.below(4) {
        properties.insert(random.one(NAMES).to_owned(), schema(random, depth));
    }
    let required: Vec<&String> = properties.keys().filter(|_| random.below(3) > 0).collect();
    json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties.clone(),
    })
}

/// Whether a value keeps to a schema of the kinds that [`schema`] makes (JSON Schema 2020-12).
fn valid(value: &Value, schema: &Value) -> Result<(), String> {
    let fault = |what: &str| Err(format!("{value} is not {what}: {schema}"));
    if let Some(either) = schema["anyOf"].as_array() {
        return if either.iter().any(|schema| valid(value, schema).is_ok()) { Ok(()) } else { fault("any") };
    }
    if let Some(values) = schema["enum"].as_array() {
        return if values.contains(value) { Ok(()) } else { fault("one of these") };
    }
    if let Some(only) = schema.get("const") {
        return if only == value { Ok(()) } else { fault("this") };
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !kinds.contains(&kind) {
        return fault("of the type");
    }
    let (size, least, most) = match value {
        Value::Number(number) => (number.as_i64(), "minimum", "maximum"),
        Value::String(text) => (i64::try_from(text.chars().count()).ok(), "minLength", "maxLength"),
        Value::Array(items) => (i64::try_from(items.len()).ok(), "minItems", "maxItems"),
        _ => (None, "", ""),
    };
    if size.is_some_and(|size| schema[least].as_i64().is_some_and(|least| size < least))
        || size.is_some_and(|size| schema[most].as_i64().is_some_and(|most| size > most))
    {
        return fault("within the bounds");
    }
    match value {
        Value::String(text) => {
            let pattern = schema["pattern"].as_str().is_none_or(|pattern| matches_pattern(text, pattern));
            let format = schema["format"].as_str().is_none_or(|format| has_format(text, format));
            if pattern && format { Ok(()) } else { fault("of this form") }
        }
        Value::Array(items) => items.iter().try_for_each(|item| valid(item, &schema["items"])),
        Value::Object(object) => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            if let Some(missing) = required.into_iter().find(|name| !object.contains_key(*name)) {
                return fault(&format!("with {missing:?}"));
            }
            object.iter().try_for_each(|(name, value)| match schema["properties"].get(name) {
                Some(schema) => valid(value, schema),
                None => Err(format!("{name:?} is not among {}", schema["properties"])),
            })
        }
        _ => Ok(()),
    }
}

/// The four of [`PATTERNS`], by hand.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    match PATTERNS.iter().position(|known| *known == pattern) {
        Some(0) => {
            chars.len() == 7
                && chars[..2].iter().all(char::is_ascii_uppercase)
                && chars[2] == '-'
                && digits(&text[3..])
        }
        Some(1) => ["yes", "no", "maybe"].contains(&text),
        Some(2) => {
            let groups: Vec<&str> = text.split(',').collect();
            groups.iter().all(|group| digits(group))
                && (1..=3).contains(&groups[0].len())
                && groups.len() <= 3
                && groups[1..].iter().all(|group| group.len() == 3)
        }
        Some(3) => (2..=4).contains(&chars.len()) && chars.iter().all(|c| ('一'..='龥').contains(c)),
        _ => panic!("{pattern} is none of the patterns"),
    }
}

/// Formats of RFC 3339 and RFC 9562.
fn has_format(text: &str, format: &str) -> bool {
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
    match format {
        "date" => {
            let (year, month, day) = (number(0..4), number(5..7), number(8..10));
            let leap = year.is_some_and(|y| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
            let last = match month {
                Some(2) => 28 + u32::from(leap),
                Some(4 | 6 | 9 | 11) => 30,
                _ => 31,
            };
            text.len() == 10
                && [&text[4..5], &text[7..8]] == ["-", "-"]
                && month.is_some_and(|month| (1..=12).contains(&month))
                && day.is_some_and(|day| (1..=last).contains(&day))
        }
        "time" => {
            let below = |range, bound| number(range).is_some_and(|n| n < bound);
            below(0..2, 24)
                && below(3..5, 60)
                && below(6..8, 61)
                && (text.ends_with(['Z', 'z']) || text[8..].contains(['+', '-']))
        }
        "uuid" => {
            let parts: Vec<&str> = text.split('-').collect();
            parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
                && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
        }
        _ => panic!("{format} is none of the formats"),
    }
}

#[test]
fn what_is_not_valid_is_seen() {
    let faults = [
        (json!({"a": 1}), json!({"type": "object", "properties": {}, "required": []})),
        (json!({}), json!({"type": "object", "properties": {"a": true}, "required": ["a"]})),
        (json!("12345"), json!({"type": "string", "maxLength": 4})),
        (json!(7), json!({"type": "integer", "minimum": 8, "maximum": 9})),
        (json!([1, "x"]), json!({"type": "array", "items": {"type": "integer", "minimum": 0}})),
        (json!("AB-12x4"), json!({"type": "string", "pattern": PATTERNS[0]})),
        (json!("1,23"), json!({"type": "string", "pattern": PATTERNS[2]})),
        (json!("2023-02-29"), json!({"type": "string", "format": "date"})),
        (json!("24:00:00Z"), json!({"type": "string", "format": "time"})),
        (json!(null), json!({"anyOf": [{"type": "boolean"}, {"enum": [1]}]})),
    ];
    for (value, schema) in faults {
        assert!(valid(&value, &schema).is_err(), "{value} under {schema}");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are for who asks for them")]
fn calls_are_valid_under_schemas_made_at_random() {
    let count = std::env::var("INHOUSE_SCHEMAS").map_or(FEW, |count| count.parse().unwrap());
    let path = model("smollm2-135m-instruct-q4_1.gguf");
    let options = LoadOptions {
        id: "small".into(),
        path,
        context_limit: Some(2048),
        memory_limit: None,
        drafts: true,
        snapshots: None,
        pinned: None,
    };
    let model = LocalChat::load(options).unwrap();
    let (mut tokens, mut passes, mut time) = (0, 0, Duration::ZERO);
    for seed in 0..count {
        let schema = object(&mut Random(seed), 3);
        let request = ChatRequest {
            messages: vec![Message::user(
                "Fill in the form for the invoice 2024-117 of 发票客户, EUR 1,250.",
            )],
            common: 0,
            priority: Priority::Background,
            max_tokens: 1500,
            // Half of them hot, so that what is not allowed would come soon.
            sampling: Sampling {
                temperature: if seed % 2 == 0 { 0.0 } else { 1.5 },
                seed,
                ..Sampling::default()
            },
            stop: Vec::new(),
            constraint: Some(Constraint::Json { schema: schema.to_string() }),
        };
        let begun = Instant::now();
        let said = model.complete(&request, &Cancel::new(), &mut |_| {}).unwrap();
        time += begun.elapsed();
        (tokens, passes) = (tokens + said.answer_tokens, passes + said.passes);
        assert_eq!(said.finish, Finish::Stop, "schema {seed}: {schema}\n{}", said.text);
        let value: Value = serde_json::from_str(&said.text)
            .unwrap_or_else(|error| panic!("schema {seed}: {schema}\n{}\n{error}", said.text));
        if let Err(fault) = valid(&value, &schema) {
            panic!("schema {seed}: {schema}\n{value}\n{fault}");
        }
    }
    println!("{count} of {count} valid, {tokens} tokens in {passes} passes, {:.1} s", time.as_secs_f64());
}
