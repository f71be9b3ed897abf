//! Tables of a new document.

use super::super::error::WriteError;
use super::super::grid::{Datum, Grid};
use super::super::run::push_text;
use super::super::text::{clean, width};
use super::push_paragraph;

/// Columns of a table that Word takes.
const COLUMNS: usize = 63;
/// Width of the text on a page, in twentieths of a point.
const PAGE: usize = 9026;
/// Width of a column, in characters, as far as it counts for the share of the page.
const NARROWEST: usize = 6;
const WIDEST: usize = 40;
/// What the margins of a cell take, in twentieths of a point.
const MARGINS: usize = 216;

/// How the text of a cell stands.
#[derive(Clone, Copy)]
struct Look {
    is_bold: bool,
    is_right: bool,
    fill: Option<&'static str>,
}

pub(super) fn push(out: &mut String, grid: &Grid) -> Result<(), WriteError> {
    if grid.columns.len() > COLUMNS {
        let wrong = format!(
            "{}: it has {} columns, Word takes {COLUMNS}",
            grid.place(None, None),
            grid.columns.len()
        );
        return Err(WriteError::TooLarge { wrong, way_out: "leave some out, or write a workbook" });
    }
    if !grid.name.is_empty() {
        push_paragraph(out, "Caption", &grid.name);
    }
    let shares = shares(grid);
    out.push_str(r#"<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/>"#);
    out.push_str(&format!(r#"<w:tblW w:w="{PAGE}" w:type="dxa"/></w:tblPr><w:tblGrid>"#));
    for share in &shares {
        out.push_str(&format!(r#"<w:gridCol w:w="{share}"/>"#));
    }
    out.push_str("</w:tblGrid>");

    let numeric: Vec<bool> = (0..grid.columns.len()).map(|column| grid.is_numeric(column)).collect();
    let look = |column: usize| Look { is_bold: false, is_right: numeric[column], fill: None };
    out.push_str("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
    for (column, name) in grid.columns.iter().enumerate() {
        push_cell(out, shares[column], name, Look { is_bold: true, fill: Some("DDEBF7"), ..look(column) });
    }
    out.push_str("</w:tr>");
    for row in &grid.rows {
        push_row(out, row, &shares, look);
    }
    if let Some(total) = &grid.total {
        push_row(out, &total.row, &shares, |column| Look { is_bold: true, ..look(column) });
    }
    // Without a paragraph between them, two tables would be one.
    out.push_str("</w:tbl><w:p/>");
    Ok(())
}

fn push_row(out: &mut String, row: &[Datum], shares: &[usize], look: impl Fn(usize) -> Look) {
    out.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
    for (column, (datum, share)) in row.iter().zip(shares).enumerate() {
        push_cell(out, *share, &datum.to_string(), look(column));
    }
    out.push_str("</w:tr>");
}

fn push_cell(out: &mut String, share: usize, text: &str, look: Look) {
    out.push_str(&format!(r#"<w:tc><w:tcPr><w:tcW w:w="{share}" w:type="dxa"/>"#));
    if let Some(fill) = look.fill {
        out.push_str(&format!(r#"<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>"#));
    }
    out.push_str(r#"</w:tcPr><w:p><w:pPr><w:pStyle w:val="TableText"/>"#);
    if look.is_right {
        out.push_str(r#"<w:jc w:val="right"/>"#);
    }
    out.push_str("</w:pPr><w:r>");
    if look.is_bold {
        out.push_str("<w:rPr><w:b/><w:bCs/></w:rPr>");
    }
    push_text(out, "w:", &clean(text));
    out.push_str("</w:r></w:p></w:tc>");
}

/// The page's width, shared out by the width of the texts.
fn shares(grid: &Grid) -> Vec<usize> {
    let mut widths: Vec<usize> = grid.columns.iter().map(|name| width(name)).collect();
    for row in grid.all_rows() {
        for (widest, datum) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(&datum.to_string()));
        }
    }
    let widths: Vec<usize> = widths.into_iter().map(|width| width.clamp(NARROWEST, WIDEST)).collect();
    let all: usize = widths.iter().sum();
    let margins = MARGINS.min(PAGE / widths.len().max(1));
    let texts = PAGE - margins * widths.len();
    widths.into_iter().map(|width| margins + width * texts / all.max(1)).collect()
}
