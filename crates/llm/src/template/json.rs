//! The `tojson` filter as the `transformers` library defines it: Python's `json.dumps`, which puts a
//! space behind commas and colons, and without escapes for HTML.

use std::fmt::Write as _;

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

/// Deeper values than this are a mistake, or made to exhaust the stack.
const MAX_DEPTH: usize = 100;

pub(super) fn to_json(state: &State, value: Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let (comma, colon) = match options.get::<Option<Vec<String>>>("separators")?.as_deref() {
        None => (if indent.is_some() { "," } else { ", " }.to_owned(), ": ".to_owned()),
        Some([comma, colon]) => (comma.clone(), colon.clone()),
        Some(_) => return Err(Error::new(ErrorKind::InvalidOperation, "tojson takes two separators")),
    };
    let mut writer = Writer {
        state,
        json: String::new(),
        indent: indent.map(|width| " ".repeat(width.min(16))),
        comma,
        colon,
        ascii: options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false),
        sorted: options.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
    };
    options.assert_all_used()?;
    writer.value(&value, 0)?;
    Ok(Value::from_safe_string(writer.json))
}

struct Writer<'s, 't, 'e> {
    state: &'s State<'t, 'e>,
    json: String,
    /// What a level is indented by; `None` keeps everything on one line.
    indent: Option<String>,
    comma: String,
    colon: String,
    /// Whether other characters than ASCII's are escaped.
    ascii: bool,
    sorted: bool,
}

impl Writer<'_, '_, '_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        let unfit = |what: &str| Error::new(ErrorKind::BadSerialization, format!("{what} has no JSON"));
        // A list may be made of itself over and over, and be longer than any memory.
        self.state.consume_fuel(1)?;
        if depth > MAX_DEPTH {
            return Err(unfit("a value that is nested too deeply"));
        }
        match value.kind() {
            ValueKind::None => self.json.push_str("null"),
            ValueKind::Bool => self.json.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number if value.is_integer() => self.json.push_str(&value.to_string()),
            ValueKind::Number => self.json.push_str(&float(f64::try_from(value.clone())?)),
            ValueKind::String => self.text(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => {
                self.list('[', ']', depth, value.try_iter()?, Self::value)?
            }
            ValueKind::Map => {
                let mut keys: Vec<Value> = value.try_iter()?.collect();
                if self.sorted {
                    keys.sort();
                }
                self.list('{', '}', depth, keys.into_iter(), |writer, key, depth| {
                    match key.as_str() {
                        Some(key) => writer.text(key),
                        None => writer.text(&key.to_string()),
                    }
                    writer.json.push_str(&writer.colon.clone());
                    writer.value(&value.get_item(key)?, depth)
                })?;
            }
            other => return Err(unfit(&other.to_string())),
        }
        Ok(())
    }

    fn list(
        &mut self,
        open: char,
        close: char,
        depth: usize,
        items: impl Iterator<Item = Value>,
        mut write: impl FnMut(&mut Self, &Value, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.json.push(open);
        let mut empty = true;
        for item in items {
            if !empty {
                self.json.push_str(&self.comma.clone());
            }
            empty = false;
            self.line(depth + 1);
            write(self, &item, depth + 1)?;
        }
        if !empty {
            self.line(depth);
        }
        self.json.push(close);
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = &self.indent {
            self.json.push('\n');
            self.json.push_str(&indent.repeat(depth));
        }
    }

    fn text(&mut self, text: &str) {
        self.json.push('"');
        for letter in text.chars() {
            match letter {
                '"' => self.json.push_str("\\\""),
                '\\' => self.json.push_str("\\\\"),
                '\n' => self.json.push_str("\\n"),
                '\r' => self.json.push_str("\\r"),
                '\t' => self.json.push_str("\\t"),
                '\u{8}' => self.json.push_str("\\b"),
                '\u{C}' => self.json.push_str("\\f"),
                letter if letter < ' ' || (self.ascii && !letter.is_ascii()) => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        write!(self.json, "\\u{unit:04x}").expect("writing to a string does not fail");
                    }
                }
                letter => self.json.push(letter),
            }
        }
        self.json.push('"');
    }
}

/// A number as Python writes it: with a fraction, and with an exponent where it is far from 1.
fn float(number: f64) -> String {
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else {
        return if number.is_nan() { "NaN".into() } else { text.replace("inf", "Infinity") };
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{number:?}"),
    }
}
