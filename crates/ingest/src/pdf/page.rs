//! The text of one page, in the order of reading.

use std::collections::BTreeMap;

use inhouse_agent::passage::Page;
use pdf_oxide::annotation_types::{AnnotationFlags, WidgetFieldType};
use pdf_oxide::layout::TextSpan;
use pdf_oxide::structure::McidScope;
use pdf_oxide::{Annotation, Error, PdfDocument};

use super::lines::{Lines, Run};
use crate::text::paging::whole_page;
use crate::text::symbol::symbol;
use crate::text::tidy::tidy;

/// A document, and what is known of the pages read so far.
pub(super) struct Reader<'a> {
    document: &'a PdfDocument,
    /// Looking for the fields of a page takes long in a long document, and few have any.
    has_form: bool,
    /// How many characters were set in each size, in half points.
    sizes: BTreeMap<u32, usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: &'a PdfDocument) -> Result<Self, Error> {
        let has_form = document.catalog()?.as_dict().is_some_and(|catalog| catalog.contains_key("AcroForm"));
        Ok(Self { document, has_form, sizes: BTreeMap::new() })
    }

    /// The page with this index, counted from 0, with the values of filled form fields where they
    /// stand.
    pub(super) fn page(&mut self, index: usize) -> Result<Page, Error> {
        let number = u32::try_from(index + 1).map_err(|_| Error::InvalidPdf("too many pages".to_owned()))?;
        let spans = self.document.extract_spans(index)?;
        if needs_other_order(&spans) {
            return Ok(whole_page(number, tidy(&self.document.extract_text(index)?), &[]));
        }
        let (upright, turned): (Vec<_>, Vec<_>) =
            spans.into_iter().partition(|span| span.rotation_degrees == 0.0);
        let mut lines = lines_of(&upright);
        lines.count_sizes(&mut self.sizes);
        let larger = self.body_size().map(|size| lines.headings(size)).unwrap_or_default();
        let larger: Vec<_> = larger.into_iter().map(|(level, text)| (level, tidy(&text))).collect();

        if self.has_form {
            let fields = self.document.get_annotations(index)?;
            fields.iter().filter_map(field_run).for_each(|run| lines.insert(run));
        }
        let mut text = lines.text();
        for span in turned {
            text.push_str("\n\n");
            text.push_str(&span.text);
        }
        Ok(whole_page(number, tidy(&text), &larger))
    }

    /// The size in which most is set, in points.
    fn body_size(&self) -> Option<f32> {
        let (size, _) = self.sizes.iter().max_by_key(|(_, chars)| **chars)?;
        Some(*size as f32 / 2.0)
    }
}

/// The lines of horizontal text, in the order of the file when that is the order of reading, else
/// in the library's, which goes by geometry.
fn lines_of(spans: &[TextSpan]) -> Lines {
    let mut in_file_order: Vec<&TextSpan> = spans.iter().collect();
    let scopes = scopes(spans);
    in_file_order
        .sort_by_key(|span| (scopes.iter().position(|scope| **scope == span.mcid_scope), span.sequence));
    let lines = Lines::of(in_file_order.into_iter().flat_map(runs).collect());
    if lines.go_down() { lines } else { Lines::of(spans.iter().flat_map(runs).collect()) }
}

/// Pages that are turned, written downwards or from right to left are left to the library, which
/// has rules for them.
fn needs_other_order(spans: &[TextSpan]) -> bool {
    let is_right_to_left =
        |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}');
    let is_other = |span: &&TextSpan| {
        span.rotation_degrees != 0.0 || span.wmode == 1 || span.text.contains(is_right_to_left)
    };
    10 * spans.iter().filter(is_other).count() > spans.len()
}

/// Each form that the page draws counts its spans anew.
fn scopes(spans: &[TextSpan]) -> Vec<&Option<McidScope>> {
    let mut scopes = Vec::new();
    for span in spans {
        if !scopes.contains(&&span.mcid_scope) {
            scopes.push(&span.mcid_scope);
        }
    }
    scopes
}

/// A span as runs without wide gaps inside: the library joins what was drawn in one operation, and
/// counts the gap to the next column as the width of a blank.
fn runs(span: &TextSpan) -> Vec<Run> {
    let size = if span.font_size > 0.0 { span.font_size } else { 1.0 };
    let chars: Vec<char> = span.text.chars().map(|c| symbol(c, &span.font_name)).collect();
    let known = |values: &[f32]| values.len() == chars.len();
    if !known(&span.char_widths) {
        let run = Run {
            text: chars.into_iter().collect(),
            x: span.bbox.x,
            y: span.bbox.y,
            width: span.bbox.width,
            size,
        };
        return vec![run];
    }
    let mut next = span.bbox.x;
    let mut runs: Vec<Run> = Vec::new();
    let mut after_blank = true;
    for (at, c) in chars.iter().enumerate() {
        let x = if known(&span.char_x_offsets) { span.char_x_offsets[at] } else { next };
        next = x + span.char_widths[at];
        if c.is_whitespace() && *c != '\u{3000}' {
            after_blank = true;
            continue;
        }
        let gap = runs.last().map(|run| (x - run.x - run.width) / size);
        match (runs.last_mut(), gap) {
            (Some(run), Some(gap)) if (-0.5..1.2).contains(&gap) && (!after_blank || gap < 1.2) => {
                if after_blank || gap > 0.3 {
                    run.text.push(' ');
                }
                run.text.push(*c);
                run.width = next - run.x;
            }
            _ => runs.push(Run { text: c.to_string(), x, y: span.bbox.y, width: span.char_widths[at], size }),
        }
        after_blank = false;
    }
    runs
}

/// What a filled field of a form shows, as a run at its place.
fn field_run(field: &Annotation) -> Option<Run> {
    const PASSWORD: u32 = 1 << 13;
    const UNSEEN: u32 = AnnotationFlags::INVISIBLE | AnnotationFlags::HIDDEN | AnnotationFlags::NO_VIEW;
    /// What a field is set in when its height allows for more, in points.
    const TYPE_SIZE: f64 = 12.0;

    if field.flags.bits() & UNSEEN != 0 || field.field_flags.unwrap_or(0) & PASSWORD != 0 {
        return None;
    }
    let is_off = |state: &str| state.is_empty() || state.eq_ignore_ascii_case("off");
    let text = match field.field_type.as_ref()? {
        WidgetFieldType::Text | WidgetFieldType::Choice { .. } => field.field_value.clone()?,
        WidgetFieldType::Checkbox { .. } | WidgetFieldType::Radio { .. } => {
            field.appearance_state.as_deref().filter(|state| !is_off(state)).map(|_| "☑".to_owned())?
        }
        _ => return None,
    };
    if text.trim().is_empty() {
        return None;
    }
    let [x1, y1, x2, y2] = field.rect?;
    let size = (0.7 * (y2 - y1).abs()).clamp(4.0, TYPE_SIZE);
    // One line stands in the middle of its box, several begin at the top.
    let baseline =
        if text.contains('\n') { y1.max(y2) - 1.2 * size } else { f64::midpoint(y1, y2) - 0.35 * size };
    let width = (x2 - x1).abs().min(size * text.chars().count() as f64);
    let [x, y, width, size] = [x1.min(x2), baseline, width, size].map(|length| length as f32);
    Some(Run { text, x, y, width, size })
}
