//! The headings of a document, as readers list them beside it.

use pdf_writer::{Finish, Pdf, Ref, TextStr};

use super::Entry;

/// A page, and how far up it is, in points.
pub(super) type Place = (Ref, f32);

/// Writes an entry for each heading, below the one that it stands under. `first`: the number of the
/// first entry's object. Gives whether there is one.
pub(super) fn write(pdf: &mut Pdf, root: Ref, first: i32, entries: &[Entry], places: &[Place]) -> bool {
    // There are fewer than numbers: the size of a document is bound.
    let id = |at: usize| Ref::new(first + at as i32);
    let parents = parents(entries);
    // The last one is of the outline itself.
    let mut within: Vec<Vec<usize>> = vec![Vec::new(); entries.len() + 1];
    let mut all_within = vec![0; entries.len() + 1];
    for (at, parent) in parents.iter().enumerate() {
        within[parent.unwrap_or(entries.len())].push(at);
    }
    for (at, parent) in parents.iter().enumerate().rev() {
        all_within[parent.unwrap_or(entries.len())] += all_within[at] + 1;
    }
    for (parent, children) in within.iter().enumerate() {
        for (nth, &at) in children.iter().enumerate() {
            let mut item = pdf.outline_item(id(at));
            item.title(TextStr(&entries[at].text));
            item.parent(if parent == entries.len() { root } else { id(parent) });
            if let Some(before) = nth.checked_sub(1) {
                item.prev(id(children[before]));
            }
            if let Some(next) = children.get(nth + 1) {
                item.next(id(*next));
            }
            if let (Some(first), Some(last)) = (within[at].first(), within[at].last()) {
                item.first(id(*first)).last(id(*last)).count(all_within[at]);
            }
            let (page, up) = places[at];
            item.dest().page(page).xyz(0.0, up, None);
            item.finish();
        }
    }
    let top = &within[entries.len()];
    let (Some(first), Some(last)) = (top.first(), top.last()) else { return false };
    pdf.outline(root).first(id(*first)).last(id(*last)).count(all_within[entries.len()]);
    true
}

/// Of each entry, the nearest one before it of a higher level.
fn parents(entries: &[Entry]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let mut parents = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        while open.last().is_some_and(|last| entries[*last].level >= entry.level) {
            open.pop();
        }
        parents.push(open.last().copied());
        open.push(at);
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_stands_under_the_nearest_higher_heading() {
        let entry = |level| Entry { level, text: String::new() };
        let entries: Vec<Entry> = [0, 1, 3, 2, 1, 0].into_iter().map(entry).collect();
        assert_eq!(parents(&entries), [None, Some(0), Some(1), Some(1), Some(0), None]);
    }
}
