//! Parts beside a sheet that are anchored to its rows: tables, drawings, comments, pivot tables.

use super::super::super::error::WriteError;
use super::super::package::Format;
use super::super::tree::{self, Node, push_raw};
use super::anchors::Anchors;
use super::book::Part;
use super::moves::Reader;
use super::{Element, Space};

/// What a sheet may refer to without it being anchored to rows.
const LOOSE: &[&str] = &["hyperlink", "printerSettings", "image", "customProperty", "slicer", "timeline"];

/// Writes the root of a part.
type Mover = fn(&mut String, &Element, &Anchors) -> Result<(), WriteError>;

/// What moves a part after rows were repeated; `None` when it stays. `kind`: how the sheet refers to it.
pub(super) fn mover(kind: &str, anchors: &Anchors) -> Result<Option<Mover>, WriteError> {
    if !anchors.rows().has_repeats() {
        // Its own rows stay, but it may read others.
        return Ok(match kind {
            "table" => Some(table),
            "drawing" => Some(|out, root, anchors| drawing(out, root, anchors, Held::default())),
            "ctrlProp" => Some(control),
            _ => None,
        });
    }
    Ok(Some(match kind {
        "table" => table,
        "drawing" => |out, root, anchors| drawing(out, root, anchors, Held::default()),
        "vmlDrawing" => shapes,
        "comments" | "threadedComment" | "tableSingleCells" => notes,
        "pivotTable" => pivot,
        kind if LOOSE.contains(&kind) => return Ok(None),
        kind => return Err(anchors.fixed(format!("it has a `{kind}`, which can't move with its rows"))),
    }))
}

pub(super) fn moved(mover: Mover, part: &Part, anchors: &Anchors) -> Result<String, WriteError> {
    let tree = tree::parse(&part.xml, &part.name)?;
    let mut out = String::with_capacity(part.xml.len());
    for node in &tree {
        match node {
            Node::Element(root) => mover(&mut out, root, anchors)?,
            node => push_raw(&mut out, std::slice::from_ref(node)),
        }
    }
    Ok(out)
}

/// The rows of a table's headings; `None` when it has none.
pub(super) fn headings(part: &Part, anchors: &Anchors) -> Result<Option<(u32, String)>, WriteError> {
    let tree = tree::parse::<Space>(&part.xml, &part.name)?;
    let Some(root) = tree::elements(&tree).next() else { return Ok(None) };
    let reference = root.attribute("ref").unwrap_or_default();
    let rows = anchors.area(&reference)?.rows();
    let count = root.attribute("headerRowCount").and_then(|count| count.parse().ok()).unwrap_or(1_u32);
    Ok(rows.filter(|_| count > 0).map(|(first, _)| (first, reference.into_owned())))
}

fn table(out: &mut String, root: &Element, anchors: &Anchors) -> Result<(), WriteError> {
    let reference = root.attribute("ref").unwrap_or_default();
    let (first, last) = anchors.area(&reference)?.rows().ok_or_else(|| no_rows(&reference))?;
    let rows_of =
        |name, without| root.attribute(name).and_then(|count| count.parse().ok()).unwrap_or(without);
    let (headings, totals): (u32, u32) = (rows_of("headerRowCount", 1), rows_of("totalsRowCount", 0));
    let rows = anchors.rows();
    let data = (first.saturating_add(headings), last.saturating_sub(totals));
    if headings > 0 && rows.is_repeated(first) || totals > 0 && rows.is_repeated(last) {
        return Err(
            anchors.fixed(format!("the headings or totals of the table {reference} can't be repeated"))
        );
    }
    if rows.span(data.0, data.1).is_none() {
        let wrong = format!("the table {reference} would be left without a row, since the list is empty");
        let way_out = "give the list a row, or make the table a plain range";
        return Err(WriteError::Fixed { place: format!("sheet `{}`", anchors.name), wrong, way_out });
    }
    anchors.element(out, root, Reader::Outside).map(|_| ())
}

fn no_rows(reference: &str) -> WriteError {
    Format::Excel.broken(format!("a table is at `{reference}`"))
}

/// A control in a sheet whose rows stay; what it is tied to must stay too.
fn control(out: &mut String, root: &Element, anchors: &Anchors) -> Result<(), WriteError> {
    for name in ["fmlaLink", "fmlaRange", "fmlaGroup", "fmlaTxbx"] {
        let Some(formula) = root.attribute(name) else { continue };
        if anchors.formula(&formula, Reader::Outside)? != formula {
            return Err(anchors.fixed(format!("it has a control that is tied to {formula}, which moves")));
        }
    }
    out.push_str(root.start);
    push_raw(out, &root.children);
    out.push_str(root.end);
    Ok(())
}

/// Comments and single cells.
fn notes(out: &mut String, root: &Element, anchors: &Anchors) -> Result<(), WriteError> {
    let gone = |element: &Element| {
        let reference = element.attribute("ref").or_else(|| element.attribute("r"))?;
        let (row, _) = anchors.area(&reference).ok()?.rows()?;
        (anchors.rows().count(row) == 0).then(|| reference.into_owned())
    };
    let lists = std::iter::once(root).chain(root.elements());
    if let Some(reference) = lists.flat_map(Element::elements).find_map(gone) {
        let wrong = format!("{reference} has a comment, and its row goes since the list is empty");
        return Err(anchors.fixed(wrong));
    }
    anchors.element(out, root, Reader::Outside).map(|_| ())
}

fn pivot(out: &mut String, root: &Element, anchors: &Anchors) -> Result<(), WriteError> {
    out.push_str(root.start);
    for node in &root.children {
        match node {
            Node::Element(location) if location.local() == "location" => {
                let reference = location.attribute("ref").unwrap_or_default();
                let area = anchors.area(&reference)?.rows();
                if area.is_some_and(|(first, last)| anchors.rows().is_any_repeated(first, last)) {
                    let wrong = format!("a row of the pivot table {reference} can't be repeated");
                    return Err(anchors.fixed(wrong));
                }
                let moved = anchors.ranges(&reference)?;
                out.push_str(&location.start_with(&[("ref", moved.as_deref())]));
                push_raw(out, &location.children);
                out.push_str(location.end);
            }
            node => push_raw(out, std::slice::from_ref(node)),
        }
    }
    out.push_str(root.end);
    Ok(())
}

/// The rows that a drawing is held by, from 0, where they are now.
#[derive(Clone, Copy, Default)]
struct Held {
    from: Option<i64>,
    to: Option<i64>,
    /// Which of both is being written.
    now: Option<i64>,
}

fn drawing(out: &mut String, element: &Element, anchors: &Anchors, held: Held) -> Result<(), WriteError> {
    let held = match (element.kind, element.local()) {
        (Space::Drawing, "twoCellAnchor" | "oneCellAnchor") => hold(element, anchors),
        (Space::Drawing, "from") => Held { now: held.from, ..held },
        (Space::Drawing, "to") => Held { now: held.to, ..held },
        _ => held,
    };
    match (element.local(), held.now) {
        ("row", Some(row)) => {
            out.push_str(&format!("{}{row}{}", element.start, element.end));
            return Ok(());
        }
        ("sp" | "cameraTool", _) => {
            let mut changes = Vec::new();
            for name in ["textlink", "cellRange"] {
                if let Some(formula) = element.attribute(name) {
                    changes.push((name, anchors.formula(&formula, Reader::Outside)?));
                }
            }
            let changes: Vec<_> = changes.iter().map(|(name, text)| (*name, Some(text.as_str()))).collect();
            out.push_str(&element.start_with(&changes));
        }
        _ => out.push_str(element.start),
    }
    for node in &element.children {
        match node {
            Node::Element(child) => drawing(out, child, anchors, held)?,
            node => push_raw(out, std::slice::from_ref(node)),
        }
    }
    out.push_str(element.end);
    Ok(())
}

/// A drawing grows with the cells below it, moves with them, or does neither, as it says itself.
fn hold(anchor: &Element, anchors: &Anchors) -> Held {
    let row = |end: &str| -> Option<u32> {
        let end = anchor.elements().find(|element| element.local() == end)?;
        end.elements().find(|element| element.local() == "row")?.text().trim().parse().ok()
    };
    let first = |row: u32| i64::from(anchors.rows().first_within(row.saturating_add(1))) - 1;
    let (from, to) = (row("from"), row("to"));
    match anchor.attribute("editAs").as_deref() {
        Some("absolute") => Held::default(),
        Some("oneCell") => {
            let down = from.map_or(0, |row| first(row) - i64::from(row));
            Held { from: from.map(first), to: to.map(|row| i64::from(row) + down), now: None }
        }
        _ => Held { from: from.map(first), to: to.map(first), now: None },
    }
}

/// The shapes of comments, which keep their size (VML).
fn shapes(out: &mut String, element: &Element, anchors: &Anchors) -> Result<(), WriteError> {
    if element.local().starts_with("Fmla") {
        return Err(anchors.fixed("it has a control that is tied to cells".to_owned()));
    }
    out.push_str(element.start);
    let child = |name: &str| element.elements().find(|child| child.local() == name).map(Element::text);
    let numbers: Vec<i64> =
        child("Anchor").unwrap_or_default().split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let row = child("Row").and_then(|row| row.trim().parse().ok()).or(numbers.get(2).copied());
    let row = row.and_then(|row: i64| u32::try_from(row).ok()).unwrap_or(0);
    let down = i64::from(anchors.rows().first_within(row.saturating_add(1))) - i64::from(row) - 1;
    for node in &element.children {
        match node {
            Node::Element(child) if child.local() == "Row" => {
                out.push_str(&format!("{}{}{}", child.start, i64::from(row) + down, child.end));
            }
            Node::Element(child) if child.local() == "Anchor" && numbers.len() == 8 => {
                let moved = numbers.iter().enumerate().map(|(at, number)| match at {
                    2 | 6 => (number + down).to_string(),
                    _ => number.to_string(),
                });
                out.push_str(&format!(
                    "{}{}{}",
                    child.start,
                    moved.collect::<Vec<_>>().join(", "),
                    child.end
                ));
            }
            Node::Element(child) => shapes(out, child, anchors)?,
            node => push_raw(out, std::slice::from_ref(node)),
        }
    }
    out.push_str(element.end);
    Ok(())
}
