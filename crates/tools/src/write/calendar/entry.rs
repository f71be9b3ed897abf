//! What stands in a calendar.

use super::super::error::WriteError;
use super::super::grid::Day;

/// One event on one day, in the local time of whoever reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub title: String,
    pub day: Day,
    /// None for the whole day.
    pub hours: Option<Hours>,
    /// May be empty.
    pub notes: String,
    pub reminder: Option<Reminder>,
}

/// When an entry begins and, if that is known, ends on its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    start: Time,
    end: Option<Time>,
}

/// A time of day from 00:00 to 23:59.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    hour: u8,
    minute: u8,
}

/// How long before the start; an entry of a whole day starts at 00:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminder {
    Days(u16),
    Minutes(u16),
}

impl Entry {
    /// Whether a calendar may take both for one.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.title, self.day, self.hours, &self.notes)
            == (&other.title, other.day, other.hours, &other.notes)
    }

    /// The lines that say it. A day is of one day, and a start without an end takes no time (RFC 5545,
    /// 3.6.1). A whole day leaves its hours free for others.
    pub(super) fn when(&self) -> Vec<String> {
        let day = date(self.day);
        let at = |time: Time| format!("{day}T{:02}{:02}00", time.hour, time.minute);
        match self.hours {
            None => vec![format!("DTSTART;VALUE=DATE:{day}"), "TRANSP:TRANSPARENT".to_owned()],
            Some(Hours { start, end }) => {
                let start = format!("DTSTART:{}", at(start));
                std::iter::once(start).chain(end.map(|end| format!("DTEND:{}", at(end)))).collect()
            }
        }
    }
}

impl Hours {
    /// Errors when it ends before it begins; an entry ends on its day.
    pub fn new(start: Time, end: Option<Time>) -> Result<Self, WriteError> {
        if end.is_some_and(|end| end <= start) {
            let wrong = "it ends before it begins or just then";
            return Err(WriteError::data("the time of an entry", wrong, "give a later end, or none"));
        }
        Ok(Self { start, end })
    }
}

impl Time {
    pub fn new(hour: u8, minute: u8) -> Result<Self, WriteError> {
        if hour > 23 || minute > 59 {
            let wrong = format!("there is no time {hour:02}:{minute:02}");
            return Err(WriteError::data("a time of day", wrong, "give one from 00:00 to 23:59"));
        }
        Ok(Self { hour, minute })
    }
}

impl Reminder {
    pub(super) fn trigger(self) -> String {
        match self {
            Self::Days(days) => format!("-P{days}D"),
            Self::Minutes(minutes) => format!("-PT{minutes}M"),
        }
    }
}

/// As in 20260301.
pub(super) fn date(day: Day) -> String {
    day.to_string().replace('-', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_other_times_and_none_backwards() {
        let time = |hour, minute| Time::new(hour, minute).expect("it is a time");
        for (hour, minute) in [(24, 0), (0, 60), (255, 255)] {
            assert!(Time::new(hour, minute).is_err(), "{hour}:{minute}");
        }
        assert!(Hours::new(time(9, 30), Some(time(9, 30))).is_err());
        assert!(Hours::new(time(23, 0), Some(time(0, 30))).is_err());
        assert!(Hours::new(time(9, 30), Some(time(9, 31))).is_ok());
    }
}
