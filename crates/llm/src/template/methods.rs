//! Methods of Python's strings that templates use and minijinja's set of them lacks.

use minijinja::value::{Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};
use minijinja_contrib::pycompat::unknown_method_callback;

pub(super) fn call(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    let Some(text) = value.as_str().filter(|_| value.kind() == ValueKind::String) else {
        return unknown_method_callback(state, value, method, args);
    };
    match method {
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            Ok(text.strip_prefix(prefix).unwrap_or(text).into())
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            Ok(text.strip_suffix(suffix).unwrap_or(text).into())
        }
        "partition" => {
            let (mark,): (&str,) = from_args(args)?;
            let (before, mark, after) = match text.split_once(mark) {
                Some((before, after)) => (before, mark, after),
                None => (text, "", ""),
            };
            Ok([before, mark, after].into_iter().map(Value::from).collect())
        }
        "rsplit" => {
            let (mark, times): (&str, usize) = from_args(args)?;
            let mut pieces: Vec<Value> =
                text.rsplitn(times.saturating_add(1), mark).map(Value::from).collect();
            pieces.reverse();
            Ok(pieces.into())
        }
        // Padding isn't paid for with fuel; no template needs more than four digits of it.
        "format"
            if text.contains(":{") || text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() > 4) =>
        {
            Err(Error::new(ErrorKind::InvalidOperation, "this format asks for too wide a text"))
        }
        _ => unknown_method_callback(state, value, method, args),
    }
}
