//! What a template wants at a place, and how it is named there.

use std::fmt;
use std::ops::Range;

use super::super::error::{WriteError, cut};

/// What a template wants at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// `{{name}}`
    Field { name: String },
    /// `{{list.column}}`
    Column { list: String, column: String },
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { name } => write!(f, "{{{{{name}}}}}"),
            Self::Column { list, column } => write!(f, "{{{{{list}.{column}}}}}"),
        }
    }
}

/// Stands for a tab, a picture and the like.
pub(super) const SEEN: char = '\u{fffc}';

/// Longest name, in characters.
const NAME: usize = 100;

/// A text between braces that is no placeholder.
pub(super) struct Wrong {
    text: String,
    wrong: &'static str,
    way_out: &'static str,
}

impl Wrong {
    pub(super) fn at(self, place: impl Into<String>) -> WriteError {
        WriteError::Placeholder {
            part: place.into(),
            placeholder: self.text,
            wrong: self.wrong.to_owned(),
            way_out: self.way_out,
        }
    }
}

pub(super) fn find(whole: &str) -> Result<Vec<(Range<usize>, Placeholder)>, Wrong> {
    let mut found = Vec::new();
    let mut at = 0;
    if let Some(start) = whole.find("｛｛") {
        let (wrong, way_out) = ("its braces are of full width", "write it with {{ and }}");
        return Err(Wrong { text: cut(&whole[start..]), wrong, way_out });
    }
    while let Some(start) = whole[at..].find("{{").map(|start| at + start) {
        let inner = start + 2;
        let refuse = |end: usize, wrong, way_out| Wrong { text: cut(&whole[start..end]), wrong, way_out };
        let Some(end) = whole[inner..].find("}}").map(|length| inner + length) else {
            let way_out = "end it with }} in the same paragraph or cell";
            return Err(refuse(whole.len(), "it does not end", way_out));
        };
        let placeholder =
            named(&whole[inner..end]).map_err(|(wrong, way_out)| refuse(end + 2, wrong, way_out))?;
        found.push((start..end + 2, placeholder));
        at = end + 2;
    }
    Ok(found)
}

fn named(inner: &str) -> Result<Placeholder, (&'static str, &'static str)> {
    if inner.contains(SEEN) {
        let way_out = "write it in one line, with nothing else in it";
        return Err(("a break, a tab, a field or a picture stands in it", way_out));
    }
    if inner.trim_start().starts_with(['#', '/', '^', '>']) {
        let way_out = "write {{list.column}} into a row: it is repeated for each row of the list";
        return Err(("there are no sections", way_out));
    }
    let name = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let names: Vec<String> = inner.split('.').map(name).collect();
    let is_name = |name: &String| {
        !name.is_empty()
            && name.chars().count() <= NAME
            && !name.contains(['{', '}'])
            && !name.chars().any(char::is_control)
    };
    match names.as_slice() {
        names if !names.iter().all(is_name) => {
            Err(("it holds no name", "write a name of letters and digits between {{ and }}"))
        }
        [field] => Ok(Placeholder::Field { name: field.clone() }),
        [list, column] => Ok(Placeholder::Column { list: list.clone(), column: column.clone() }),
        _ => Err(("it has more than one point", "write {{name}} or {{list.column}}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(whole: &str) -> Vec<String> {
        let found = find(whole).map_err(|wrong| wrong.wrong).expect("its placeholders are right");
        found.into_iter().map(|(range, placeholder)| format!("{placeholder}@{}", range.start)).collect()
    }

    fn wrong(whole: &str) -> String {
        find(whole).map_or_else(|wrong| format!("{}: {}", wrong.text, wrong.wrong), |_| String::new())
    }

    #[test]
    fn placeholders_are_found_with_blanks_around_and_within() {
        assert_eq!(found("a {{ 甲方  名称 }}{{list . col}} }} {b}"), ["{{甲方 名称}}@2", "{{list.col}}@22"]);
        assert_eq!(found("{{\u{a0}x\u{3000}}}"), ["{{x}}@0"]);
        assert_eq!(found("no { { placeholder"), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_placeholder_is_named() {
        assert_eq!(wrong("a {{b"), "{{b: it does not end");
        assert_eq!(wrong("{{}}"), "{{}}: it holds no name");
        assert_eq!(wrong("{{a {{b}}"), "{{a {{b}}: it holds no name");
        assert_eq!(wrong("{{a.b.c}}"), "{{a.b.c}}: it has more than one point");
        assert_eq!(wrong("{{a.}}"), "{{a.}}: it holds no name");
        assert_eq!(wrong("{{#list}}"), "{{#list}}: there are no sections");
        assert_eq!(wrong("｛｛名称｝｝"), "｛｛名称｝｝: its braces are of full width");
        assert!(wrong("{{a\u{fffc}b}}").ends_with("stands in it"));
    }
}
