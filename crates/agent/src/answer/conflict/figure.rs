//! The figures of a sentence: what they count, and what they are worth.

mod number;

use super::wording::{Unit, Wording};
use crate::answer::language::is_han;
use crate::run::figures::dates_in;
use number::{digits_and_numerals, joined, number_words};

/// A figure of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Bytes of the text in half-width characters, with the unit.
    pub start: usize,
    pub end: usize,
    /// In the kind's unit.
    pub value: f64,
    /// What one of the last written digit is worth.
    step: f64,
    /// Three digits stand behind a point: `1.200` may be a thousand two hundred.
    two_ways: bool,
    /// Given roughly: about five hundred, 五百左右.
    pub rough: bool,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A number of things, or money of a currency by its ISO 4217 code.
    Amount(Option<String>),
    Percent,
    /// In days.
    Span {
        /// Days of the unit in which it is written.
        unit: f64,
    },
    Measure(String),
    /// Minutes since midnight.
    Clock,
    /// As year, month and day: 20260301.
    Date,
    /// A day of any year: 301 is the first of March.
    MonthDay,
    Year,
    /// It names a thing rather than counts: of a section, a grade, a month.
    Label,
}

impl Kind {
    /// Whether figures of the two can be held against each other.
    pub fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Amount(Some(a)), Self::Amount(Some(b))) => a == b,
            (Self::Amount(_), Self::Amount(_)) | (Self::Span { .. }, Self::Span { .. }) => true,
            _ => self == other,
        }
    }
}

impl Figure {
    /// Whether both say the same, one of them perhaps rounded.
    pub fn agrees(&self, other: &Self) -> bool {
        let apart = (self.value - other.value).abs();
        let larger = self.value.abs().max(other.value.abs());
        if apart <= larger * 1e-9 {
            return true;
        }
        match (&self.kind, &other.kind) {
            // Months and years have no one length.
            (Kind::Span { unit: a }, Kind::Span { unit: b }) if a != b => return apart <= larger * 0.03,
            (Kind::Amount(_) | Kind::Percent | Kind::Measure(_), _) => {}
            _ => return false,
        }
        let rounded = self.step != other.step && apart < self.step.max(other.step) / 2.0;
        let ratio = larger / self.value.abs().min(other.value.abs());
        rounded || ((self.two_ways || other.two_ways) && (ratio - 1000.0).abs() < 1e-6)
    }

    /// How far apart they are, as a share of the larger.
    pub fn distance(&self, other: &Self) -> f64 {
        (self.value - other.value).abs() / self.value.abs().max(other.value.abs()).max(f64::MIN_POSITIVE)
    }
}

/// The figures of a text in half-width characters, in order.
pub fn figures(text: &str) -> Vec<Figure> {
    let dates: Vec<Figure> = dates_in(text)
        .into_iter()
        .filter_map(|date| {
            let value = date.value.replace('-', "").parse().ok()?;
            Some(Figure { value, kind: Kind::Date, ..plain(date.start, date.end) })
        })
        .collect();
    let mut found = digits_and_numerals(text);
    found.extend(number_words(text));
    found.sort_by_key(|figure| figure.start);
    found.dedup_by(|next, last| next.start < last.end);
    let mut figures = dates.clone();
    let mut taken = 0;
    for figure in joined(text, found) {
        let in_date = dates.iter().any(|date| figure.start < date.end && date.start < figure.end);
        if !in_date && figure.start >= taken {
            let rough = is_rough(text, &figure);
            let figure = with_unit(text, figure).map(|figure| {
                let behind = text[figure.end..].trim_start();
                Figure {
                    rough: rough || behind.starts_with("左右") || behind.starts_with("上下"), ..figure
                }
            });
            taken = figure.as_ref().map_or(taken, |figure| figure.end);
            figures.extend(figure);
        }
    }
    figures.sort_by_key(|figure| figure.start);
    figures
}

fn is_rough(text: &str, figure: &Figure) -> bool {
    let wording = Wording::get();
    let before = text[..figure.start].trim_end();
    let before = wording.money_before(before).map_or(before, |(_, length)| &before[..before.len() - length]);
    let before = before.trim_end().trim_end_matches('.').to_lowercase();
    let says = |word: &String| {
        before
            .strip_suffix(word.as_str())
            .is_some_and(|rest| !word.is_ascii() || !rest.ends_with(|c: char| c.is_ascii_alphanumeric()))
    };
    let behind = text[figure.end..].trim_start();
    wording.english.about.iter().chain(&wording.chinese.about).any(says) || behind.starts_with(['多', '余'])
}

fn plain(start: usize, end: usize) -> Figure {
    Figure { start, end, value: 0.0, step: 1.0, two_ways: false, rough: false, kind: Kind::Amount(None) }
}

/// The figure with what it counts; `None` of a Han numeral that counts nothing, as in a name.
fn with_unit(text: &str, figure: Figure) -> Option<Figure> {
    let wording = Wording::get();
    let written = &text[figure.start..figure.end];
    let (before, behind) = (&text[..figure.start], &text[figure.end..]);
    if written.contains("分之") || behind.trim_start().starts_with(['%', '‰']) || per_cent(behind).is_some()
    {
        let end = figure.end + per_cent(behind).unwrap_or(0);
        return Some(Figure { end, kind: Kind::Percent, ..figure });
    }
    if let Some(day) = month_day(text, &figure) {
        return Some(day);
    }
    if is_label(before, behind, wording) {
        return Some(Figure { kind: Kind::Label, ..figure });
    }
    if let Some(minutes) = behind.strip_prefix(':').and_then(|rest| rest.get(..2)?.parse::<f64>().ok()) {
        let value = figure.value * 60.0 + minutes;
        return Some(Figure { end: figure.end + 3, value, kind: Kind::Clock, ..figure });
    }
    let digits = written.len() == 4 && written.bytes().all(|b| b.is_ascii_digit());
    let is_year = (digits || written.chars().count() == 4) && (1000.0..2200.0).contains(&figure.value);
    if is_year && behind.trim_start().starts_with('年') {
        let end = text.len() - behind.trim_start().len() + '年'.len_utf8();
        return Some(Figure { end, kind: Kind::Year, ..figure });
    }
    let money = wording.money_before(before);
    if let Some((code, length)) = money {
        // "EUR 180 euros" is written by nobody, but "人民币 180 元" is.
        let again = match wording.unit(behind) {
            Some((Unit::Money(_), length)) => length,
            _ => 0,
        };
        let (start, end) = (figure.start - length, figure.end + again);
        return Some(Figure { start, end, kind: Kind::Amount(Some(code)), ..figure });
    }
    if let Some((unit, length)) = wording.unit(behind) {
        let end = figure.end + length;
        return Some(match unit {
            Unit::Money(code) => Figure { end, kind: Kind::Amount(Some(code)), ..figure },
            Unit::Span(days) => {
                let value = figure.value * days;
                Figure { end, value, step: figure.step * days, kind: Kind::Span { unit: days }, ..figure }
            }
            Unit::Measure(name) => Figure { end, kind: Kind::Measure(name), ..figure },
        });
    }
    if is_year && digits {
        return Some(Figure { kind: Kind::Year, ..figure });
    }
    let in_han = written.chars().all(is_han);
    if in_han
        && !behind
            .starts_with(['个', '名', '人', '次', '份', '倍', '件', '台', '张', '辆', '家', '位', '层', '间'])
    {
        return None;
    }
    Some(Figure { kind: if follows_name(before) { Kind::Label } else { Kind::Amount(None) }, ..figure })
}

/// Bytes up to the end of a word for a hundredth.
fn per_cent(behind: &str) -> Option<usize> {
    let gap = behind.len() - behind.trim_start_matches([' ', '\u{A0}', '-']).len();
    let rest = behind[gap..].to_ascii_lowercase();
    let words = ["percentage points", "percent", "per cent", "个百分点", "%", "‰"];
    words.iter().find(|word| rest.starts_with(**word)).map(|word| gap + word.len())
}

/// `3月15日`, `15 March`, `March 15th`.
fn month_day(text: &str, figure: &Figure) -> Option<Figure> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (before, behind) = (&text[..figure.start], &text[figure.end..]);
    if let Some(rest) = behind.trim_start().strip_prefix('月') {
        let month_end = text.len() - rest.len();
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        let day_end = text.len() - rest.trim_start().len() + digits.len();
        let day = digits.parse::<f64>().ok().filter(|_| text[day_end..].starts_with(['日', '号']));
        return Some(match day {
            Some(day) => {
                let value = figure.value * 100.0 + day;
                Figure { end: day_end + '日'.len_utf8(), value, kind: Kind::MonthDay, ..figure.clone() }
            }
            None => Figure { end: month_end, kind: Kind::Label, ..figure.clone() },
        });
    }
    if !(1.0..=31.0).contains(&figure.value) || figure.value.fract() != 0.0 {
        return None;
    }
    let month = |word: &str| {
        let index = MONTHS.iter().position(|name| word.starts_with(name))?;
        let full = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ][index];
        (word.len() == 3 || word == full || word == "Sept").then_some(index as f64 + 1.0)
    };
    let ordinal =
        ["st", "nd", "rd", "th"].iter().find(|ending| behind.starts_with(**ending)).map_or(0, |e| e.len());
    let rest = &behind[ordinal..];
    let after = rest.trim_start();
    let after = after.strip_prefix("of ").unwrap_or(after);
    let word: String = after.chars().take_while(char::is_ascii_alphabetic).collect();
    if let Some(month) = month(&word) {
        let end = text.len() - after.len() + word.len();
        return Some(Figure {
            end,
            value: month * 100.0 + figure.value,
            kind: Kind::MonthDay,
            ..figure.clone()
        });
    }
    let trimmed = before.trim_end();
    let word = trimmed.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    let month = month(word)?;
    let start = trimmed.len() - word.len();
    let end = figure.end + ordinal;
    Some(Figure { start, end, value: month * 100.0 + figure.value, kind: Kind::MonthDay, ..figure.clone() })
}

/// Whether the figure names a thing: `第3条`, `Section 4`, `19th`, `B-12`.
fn is_label(before: &str, behind: &str, wording: &Wording) -> bool {
    let ordinal = ["st", "nd", "rd", "th"].iter().any(|ending| {
        behind.strip_prefix(ending).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    });
    let trimmed = before.trim_end();
    let joined = before.ends_with('-') && before[..before.len() - 1].ends_with(|c: char| c.is_alphabetic());
    let named =
        trimmed.trim_end_matches('.').rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("");
    ordinal
        || joined
        || trimmed.ends_with('第')
        || behind.starts_with(['届', '级', '类', '档', '号', '世'])
        || wording.is_label(&named.to_lowercase())
}

/// Whether the word before a bare number is a name: `Boeing 747`, `ISO 9001`.
fn follows_name(before: &str) -> bool {
    let trimmed = before.trim_end_matches(' ');
    let word = trimmed.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    !word.is_empty() && word.starts_with(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(f64, Kind)> {
        figures(text).into_iter().map(|figure| (figure.value, figure.kind)).collect()
    }

    #[test]
    fn a_figure_is_read_with_what_it_counts() {
        let eur = || Kind::Amount(Some("EUR".into()));
        let cny = || Kind::Amount(Some("CNY".into()));
        let days = |unit| Kind::Span { unit };
        assert_eq!(read("EUR 10 000, €3 million, 10,000 euros"), [(1e4, eur()), (3e6, eur()), (1e4, eur())]);
        assert_eq!(read("1万元和人民币10,000元"), [(1e4, cny()), (1e4, cny())]);
        assert_eq!(
            read("thirty days, forty-five days, 两周"),
            [(30.0, days(1.0)), (45.0, days(1.0)), (14.0, days(7.0))]
        );
        assert_eq!(read("one month, one of them, 一个月, 一般"), [(30.0, days(30.0)), (30.0, days(30.0))]);
        assert_eq!(
            read("5 percent, 8%, 百分之五"),
            [(5.0, Kind::Percent), (8.0, Kind::Percent), (5.0, Kind::Percent)]
        );
        assert_eq!(read("10 working days"), [(10.0, Kind::Measure("working_days".into()))]);
    }

    #[test]
    fn days_years_and_labels_are_no_amounts() {
        assert_eq!(read("by 15 March 2026"), [(20_260_315.0, Kind::Date)]);
        assert_eq!(read("March 15th and 3月15日"), [(315.0, Kind::MonthDay), (315.0, Kind::MonthDay)]);
        assert_eq!(read("in 1912, 二〇二四年"), [(1912.0, Kind::Year), (2024.0, Kind::Year)]);
        assert_eq!(
            read("Section 4, 第三条, the 19th, ISO 9001, 3月"),
            [4.0, 3.0, 19.0, 9001.0, 3.0].map(|n| (n, Kind::Label))
        );
        assert_eq!(read("at 14:30"), [(870.0, Kind::Clock)]);
        assert_eq!(read("三亚、四川的酒店"), []);
    }

    #[test]
    fn the_same_worth_agrees_however_it_is_written() {
        let agree = |a: &str, b: &str| figures(a)[0].agrees(&figures(b)[0]);
        for (a, b) in [
            ("14 days", "two weeks"),
            ("1 year", "12 months"),
            ("1.2 million", "1,234,567"),
            ("EUR 1.200", "EUR 1,200"),
            ("3.5万元", "35000元"),
            ("about 3 million", "2,600,000"),
        ] {
            assert!(agree(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("14 days", "three weeks"),
            ("1.2 million", "1,334,567"),
            ("EUR 180", "EUR 200"),
            ("1912", "1921"),
            ("EUR 3 million", "EUR 2,500,000"),
        ] {
            assert!(!agree(a, b), "{a} {b}");
        }
    }
}
