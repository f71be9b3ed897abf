//! What pages are made of, before they are pages.

use super::text::Line;

/// Red, green and blue, from 0 to 1.
pub(super) type Colour = [f32; 3];

pub(super) const INK: Colour = [0.11, 0.13, 0.16];
pub(super) const SOFT_INK: Colour = [0.36, 0.39, 0.43];
pub(super) const HEAD_FILL: Colour = [0.914, 0.933, 0.957];
pub(super) const STRONG_RULE: Colour = [0.25, 0.32, 0.42];
pub(super) const FAINT_RULE: Colour = [0.82, 0.84, 0.87];
pub(super) const BAR: Colour = [0.68, 0.72, 0.78];

/// The page and its margins, in points: A4, standing or lying.
pub(super) const SHORT: f32 = 595.28;
pub(super) const LONG: f32 = 841.89;
pub(super) const SIDE: f32 = 62.0;
pub(super) const TOP: f32 = 62.0;
pub(super) const BOTTOM: f32 = 66.0;

/// A stretch of the document that is not cut: a line, a row of a table. All lengths are in points,
/// from its top left.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    pub(super) height: f32,
    /// Room above it, except at the top of a page.
    pub(super) before: f32,
    pub(super) marks: Vec<Mark>,
    /// Whether it should stand on the page of the next piece.
    pub(super) keep: bool,
    /// Whether it needs a lying page.
    pub(super) is_lying: bool,
    /// Whether it stands in the middle between the margins of a standing page.
    pub(super) is_centred: bool,
    /// Which of the document's heads stands above it when it begins a page.
    pub(super) head: Option<usize>,
    /// Which entry of the outline points to it.
    pub(super) entry: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Mark {
    Text(Text),
    Fill { left: f32, top: f32, width: f32, height: f32, colour: Colour },
}

#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) left: f32,
    pub(super) baseline: f32,
    pub(super) size: f32,
    pub(super) colour: Colour,
    pub(super) line: Line,
    /// The element of the document that it belongs to; none for what only repeats.
    pub(super) element: Option<usize>,
}

/// Width between the margins.
pub(super) fn text_width(is_lying: bool) -> f32 {
    (if is_lying { LONG } else { SHORT }) - 2.0 * SIDE
}

pub(super) fn text_height(is_lying: bool) -> f32 {
    (if is_lying { SHORT } else { LONG }) - TOP - BOTTOM
}

/// Where the baseline is in a line of this height, so that Han characters stand in its middle.
pub(super) fn baseline(height: f32, size: f32) -> f32 {
    height / 2.0 + 0.37 * size
}
