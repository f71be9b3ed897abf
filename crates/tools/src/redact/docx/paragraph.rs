//! A paragraph over all its runs: what is found in it is masked wherever its characters stand.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use super::Found;
use super::wash::{Place, Wash};
use crate::redact::mask::{Language, stand_in, whole_chars};

/// A change to the text of a part: bytes, and what stands there instead.
pub(super) type Edit = (Range<usize>, String);

#[derive(Default)]
pub(super) struct Paragraph {
    pieces: Vec<Piece>,
    /// In how many elements of each sort the place that is read stands.
    pub(super) inside: Inside,
}

struct Piece {
    text: String,
    /// Where it stands in the part; `None` for what an element stands for, as a tab.
    place: Option<Range<usize>>,
    layer: Layer,
    /// What takes the place of characters, by the byte that they start at.
    settled: BTreeMap<usize, String>,
}

#[derive(Default)]
pub(super) struct Inside {
    pub(super) deleted: usize,
    pub(super) inserted: usize,
    /// The alternative that new programs show.
    pub(super) choice: usize,
    /// The alternative that old programs show, and readings above characters.
    pub(super) aside: usize,
}

/// In which readings of the paragraph a piece stands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Layer {
    deleted: bool,
    inserted: bool,
    choice: bool,
    aside: bool,
    is_code: bool,
}

impl Paragraph {
    pub(super) fn push(&mut self, text: String, place: Option<Range<usize>>, is_code: bool) {
        let layer = Layer {
            deleted: self.inside.deleted > 0,
            inserted: self.inside.inserted > 0,
            choice: self.inside.choice > 0,
            aside: self.inside.aside > 0,
            is_code,
        };
        self.pieces.push(Piece { text, place, layer, settled: BTreeMap::new() });
    }

    pub(super) fn is_blank(&self) -> bool {
        self.pieces.iter().all(|piece| piece.text.trim().is_empty())
    }

    /// Looks at each reading and gives the changes.
    pub(super) fn wash(mut self, part: &str, wash: &mut Wash) -> Vec<Edit> {
        let readings: [fn(Layer) -> bool; 4] = [
            |layer| !layer.is_code && !layer.deleted && !layer.aside,
            |layer| !layer.is_code && !layer.inserted && !layer.aside,
            |layer| !layer.is_code && !layer.deleted && !layer.choice,
            |layer| layer.is_code,
        ];
        let mut seen: Vec<Vec<usize>> = Vec::new();
        for reading in readings {
            let pieces: Vec<usize> =
                (0..self.pieces.len()).filter(|at| reading(self.pieces[*at].layer)).collect();
            if !pieces.is_empty() && !seen.contains(&pieces) {
                self.read(&pieces, part, wash);
                seen.push(pieces);
            }
        }
        self.pieces.into_iter().filter_map(Piece::edit).collect()
    }

    fn read(&mut self, pieces: &[usize], part: &str, wash: &mut Wash) {
        let mut text = String::new();
        let mut starts = Vec::with_capacity(pieces.len());
        for at in pieces {
            starts.push(text.len());
            text.push_str(&self.pieces[*at].text);
        }
        if text.trim().is_empty() {
            return;
        }
        let language = Language::of(&text);
        for finding in (wash.look)(Place::Text, &text) {
            let range = whole_chars(&text, &finding.range);
            if range.is_empty() {
                continue;
            }
            let original = &text[range.clone()];
            let instead: Vec<char> = stand_in(finding.kind, original, wash.style, language).chars().collect();
            let in_step = instead.len() == original.chars().count();
            let mut whole = Some(instead.iter().collect::<String>()).filter(|_| !in_step);
            let mut instead = instead.into_iter();
            let mut is_news = false;
            let first = starts.partition_point(|start| *start <= range.start).saturating_sub(1);
            for (at, start) in pieces[first..].iter().zip(&starts[first..]) {
                if *start >= range.end {
                    break;
                }
                let piece = &mut self.pieces[*at];
                let within = range.start.saturating_sub(*start)..(range.end - start).min(piece.text.len());
                for (offset, _) in piece.text[within.clone()].char_indices() {
                    let step = if in_step { instead.next().map(String::from) } else { None };
                    if piece.place.is_some()
                        && let Entry::Vacant(entry) = piece.settled.entry(within.start + offset)
                    {
                        entry.insert(step.or_else(|| whole.take()).unwrap_or_default());
                        is_news = true;
                    }
                }
            }
            if is_news {
                wash.found.push(Found {
                    part: part.to_owned(),
                    kind: finding.kind,
                    text: original.to_owned(),
                });
            }
        }
    }
}

impl Inside {
    /// How many elements of this name, or of its sort, the place stands in.
    pub(super) fn count(&mut self, name: &str) -> Option<&mut usize> {
        match name {
            "del" | "moveFrom" => Some(&mut self.deleted),
            "ins" | "moveTo" => Some(&mut self.inserted),
            "Choice" => Some(&mut self.choice),
            "Fallback" | "rt" => Some(&mut self.aside),
            _ => None,
        }
    }
}

impl Piece {
    fn edit(self) -> Option<Edit> {
        let place = self.place?;
        if self.settled.is_empty() {
            return None;
        }
        let mut text = String::with_capacity(self.text.len());
        for (at, c) in self.text.char_indices() {
            match self.settled.get(&at) {
                Some(instead) => text.push_str(instead),
                None => text.push(c),
            }
        }
        Some((place, quick_xml::escape::escape(text).into_owned()))
    }
}
