//! The parts of a workbook that matter to filling it.

use super::super::super::error::WriteError;
use super::super::package::{ContentTypes, Format, Package};
use super::super::tree;
use super::Element;
use super::relations::{self, Relation};

pub(super) struct Part {
    /// In the package.
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) xml: String,
}

pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) part: Part,
}

pub(super) struct Book<'a> {
    pub(super) package: Package<'a>,
    /// Of all parts, in small letters.
    pub(super) types: Vec<String>,
    pub(super) workbook: Part,
    pub(super) relations: Vec<Relation>,
    /// Those with cells, in their order.
    pub(super) sheets: Vec<Sheet>,
    pub(super) strings: Option<Part>,
    pub(super) styles: Option<Part>,
    /// Whether days are counted from 1904-01-01.
    pub(super) is_1904: bool,
}

impl<'a> Book<'a> {
    pub(super) fn open(template: &'a [u8]) -> Result<Self, WriteError> {
        let mut package = Package::open(template, Format::Excel)?;
        let types = types(&mut package)?;
        let index = types
            .iter()
            .position(|kind| kind.ends_with("spreadsheetml.sheet.main+xml"))
            .ok_or_else(|| Format::Excel.broken("there is no workbook in it"))?;
        let workbook = Part { index, name: package.names()[index].clone(), xml: package.read(index)? };
        let relations = relations::of(&mut package, &workbook.name)?;
        let mut named = |kind: &str| -> Result<Option<Part>, WriteError> {
            let relation = relations.iter().find(|relation| relation.kind == kind);
            relation.and_then(|relation| relation.part.as_deref()).map(|p| part(&mut package, p)).transpose()
        };
        let (strings, styles) = (named("sharedStrings")?, named("styles")?);
        let tree = tree::parse(&workbook.xml, &workbook.name)?;
        let mut sheets = Vec::new();
        let mut is_1904 = false;
        for element in tree::elements(&tree).flat_map(Element::elements) {
            match element.local() {
                "workbookPr" => {
                    let counted = element.attribute("date1904");
                    is_1904 = counted.is_some_and(|value| matches!(value.as_ref(), "1" | "true"));
                }
                "sheets" => {
                    for sheet in element.elements() {
                        sheets.extend(read_sheet(&mut package, sheet, &relations)?);
                    }
                }
                _ => {}
            }
        }
        Ok(Self { package, types, workbook, relations, sheets, strings, styles, is_1904 })
    }
}

/// The part of this name.
pub(super) fn part(package: &mut Package, name: &str) -> Result<Part, WriteError> {
    let missing = || Format::Excel.broken(format!("its part {name} is missing"));
    let index = package.find(name).ok_or_else(missing)?;
    Ok(Part { index, name: package.names()[index].clone(), xml: package.read(index)? })
}

/// `None` for sheets without cells, such as those of nothing but a chart.
fn read_sheet(
    package: &mut Package,
    element: &Element,
    relations: &[Relation],
) -> Result<Option<Sheet>, WriteError> {
    let name = element.attribute("name").unwrap_or_default().into_owned();
    let id = element.attribute_named("id").unwrap_or_default();
    let relation = relations.iter().find(|relation| relation.id == id);
    match relation {
        Some(Relation { kind, part: Some(of_sheet), .. }) if kind == "worksheet" => {
            Ok(Some(Sheet { name, part: part(package, of_sheet)? }))
        }
        Some(_) => Ok(None),
        None => Err(Format::Excel.broken(format!("its sheet `{name}` is missing"))),
    }
}

/// Of all parts; what is no workbook without macros is refused.
fn types(package: &mut Package) -> Result<Vec<String>, WriteError> {
    let types = ContentTypes::read(package)?;
    let mut found = Vec::with_capacity(package.names().len());
    for name in package.names() {
        let kind = types.of(name);
        if kind.contains("sheet.binary") {
            return Err(Format::Excel.refused("it is a .xlsb", "save it as .xlsx"));
        }
        if kind.ends_with("spreadsheetml.template.main+xml") {
            return Err(Format::Excel.refused("it is a .xltx", "save it as .xlsx"));
        }
        found.push(types.checked(name)?.to_owned());
    }
    Ok(found)
}
