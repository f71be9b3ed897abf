//! Looks of cells, with those that show days added.

use std::collections::BTreeMap;

use super::super::super::error::WriteError;
use super::super::tree::{self, Node};
use super::Element;
use super::book::Part;

/// How a day is shown where the template shows none.
const DAY: &str = "yyyy-mm-dd";

/// The first number of a format that a workbook may define itself.
const FIRST_CUSTOM: u32 = 164;

pub(super) struct Styles<'a> {
    part: Option<&'a Part>,
    /// Of the looks of cells, in their order.
    formats: Vec<u32>,
    custom: BTreeMap<u32, String>,
    /// Looks that get a copy which shows days, and the number of the copy.
    dated: BTreeMap<usize, usize>,
}

impl<'a> Styles<'a> {
    pub(super) fn read(part: Option<&'a Part>) -> Result<Self, WriteError> {
        let mut styles = Self { part, formats: Vec::new(), custom: BTreeMap::new(), dated: BTreeMap::new() };
        let Some(part) = part else { return Ok(styles) };
        let tree: Vec<Node<_>> = tree::parse(&part.xml, &part.name)?;
        let number = |element: &Element| element.attribute("numFmtId").and_then(|id| id.parse().ok());
        for element in tree::elements(&tree).flat_map(Element::elements) {
            match element.local() {
                "numFmts" => {
                    for format in element.elements() {
                        let code = format.attribute("formatCode").unwrap_or_default().into_owned();
                        styles.custom.extend(number(format).map(|number| (number, code)));
                    }
                }
                "cellXfs" => {
                    styles.formats = element.elements().map(|look| number(look).unwrap_or(0)).collect();
                }
                _ => {}
            }
        }
        Ok(styles)
    }

    /// A look like this one that shows days; `None` when the workbook has no looks.
    pub(super) fn dated(&mut self, look: usize) -> Option<usize> {
        let format = *self.formats.get(look)?;
        if self.shows_days(format) {
            return Some(look);
        }
        let next = self.formats.len() + self.dated.len();
        Some(*self.dated.entry(look).or_insert(next))
    }

    /// The part with the looks that were added, and its place in the package; `None` when there are
    /// none.
    pub(super) fn finish(&self) -> Result<Option<(usize, String)>, WriteError> {
        let Some(part) = self.part.filter(|_| !self.dated.is_empty()) else { return Ok(None) };
        let number = self.custom.keys().next_back().map_or(FIRST_CUSTOM, |last| last + 1).max(FIRST_CUSTOM);
        let tree = tree::parse(&part.xml, &part.name)?;
        let mut out = String::with_capacity(part.xml.len() + 1024);
        for node in &tree {
            let Node::Element(root) = node else {
                tree::push_raw(&mut out, std::slice::from_ref(node));
                continue;
            };
            out.push_str(root.start);
            let prefix = root.prefix();
            let format = format!(r#"<{prefix}numFmt numFmtId="{number}" formatCode="{DAY}"/>"#);
            if !root.elements().any(|element| element.local() == "numFmts") {
                out.push_str(&format!(r#"<{prefix}numFmts count="1">{format}</{prefix}numFmts>"#));
            }
            for node in &root.children {
                match node {
                    Node::Element(element) if element.local() == "numFmts" => {
                        push_with(&mut out, element, &format)
                    }
                    Node::Element(element) if element.local() == "cellXfs" => {
                        push_with(&mut out, element, &self.looks(element, number));
                    }
                    node => tree::push_raw(&mut out, std::slice::from_ref(node)),
                }
            }
            out.push_str(root.end);
        }
        Ok(Some((part.index, out)))
    }

    fn shows_days(&self, format: u32) -> bool {
        match self.custom.get(&format) {
            Some(code) => shows_days(code),
            // Those that every workbook has (ISO/IEC 29500-1, 18.8.30), also in Chinese and Japanese.
            None => matches!(format, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58),
        }
    }

    /// The looks to add, in order of their numbers.
    fn looks(&self, given: &Element, format: u32) -> String {
        let mut copies: Vec<(usize, usize)> = self.dated.iter().map(|(look, copy)| (*copy, *look)).collect();
        copies.sort_unstable();
        let format = format.to_string();
        let mut out = String::new();
        let given: Vec<_> = given.elements().collect();
        for look in copies.into_iter().filter_map(|(_, look)| given.get(look)) {
            let changes = [("numFmtId", Some(format.as_str())), ("applyNumberFormat", Some("1"))];
            out.push_str(&look.start_with(&changes));
            tree::push_raw(&mut out, &look.children);
            out.push_str(look.end);
        }
        out
    }
}

/// Writes a list with more in it.
fn push_with(out: &mut String, list: &Element, more: &str) {
    let before = list.elements().count();
    let added = more.matches("numFmtId=").count();
    let start = list.start_with(&[("count", Some(&(before + added).to_string()))]);
    out.push_str(start.strip_suffix("/>").map_or(start.clone(), |open| format!("{open}>")).as_str());
    tree::push_raw(out, &list.children);
    out.push_str(more);
    out.push_str(&format!("</{}>", list.name()));
}

/// Whether a format writes the day or the year of a number.
fn shows_days(code: &str) -> bool {
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                chars.find(|c| *c == '"');
            }
            '[' => {
                chars.find(|c| *c == ']');
            }
            '\\' | '_' | '*' => {
                chars.next();
            }
            'd' | 'D' | 'y' | 'Y' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_days_are_known() {
        for code in ["yyyy-mm-dd", "[$-804]yyyy\"年\"m\"月\"", "d/m;@", "General;D"] {
            assert!(shows_days(code), "{code}");
        }
        for code in ["General", "0.00\"days\"", "[Red]#,##0_d", "h:mm", "\\d0", "@"] {
            assert!(!shows_days(code), "{code}");
        }
    }

    #[test]
    fn a_copy_of_a_look_is_added_once_and_only_where_no_day_is_shown() {
        let xml = r#"<styleSheet><cellXfs count="3"><xf numFmtId="0" fontId="1"><a/></xf><xf numFmtId="14"/><xf numFmtId="2"/></cellXfs></styleSheet>"#;
        let part = Part { index: 7, name: "s".to_owned(), xml: xml.to_owned() };
        let mut styles = Styles::read(Some(&part)).expect("it is well formed");
        assert_eq!(styles.finish().expect("it is well formed"), None);
        let dated = [2, 0, 1, 2, 9].map(|look| styles.dated(look));
        assert_eq!(dated, [Some(3), Some(4), Some(1), Some(3), None]);
        let (_, xml) = styles.finish().expect("it is well formed").expect("there are new ones");
        assert!(xml.starts_with(r#"<styleSheet><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/></numFmts><cellXfs count="5">"#), "{xml}");
        assert!(xml.ends_with(r#"<xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="164" fontId="1" applyNumberFormat="1"><a/></xf></cellXfs></styleSheet>"#), "{xml}");
    }
}
