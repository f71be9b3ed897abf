//! The time between dates, and dates so much later.

use super::date::{Date, days_of_month};
use super::error::{CalculateError, Why};
use super::{Calculated, Period};

const WEEKDAYS: [(&str, &str); 7] = [
    ("Monday", "星期一"),
    ("Tuesday", "星期二"),
    ("Wednesday", "星期三"),
    ("Thursday", "星期四"),
    ("Friday", "星期五"),
    ("Saturday", "星期六"),
    ("Sunday", "星期日"),
];

/// In days; the steps say it in weeks, months and years too.
pub(super) fn difference(from: Date, to: Date) -> Result<Calculated, CalculateError> {
    let days = to.number() - from.number();
    let sign = if days < 0 { "-" } else { "" };
    let (first, last) = if days < 0 { (to, from) } else { (from, to) };
    let count = days.abs();
    let months = whole_months(first, last);
    let rest = first.add_months(months).map_or(0, |date| last.number() - date.number());
    let mut steps = vec![
        format!("{from} to {to}: {}, the first day not counted", many(days, "day")),
        format!("= {sign}({} and {})", many(count / 7, "week"), many(count % 7, "day")),
        format!("= {sign}({} and {})", many(months, "month"), many(rest, "day")),
        format!(
            "= {sign}({}, {} and {})",
            many(months / 12, "year"),
            many(months % 12, "month"),
            many(rest, "day")
        ),
        format!("both days counted: {}", many(count + 1, "day")),
    ];
    if days >= 0 {
        for step in &mut steps[1..4] {
            *step = step.replace(['(', ')'], "");
        }
    }
    Ok(Calculated {
        value: days.to_string(),
        exact: true,
        normalised: format!("days from {from} to {to}"),
        steps,
    })
}

/// Whole months from one date to a later one.
fn whole_months(first: Date, last: Date) -> i64 {
    let months = i64::from(last.year - first.year) * 12 + i64::from(last.month - first.month);
    let fits = first.add_months(months).is_some_and(|date| date <= last);
    if fits { months } else { months - 1 }
}

/// `more`: years, months, weeks, days. Years and months first, then weeks and days.
pub(super) fn add(date: Date, more: [i32; 4]) -> Result<Calculated, CalculateError> {
    let [years, months, weeks, days] = more.map(i64::from);
    let beyond = || {
        let why = Why::new("the result lies beyond the years 1 to 9999", "add less");
        CalculateError::new("date", None, date.to_string(), why)
    };
    let mut steps = Vec::new();
    let mut result = date;
    let all_months = years * 12 + months;
    if all_months != 0 {
        let next = result.add_months(all_months).ok_or_else(beyond)?;
        let clamped = if next.day < result.day {
            format!(" (that month has no day {})", result.day)
        } else {
            String::new()
        };
        steps.push(format!("{result} + {} = {next}{clamped}", many(all_months, "month")));
        result = next;
    }
    let all_days = weeks * 7 + days;
    if all_days != 0 {
        let next = result.add_days(all_days).ok_or_else(beyond)?;
        steps.push(format!("{result} + {} = {next}", many(all_days, "day")));
        result = next;
    }
    let parts = [(years, "year"), (months, "month"), (weeks, "week"), (days, "day")];
    let normalised: String = parts
        .iter()
        .filter(|(count, _)| *count != 0)
        .map(|(count, name)| format!(" + {}", many(*count, name)))
        .collect();
    Ok(Calculated {
        value: result.to_string(),
        exact: true,
        normalised: format!("{date}{normalised}"),
        steps,
    })
}

pub(super) fn weekday(date: Date) -> Calculated {
    let (english, chinese) = WEEKDAYS[date.weekday()];
    Calculated {
        value: english.to_owned(),
        exact: true,
        normalised: format!("weekday of {date}"),
        steps: vec![format!("{date} is a {english} ({chinese})")],
    }
}

/// Somebody born on 29 February is a year older on the last day of February.
pub(super) fn age(born: Date, on: Date) -> Result<Calculated, CalculateError> {
    if on < born {
        let why = Why::new(format!("it is before the birth on {born}"), "check both dates");
        return Err(CalculateError::new("on", None, on.to_string(), why));
    }
    let months = whole_months(born, on);
    let years = months / 12;
    let birthday = born.add_months(years * 12).unwrap_or(born);
    Ok(Calculated {
        value: years.to_string(),
        exact: true,
        normalised: format!("whole years from {born} to {on}"),
        steps: vec![
            format!("the last birthday on or before {on} was {birthday}"),
            format!("{birthday} is {} after {born}", many(years, "year")),
        ],
    })
}

pub(super) fn last_day(date: Date, of: Period) -> Calculated {
    let (month, name) = match of {
        Period::Month => (date.month, "month"),
        Period::Quarter => ((date.month + 2) / 3 * 3, "quarter"),
        Period::Year => (12, "year"),
    };
    let last = Date { year: date.year, month, day: days_of_month(date.year, month) };
    Calculated {
        value: last.to_string(),
        exact: true,
        normalised: format!("last day of the {name} of {date}"),
        steps: vec![format!("the {name} of {date} ends on {last}")],
    }
}

pub(super) fn many(count: i64, name: &str) -> String {
    format!("{count} {name}{}", if count.abs() == 1 { "" } else { "s" })
}
