//! Files that a run makes, out of its tables.

use std::collections::BTreeMap;
use std::path::Path;

use super::steps::stem;
use super::{Halt, Run, Yield};
use crate::answer::Language;
use crate::definition::{FieldKind, Fill, TableOut, Words, Write};
use crate::run::artifact::{Artifact, Block, Grid, List};
use crate::run::fill::with_values;
use crate::table::{Evidence, Kind, Table, Value};

/// Bytes of a file's name. File systems take 255; the rest is for a number or a temporary name.
const NAME_BYTES: usize = 200;

/// Of a column that is written: which of the table it is, whether its places are meant, and the words
/// for its codes.
type Source<'a> = (usize, bool, Option<&'a BTreeMap<String, Words>>);

impl Run<'_> {
    pub(super) fn write(&mut self, at: &str, write: &Write) -> Result<Table, Halt> {
        let language = self.task.language;
        let known = self.singles();
        let mut grids = Vec::new();
        for table in &write.tables {
            grids.push(self.grid(at, table)?);
        }
        let ending = ending_of(write.file.get(language));
        let artifact = match ending.as_str() {
            "xlsx" => Artifact::Workbook(grids),
            "csv" => match <[Grid; 1]>::try_from(grids) {
                Ok([grid]) => Artifact::Csv(grid),
                Err(_) => return Err(self.fault(at, "a CSV holds exactly one table")),
            },
            "docx" | "md" | "pdf" => {
                let mut blocks = Vec::new();
                let heading = with_values(write.heading.get(language), &known);
                if !heading.is_empty() {
                    blocks.push(Block::Heading(heading));
                }
                for paragraph in &write.paragraphs {
                    blocks.push(Block::Paragraph(with_values(paragraph.get(language), &known)));
                }
                blocks.extend(grids.into_iter().map(Block::Table));
                match ending.as_str() {
                    "md" => Artifact::Markdown(blocks),
                    "pdf" => Artifact::Pdf(blocks),
                    _ => Artifact::Docx(blocks),
                }
            }
            _ => {
                let file = write.file.get(language);
                return Err(self.fault(at, format!("`{file}` ends in none of xlsx, docx, pdf, csv, md")));
            }
        };
        self.render_and_keep(at, &artifact, &write.file, &known)
    }

    pub(super) fn render_and_keep(
        &mut self,
        at: &str,
        artifact: &Artifact<'_>,
        file: &Words,
        known: &BTreeMap<String, String>,
    ) -> Result<Table, Halt> {
        let bytes = self.world.render(artifact).map_err(|failure| self.fault(at, failure.what))?;
        let file = self.file_name(file, known);
        self.keep(at, &file, bytes)
    }

    pub(super) fn fill_template(&mut self, at: &str, fill: &Fill) -> Result<Table, Halt> {
        let language = self.task.language;
        let name = fill.template.get(language);
        let (is, becomes) = (ending_of(name), ending_of(fill.file.get(language)));
        if is != becomes || !["docx", "xlsx"].contains(&is.as_str()) {
            let what = format!("a template is a docx or xlsx, and its file ends as it does: `{name}`");
            return Err(self.fault(at, what));
        }
        let template = self.task.folder.join(Path::new(name));
        // What was given, by its input's name; of a file its name. All else is a column of a list.
        let given = self.agent.inputs.iter().filter_map(|input| {
            let text = self.singles().remove(&input.name)?;
            let kind = match self.yields.get(&input.name) {
                Some(Yield::Table(table)) => table.columns.first().map_or(Kind::Text, |column| column.kind),
                _ => Kind::Text,
            };
            Some((input.name.clone(), (text, kind)))
        });
        let values = given.collect();
        let mut lists = BTreeMap::new();
        for (name, kept) in &self.yields {
            let Yield::Table(table) = kept else { continue };
            let mut list = List::default();
            for column in &table.columns {
                list.columns.extend([column.name.clone(), format!("{}@place", column.name)]);
            }
            for row in &table.rows {
                let cells = table.columns.iter().zip(row).flat_map(|(column, value)| {
                    let words = fill.words.get(&format!("{name}.{}", column.name));
                    let text = shown(value, words, language);
                    // A code's words and what is marked are texts, whatever the column is.
                    let kind = if text == value.text { column.kind } else { Kind::Text };
                    [(text, kind), (places_of(value, language), Kind::Text)]
                });
                list.rows.push(cells.collect());
            }
            lists.insert(name.clone(), list);
        }
        let artifact = Artifact::Filled { template: &template, values, lists };
        self.render_and_keep(at, &artifact, &fill.file, &self.singles())
    }

    /// A file's name, with the values that it names.
    pub(super) fn file_name(&self, pattern: &Words, known: &BTreeMap<String, String>) -> String {
        plain_name(&with_values(pattern.get(self.task.language), known))
    }

    /// The values of tables of one row, by `step.column`; what a person gave by its name too, a document
    /// as the name of its file without the ending.
    pub(super) fn singles(&self) -> BTreeMap<String, String> {
        let mut singles = BTreeMap::new();
        for (name, kept) in &self.yields {
            let table = match kept {
                Yield::Table(table) => table,
                Yield::Document(document) => {
                    singles.insert(name.clone(), stem(&document.name).to_owned());
                    continue;
                }
            };
            singles.insert(format!("{name}.rows"), table.rows.len().to_string());
            let [row] = table.rows.as_slice() else { continue };
            for (column, value) in table.columns.iter().zip(row) {
                let text = shown(value, None, self.task.language);
                if column.name == "value" {
                    singles.insert(name.clone(), text.clone());
                }
                singles.insert(format!("{name}.{}", column.name), text);
            }
        }
        singles
    }

    fn grid(&self, at: &str, out: &TableOut) -> Result<Grid, Halt> {
        let language = self.task.language;
        let table = self.table(at, &out.from)?;
        let mut columns = Vec::new();
        let mut sources: Vec<Source<'_>> = Vec::new();
        for column in &out.columns {
            let (name, is_place) = match column.from.strip_suffix("@place") {
                Some(name) => (name, true),
                None => (column.from.as_str(), false),
            };
            let Some(i) = table.column(name) else {
                let has =
                    table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
                return Err(self.fault(at, format!("`{}` has no column `{name}`; it has {has}", out.from)));
            };
            let kind = if is_place || !column.words.is_empty() { Kind::Text } else { table.columns[i].kind };
            columns.push((column.title.get(language).to_owned(), kind));
            sources.push((i, is_place, (!column.words.is_empty()).then_some(&column.words)));
        }
        let row = |row: &Vec<Value>| {
            let text = |(i, is_place, words): &(usize, bool, Option<&BTreeMap<String, Words>>)| match is_place
            {
                true => places_of(&row[*i], language),
                false => shown(&row[*i], *words, language),
            };
            sources.iter().map(text).collect()
        };
        let rows = table.rows.iter().map(row).collect();
        let mut totals = Vec::new();
        for total in &out.totals {
            match out.columns.iter().position(|column| column.from == *total) {
                Some(i) => totals.push(i),
                None => return Err(self.fault(at, format!("`{total}` gets a sum and is no column of it"))),
            }
        }
        Ok(Grid { title: out.title.get(language).to_owned(), columns, rows, totals })
    }
}

/// A text as the name of a file: on any system, not hidden, and not longer than file systems take.
pub(super) fn plain_name(text: &str) -> String {
    let forbidden = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    let name: String = text.chars().map(|c| if forbidden(c) { '_' } else { c }).collect();
    let name = name.trim_start_matches(['.', ' ']);
    let (stem, ending) =
        name.rsplit_once('.').map_or((name, String::new()), |(stem, e)| (stem, format!(".{e}")));
    let mut room = NAME_BYTES.saturating_sub(ending.len());
    let kept = stem.chars().take_while(|c| {
        let fits = c.len_utf8() <= room;
        room = room.saturating_sub(c.len_utf8());
        fits
    });
    kept.collect::<String>() + &ending
}

fn ending_of(name: &str) -> String {
    name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase()
}

pub(super) fn kind_of(kind: FieldKind) -> Kind {
    match kind {
        FieldKind::Number | FieldKind::Position => Kind::Number,
        FieldKind::Date => Kind::Date,
        FieldKind::Quote | FieldKind::Choice | FieldKind::Text => Kind::Text,
    }
}

/// A value as it is written; a code as its words, and what is not borne out is marked.
pub(super) fn shown(value: &Value, words: Option<&BTreeMap<String, Words>>, language: Language) -> String {
    let text = match words.and_then(|words| words.get(&value.text)) {
        Some(words) => words.get(language).to_owned(),
        None => value.text.clone(),
    };
    match (&value.evidence, language) {
        (Evidence::Unsupported, Language::English) => format!("{text} (not supported)"),
        (Evidence::Unsupported, Language::Chinese) => format!("{text}（无依据）"),
        _ => text,
    }
}

fn places_of(value: &Value, language: Language) -> String {
    let told = value.places().iter().map(|place| place.told(language));
    let mut places: Vec<String> = Vec::new();
    for place in told {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places.join(if language == Language::Chinese { "；" } else { "; " })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_file_is_one_that_any_system_takes() {
        assert_eq!(plain_name("../a:b*.docx"), "_a_b_.docx");
        assert_eq!(plain_name("合同-审查.docx"), "合同-审查.docx");
        let long = plain_name(&format!("{}-review.docx", "采购合同".repeat(60)));
        assert!(
            long.len() <= NAME_BYTES && long.starts_with("采购合同") && long.ends_with(".docx"),
            "{long}"
        );
    }
}
