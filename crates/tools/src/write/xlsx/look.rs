//! How cells look.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// Behind headings: a light blue on which black is read well.
const HEADING_FILL: Color = Color::RGB(0xDD_EB_F7);

pub(super) struct Looks {
    pub(super) heading: Format,
    pub(super) plain: Format,
    pub(super) wrapped: Format,
    pub(super) date: Format,
    /// By the digits after the point.
    numbers: BTreeMap<usize, Format>,
    totals: BTreeMap<usize, Format>,
}

impl Looks {
    pub(super) fn new() -> Self {
        // A cell beside one of many lines is read with its first line.
        let plain = Format::new().set_align(FormatAlign::Top);
        Self {
            heading: plain
                .clone()
                .set_bold()
                .set_text_wrap()
                .set_background_color(HEADING_FILL)
                .set_border_bottom(FormatBorder::Thin),
            wrapped: plain.clone().set_text_wrap(),
            date: plain.clone().set_num_format("yyyy-mm-dd"),
            plain,
            numbers: BTreeMap::new(),
            totals: BTreeMap::new(),
        }
    }

    pub(super) fn number(&mut self, decimals: usize) -> &Format {
        let plain = &self.plain;
        self.numbers.entry(decimals).or_insert_with(|| plain.clone().set_num_format(pattern(decimals)))
    }

    pub(super) fn total(&mut self, decimals: usize) -> &Format {
        let plain = &self.plain;
        self.totals.entry(decimals).or_insert_with(|| {
            plain.clone().set_bold().set_border_top(FormatBorder::Thin).set_num_format(pattern(decimals))
        })
    }
}

/// `0`, `0.0`, `0.00`, ...: without separators, since a number may be a year or a reference.
fn pattern(decimals: usize) -> String {
    match decimals {
        0 => "0".to_owned(),
        decimals => format!("0.{}", "0".repeat(decimals)),
    }
}
