//! What a workbook says beside its sheets: names, charts, pivot tables, and that it is to be computed.

use std::collections::BTreeMap;

use quick_xml::escape::partial_escape;

use super::super::super::error::WriteError;
use super::super::package::{CONTENT_TYPES, Format, Package};
use super::super::tree::{self, Node, push_raw};
use super::book::Part;
use super::moves::{Moves, Reader};
use super::reference::Area;
use super::relations::{self, Relation};
use super::sheet::refused;
use super::{Element, Space};

/// What stands before the settings of computing (ISO/IEC 29500-1, 18.2.27).
const BEFORE: &[&str] = &["sheets", "functionGroups", "externalReferences", "definedNames"];

/// The part of the workbook, with names moved and everything to be computed when it is opened.
pub(super) fn workbook(part: &Part, moves: &Moves) -> Result<String, WriteError> {
    let tree = tree::parse(&part.xml, &part.name)?;
    let mut out = String::with_capacity(part.xml.len() + 64);
    for node in &tree {
        let Node::Element(root) = node else {
            push_raw(&mut out, std::slice::from_ref(node));
            continue;
        };
        let is_before = |node: &Node<_>| matches!(node, Node::Element(e) if BEFORE.contains(&e.local()));
        let last = root.children.iter().rposition(is_before);
        let has_settings = root.elements().any(|element| element.local() == "calcPr");
        out.push_str(root.start);
        for (at, node) in root.children.iter().enumerate() {
            match node {
                Node::Element(names) if names.local() == "definedNames" => {
                    push_names(&mut out, names, moves)?
                }
                Node::Element(settings) if settings.local() == "calcPr" => {
                    out.push_str(&settings.start_with(&[("fullCalcOnLoad", Some("1"))]));
                    push_raw(&mut out, &settings.children);
                    out.push_str(settings.end);
                }
                node => push_raw(&mut out, std::slice::from_ref(node)),
            }
            if last == Some(at) && !has_settings {
                out.push_str(&format!(r#"<{}calcPr fullCalcOnLoad="1"/>"#, root.prefix()));
            }
        }
        out.push_str(root.end);
    }
    Ok(out)
}

fn push_names(out: &mut String, names: &Element, moves: &Moves) -> Result<(), WriteError> {
    out.push_str(names.start);
    for name in names.elements() {
        let place = || format!("the name `{}`", name.attribute("name").unwrap_or_default());
        let formula =
            moves.formula(&name.text(), None, Reader::Named).map_err(|stuck| refused(place(), &stuck))?;
        out.push_str(name.start);
        out.push_str(&partial_escape(formula.as_str()));
        out.push_str(name.end);
    }
    out.push_str(names.end);
    Ok(())
}

/// A chart that reads the cells where they are now; what it remembers of them is left out.
pub(super) fn chart(part: &Part, moves: &Moves) -> Result<String, WriteError> {
    let tree = tree::parse(&part.xml, &part.name)?;
    let mut out = String::with_capacity(part.xml.len());
    push_chart(&mut out, &tree, moves, &part.name, false)?;
    Ok(out)
}

/// `is_title`: whether one cell stands for itself only.
fn push_chart(
    out: &mut String,
    nodes: &[Node<Space>],
    moves: &Moves,
    part: &str,
    is_title: bool,
) -> Result<(), WriteError> {
    let formula = tree::elements(nodes).find(|element| element.local() == "f").map(Element::text);
    let is_of_this_book = formula.is_some_and(|formula| !formula.contains('['));
    for node in nodes {
        let Node::Element(element) = node else {
            push_raw(out, std::slice::from_ref(node));
            continue;
        };
        match (element.kind, element.local()) {
            (Space::Chart, "f") => {
                let reader = if is_title { Reader::Outside } else { Reader::Named };
                let place = || format!("the chart {part}");
                let moved =
                    moves.formula(&element.text(), None, reader).map_err(|stuck| refused(place(), &stuck))?;
                out.push_str(element.start);
                out.push_str(&partial_escape(moved.as_str()));
            }
            (Space::Chart, "numCache" | "strCache" | "multiLvlStrCache") if is_of_this_book => continue,
            (_, local) => {
                out.push_str(element.start);
                push_chart(out, &element.children, moves, part, is_title || local == "tx")?;
            }
        }
        out.push_str(element.end);
    }
    Ok(())
}

/// What a pivot table remembers of cells of this workbook, to be read again when it is opened; `None`
/// when it remembers something else.
pub(super) fn pivot_cache(part: &Part, moves: &Moves) -> Result<Option<String>, WriteError> {
    let tree = tree::parse::<Space>(&part.xml, &part.name)?;
    let root = tree::elements(&tree).next();
    let source = root.and_then(|root| {
        root.elements().flat_map(Element::elements).find(|element| element.local() == "worksheetSource")
    });
    let (Some(root), Some(source)) = (root, source) else { return Ok(None) };
    if source.attribute_named("id").is_some() {
        return Ok(None);
    }
    let reference = source.attribute("ref");
    let rows = source.attribute("sheet").and_then(|sheet| moves.named(&sheet));
    let mut start = source.start.to_owned();
    if let (Some(rows), Some(area)) = (rows, reference.as_deref().and_then(Area::read))
        && let Some((first, last)) = area.rows()
    {
        let (first, last) = rows.span(first, last).ok_or_else(|| WriteError::Fixed {
            place: part.name.clone(),
            wrong: "the cells of a pivot table go, since the list is empty".to_owned(),
            way_out: "give the list a row, or take the pivot table out of the template",
        })?;
        let moved = super::moves::at_rows(area, first, last).to_string();
        start = source.start_with(&[("ref", Some(&moved))]);
    }
    let fresh = root.start_with(&[("refreshOnLoad", Some("1"))]);
    Ok(Some(part.xml.replacen(source.start, &start, 1).replacen(root.start, &fresh, 1)))
}

/// Takes the list of formulas in the order of computing out of the package: it names cells that have
/// moved, and is made anew.
pub(super) fn forget_order(
    package: &mut Package,
    workbook: &Part,
    relations: &[Relation],
    changed: &mut BTreeMap<usize, Option<String>>,
) -> Result<(), WriteError> {
    let Some(relation) = relations.iter().find(|relation| relation.kind == "calcChain") else {
        return Ok(());
    };
    let Some(order) = relation.part.as_deref().and_then(|part| package.find(part)) else { return Ok(()) };
    let name = format!("/{}", package.names()[order]);
    let list = relations::part_of(&workbook.name);
    for (part, attribute, value) in
        [(list.as_str(), "Id", relation.id.as_str()), (CONTENT_TYPES, "PartName", name.as_str())]
    {
        let Some(index) = package.find(part) else {
            return Err(Format::Excel.broken(format!("its part {part} is missing")));
        };
        let xml = package.read(index)?;
        let tree = tree::parse::<Space>(&xml, part)?;
        let entry = tree::elements(&tree).flat_map(Element::elements).find(|element| {
            element.attribute(attribute).is_some_and(|given| given.eq_ignore_ascii_case(value))
        });
        let Some(entry) = entry else { continue };
        let mut raw = entry.start.to_owned();
        push_raw(&mut raw, &entry.children);
        raw.push_str(entry.end);
        changed.insert(index, Some(xml.replacen(&raw, "", 1)));
    }
    changed.insert(order, None);
    Ok(())
}
