//! Names of sheets, as Excel allows them.

use std::collections::BTreeSet;

/// Longest name, in units of UTF-16.
const UNITS: usize = 31;

/// What may not stand in a name.
const FORBIDDEN: &[char] = &['[', ']', ':', '*', '?', '/', '\\'];

/// Excel keeps it for itself.
const RESERVED: &str = "history";

/// A valid name for each table, near to its own; no two differ in nothing but case.
pub(super) fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = BTreeSet::from([RESERVED.to_owned()]);
    let mut unique = Vec::new();
    for (at, name) in (1..).zip(names) {
        let valid = valid(name).unwrap_or_else(|| format!("Sheet{at}"));
        let numbered = (2..).map(|number| with_end(&valid, &format!(" ({number})")));
        let free =
            std::iter::once(valid.clone()).chain(numbered).find(|name| taken.insert(name.to_lowercase()));
        unique.extend(free);
    }
    unique
}

/// `None` when nothing is left of the name.
fn valid(name: &str) -> Option<String> {
    let replaced: String = name
        .chars()
        .map(|c| {
            if c.is_control() || FORBIDDEN.contains(&c) || matches!(c, '\u{fffe}'..='\u{ffff}') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let is_edge = |c: char| c.is_whitespace() || c == '\'';
    let cut = cut(replaced.trim_matches(is_edge), UNITS).trim_matches(is_edge);
    (!cut.is_empty()).then(|| cut.to_owned())
}

fn with_end(name: &str, end: &str) -> String {
    format!("{}{end}", cut(name, UNITS - end.len()))
}

/// The beginning of a text that has at most so many units of UTF-16.
fn cut(text: &str, most: usize) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > most
    });
    &text[..end.map_or(text.len(), |(end, _)| end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique_of(names: &[&str]) -> Vec<String> {
        unique(names.iter().copied())
    }

    #[test]
    fn names_are_made_valid() {
        assert_eq!(unique_of(&["a/b:c*[1]?\\"]), ["a_b_c__1___"]);
        assert_eq!(unique_of(&["'合同'", "", " ' ", "History"]), ["合同", "Sheet2", "Sheet3", "History (2)"]);
        assert_eq!(unique_of(&["合".repeat(40).as_str()]), ["合".repeat(31)]);
        // Sixteen of them are 32 units.
        assert_eq!(unique_of(&["😀".repeat(16).as_str()]), ["😀".repeat(15)]);
    }

    #[test]
    fn names_are_unique_without_regard_to_case() {
        assert_eq!(unique_of(&["Data", "data", "DATA"]), ["Data", "data (2)", "DATA (3)"]);
        let long = "x".repeat(31);
        assert_eq!(unique_of(&[&long, &long]), [long.clone(), format!("{} (2)", "x".repeat(27))]);
    }
}
