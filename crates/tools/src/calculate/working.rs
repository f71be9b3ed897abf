//! Working days: Monday to Friday, but holidays, and with the weekend days that are worked.

use std::collections::BTreeSet;

use super::Calculated;
use super::date::{self, Date};
use super::error::{CalculateError, Why, check_list};
use super::period::many;

/// Days that are looked at one by one, at most: over a hundred years.
const DAYS: i64 = 40_000;

#[derive(Debug, Default)]
pub(super) struct Calendar {
    holidays: BTreeSet<Date>,
    worked: BTreeSet<Date>,
}

/// What a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Working,
    WorkedWeekend,
    Weekend,
    Holiday,
}

/// How many days of each kind there are.
#[derive(Debug, Default)]
struct Counts {
    working: i64,
    worked_weekends: i64,
    weekends: i64,
    holidays: i64,
}

impl Calendar {
    /// Refuses a day that is said to be both a holiday and worked.
    pub(super) fn read(holidays: &[String], worked: &[String]) -> Result<Self, CalculateError> {
        let days = |name: &str, list: &[String]| {
            check_list(name, list)?;
            let day = |(at, text): (usize, &String)| date::read(&format!("{name}[{at}]"), text);
            list.iter().enumerate().map(day).collect::<Result<BTreeSet<Date>, _>>()
        };
        let calendar = Self { holidays: days("holidays", holidays)?, worked: days("worked", worked)? };
        match calendar.holidays.intersection(&calendar.worked).next() {
            None => Ok(calendar),
            Some(both) => {
                let why = Why::new("the day is named as a holiday and as worked", "take it out of one list");
                Err(CalculateError::new("worked", None, both.to_string(), why))
            }
        }
    }

    fn kind(&self, date: Date) -> Kind {
        if self.worked.contains(&date) {
            if date.is_weekend() { Kind::WorkedWeekend } else { Kind::Working }
        } else if date.is_weekend() {
            Kind::Weekend
        } else if self.holidays.contains(&date) {
            Kind::Holiday
        } else {
            Kind::Working
        }
    }

    /// Both days counted; negative when the second comes first.
    pub(super) fn count(&self, from: Date, to: Date) -> Result<Calculated, CalculateError> {
        let (first, last) = (from.min(to), from.max(to));
        let days = last.number() - first.number() + 1;
        if days > DAYS {
            let why = Why::new(format!("it is more than {DAYS} days away"), "calculate it in parts");
            return Err(CalculateError::new("to", None, to.to_string(), why));
        }
        let mut counts = Counts::default();
        (first.number()..=last.number())
            .filter_map(Date::from_number)
            .for_each(|day| counts.note(self.kind(day)));
        let found = counts.working + counts.worked_weekends;
        let found = if to < from { -found } else { found };
        let mut steps = vec![format!("{from} to {to}: {}, both counted", many(days, "day"))];
        steps.extend(counts.steps());
        steps.push(format!("= {}", many(found, "working day")));
        Ok(Calculated {
            value: found.to_string(),
            exact: true,
            normalised: format!("working days from {from} to {to}, both counted"),
            steps,
        })
    }

    /// The day so many working days after a date, or before it.
    pub(super) fn add(&self, date: Date, days: i32) -> Result<Calculated, CalculateError> {
        let step = i64::from(days.signum());
        let mut left = i64::from(days).abs();
        let mut counts = Counts::default();
        let mut day = date;
        for _ in 0..DAYS {
            if left == 0 {
                break;
            }
            day = day.add_days(step).ok_or_else(|| beyond(days))?;
            let kind = self.kind(day);
            counts.note(kind);
            left -= i64::from(matches!(kind, Kind::Working | Kind::WorkedWeekend));
        }
        if left > 0 {
            return Err(beyond(days));
        }
        let mut steps = vec![format!("{date} + {}, {date} not counted", many(days.into(), "working day"))];
        steps.extend(counts.steps());
        steps.push(format!("= {day}"));
        Ok(Calculated {
            value: day.to_string(),
            exact: true,
            normalised: format!("{date} + {}", many(days.into(), "working day")),
            steps,
        })
    }
}

fn beyond(days: i32) -> CalculateError {
    let why =
        Why::new(format!("it leads more than {DAYS} days or beyond the years 1 to 9999 away"), "add less");
    CalculateError::new("days", None, days.to_string(), why)
}

impl Counts {
    fn note(&mut self, kind: Kind) {
        match kind {
            Kind::Working => self.working += 1,
            Kind::WorkedWeekend => self.worked_weekends += 1,
            Kind::Weekend => self.weekends += 1,
            Kind::Holiday => self.holidays += 1,
        }
    }

    fn steps(&self) -> Vec<String> {
        let lines = [
            (self.working, "Monday to Friday, worked"),
            (self.worked_weekends, "Saturdays and Sundays that are worked"),
            (self.weekends, "Saturdays and Sundays off"),
            (self.holidays, "holidays on other days"),
        ];
        lines.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{name}: {count}")).collect()
    }
}
