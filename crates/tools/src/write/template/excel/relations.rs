//! What parts of a package refer to (ISO/IEC 29500-2, 9.3).

use super::super::super::error::WriteError;
use super::super::package::{Format, Package};
use super::super::tree;
use super::Element;

pub(super) struct Relation {
    pub(super) id: String,
    /// The last word of its type, such as `worksheet`.
    pub(super) kind: String,
    /// The part; nothing when it is outside of the package.
    pub(super) part: Option<String>,
}

/// The part that holds the relations of another one.
pub(super) fn part_of(part: &str) -> String {
    let (folder, file) = part.rsplit_once('/').map_or(("", part), |(folder, file)| (folder, file));
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    format!("{folder}_rels/{file}.rels")
}

/// In their order; none when the part has none.
pub(super) fn of(package: &mut Package, part: &str) -> Result<Vec<Relation>, WriteError> {
    let list = part_of(part);
    let Some(index) = package.find(&list) else { return Ok(Vec::new()) };
    read(&package.read(index)?, part)
}

pub(super) fn read(xml: &str, part: &str) -> Result<Vec<Relation>, WriteError> {
    let tree = tree::parse(xml, &part_of(part))?;
    let Some(root) = tree::elements(&tree).next() else { return Ok(Vec::new()) };
    root.elements().filter(|element| element.local() == "Relationship").map(|e| relation(e, part)).collect()
}

fn relation(element: &Element, part: &str) -> Result<Relation, WriteError> {
    let attribute = |name| element.attribute(name).unwrap_or_default().into_owned();
    let kind = attribute("Type").rsplit('/').next().unwrap_or_default().to_owned();
    let is_inside = !attribute("TargetMode").eq_ignore_ascii_case("External");
    let target = attribute("Target");
    let inside = match is_inside {
        true => Some(resolved(part, &target).ok_or_else(|| {
            Format::Excel.broken(format!("{part} refers to {target}, which is outside of the package"))
        })?),
        false => None,
    };
    Ok(Relation { id: attribute("Id"), kind, part: inside })
}

/// A target as a part; it is relative to the folder of the part that refers to it.
fn resolved(part: &str, target: &str) -> Option<String> {
    let folder = part.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut path: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|step| !step.is_empty()).collect(),
    };
    for step in target.split(['/', '\\']) {
        match step {
            "" | "." => {}
            ".." => {
                path.pop()?;
            }
            step => path.push(step),
        }
    }
    Some(path.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_relative_to_the_part_that_names_them() {
        let sheet = "xl/worksheets/sheet1.xml";
        assert_eq!(part_of(sheet), "xl/worksheets/_rels/sheet1.xml.rels");
        assert_eq!(resolved(sheet, "../drawings/d.xml").as_deref(), Some("xl/drawings/d.xml"));
        assert_eq!(resolved(sheet, "/xl/./a.xml").as_deref(), Some("xl/a.xml"));
        assert_eq!(resolved("a.xml", "xl/b.xml").as_deref(), Some("xl/b.xml"));
        assert_eq!(resolved("a.xml", "../b.xml"), None);
    }
}
