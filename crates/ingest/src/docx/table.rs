//! Tables: a line for each row.

use super::layout::{Block, PageBreak};

/// The open row of a table.
#[derive(Default)]
pub(super) struct Table {
    cells: Vec<Vec<Block>>,
    /// The open cell.
    cell: Vec<Block>,
    break_before: Option<PageBreak>,
    break_after: Option<PageBreak>,
}

impl Table {
    pub(super) fn push(&mut self, block: Block) {
        self.cell.push(block);
    }

    pub(super) fn end_cell(&mut self) {
        self.cells.push(std::mem::take(&mut self.cell));
    }

    /// A row stays whole: a break within it moves to its nearest end. `in_text`: whether text stands
    /// before the break in the open paragraph.
    pub(super) fn break_page(&mut self, kind: PageBreak, in_text: bool) {
        let begun = in_text || !self.cell.is_empty() || self.cells.iter().any(|cell| !cell.is_empty());
        let place = if begun { &mut self.break_after } else { &mut self.break_before };
        *place = place.take().or(Some(kind));
    }

    /// The row as blocks, with the page breaks around it.
    pub(super) fn end_row(&mut self) -> Vec<Block> {
        let row = std::mem::take(self);
        let before = row.break_before.map(Block::Break);
        let after = row.break_after.map(Block::Break);
        before.into_iter().chain(join_cells(row.cells)).chain(after).collect()
    }
}

/// A row is one line, and what stands in a cell is joined by blanks. A row of a single cell only
/// frames what stands in it.
fn join_cells(mut cells: Vec<Vec<Block>>) -> Vec<Block> {
    if cells.len() == 1 {
        return cells.remove(0);
    }
    let texts: Vec<String> = cells.into_iter().map(cell_text).collect();
    if texts.iter().all(String::is_empty) { Vec::new() } else { vec![Block::Row(texts.join(" | "))] }
}

fn cell_text(blocks: Vec<Block>) -> String {
    let texts: Vec<String> = blocks
        .into_iter()
        .filter_map(|block| match block {
            Block::Paragraph { text, .. } | Block::Row(text) => Some(text.replace(['\n', '\t'], " ")),
            Block::Break(_) => None,
        })
        .collect();
    texts.join(" ")
}
