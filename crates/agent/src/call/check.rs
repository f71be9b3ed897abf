//! What can be told of arguments without a model: whether the request gives their figures, dates and
//! addresses.

use serde_json::Value;

use crate::answer::language::is_han;
use crate::answer::numeral;
use crate::call::Asked;
use crate::call::schema::{Schema, properties};
use crate::run::figures;

/// What a figure of the request is multiplied with for the unit that a tool wants: percent and shares,
/// tenths (九折), months and years, hours and minutes, days and weeks, thousands, 万.
const UNITS: [f64; 14] =
    [1.0, 0.01, 100.0, 0.1, 12.0, 1.0 / 12.0, 60.0, 1.0 / 60.0, 24.0, 7.0, 1_000.0, 0.001, 10_000.0, 0.000_1];
/// Words for numbers besides the plain ones.
const NUMBER_WORDS: [(&str, f64); 12] = [
    ("a", 1.0),
    ("an", 1.0),
    ("once", 1.0),
    ("first", 1.0),
    ("twice", 2.0),
    ("second", 2.0),
    ("both", 2.0),
    ("third", 3.0),
    ("fourth", 4.0),
    ("hundred", 100.0),
    ("thousand", 1_000.0),
    ("million", 1_000_000.0),
];
/// The widest scale whose steps people say in words.
const SCALE: f64 = 10.0;
/// Where these stand, a number can be meant that no figure tells: an hour and a half, 一刻.
const LOOSE: [&str; 12] = [
    "half", "quarter", "dozen", "couple", "hundred", "thousand", "million", "highest", "top", "半", "刻",
    "最高",
];

/// Digits in a row that are an identifier, not an amount or a time.
const LONG: usize = 5;
/// What an argument is called, or said to be, that takes an identifier.
const IDENTIFIERS: [&str; 16] = [
    "id",
    "no",
    "number",
    "code",
    "sku",
    "ref",
    "reference",
    "batch",
    "编号",
    "单号",
    "卡号",
    "批次",
    "批号",
    "代码",
    "编码",
    "序号",
];

/// What the request and the results before it give.
struct Given {
    /// In half-width characters and lower case.
    text: String,
    figures: Vec<f64>,
    digits: Vec<u64>,
    /// Those that are no part of a full date.
    stray: Vec<u64>,
    dates: Vec<String>,
    loose: bool,
}

impl Given {
    fn of(asked: &Asked<'_>) -> Self {
        let mut text = asked.request.to_owned();
        for done in asked.done {
            text.push('\n');
            text.push_str(&done.result);
        }
        let text = figures::half_width(&text);
        let found = figures::dates_in(&text);
        let mut rest = text.clone();
        for date in found.iter().rev() {
            rest.replace_range(date.start..date.end, " ");
        }
        let stray = digit_runs(&rest);
        let dates = found.into_iter().map(|date| date.value).collect();
        let mut numbers: Vec<f64> =
            figures::all(&text).iter().filter_map(|figure| figure.parse().ok()).collect();
        let text = text.to_lowercase();
        let words = text.split(|c: char| !c.is_alphabetic());
        numbers.extend(words.filter_map(|word| {
            let other = NUMBER_WORDS.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
            other.or_else(|| numeral::english(word).map(f64::from))
        }));
        let digits = digit_runs(&text);
        numbers.extend(digits.iter().map(|digits| *digits as f64));
        let loose = LOOSE.iter().any(|word| text.contains(word));
        Self { figures: numbers, digits, stray, dates, loose, text }
    }

    fn number(&self, number: f64) -> bool {
        let near = |other: f64| (number.abs() - other.abs()).abs() <= 1e-9 * number.abs().max(1.0);
        self.loose || self.figures.iter().any(|figure| UNITS.iter().any(|unit| near(figure * unit)))
    }

    /// A full date of the request, or one whose day stands there by itself.
    fn date(&self, date: &str) -> bool {
        let day = date.get(8..10).and_then(|day| day.parse().ok());
        self.dates.iter().any(|known| date.starts_with(known.as_str()))
            || (self.dates.is_empty() && self.digits.is_empty())
            || day.is_some_and(|day: u64| self.stray.contains(&day))
    }

    /// A text whose digits and address stand in the request. Hours may be of twelve or of twenty-four.
    fn text(&self, text: &str) -> bool {
        let text = figures::half_width(text).to_lowercase();
        if text.contains('@') && !text.contains(char::is_whitespace) {
            return self.text.contains(&text);
        }
        let known = |run: &u64| {
            *run == 0
                || self.digits.contains(run)
                || run.checked_sub(12).is_some_and(|run| run < 12 && self.digits.contains(&run))
                || self.figures.contains(&(*run as f64))
        };
        self.loose || digit_runs(&text).iter().all(known)
    }

    /// Whether a word of the text, or two Chinese characters of it, stand in the request.
    fn touches(&self, text: &str) -> bool {
        let text = figures::half_width(text).to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.into_iter().any(|word| {
            if self.text.contains(word) {
                return true;
            }
            let chars: Vec<char> = word.chars().collect();
            !word.is_ascii()
                && chars.windows(2).any(|two| self.text.contains(&two.iter().collect::<String>()))
        })
    }
}

fn digit_runs(text: &str) -> Vec<u64> {
    let runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    runs.filter_map(|run| run.parse().ok()).collect()
}

/// The arguments without optional ones that are empty or that nothing in the request gives, and with
/// identifiers by themselves.
pub(super) fn tidied(mut arguments: Value, schema: &Schema, asked: &Asked<'_>) -> Value {
    prune(&mut arguments, schema.root(), &Given::of(asked));
    arguments
}

fn prune(value: &mut Value, schema: &Value, given: &Given) {
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array_mut()) {
        values.iter_mut().for_each(|value| prune(value, items, given));
    }
    let Some(object) = value.as_object_mut() else { return };
    for (name, property, required) in properties(schema) {
        if let Some(value) = object.get_mut(name) {
            prune(value, property, given);
            if let Some(id) = value.as_str().and_then(|text| identifier(name, text, property)) {
                *value = Value::String(id.to_owned());
            }
        }
        if !required && object.get(name).is_some_and(|value| is_invented(value, property, given)) {
            // `remove` would bring the last argument forward.
            object.retain(|known, _| known != name);
        }
    }
}

/// The identifier at the head of what was taken over from a Chinese sentence, where no space ends it:
/// CNC-07 of CNC-07主轴异响.
fn identifier<'t>(name: &str, text: &'t str, schema: &Value) -> Option<&'t str> {
    let says = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let is_meant = name.split('_').any(|part| IDENTIFIERS.contains(&part))
        || IDENTIFIERS.iter().any(|word| !word.is_ascii() && says.contains(word));
    let end = text.find(is_han)?;
    let (id, rest) = text.split_at(end);
    let is_id = id.is_ascii()
        && id.contains(|c: char| c.is_ascii_digit())
        && id.contains(|c: char| c.is_ascii_alphabetic() || c == '-');
    (is_meant && is_id && rest.chars().count() > 1 && rest.chars().all(is_han)).then_some(id)
}

fn is_invented(value: &Value, schema: &Value, given: &Given) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty(),
        Value::String(text) if schema.get("enum").is_none() => {
            text.trim().is_empty()
                || (!given.touches(text) && digit_runs(text).is_empty())
                || stray(value, schema, given)
        }
        Value::Number(_) => schema.get("default") != Some(value) && stray(value, schema, given),
        _ => false,
    }
}

/// The first value, and its name, that should stand in the request and does not.
pub(super) fn not_said(arguments: &Value, schema: &Schema, asked: &Asked<'_>) -> Option<(String, String)> {
    first_stray("", arguments, schema.root(), &Given::of(asked))
}

/// Whether a long number of an identifier, such as that of a card, stands neither in the request nor in
/// the instructions. Other figures may be said in ways that are not known here.
pub(super) fn has_made_up(arguments: &Value, schema: &Schema, asked: &Asked<'_>) -> bool {
    let given = format!("{}\n{}", Given::of(asked).text, figures::half_width(asked.instructions));
    // Groups of digits may be parted there.
    let digits: String = given.chars().filter(char::is_ascii_digit).collect();
    let is_day = |run: &str| run.len() == 8 && (run.starts_with("19") || run.starts_with("20"));
    let is_made_up = |text: &str| {
        let runs = text.split(|c: char| !c.is_ascii_digit());
        figures::date(text).is_none()
            && runs.into_iter().any(|run| run.len() >= LONG && !is_day(run) && !digits.contains(run))
    };
    texts(arguments, schema.root()).into_iter().any(is_made_up)
}

/// The texts of arguments that may be any text.
fn texts<'v>(value: &'v Value, schema: &Value) -> Vec<&'v str> {
    match value {
        Value::String(text) if schema.get("enum").is_none() && schema.get("default") != Some(value) => {
            vec![text.as_str()]
        }
        Value::Array(values) => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            values.iter().flat_map(|value| texts(value, items)).collect()
        }
        Value::Object(object) => properties(schema)
            .filter_map(|(name, property, _)| Some((object.get(name)?, property)))
            .flat_map(|(value, property)| texts(value, property))
            .collect(),
        _ => Vec::new(),
    }
}

fn first_stray(name: &str, value: &Value, schema: &Value, given: &Given) -> Option<(String, String)> {
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        return values.iter().find_map(|value| first_stray(name, value, items, given));
    }
    if let Some(object) = value.as_object() {
        return properties(schema)
            .filter_map(|(name, property, _)| Some((name, object.get(name)?, property)))
            .find_map(|(name, value, property)| first_stray(name, value, property, given));
    }
    stray(value, schema, given).then(|| (name.to_owned(), value.to_string()))
}

fn stray(value: &Value, schema: &Value, given: &Given) -> bool {
    if schema.get("enum").is_some() || schema.get("const").is_some() || schema.get("default") == Some(value) {
        return false;
    }
    match value {
        // A scale such as 1 to 5 is said in words.
        Value::Number(number) => {
            let end = |name: &str| schema.get(name).and_then(Value::as_f64);
            let is_scale = end("minimum").zip(end("maximum")).is_some_and(|(from, to)| to - from <= SCALE);
            !is_scale && number.as_f64().is_some_and(|number| !given.number(number))
        }
        Value::String(text) => match figures::date(text) {
            Some(date) => !given.date(&date),
            None => !given.text(text),
        },
        _ => false,
    }
}
