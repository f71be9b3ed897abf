//! A text cut in clauses.

use std::ops::Range;

use super::heading::heading;

/// From how many columns on a line without an end to its sentence goes on in the next one; a Han
/// character takes two.
const WRAPPED: usize = 50;

/// The clauses of a text in order, each with the bytes that it takes and the number that it begins
/// with. A clause under a number goes on to the next number or the next empty line. Other text is cut
/// in paragraphs: at its line breaks, unless a line is long and its sentence has no end.
pub fn units(text: &str) -> Vec<(Range<usize>, Option<String>)> {
    let mut units: Vec<(Range<usize>, Option<String>)> = Vec::new();
    let mut is_open = false;
    let mut last_line = "";
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let from = start + (line.len() - line.trim_start().len());
        let range = from..from + content.len();
        start += line.len();
        if content.is_empty() {
            is_open = false;
            continue;
        }
        let number = heading(content).map(|(number, _)| number);
        match units.last_mut() {
            Some((open, open_number))
                if is_open && number.is_none() && (open_number.is_some() || is_wrapped(last_line)) =>
            {
                open.end = range.end;
            }
            _ => units.push((range, number)),
        }
        is_open = true;
        last_line = content;
    }
    units
}

fn is_wrapped(line: &str) -> bool {
    let columns: usize = line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    columns >= WRAPPED && !line.ends_with(['.', '。', '!', '！', '?', '？', ';', '；', ':', '：'])
}
