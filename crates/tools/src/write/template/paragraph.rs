//! The placeholders of a paragraph, however its text is cut into runs.

use std::fmt;
use std::ops::Range;

use super::super::error::{WriteError, cut};
use super::tree::{Element, Kind, Node};

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

pub(super) struct Paragraph {
    /// All texts, one after the other.
    whole: String,
    /// Where each `w:t` stands in it.
    pieces: Vec<Range<usize>>,
    found: Vec<(Range<usize>, Placeholder)>,
}

/// Stands for a tab, a picture and the like.
const SEEN: char = '\u{fffc}';

/// Longest name, in characters.
const NAME: usize = 100;

impl Paragraph {
    /// `part`: for messages.
    pub(super) fn read(element: &Element, part: &str) -> Result<Self, WriteError> {
        let mut paragraph = Self { whole: String::new(), pieces: Vec::new(), found: Vec::new() };
        paragraph.collect(&element.children);
        paragraph.found = find(&paragraph.whole).map_err(|wrong| WriteError::Placeholder {
            part: part.to_owned(),
            placeholder: wrong.text,
            wrong: wrong.wrong.to_owned(),
            way_out: wrong.way_out,
        })?;
        Ok(paragraph)
    }

    pub(super) fn into_placeholders(self) -> impl Iterator<Item = Placeholder> {
        self.found.into_iter().map(|(_, placeholder)| placeholder)
    }

    /// The new text of each `w:t`, `None` where it stays. A value stands where its placeholder begins.
    pub(super) fn filled(
        &self,
        mut value: impl FnMut(&Placeholder) -> Result<String, WriteError>,
    ) -> Result<Vec<Option<String>>, WriteError> {
        let mut filled = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let touches = |range: &Range<usize>| range.start < piece.end && piece.start < range.end;
            let mut text = None;
            let mut at = piece.start;
            for (range, placeholder) in self.found.iter().filter(|(range, _)| touches(range)) {
                let text = text.get_or_insert_with(String::new);
                if range.start >= piece.start {
                    text.push_str(&self.whole[at..range.start]);
                    text.push_str(&value(placeholder)?);
                }
                at = range.end.min(piece.end);
            }
            if let Some(text) = &mut text {
                text.push_str(&self.whole[at..piece.end]);
            }
            filled.push(text);
        }
        Ok(filled)
    }

    /// The texts of a paragraph, without those of paragraphs within it.
    fn collect(&mut self, nodes: &[Node]) {
        for node in nodes {
            let Node::Element(element) = node else { continue };
            match element.kind {
                Kind::Paragraph | Kind::ParagraphProperties => {}
                Kind::Text => {
                    let start = self.whole.len();
                    self.whole.push_str(&text_of(element));
                    self.pieces.push(start..self.whole.len());
                }
                kind => {
                    if kind == Kind::Seen {
                        self.whole.push(SEEN);
                    }
                    self.collect(&element.children);
                }
            }
        }
    }
}

/// What Word shows of a `w:t`.
fn text_of(element: &Element) -> String {
    let mut text = String::new();
    for node in &element.children {
        if let Node::Text { text: piece, .. } = node {
            text.extend(piece.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
        }
    }
    match element.start.contains("preserve") {
        true => text,
        false => text.trim_matches([' ', '\t']).to_owned(),
    }
}

struct Wrong {
    text: String,
    wrong: &'static str,
    way_out: &'static str,
}

fn find(whole: &str) -> Result<Vec<(Range<usize>, Placeholder)>, Wrong> {
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
            let way_out = "end it with }} in the same paragraph";
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
        let way_out = "write {{list.column}} into a row of a table: it is repeated for each row of the list";
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
