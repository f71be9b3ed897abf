//! Carrying out one step of a procedure.

use std::collections::BTreeMap;

use super::output::kind_of;
use super::{Artifact, Event, Halt, Pending, Run, Yield, form, sheet};
use crate::answer::sentence::sentence_ranges;
use crate::definition::{Ask, Extract, Field, ForEach, Query, Redact, Split, SplitBy, Step, Work};
use crate::passage::CharRange;
use crate::run::fill::{Reading, question_for, with_values};
use crate::table::{Column, Evidence, Kind, Queried, Table, Value};

impl Run<'_> {
    pub(super) fn step(&mut self, step: &Step) -> Result<Table, Halt> {
        let at = step.name.as_str();
        match &step.work {
            Work::Table(table) => {
                let read = sheet::read(self.document(at, &table.from)?, table);
                let read = read.map_err(|what| self.fault(at, what))?;
                self.within_rows(at, read.rows.len())?;
                Ok(read)
            }
            Work::Split(split) => self.split(at, split),
            Work::Form(form) => {
                let read = form::read(self.document(at, &form.from)?);
                self.within_rows(at, read.rows.len())?;
                Ok(read)
            }
            Work::Extract(extract) => self.extract(at, extract),
            Work::ForEach(each) => self.for_each(at, each),
            Work::Query(query) => self.query(at, query),
            Work::Compare(compare) => self.compare(at, compare),
            Work::Translate(translate) => self.translate(at, translate),
            Work::Redact(redact) => self.redact(at, redact),
            Work::Ask(ask) => self.ask(at, ask),
            Work::Free(free) => self.free(at, free),
            Work::Write(write) => self.write(at, write),
            Work::Fill(fill) => self.fill_template(at, fill),
            Work::Mail(mail) => self.mail(at, mail),
            Work::Calendar(calendar) => self.calendar(at, calendar),
            Work::File(file) => self.file_away(at, file),
        }
    }

    pub(super) fn within_rows(&self, at: &str, rows: usize) -> Result<(), Halt> {
        let limit = self.agent.limits.rows;
        if rows <= limit {
            return Ok(());
        }
        Err(self.fault(at, format!("there are {rows} rows, and {limit} is the limit: split the file, or raise `rows` under [limits]")))
    }

    fn split(&mut self, at: &str, split: &Split) -> Result<Table, Halt> {
        let document = self.document(at, &split.from)?;
        let mut rows = Vec::new();
        for page in &document.pages {
            let text = page.text.as_str();
            let ranges = match split.by {
                SplitBy::Sentence => sentence_ranges(text),
                SplitBy::Line => parts(text, |line| !line.is_empty()),
                SplitBy::Paragraph => paragraphs(text),
            };
            for range in ranges {
                if !text[range.clone()].chars().any(char::is_alphanumeric) {
                    continue;
                }
                let start = text[..range.start].chars().count();
                let chars = CharRange::new(start, start + text[range].chars().count());
                let Some(place) = document.place(page.number, chars) else { continue };
                let number = Value::computed((rows.len() + 1).to_string());
                rows.push(vec![
                    number,
                    Value::new(place.quote.clone(), Evidence::Quoted { places: vec![place] }),
                ]);
            }
        }
        self.within_rows(at, rows.len())?;
        Ok(Table {
            columns: vec![Column::new("number", Kind::Number), Column::new("text", Kind::Text)],
            rows,
        })
    }

    fn extract(&mut self, at: &str, extract: &Extract) -> Result<Table, Halt> {
        let mut known = BTreeMap::new();
        let mut values: Vec<Value> = Vec::new();
        // Fields that stand on one another share what is read.
        for fields in chains(&extract.fields) {
            let question = fields[0].ask.get(self.task.language).to_owned();
            let query = with_values(&question, &known);
            let mut found = Vec::new();
            // What is not found where it is likeliest may stand next to it.
            for time in 0..2 {
                let Some(reading) = self.reading(at, &extract.from, &query, time)? else { break };
                let at = if time == 0 { at.to_owned() } else { format!("{at}/again") };
                found = self.fill(&at, &reading, fields, &mut known)?;
                if found.first().is_some_and(|value| value.evidence != Evidence::Missing) {
                    break;
                }
            }
            values.extend(found);
        }
        self.with_cells(&mut values);
        Ok(Table::record(columns_of(&extract.fields), values))
    }

    fn for_each(&mut self, at: &str, each: &ForEach) -> Result<Table, Halt> {
        let rows = self.table(at, &each.rows)?.clone();
        self.within_rows(at, rows.rows.len())?;
        if let Some(field) = each.fields.iter().find(|field| rows.column(&field.name).is_some()) {
            return Err(self.fault(at, format!("`{}` is a column of `{}` already", field.name, each.rows)));
        }
        let mut table = Table { columns: rows.columns.clone(), rows: Vec::new() };
        table.columns.extend(columns_of(&each.fields));
        for (i, row) in rows.rows.iter().enumerate() {
            let at = format!("{at}/{}", i + 1);
            let named: Vec<(&str, &Value)> =
                rows.columns.iter().map(|column| column.name.as_str()).zip(row).collect();
            let mut known: BTreeMap<String, String> =
                named.iter().map(|(name, value)| ((*name).to_owned(), value.text.clone())).collect();
            let reading = if each.read.is_empty() {
                // Numbers of rows say nothing to a model.
                let is_said = |name: &str| name != "number" && !name.ends_with("_row");
                let texts: Vec<_> = named.iter().filter(|(name, _)| is_said(name)).copied().collect();
                Reading::of_row(&texts)
            } else {
                let language = self.task.language;
                let query = question_for(each.find.as_ref(), language, &known)
                    .unwrap_or_else(|| with_values(each.fields[0].ask.get(language), &known));
                self.reading(&at, &each.read, &query, 0)?.unwrap_or_default()
            };
            let mut values = self.fill(&at, &reading, &each.fields, &mut known)?;
            self.with_cells(&mut values);
            table.rows.push(row.iter().cloned().chain(values).collect());
        }
        Ok(table)
    }

    /// Of places in sheets, the names of their cells.
    fn with_cells(&self, values: &mut [Value]) {
        for value in values {
            let Evidence::Quoted { places } = &mut value.evidence else { continue };
            for place in places {
                let range = CharRange { start: place.start, end: place.end };
                let found = self.documents().filter(|document| document.name == place.document);
                place.cells =
                    found.filter_map(|document| document.place(place.page, range)).find_map(|p| p.cells);
            }
        }
    }

    fn query(&mut self, at: &str, query: &Query) -> Result<Table, Halt> {
        let result = self.ask_tables(at, &query.sql)?;
        self.within_rows(at, result.table.rows.len())?;
        Ok(self.with_lineage(result))
    }

    pub(super) fn ask_tables(&mut self, at: &str, sql: &str) -> Result<Queried, Halt> {
        let tables: Vec<(&str, &Table)> = self
            .yields
            .iter()
            .filter_map(|(name, kept)| match kept {
                Yield::Table(table) => Some((name.as_str(), table)),
                Yield::Document(_) => None,
            })
            .collect();
        self.world.query(sql, &tables).map_err(|failure| self.fault(at, failure.what))
    }

    /// Values of rows that say from which rows they come keep where they stand, in columns that hand them
    /// on as they are.
    fn with_lineage(&self, queried: Queried) -> Table {
        let Queried { table: mut result, origins } = queried;
        let mut sources: Vec<(usize, &str, &Table)> = Vec::new();
        for (at, column) in result.columns.iter().enumerate() {
            let Some(name) = column.name.strip_suffix("_row") else { continue };
            if let Some((name, Yield::Table(table))) = self.yields.get_key_value(name) {
                sources.push((at, name, table));
            }
        }
        for row in &mut result.rows {
            let rows: Vec<(&str, &Table, &Vec<Value>)> = sources
                .iter()
                .filter_map(|(at, name, table)| {
                    let number: usize = row[*at].text.parse().ok()?;
                    Some((*name, *table, table.rows.get(number.checked_sub(1)?)?))
                })
                .collect();
            for (value, origins) in row.iter_mut().zip(&origins).filter(|(value, _)| !value.text.is_empty()) {
                let borne =
                    |origin: &&Value| !matches!(origin.evidence, Evidence::Computed | Evidence::Missing);
                let mut candidates = origins.iter().filter_map(|(name, column)| {
                    let (_, table, row) = rows.iter().find(|(table, ..)| table == name)?;
                    row.get(table.column(column)?)
                });
                let origin = candidates.find(|origin| borne(origin) && is_same(&origin.text, &value.text));
                if let Some(origin) = origin {
                    *value = origin.clone();
                }
            }
        }
        result
    }

    fn redact(&mut self, at: &str, redact: &Redact) -> Result<Table, Halt> {
        let names = self.names_for(at, redact)?;
        let document = self.document(at, &redact.from)?;
        let path = document.path.clone();
        let redacted = self.world.redact(&path, &names).map_err(|failure| self.fault(at, failure.what))?;
        // The name of a file tells names too.
        let mut input = stem(&self.document(at, &redact.from)?.name).to_owned();
        for personal in self.world.personal(&input, &names) {
            input = input.replace(&personal, "XX");
        }
        let stem = BTreeMap::from([("input".to_owned(), input)]);
        let file = format!("{}.{}", self.file_name(&redact.file, &stem), redacted.ending);
        self.keep(at, &file, redacted.bytes)?;
        let columns = ["part", "kind", "text", "checked"].map(|name| Column::new(name, Kind::Text));
        let found = redacted.found.into_iter().map(|(part, kind, text)| [part, kind, text, "yes".into()]);
        let not_checked = redacted
            .not_checked
            .into_iter()
            .map(|part| [part, "not_checked".into(), String::new(), "no".into()]);
        let rows = found.chain(not_checked).map(|row| row.map(Value::computed).to_vec()).collect();
        Ok(Table { columns: columns.to_vec(), rows })
    }

    /// The names that a redaction takes out.
    pub(super) fn names_for(&self, at: &str, redact: &Redact) -> Result<Vec<String>, Halt> {
        let mut names: Vec<String> = Vec::new();
        for from in &redact.names {
            let (table, column) = from.split_once('.').unwrap_or((from, "value"));
            let table = self.table(at, table)?;
            let Some(at_column) = table.column(column) else {
                return Err(self.fault(at, format!("there is no column `{from}`")));
            };
            let texts = table.rows.iter().map(|row| row[at_column].text.as_str());
            let parts = texts.flat_map(|text| text.split([',', '，', '、', ';', '；', '\n']));
            names.extend(parts.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn ask(&mut self, at: &str, ask: &Ask) -> Result<Table, Halt> {
        let language = self.task.language;
        let question = ask.question.get(language).to_owned();
        let options: Vec<String> =
            ask.options.iter().map(|option| option.says.get(language).to_owned()).collect();
        let Some(answer) = self.past.answered(at).map(str::to_owned) else {
            let pending =
                Pending::Answer { at: at.to_owned(), question: question.clone(), options: options.clone() };
            self.note(Event::Asked { at: at.to_owned(), question, options })?;
            return Err(Halt::Waiting(pending));
        };
        let chosen = options.iter().position(|says| *says == answer).map(|i| ask.options[i].code.clone());
        let value = Value::new(chosen.unwrap_or(answer), Evidence::Given);
        Ok(Table::record(vec![Column::new("answer", Kind::Text)], vec![value]))
    }

    /// Writes a file of the run and keeps it for the checks.
    pub(super) fn keep(&mut self, at: &str, name: &str, bytes: Vec<u8>) -> Result<Table, Halt> {
        let wrote = self.world.write(at, name, &bytes)?;
        let size = bytes.len().to_string();
        self.artifacts.insert(at.to_owned(), Artifact { name: name.to_owned(), bytes });
        let columns =
            [("file", Kind::Text), ("path", Kind::Text), ("bytes", Kind::Number), ("sha256", Kind::Text)];
        let values = [name.to_owned(), wrote.path, size, wrote.sha256].map(Value::computed);
        Ok(Table::record(columns.map(|(name, kind)| Column::new(name, kind)).to_vec(), values.to_vec()))
    }
}

/// Fields in groups that are filled over one reading: each with those that stand on it.
fn chains(fields: &[Field]) -> Vec<&[Field]> {
    let mut chains = Vec::new();
    let mut start = 0;
    for at in 1..=fields.len() {
        let goes_on = fields.get(at).is_some_and(|field| {
            let before = |name: &str| fields[start..at].iter().any(|field| field.name == name);
            field.of.as_deref().is_some_and(before) || field.when.keys().any(|name| before(name))
        });
        if !goes_on {
            chains.push(&fields[start..at]);
            start = at;
        }
    }
    chains.retain(|chain| !chain.is_empty());
    chains
}

fn columns_of(fields: &[Field]) -> Vec<Column> {
    fields.iter().map(|field| Column::new(&field.name, kind_of(field.kind))).collect()
}

/// Whether two values are the same; numbers may have more zeros behind the point.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let is_number = text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || "-.".contains(c));
        if is_number { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    one == other || plain(one) == plain(other)
}

/// A file's name without its ending.
pub(super) fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Byte ranges of the trimmed lines for which `is_part` holds.
fn parts(text: &str, is_part: impl Fn(&str) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        // The mark of a list's item says nothing.
        let text = line.trim_start().trim_start_matches(['•', '·', '●', '▪', '–', '-', '*', '\u{f0b7}']);
        let text = if text.starts_with(char::is_whitespace) { text.trim_start() } else { line.trim_start() };
        let from = start + (line.len() - text.len());
        let trimmed = text.trim_end();
        if is_part(trimmed) {
            ranges.push(from..from + trimmed.len());
        }
        start += line.len();
    }
    ranges
}

/// Byte ranges of stretches of lines without an empty one between.
fn paragraphs(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    let mut goes_on = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let from = start + (line.len() - line.trim_start().len());
        match ranges.last_mut().filter(|_| goes_on) {
            Some(last) if !trimmed.is_empty() => last.end = from + trimmed.len(),
            _ if !trimmed.is_empty() => ranges.push(from..from + trimmed.len()),
            _ => {}
        }
        goes_on = !trimmed.is_empty();
        start += line.len();
    }
    ranges
}
