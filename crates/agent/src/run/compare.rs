//! Two versions of a document, as a table.

use super::{Document, Halt, Run};
use crate::definition::Compare;
use crate::passage::CharRange;
use crate::table::{Column, Evidence, Kind, Place, Table, Value};

/// What became of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// `same`, `moved`, `changed`, `added`, `removed` or `renumbered`.
    pub kind: &'static str,
    pub old: Option<Clause>,
    pub new: Option<Clause>,
    /// Of a changed one, what stood there and what stands there now, in order.
    pub changes: Vec<(String, String)>,
}

/// A clause of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// As it is written: `3.2`, `第五条`.
    pub number: Option<String>,
    /// Its pages and what it takes of them, in order.
    pub ranges: Vec<(u32, CharRange)>,
}

impl Run<'_> {
    pub(super) fn compare(&mut self, at: &str, compare: &Compare) -> Result<Table, Halt> {
        let (old, new) = (self.document(at, &compare.old)?.clone(), self.document(at, &compare.new)?.clone());
        let compared = self.world.compare(&old, &new);
        self.within_rows(at, compared.len())?;
        let row = |one: Compared| {
            let number = |clause: &Option<Clause>| match clause.as_ref().and_then(|c| c.number.clone()) {
                Some(number) => Value::computed(number),
                None => Value::missing(),
            };
            let changes = one.changes.iter().map(|(was, is)| match (was.trim(), is.trim()) {
                ("", is) => format!("+ {is}"),
                (was, "") => format!("− {was}"),
                (was, is) => format!("{was} → {is}"),
            });
            let changes = changes.collect::<Vec<_>>().join("\n");
            vec![
                Value::computed(one.kind),
                number(&one.old),
                number(&one.new),
                quoted(&old, one.old.as_ref()),
                quoted(&new, one.new.as_ref()),
                if changes.is_empty() { Value::missing() } else { Value::computed(changes) },
            ]
        };
        let columns = ["kind", "old_number", "new_number", "old", "new", "change"];
        Ok(Table {
            columns: columns.map(|name| Column::new(name, Kind::Text)).to_vec(),
            rows: compared.into_iter().map(row).collect(),
        })
    }
}

fn quoted(document: &Document, clause: Option<&Clause>) -> Value {
    let ranges = clause.map(|clause| clause.ranges.as_slice()).unwrap_or_default();
    let places: Vec<Place> =
        ranges.iter().filter_map(|(page, range)| document.place(*page, *range)).collect();
    if places.is_empty() {
        return Value::missing();
    }
    let text = places.iter().map(|place| place.quote.as_str()).collect::<Vec<_>>().join("\n");
    Value::new(text, Evidence::Quoted { places })
}
