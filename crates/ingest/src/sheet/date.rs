//! Dates, times and durations, written as ISO 8601 does with a blank in place of the T.

use calamine::{ExcelDateTime, ExcelDateTimeType};

use super::format;

const DAY_SECONDS: f64 = 86_400.0;

/// The day after 9999-12-31, the last that Excel knows, from 1900 and from 1904.
const DAYS_1900: f64 = 2_958_466.0;
const DAYS_1904: f64 = 2_957_004.0;

/// A point in time in days of Excel's calendar. `code`: the number format of its cell, where it is
/// known; it tells how much of the date and the time of day is meant.
pub(super) fn moment(days: f64, is_1904: bool, code: Option<&str>) -> String {
    let end = if is_1904 { DAYS_1904 } else { DAYS_1900 };
    // Excel shows these as a row of number signs.
    if !(0.0..end).contains(&days) {
        return format::general(days);
    }
    // By whole seconds, so that 11:59:59.9997 is noon.
    let seconds = (days * DAY_SECONDS).round();
    let exact = ExcelDateTime::new(seconds / DAY_SECONDS, ExcelDateTimeType::DateTime, is_1904);
    let (year, month, day, hour, minute, second, _) = exact.to_ymd_hms_milli();
    let meant = code.and_then(Parts::of).unwrap_or(Parts {
        year: seconds >= DAY_SECONDS,
        month: seconds >= DAY_SECONDS,
        day: seconds >= DAY_SECONDS,
        time: seconds % DAY_SECONDS != 0.0 || seconds < DAY_SECONDS,
        second: second != 0,
    });
    let date = match (meant.year, meant.month, meant.day) {
        (true, true, false) => format!("{year:04}-{month:02}"),
        (true, false, false) => format!("{year:04}"),
        _ => format!("{year:04}-{month:02}-{day:02}"),
    };
    let time = match meant.second {
        true => format!("{hour:02}:{minute:02}:{second:02}"),
        false => format!("{hour:02}:{minute:02}"),
    };
    match (meant.year || meant.month || meant.day, meant.time) {
        (true, true) => format!("{date} {time}"),
        (false, true) => time,
        _ => date,
    }
}

/// A duration in days, in hours, minutes and, when the format or the value has them, seconds.
pub(super) fn duration(days: f64, code: Option<&str>) -> String {
    /// No process in the world takes longer; beyond it the seconds are no longer exact.
    const LONGEST_DAYS: f64 = 1e9;

    if !days.is_finite() || days.abs() > LONGEST_DAYS {
        return format::general(days);
    }
    let seconds = (days.abs() * DAY_SECONDS).round() as u64;
    let sign = if days < 0.0 && seconds > 0 { "-" } else { "" };
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let has_seconds = rest != 0 || code.and_then(Parts::of).is_some_and(|parts| parts.second);
    let end = if has_seconds { format!(":{rest:02}") } else { String::new() };
    format!("{sign}{hours}:{minutes:02}{end}")
}

/// What a number format shows of a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts {
    year: bool,
    month: bool,
    day: bool,
    time: bool,
    second: bool,
}

impl Parts {
    /// `None` when the code has none of them.
    fn of(code: &str) -> Option<Self> {
        let mut letters = String::new();
        let mut rest = code.chars();
        while let Some(c) = rest.next() {
            match c {
                '"' => rest.by_ref().take_while(|c| *c != '"').for_each(drop),
                '\\' | '_' | '*' => drop(rest.next()),
                '[' => {
                    let inner: String = rest.by_ref().take_while(|c| *c != ']').collect();
                    // Of what stands in brackets only the unit of a duration counts.
                    if inner.chars().all(|c| matches!(c, 'h' | 'H' | 'm' | 'M' | 's' | 'S')) {
                        letters.push_str(&inner.to_lowercase());
                    }
                }
                ';' => break,
                c => letters.extend(c.to_lowercase()),
            }
        }
        let letters = letters.replace("am/pm", "h").replace("a/p", "h");
        let has = |any: &[char]| letters.contains(any);
        let time = has(&['h', 's']);
        // E and g are years of an era, b those of Buddhism, aaa the day of the week.
        let (year, day) = (has(&['y', 'e', 'g', 'b']), has(&['d', 'a']));
        let month = has(&['m']) && (!time || year || day);
        let parts = Self { year, month, day, time, second: has(&['s']) };
        (year || month || day || time).then_some(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_shows_what_its_format_shows() {
        let noon = 45_943.5;
        let cases = [
            (Some("yyyy-mm-dd"), "2025-10-13"),
            (Some("m/d/yy h:mm"), "2025-10-13 12:00"),
            (Some("h:mm:ss AM/PM"), "12:00:00"),
            (Some("mmm-yy"), "2025-10"),
            (Some("yyyy\"年\"m\"月\"d\"日\""), "2025-10-13"),
            (Some("yyyy\"年\"m\"月\";@"), "2025-10"),
            (Some("[$-804]aaaa;@"), "2025-10-13"),
            (Some("yyyy"), "2025"),
            (Some("d-mmm"), "2025-10-13"),
            (Some("上午/下午h\"时\"mm\"分\""), "12:00"),
            (None, "2025-10-13 12:00"),
        ];
        for (code, shown) in cases {
            assert_eq!(moment(noon, false, code), shown, "{code:?}");
        }
        assert_eq!(moment(45_943.0, false, None), "2025-10-13");
        assert_eq!(moment(0.75, false, None), "18:00");
        assert_eq!(moment(0.520_833_333, false, None), "12:30");
    }

    #[test]
    fn both_calendars_of_excel_are_known() {
        assert_eq!(moment(1.0, false, Some("yyyy-mm-dd")), "1900-01-01");
        assert_eq!(moment(61.0, false, Some("yyyy-mm-dd")), "1900-03-01");
        assert_eq!(moment(0.0, true, Some("yyyy-mm-dd")), "1904-01-01");
        assert_eq!(moment(44_481.0, true, Some("yyyy-mm-dd")), "2025-10-13");
    }

    #[test]
    fn what_is_no_date_stays_a_number() {
        assert_eq!(moment(-3.0, false, Some("yyyy-mm-dd")), "-3");
        assert_eq!(moment(1e12, false, Some("yyyy-mm-dd")), "1000000000000");
        assert_eq!(duration(f64::INFINITY, None), "inf");
    }

    #[test]
    fn durations_run_beyond_a_day() {
        assert_eq!(duration(1.5, Some("[h]:mm")), "36:00");
        assert_eq!(duration(1.5, Some("[h]:mm:ss")), "36:00:00");
        assert_eq!(duration(-0.25, None), "-6:00");
        assert_eq!(duration(1.0 / 86_400.0, None), "0:00:01");
    }
}
