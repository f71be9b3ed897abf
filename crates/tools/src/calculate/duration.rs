//! Durations in hours, minutes and seconds.

use super::Calculated;
use super::error::{CalculateError, Place, Why, check_list};
use super::exact::Exact;
use super::lexer::half_width;

/// Most hours of one duration.
const HOURS: i64 = 1_000_000;

/// The sum, as hours, minutes and, where there are any, seconds.
pub(super) fn sum(durations: &[String]) -> Result<Calculated, CalculateError> {
    check_list("durations", durations)?;
    let mut total = 0;
    let mut steps = Vec::with_capacity(durations.len() + 1);
    let mut written = Vec::with_capacity(durations.len());
    for (at, text) in durations.iter().enumerate() {
        let place = Place::of(&format!("durations[{at}]"), text)?;
        let seconds = read(&place)?;
        steps.push(format!("{} + {} = {}", show(total), show(seconds), show(total + seconds)));
        written.push(show(seconds));
        total += seconds;
    }
    let hours = Exact(Exact::whole(total).0 / num_bigint::BigInt::from(3600));
    steps.push(format!("{} = {} hours", show(total), hours.show()));
    Ok(Calculated { value: show(total), exact: true, normalised: written.join(" + "), steps })
}

fn show(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let all = seconds.abs();
    let (hours, minutes, rest) = (all / 3600, all / 60 % 60, all % 60);
    let end = if rest > 0 { format!(":{rest:02}") } else { String::new() };
    format!("{sign}{hours}:{minutes:02}{end}")
}

/// In seconds.
fn read(place: &Place) -> Result<i64, CalculateError> {
    let text: String = place.text.iter().copied().map(half_width).filter(|c| !c.is_whitespace()).collect();
    let text = text.to_lowercase();
    let (sign, text) = text.strip_prefix('-').map_or((1, text.as_str()), |text| (-1, text));
    let parts = by_colons(text).or_else(|| by_units(text)).filter(|[hours, minutes, seconds]| {
        // Only the largest unit may run beyond the next.
        *hours <= HOURS && (*minutes < 60 || *hours == 0) && (*seconds < 60 || (*hours == 0 && *minutes == 0))
    });
    let Some([hours, minutes, seconds]) = parts else {
        let why = Why::new("it is no duration", "write hours and minutes as in 7:45 or 7小时45分");
        return Err(place.refuse_whole(why));
    };
    Ok(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// `7:45`, `7:45:30`
fn by_colons(text: &str) -> Option<[i64; 3]> {
    let parts: Vec<&str> = text.split(':').collect();
    let (hours, rest) = parts.split_first()?;
    let pair = |text: &&str| if text.len() == 2 { number(text).filter(|value| *value < 60) } else { None };
    match rest {
        [minutes] => Some([number(hours)?, pair(minutes)?, 0]),
        [minutes, seconds] => Some([number(hours)?, pair(minutes)?, pair(seconds)?]),
        _ => None,
    }
}

/// `7小时45分`, `90分钟`, `7h 45min`, each unit at most once and the larger first.
fn by_units(text: &str) -> Option<[i64; 3]> {
    const UNITS: [&[&str]; 3] = [
        &["小时", "时", "hours", "hour", "h"],
        &["分钟", "分", "minutes", "minute", "min", "m"],
        &["秒钟", "秒", "seconds", "second", "sec", "s"],
    ];

    let mut values = [0; 3];
    let mut rest = text;
    for (value, names) in values.iter_mut().zip(UNITS) {
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, behind) = rest.split_at(count);
        if let Some(after) = names.iter().find_map(|name| behind.strip_prefix(name)) {
            *value = number(digits)?;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(values)
}

fn number(text: &str) -> Option<i64> {
    let fits = (1..=9).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}
