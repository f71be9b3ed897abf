//! One entry of a calendar as lines of text.

use super::line::Line;

#[derive(Debug, Default)]
pub(super) struct Entry {
    kind: &'static str,
    title: String,
    start: Option<Moment>,
    end: Option<Moment>,
    /// As the file writes it.
    duration: Option<String>,
    due: Option<Moment>,
    /// Its name and what stands behind it.
    others: Vec<(&'static str, String)>,
    notes: String,
}

/// A day or a time on a day.
#[derive(Debug, Clone)]
struct Moment {
    /// As in 20260301 or 20260301T093000Z.
    value: String,
    zone: Option<String>,
}

impl Entry {
    /// `name`: that of the part of the calendar. `None` for those that are about no event, task or note.
    pub(super) fn of(name: &str) -> Option<Self> {
        let kind = match name {
            "VEVENT" => "Event",
            "VTODO" => "Task",
            "VJOURNAL" => "Note",
            _ => return None,
        };
        Some(Self { kind, ..Self::default() })
    }

    pub(super) fn take(&mut self, line: &Line) {
        let moment = || Some(Moment { value: line.value.trim().to_owned(), zone: line.zone.clone() });
        match line.name.as_str() {
            "SUMMARY" => self.title = line.text(),
            "DESCRIPTION" => self.notes = line.text(),
            "DTSTART" => self.start = moment(),
            "DTEND" => self.end = moment(),
            "DUE" => self.due = moment(),
            "DURATION" => self.duration = Some(line.value.trim().to_owned()),
            "LOCATION" => self.others.push(("Where", line.text())),
            "RRULE" => self.others.push(("Repeats", line.value.clone())),
            "STATUS" => self.others.push(("Status", line.value.clone())),
            _ => {}
        }
    }

    /// With an empty line behind it.
    pub(super) fn shown(&self) -> String {
        let mut shown = String::new();
        let mut push = |name: &str, value: &str| {
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            if !value.is_empty() {
                shown.push_str(&format!("{name}: {value}\n"));
            }
        };
        push(self.kind, if self.title.trim().is_empty() { "(no title)" } else { &self.title });
        push("When", &self.when());
        push("Due", &self.due.as_ref().map(Moment::shown).unwrap_or_default());
        for (name, value) in &self.others {
            push(name, value);
        }
        if !self.notes.trim().is_empty() {
            shown.push_str(&format!("Notes: {}\n", self.notes.trim()));
        }
        shown.push('\n');
        shown
    }

    fn when(&self) -> String {
        let Some(start) = &self.start else { return String::new() };
        let first = start.shown();
        match (&self.end, &self.duration) {
            (Some(end), _) if end.last().shown() == first => first,
            (Some(end), _) => format!("{first} to {}", end.last().shown()),
            (None, Some(duration)) => format!("{first}, for {duration}"),
            (None, None) => first,
        }
    }
}

impl Moment {
    /// The last day of an entry of whole days, whose end is the day after it (RFC 5545, 3.6.1).
    fn last(&self) -> Self {
        let before = numbers(&self.value).filter(|_| self.value.len() == 8).and_then(day_before);
        Self { value: before.unwrap_or_else(|| self.value.clone()), zone: self.zone.clone() }
    }

    /// What can't be read is shown as it stands.
    fn shown(&self) -> String {
        let Some([year, month, day]) = numbers(&self.value) else { return self.value.clone() };
        let date = format!("{year:04}-{month:02}-{day:02}");
        let Some(time) = self.value[8..].strip_prefix('T') else {
            return if self.value.len() == 8 { date } else { self.value.clone() };
        };
        let (time, is_utc) = time.strip_suffix('Z').map_or((time, false), |time| (time, true));
        if time.len() != 6 || !time.bytes().all(|c| c.is_ascii_digit()) {
            return self.value.clone();
        }
        let seconds = if &time[4..] == "00" { String::new() } else { format!(":{}", &time[4..]) };
        let zone = match (&self.zone, is_utc) {
            (_, true) => " UTC".to_owned(),
            (Some(zone), false) => format!(" ({zone})"),
            (None, false) => String::new(),
        };
        format!("{date} {}:{}{seconds}{zone}", &time[..2], &time[2..4])
    }
}

/// Year, month and day at the beginning of the value.
fn numbers(value: &str) -> Option<[u32; 3]> {
    let digits = value.get(..8).filter(|digits| digits.bytes().all(|c| c.is_ascii_digit()))?;
    Some([digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?])
}

fn day_before([year, month, day]: [u32; 3]) -> Option<String> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (year, month, day) = match (month, day) {
        (_, 2..) => (year, month, day - 1),
        (1, 1) => (year.checked_sub(1)?, 12, 31),
        (3, 1) => (year, 2, if is_leap { 29 } else { 28 }),
        (5 | 7 | 10 | 12, 1) => (year, month - 1, 30),
        (2..=12, 1) => (year, month - 1, 31),
        _ => return None,
    };
    Some(format!("{year:04}{month:02}{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(start: &str, end: &str) -> String {
        let moment = |value: &str| Moment { value: value.to_owned(), zone: None };
        let end = (!end.is_empty()).then(|| moment(end));
        Entry { start: Some(moment(start)), end, ..Entry::default() }.when()
    }

    #[test]
    fn the_last_day_is_the_one_before_the_end() {
        for (start, end, shown) in [
            ("20260301", "", "2026-03-01"),
            ("20260301", "20260302", "2026-03-01"),
            ("20260227", "20260301", "2026-02-27 to 2026-02-28"),
            ("20240227", "20240301", "2024-02-27 to 2024-02-29"),
            ("20251230", "20260101", "2025-12-30 to 2025-12-31"),
            ("20260428", "20260501", "2026-04-28 to 2026-04-30"),
            ("20260301", "20260901", "2026-03-01 to 2026-08-31"),
        ] {
            assert_eq!(when(start, end), shown);
        }
    }

    #[test]
    fn times_are_shown_as_far_as_they_can_be_read() {
        assert_eq!(
            when("20260301T093000", "20260301T100015Z"),
            "2026-03-01 09:30 to 2026-03-01 10:00:15 UTC"
        );
        for odd in ["2026", "2026-03-01", "20260301T9", "20260301x", "合同合同合同", "20260301T0930zz"]
        {
            assert_eq!(when(odd, ""), odd);
        }
    }
}
