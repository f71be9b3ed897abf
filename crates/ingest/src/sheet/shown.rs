//! What a cell shows of its value.

use calamine::{Data, DataRef};

use super::row::{ValueKind, one_line};
use super::{date, format};

/// The text of a cell that has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) kind: ValueKind,
}

impl Shown {
    /// `None` for a cell that shows nothing. `code`: its number format, where it is known.
    pub(super) fn of(value: &DataRef, is_1904: bool, code: Option<&str>) -> Option<Self> {
        let text = match value {
            DataRef::Int(number) => Self::number(*number as f64, code),
            DataRef::Float(number) => Self::number(*number, code),
            DataRef::String(text) => return Self::text(text),
            DataRef::SharedString(text) => return Self::text(text),
            DataRef::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
            DataRef::DateTime(moment) if moment.is_duration() => date::duration(moment.as_f64(), code),
            DataRef::DateTime(moment) => date::moment(moment.as_f64(), is_1904, code),
            DataRef::DateTimeIso(text) => iso(text),
            DataRef::DurationIso(text) => text.clone(),
            DataRef::Error(error) => error.to_string(),
            DataRef::Empty => return None,
        };
        Some(Self { text, kind: ValueKind::Data }).filter(|shown| !shown.text.is_empty())
    }

    pub(super) fn of_owned(value: &Data, is_1904: bool, code: Option<&str>) -> Option<Self> {
        let value = match value {
            Data::Int(number) => DataRef::Int(*number),
            Data::Float(number) => DataRef::Float(*number),
            Data::String(text) => DataRef::SharedString(text),
            Data::Bool(truth) => DataRef::Bool(*truth),
            Data::DateTime(moment) => DataRef::DateTime(*moment),
            Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
            Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
            Data::Error(error) => DataRef::Error(error.clone()),
            Data::Empty => DataRef::Empty,
        };
        Self::of(&value, is_1904, code)
    }

    fn number(number: f64, code: Option<&str>) -> String {
        code.map_or_else(|| format::general(number), |code| format::show(number, code))
    }

    pub(super) fn text(text: &str) -> Option<Self> {
        let text = one_line(text);
        (!text.is_empty()).then_some(Self { text, kind: ValueKind::Text })
    }

    /// A text that may be a number, a date or a time as people write them, kept as it is written.
    pub(super) fn guessed(text: &str) -> Option<Self> {
        let shown = Self::text(text)?;
        let kind = if is_data(&shown.text) { ValueKind::Data } else { ValueKind::Text };
        Some(Self { kind, ..shown })
    }
}

/// `2024-03-01T12:30:00` without what says nothing.
pub(super) fn iso(text: &str) -> String {
    let Some((date, time)) = text.split_once('T') else { return one_line(text) };
    let time = time.trim_end_matches('Z');
    let time = time.strip_suffix(".000").unwrap_or(time);
    let time = time.strip_suffix(":00").filter(|time| time.len() == "00:00".len()).unwrap_or(time);
    if time == "00:00" { one_line(date) } else { one_line(&format!("{date} {time}")) }
}

/// Digits, and signs that numbers, amounts, dates and times are written with.
fn is_data(text: &str) -> bool {
    const SIGNS: &str = " .,'+-/:%()¥￥$€£°年月日时分秒元";
    const WORDS: [&str; 5] = ["true", "false", "#n/a", "#ref!", "#div/0!"];

    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_currency = |word: &str| word.len() == 3 && word.bytes().all(|c| c.is_ascii_uppercase());
    let rest = text.split(' ').filter(|word| !is_currency(word)).collect::<Vec<_>>().join(" ");
    WORDS.contains(&text.to_lowercase().as_str())
        || (digits > 0 && rest.chars().all(|c| c.is_ascii_digit() || SIGNS.contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_in_one_line() {
        let shown = |value: &DataRef, code| Shown::of(value, false, code).map(|shown| shown.text);
        assert_eq!(shown(&DataRef::SharedString(" a\r\nb\tc "), None).as_deref(), Some("a b c"));
        assert_eq!(shown(&DataRef::String(" \n ".into()), None), None);
        assert_eq!(shown(&DataRef::Float(0.25), Some("0%")).as_deref(), Some("25%"));
        assert_eq!(shown(&DataRef::Int(7), None).as_deref(), Some("7"));
        assert_eq!(shown(&DataRef::Bool(true), None).as_deref(), Some("TRUE"));
        assert_eq!(shown(&DataRef::Error(calamine::CellErrorType::Ref), None).as_deref(), Some("#REF!"));
        assert_eq!(shown(&DataRef::Empty, None), None);
    }

    #[test]
    fn iso_dates_lose_what_says_nothing() {
        assert_eq!(iso("2024-03-01T00:00:00"), "2024-03-01");
        assert_eq!(iso("2024-03-01T12:30:00.000Z"), "2024-03-01 12:30");
        assert_eq!(iso("2024-03-01T12:30:05"), "2024-03-01 12:30:05");
        assert_eq!(iso("2024-03-01"), "2024-03-01");
    }

    #[test]
    fn figures_are_told_from_texts_in_a_plain_table() {
        for text in [
            "140",
            "-1,5",
            "1.234,50 €",
            "12 %",
            "2024-03-01",
            "3/5/2024 10:30",
            "EUR 140",
            "3月5日",
            "FALSE",
        ] {
            assert_eq!(Shown::guessed(text).map(|shown| shown.kind), Some(ValueKind::Data), "{text}");
        }
        for text in ["Hotel", "A4", "B-12", "see 4", "-", "EUR", "第3条"] {
            assert_eq!(Shown::guessed(text).map(|shown| shown.kind), Some(ValueKind::Text), "{text}");
        }
    }
}
