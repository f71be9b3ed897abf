//! What a model may ask for, as a JSON schema: it fills this in under a grammar.

use serde_json::{Value, json};

use super::LIST;

/// The schema of [`super::Calculation`]. `action` comes first in the order of names, so that a model
/// chooses what it wants before it fills that in.
pub fn schema() -> Value {
    let text = |what: &str| json!({"type": "string", "minLength": 1, "maxLength": 200, "description": what});
    let date = || json!({"type": "string", "minLength": 1, "maxLength": 40, "description": "2025-03-01 or 2025年3月1日"});
    let dates = |what: &str| json!({"type": "array", "items": date(), "maxItems": LIST, "description": what});
    let count = || json!({"type": "integer", "minimum": -100_000, "maximum": 100_000});
    let holidays = || dates("days off besides Saturdays and Sundays");
    let worked = || dates("Saturdays and Sundays that are worked");
    let values = |items: Value| json!({"type": "array", "items": items, "maxItems": LIST});
    json!({
        "anyOf": [
            action("evaluate", json!({
                "expression": text("1200 * (1 + 6%), round(10 / 3; 2), 三万五千 / 4; values of a function are parted by ;"),
            }), &[]),
            action("aggregate", json!({
                "function": {"enum": ["sum", "average", "min", "max", "count"]},
                "values": values(text("a number or an expression")),
            }), &[]),
            action("amount_in_capitals", json!({"amount": text("120.50")}), &[]),
            action("date_difference", json!({"from": date(), "to": date()}), &[]),
            action("add_to_date", json!({
                "date": date(), "years": count(), "months": count(), "weeks": count(), "days": count(),
            }), &["years", "months", "weeks", "days"]),
            action("weekday", json!({"date": date()}), &[]),
            action("age", json!({"born": date(), "on": date()}), &[]),
            action("last_day", json!({"date": date(), "of": {"enum": ["month", "quarter", "year"]}}), &[]),
            action("working_days", json!({
                "from": date(), "to": date(), "holidays": holidays(), "worked": worked(),
            }), &["holidays", "worked"]),
            action("add_working_days", json!({
                "date": date(), "days": count(), "holidays": holidays(), "worked": worked(),
            }), &["holidays", "worked"]),
            action("sum_durations", json!({"durations": values(text("7:45"))}), &[]),
        ],
    })
}

/// One action with its properties, of which the optional ones may be left out.
fn action(name: &str, properties: Value, optional: &[&str]) -> Value {
    let mut all = json!({"action": {"const": name}});
    let mut required = vec![Value::from("action")];
    if let (Some(all), Value::Object(properties)) = (all.as_object_mut(), properties) {
        required.extend(
            properties
                .keys()
                .filter(|key| !optional.contains(&key.as_str()))
                .map(|key| Value::from(key.as_str())),
        );
        all.extend(properties);
    }
    json!({"type": "object", "properties": all, "required": required, "additionalProperties": false})
}

#[cfg(test)]
mod tests {
    use llguidance::api::TopLevelGrammar;
    use llguidance::toktrie::ApproximateTokEnv;
    use llguidance::{Matcher, ParserFactory};

    use super::super::Calculation;
    use super::*;

    /// Whether the grammar that a model is held to lets this text pass.
    fn passes(text: &str) -> bool {
        let bytes = ApproximateTokEnv::single_byte_env();
        let mut factory = ParserFactory::new_simple(&bytes).expect("a vocabulary of bytes");
        factory.quiet();
        let parser = factory.create_parser(TopLevelGrammar::from_json_schema(schema())).expect("a schema");
        let mut matcher = Matcher::new(Ok(parser));
        assert_eq!(matcher.grammar_warnings(), [""; 0]);
        let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
        matcher.try_consume_tokens(&tokens).expect("a grammar") == tokens.len()
            && matcher.is_accepting().expect("a grammar")
    }

    #[test]
    fn what_the_schema_lets_pass_can_be_read_and_the_rest_can_not() {
        let good = [
            r#"{"action":"evaluate","expression":"1200 * (1 + 6%)"}"#,
            r#"{"action":"aggregate","function":"sum","values":["1,200","三万五千"]}"#,
            r#"{"action":"aggregate","function":"count","values":[]}"#,
            r#"{"action":"amount_in_capitals","amount":"120"}"#,
            r#"{"action":"date_difference","from":"2025-03-01","to":"2025年4月1日"}"#,
            r#"{"action":"add_to_date","date":"2025-01-31","months":1}"#,
            r#"{"action":"add_to_date","date":"2025-01-31","days":-14,"weeks":2,"years":1}"#,
            r#"{"action":"weekday","date":"2025-03-01"}"#,
            r#"{"action":"age","born":"1990-02-28","on":"2025-03-01"}"#,
            r#"{"action":"last_day","date":"2025-02-01","of":"quarter"}"#,
            r#"{"action":"working_days","from":"2025-09-29","holidays":["2025-10-01"],"to":"2025-10-10"}"#,
            r#"{"action":"add_working_days","date":"2025-09-29","days":5,"worked":["2025-09-28"]}"#,
            r#"{"action":"sum_durations","durations":["7:45","8:30"]}"#,
        ];
        for text in good {
            // The grammar wants properties in the order of their names.
            let value: Value = serde_json::from_str(text).expect("JSON");
            assert!(passes(&ordered(&value)), "{text}");
            let read: Result<Calculation, _> = serde_json::from_str(text);
            let read = read.unwrap_or_else(|error| panic!("{text}: {error}"));
            let written = serde_json::to_value(&read).expect("JSON");
            assert_eq!(serde_json::from_value::<Calculation>(written).expect("it was written"), read);
        }
        let bad = [
            r#"{"action":"evaluate"}"#,
            r#"{"action":"evaluate","expression":""}"#,
            r#"{"action":"evaluate","expression":"1","today":"2025-01-01"}"#,
            r#"{"action":"guess","expression":"1"}"#,
            r#"{"action":"aggregate","function":"median","values":["1"]}"#,
            r#"{"action":"last_day","date":"2025-02-01","of":"week"}"#,
            r#"{"action":"add_to_date","date":"2025-01-31","months":1.5}"#,
            r#"{"expression":"1+1"}"#,
            r#"[]"#,
        ];
        for text in bad {
            assert!(!passes(text), "{text}");
            let is_refused = serde_json::from_str::<Calculation>(text)
                .map_or(true, |read| super::super::calculate(&read).is_err());
            assert!(is_refused, "{text}");
        }
    }

    /// With `action` first and the others as the schema names them.
    fn ordered(value: &Value) -> String {
        let map = value.as_object().expect("an object");
        let schema = schema();
        let actions = schema["anyOf"].as_array().expect("actions");
        let own = actions
            .iter()
            .find(|action| action["properties"]["action"]["const"] == map["action"])
            .expect("its action");
        let names = own["properties"].as_object().expect("properties").keys();
        let pairs: Vec<String> = names
            .filter_map(|name| Some(format!("{}:{}", Value::from(name.as_str()), map.get(name)?)))
            .collect();
        format!("{{{}}}", pairs.join(","))
    }
}
