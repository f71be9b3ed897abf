//! Pages and passages of a source.

use std::collections::BTreeMap;

use inhouse_agent::passage::{Anchor, Cell, CharRange, Page, Passage, PassageId, Sheet};
use inhouse_agent::source::SourceId;
use rusqlite::{OptionalExtension, Row, params};

use crate::{Record, RecordError};

/// A passage that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassage {
    pub page: u32,
    pub range: CharRange,
    pub heading: String,
}

impl Record {
    /// Keeps what was read of a source, in place of what was kept before.
    pub fn keep_extracted(
        &self,
        id: SourceId,
        pages: &[Page],
        passages: &[NewPassage],
    ) -> Result<(), RecordError> {
        self.write("keep the text of a source", |transaction| {
            transaction.execute("DELETE FROM pages WHERE source = ?1", [id.0])?;
            transaction.execute("DELETE FROM passages WHERE source = ?1", [id.0])?;
            let mut insert = transaction.prepare(
                "INSERT INTO pages (source, number, text, empty, sheet, cells) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for page in pages {
                let sheet = page.sheet.as_ref();
                insert.execute(params![
                    id.0,
                    page.number,
                    page.text,
                    page.text.trim().is_empty(),
                    sheet.map(|sheet| &sheet.name),
                    sheet.map(|sheet| to_bytes(&sheet.cells))
                ])?;
            }
            let mut insert = transaction.prepare(
                "INSERT INTO passages (source, page, char_start, char_end, heading) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for passage in passages {
                insert.execute(params![
                    id.0,
                    passage.page,
                    to_sql(passage.range.start),
                    to_sql(passage.range.end),
                    passage.heading
                ])?;
            }
            transaction.execute("UPDATE sources SET extracted = 1 WHERE id = ?1", [id.0]).map(drop)
        })
    }

    /// Whether the text of a source is kept already, so that it need not be read again.
    pub fn is_extracted(&self, id: SourceId) -> Result<bool, RecordError> {
        self.read("look up a source", |connection| {
            connection
                .query_row("SELECT extracted FROM sources WHERE id = ?1", [id.0], |row| row.get(0))
                .optional()
        })?
        .ok_or(RecordError::NotFound { what: "source", id: id.0 })
    }

    /// The text of a page, or `None` when the source has no such page.
    pub fn page_text(&self, id: SourceId, page: u32) -> Result<Option<String>, RecordError> {
        self.read("read a page", |connection| {
            connection
                .query_row(
                    "SELECT text FROM pages WHERE source = ?1 AND number = ?2",
                    params![id.0, page],
                    |row| row.get(0),
                )
                .optional()
        })
    }

    /// The sheet that a page shows; `None` when it is of another kind, or was read by a version that
    /// did not keep cells.
    pub fn page_sheet(&self, id: SourceId, page: u32) -> Result<Option<Sheet>, RecordError> {
        self.read("read the cells of a page", |connection| {
            let sheet = connection
                .query_row(
                    "SELECT sheet, cells FROM pages WHERE source = ?1 AND number = ?2",
                    params![id.0, page],
                    |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<Vec<u8>>>(1)?)),
                )
                .optional()?;
            Ok(sheet.and_then(|(name, cells)| Some(Sheet { name: name?, cells: from_bytes(&cells?) })))
        })
    }

    /// Passages of a source that are not in memory yet, at most `limit`, in order.
    pub fn passages_to_embed(&self, id: SourceId, limit: usize) -> Result<Vec<Passage>, RecordError> {
        self.read("list passages to embed", |connection| {
            connection
                .prepare(&format!("{SELECT} WHERE a.source = ?1 AND NOT a.in_memory ORDER BY a.id LIMIT ?2"))?
                .query_map(params![id.0, to_sql(limit)], passage)?
                .collect()
        })
    }

    /// All passages of a source, in order.
    pub fn passages_of(&self, id: SourceId) -> Result<Vec<Passage>, RecordError> {
        self.read("list the passages of a source", |connection| {
            connection
                .prepare(&format!("{SELECT} WHERE a.source = ?1 ORDER BY a.id"))?
                .query_map([id.0], passage)?
                .collect()
        })
    }

    /// Notes that these passages are in memory.
    pub fn mark_in_memory(&self, ids: &[PassageId]) -> Result<(), RecordError> {
        self.write("mark passages as in memory", |transaction| {
            let mut update = transaction.prepare("UPDATE passages SET in_memory = 1 WHERE id = ?1")?;
            ids.iter().try_for_each(|id| update.execute([id.0]).map(drop))
        })
    }

    /// Notes that no passage of these sources, or of any when `None`, is in memory, and puts the
    /// ready ones back into the queue. Their text stays.
    pub fn forget_embedded(&self, ids: Option<&[SourceId]>) -> Result<(), RecordError> {
        self.write("queue sources for embedding", |transaction| {
            let all: Vec<i64> = match ids {
                Some(ids) => ids.iter().map(|id| id.0).collect(),
                None => transaction
                    .prepare("SELECT id FROM sources WHERE extracted")?
                    .query_map([], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?,
            };
            for id in all {
                transaction.execute("UPDATE passages SET in_memory = 0 WHERE source = ?1", [id])?;
                transaction.execute(
                    "UPDATE sources SET state = 'queued' WHERE id = ?1 AND state IN ('ready', 'partly_read')",
                    [id],
                )?;
            }
            Ok(())
        })
    }

    /// The passages that each source should have in memory.
    pub fn passages_in_memory(&self) -> Result<BTreeMap<SourceId, Vec<PassageId>>, RecordError> {
        self.read("list passages in memory", |connection| {
            let mut by_source: BTreeMap<SourceId, Vec<PassageId>> = BTreeMap::new();
            let mut select = connection.prepare("SELECT source, id FROM passages WHERE in_memory")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                by_source.entry(SourceId(row.get(0)?)).or_default().push(PassageId(row.get(1)?));
            }
            Ok(by_source)
        })
    }

    /// The passages with these numbers that agents may use: those of ready and partly read
    /// sources. Others are left out; the order is that of `ids`.
    pub fn usable_passages(&self, ids: &[PassageId]) -> Result<Vec<Passage>, RecordError> {
        self.read("look up passages", |connection| {
            let mut select = connection.prepare(&format!(
                "{SELECT} JOIN sources s ON s.id = a.source
                 WHERE a.id = ?1 AND s.state IN ('ready', 'partly_read')"
            ))?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                found.extend(select.query_row([id.0], passage).optional()?);
            }
            Ok(found)
        })
    }
}

const SELECT: &str = "SELECT a.id, a.source, a.page, a.char_start, a.char_end, a.heading, p.text
    FROM passages a JOIN pages p ON p.source = a.source AND p.number = a.page";

fn passage(row: &Row<'_>) -> rusqlite::Result<Passage> {
    let range = CharRange::new(from_sql(row, 3)?, from_sql(row, 4)?);
    let page_text: String = row.get(6)?;
    let text = range.of(&page_text).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(
            4,
            rusqlite::types::Type::Integer,
            "a passage ends beyond its page".into(),
        )
    })?;
    Ok(Passage {
        id: PassageId(row.get(0)?),
        anchor: Anchor { source: SourceId(row.get(1)?), page: row.get(2)?, range },
        text: text.to_owned(),
        heading: row.get(5)?,
    })
}

fn to_bytes(cells: &[Cell]) -> Vec<u8> {
    let number = |count: usize| u32::try_from(count).expect("a page has fewer characters");
    cells
        .iter()
        .flat_map(|cell| [cell.row, cell.column, number(cell.range.start), number(cell.range.end)])
        .flat_map(u32::to_le_bytes)
        .collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<Cell> {
    let (numbers, _) = bytes.as_chunks::<4>();
    let numbers: Vec<u32> = numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    let (cells, _) = numbers.as_chunks::<4>();
    let range = |start: u32, end: u32| CharRange::new(start as usize, end as usize);
    cells.iter().map(|&[row, column, start, end]| Cell { row, column, range: range(start, end) }).collect()
}

fn to_sql(count: usize) -> i64 {
    i64::try_from(count).expect("counts of characters fit 63 bits")
}

fn from_sql(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    let value: i64 = row.get(column)?;
    usize::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}
