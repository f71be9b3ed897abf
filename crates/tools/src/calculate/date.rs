//! Days of the Gregorian calendar, and the ways they are written.

use std::fmt;

use super::chinese;
use super::error::{CalculateError, Place, Why};
use super::lexer::half_width;

/// A day from 0001-01-01 to 9999-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date {
    pub(super) year: i32,
    /// From 1.
    pub(super) month: i32,
    /// From 1.
    pub(super) day: i32,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Date {
    /// `None` when there is no such day.
    pub(super) fn new(year: i32, month: i32, day: i32) -> Option<Self> {
        let fits = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day);
        fits.then_some(Self { year, month, day })
    }

    /// Days since 1970-01-01 (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms,
    /// days_from_civil).
    pub(super) fn number(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        // The year begins in March, so that the leap day is its last.
        let month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The day with this number (the same source, civil_from_days).
    pub(super) fn from_number(number: i64) -> Option<Self> {
        let shifted = number.checked_add(719_468)?;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era.checked_mul(400)? + i64::from(month <= 2);
        Self::new(i32::try_from(year).ok()?, i32::try_from(month).ok()?, i32::try_from(day).ok()?)
    }

    /// So many months later; a day that the month does not have becomes its last.
    pub(super) fn add_months(self, months: i64) -> Option<Self> {
        let all = i64::from(self.year) * 12 + i64::from(self.month) - 1;
        let all = all.checked_add(months)?;
        let year = i32::try_from(all.div_euclid(12)).ok()?;
        let month = i32::try_from(all.rem_euclid(12)).ok()? + 1;
        if !(1..=9999).contains(&year) {
            return None;
        }
        Self::new(year, month, self.day.min(days_of_month(year, month)))
    }

    pub(super) fn add_days(self, days: i64) -> Option<Self> {
        Self::from_number(self.number().checked_add(days)?)
    }

    /// 0 for Monday.
    pub(super) fn weekday(self) -> usize {
        // 1970-01-01 was a Thursday.
        usize::try_from((self.number() + 3).rem_euclid(7)).unwrap_or(0)
    }

    pub(super) fn is_weekend(self) -> bool {
        self.weekday() > 4
    }
}

pub(super) fn days_of_month(year: i32, month: i32) -> i32 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Reads 2025-03-01, 2025/3/1, 2025.3.1, 20250301, 2025年3月1日, 二〇二五年三月一日, 1 March 2025
/// and March 1, 2025. What leaves open which number is the month is refused.
pub(super) fn read(argument: &str, text: &str) -> Result<Date, CalculateError> {
    const WAY_OUT: &str = "write it as in 2025-03-01 or 2025年3月1日";

    let place = Place::of(argument, text)?;
    let plain: String = place.text.iter().copied().map(half_width).collect();
    let refuse = |wrong: &str| place.refuse_whole(Why::new(wrong, WAY_OUT));
    let Some(numbers) =
        by_signs(plain.trim()).or_else(|| by_characters(plain.trim())).or_else(|| by_words(plain.trim()))
    else {
        return Err(refuse("it is no date"));
    };
    match numbers {
        [Some(year), Some(month), Some(day)] => {
            Date::new(year, month, day).ok_or_else(|| refuse("there is no such day"))
        }
        _ => Err(refuse("it leaves open which number is the year, the month and the day")),
    }
}

/// Year, month and day, `None` where the text leaves it open.
type Numbers = [Option<i32>; 3];

fn by_signs(text: &str) -> Option<Numbers> {
    if text.len() == 8 && text.bytes().all(|c| c.is_ascii_digit()) {
        return Some([digits(&text[..4]), digits(&text[4..6]), digits(&text[6..])]);
    }
    let sign = ['-', '/', '.'].into_iter().find(|sign| text.contains(*sign))?;
    let parts: Vec<&str> = text.split(sign).map(str::trim).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    let all = [digits(first), digits(second), digits(third)];
    if all.contains(&None) {
        return None;
    }
    if first.len() == 4 { Some(all) } else { Some([None; 3]) }
}

fn by_characters(text: &str) -> Option<Numbers> {
    let (year, rest) = text.split_once('年')?;
    let (month, rest) = rest.split_once('月')?;
    let day = rest.trim_end_matches(['日', '号', '號']);
    let year = number(year.trim())?;
    // 25年 may be any century.
    let year = (year >= 100).then_some(year);
    Some([year, Some(number(month.trim())?), Some(number(day.trim())?)])
}

fn by_words(text: &str) -> Option<Numbers> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];

    let lower = text.to_lowercase().replace(',', " ");
    let words: Vec<&str> = lower.split_whitespace().collect();
    let [first, second, year] = words.as_slice() else { return None };
    let month = |word: &str| {
        let word = word.trim_end_matches('.');
        let at = MONTHS.iter().position(|name| word.len() >= 3 && name.starts_with(word))?;
        i32::try_from(at + 1).ok()
    };
    let (day, month) = match (month(first), month(second)) {
        (None, Some(month)) => (first, month),
        (Some(month), None) => (second, month),
        _ => return None,
    };
    let day = day.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let year = digits(year)?;
    Some([(year >= 100).then_some(year), Some(month), Some(digits(day)?)])
}

fn number(text: &str) -> Option<i32> {
    let numerals: Vec<char> = text.chars().collect();
    if numerals.is_empty() {
        return None;
    }
    digits(text).or_else(|| {
        let all = numerals.iter().all(|c| chinese::is_numeral(*c));
        i32::try_from(all.then(|| chinese::value(&numerals).ok()).flatten()?).ok()
    })
}

fn digits(text: &str) -> Option<i32> {
    let fits = (1..=4).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        let first = Date::new(2025, 3, 1).expect("a date");
        for text in [
            "2025-03-01",
            "2025-3-1",
            "2025/3/1",
            "2025.3.1",
            "20250301",
            "2025年3月1日",
            "2025年03月01号",
            "二〇二五年三月一日",
            "２０２５年３月１日",
            " 2025 年 3 月 1 日 ",
            "1 March 2025",
            "March 1, 2025",
            "1st Mar. 2025",
        ] {
            assert_eq!(read("date", text), Ok(first), "{text}");
        }
        assert_eq!(
            read("date", "二〇二四年十二月三十一日").map(|date| date.to_string()),
            Ok("2024-12-31".into())
        );
    }

    #[test]
    fn what_is_no_date_or_may_be_two_is_refused() {
        for text in [
            "",
            "3/5/2025",
            "25年3月1日",
            "2025-02-29",
            "2025-13-01",
            "2025-3",
            "yesterday",
            "2025-03-01T10:00",
            "0000-01-01",
            "ma 1 2025",
        ] {
            assert!(read("date", text).is_err(), "{text}");
        }
        let error = read("from", "3/5/2025").expect_err("it may be March or May").to_string();
        assert!(error.starts_with("from (`3/5/2025`)") && error.contains("2025-03-01"), "{error}");
    }

    #[test]
    fn every_day_has_a_number_of_its_own() {
        let mut date = Date::new(1, 1, 1).expect("a date");
        let mut count = 0_i64;
        // Counted day by day, month by month.
        loop {
            assert_eq!(date.number() - Date { year: 1, month: 1, day: 1 }.number(), count, "{date}");
            assert_eq!(Date::from_number(date.number()), Some(date));
            let Date { year, month, day } = date;
            let next = Date::new(year, month, day + 1)
                .or_else(|| Date::new(year, month + 1, 1))
                .or_else(|| Date::new(year + 1, 1, 1));
            let Some(next) = next else { break };
            assert_eq!(next.weekday(), (date.weekday() + 1) % 7);
            date = next;
            count += 1;
        }
        assert_eq!(date.to_string(), "9999-12-31");
        assert_eq!(count, 3_652_058);
        assert_eq!(Date::new(2025, 3, 1).map(Date::weekday), Some(5));
    }
}
