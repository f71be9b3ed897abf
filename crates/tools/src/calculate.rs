//! Exact calculation: arithmetic, dates, working days, durations, amounts in Chinese capitals.
//!
//! A model that needs a figure asks for it here instead of working it out. Numbers are fractions of
//! whole numbers of any size, so nothing is lost on the way; only a result whose decimals never end
//! is rounded, and says so.

mod capitals;
mod chinese;
mod date;
mod duration;
mod error;
mod evaluate;
mod exact;
mod lexer;
mod parser;
mod period;
mod schema;
mod working;

use serde::{Deserialize, Serialize};

pub use error::CalculateError;
pub use schema::schema;

use error::Place;
use evaluate::Steps;
use exact::Exact;

/// What is to be calculated. Dates are written as 2025-03-01 or 2025年3月1日, numbers in digits or in
/// Chinese numerals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Calculation {
    /// `1,200 * (1 + 6%)`, `round(10 / 3; 2)`, `三万五千 / 4`
    Evaluate {
        expression: String,
    },
    /// A figure of a list, each value an expression of its own.
    Aggregate {
        function: Aggregate,
        values: Vec<String>,
    },
    /// An amount in the capitals that Chinese cheques and vouchers want.
    AmountInCapitals {
        amount: String,
    },
    /// The time from one date to another.
    DateDifference {
        from: String,
        to: String,
    },
    /// A date so many years, months, weeks and days later, or earlier where they are negative.
    AddToDate {
        date: String,
        #[serde(default)]
        years: i32,
        #[serde(default)]
        months: i32,
        #[serde(default)]
        weeks: i32,
        #[serde(default)]
        days: i32,
    },
    Weekday {
        date: String,
    },
    /// Whole years of a life on a day.
    Age {
        born: String,
        on: String,
    },
    /// The last day of the month, the quarter or the year that a date lies in.
    LastDay {
        date: String,
        of: Period,
    },
    /// Working days from one date to another, both counted.
    WorkingDays {
        from: String,
        to: String,
        /// Days off besides Saturdays and Sundays.
        #[serde(default)]
        holidays: Vec<String>,
        /// Saturdays and Sundays that are worked, as around Chinese holidays.
        #[serde(default)]
        worked: Vec<String>,
    },
    /// The date so many working days after a date, which itself is not counted.
    AddWorkingDays {
        date: String,
        days: i32,
        #[serde(default)]
        holidays: Vec<String>,
        #[serde(default)]
        worked: Vec<String>,
    },
    /// The sum of durations such as `7:45`, `7:45:30` or `7小时45分`.
    SumDurations {
        durations: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
    Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Month,
    Quarter,
    Year,
}

/// A result, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Calculated {
    /// The figure, date or text alone.
    pub value: String,
    /// False for a number that was rounded since its decimals never end.
    pub exact: bool,
    /// What was calculated, written without doubt.
    pub normalised: String,
    /// One line for each step, in order.
    pub steps: Vec<String>,
}

/// Longest text of an argument, in characters.
const TEXT_CHARS: usize = 2000;
/// Longest list.
const LIST: usize = 1000;

/// Pure and deterministic; bounded by the lengths of the arguments.
pub fn calculate(calculation: &Calculation) -> Result<Calculated, CalculateError> {
    match calculation {
        Calculation::Evaluate { expression } => evaluate_expression(expression),
        Calculation::Aggregate { function, values } => aggregate(*function, values),
        Calculation::AmountInCapitals { amount } => {
            let amount = Place::of("amount", amount)?;
            let (value, normalised, steps) = evaluate::value_of(&amount)?;
            let text = capitals::amount(&value).map_err(|why| amount.refuse_whole(why))?;
            let mut steps = steps.into_lines();
            steps.push(format!("{} = {text}", value.show()));
            Ok(Calculated { value: text, exact: true, normalised, steps })
        }
        Calculation::DateDifference { from, to } => {
            period::difference(date::read("from", from)?, date::read("to", to)?)
        }
        Calculation::AddToDate { date, years, months, weeks, days } => {
            period::add(date::read("date", date)?, [*years, *months, *weeks, *days])
        }
        Calculation::Weekday { date } => Ok(period::weekday(date::read("date", date)?)),
        Calculation::Age { born, on } => period::age(date::read("born", born)?, date::read("on", on)?),
        Calculation::LastDay { date, of } => Ok(period::last_day(date::read("date", date)?, *of)),
        Calculation::WorkingDays { from, to, holidays, worked } => {
            let calendar = working::Calendar::read(holidays, worked)?;
            calendar.count(date::read("from", from)?, date::read("to", to)?)
        }
        Calculation::AddWorkingDays { date, days, holidays, worked } => {
            let calendar = working::Calendar::read(holidays, worked)?;
            calendar.add(date::read("date", date)?, *days)
        }
        Calculation::SumDurations { durations } => duration::sum(durations),
    }
}

/// Days since 1970-01-01; `None` when there is no such day between the years 1 and 9999.
pub(crate) fn day_number(year: i32, month: i32, day: i32) -> Option<i64> {
    date::Date::new(year, month, day).map(date::Date::number)
}

fn evaluate_expression(expression: &str) -> Result<Calculated, CalculateError> {
    let (value, normalised, steps) = evaluate::value_of(&Place::of("expression", expression)?)?;
    Ok(number(&value, normalised, steps))
}

fn aggregate(function: Aggregate, values: &[String]) -> Result<Calculated, CalculateError> {
    error::check_list("values", values)?;
    let mut steps = Steps::default();
    let mut numbers: Vec<Exact> = Vec::with_capacity(values.len());
    let mut written = Vec::with_capacity(values.len());
    for (at, text) in values.iter().enumerate() {
        let place = Place::of(&format!("values[{at}]"), text)?;
        let (value, normalised, own) = evaluate::value_of(&place)?;
        steps.extend(own);
        numbers.push(value);
        written.push(normalised);
    }
    let name = match function {
        Aggregate::Sum => "sum",
        Aggregate::Average => "avg",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
        Aggregate::Count => "count",
    };
    let value = evaluate::aggregate(function, &numbers)
        .map_err(|why| CalculateError::new("values", None, String::new(), why))?;
    let normalised = format!("{name}({})", written.join("; "));
    steps.note(format!("{name} of {} values = {}", numbers.len(), value.show()));
    Ok(number(&value, normalised, steps))
}

fn number(value: &Exact, normalised: String, steps: Steps) -> Calculated {
    Calculated { value: value.show_plain(), exact: value.is_decimal(), normalised, steps: steps.into_lines() }
}

#[cfg(test)]
mod tests;
