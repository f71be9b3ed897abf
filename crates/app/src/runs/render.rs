//! From what a run wants to write to the bytes of a file.

use std::path::Path;

use inhouse_agent::answer::Language;
use inhouse_agent::run::Redacted;
use inhouse_agent::run::artifact::{Artifact, Block, Grid};
use inhouse_agent::table::Kind;
use inhouse_tools::redact::{self, Style};
use inhouse_tools::write::{self, Datum, Day, Decimal, List, Values, WriteError};

/// The bytes of a file that holds what an artifact says, in the language of the run.
pub(super) fn render(artifact: &Artifact<'_>, language: Language) -> Result<Vec<u8>, String> {
    let told = |error: WriteError| error.to_string();
    let grid = |table: &Grid| grid(table, language).map_err(told);
    match artifact {
        Artifact::Workbook(tables) => {
            write::xlsx(&tables.iter().map(grid).collect::<Result<Vec<_>, _>>()?).map_err(told)
        }
        Artifact::Csv(table) => Ok(write::csv(&grid(table)?)),
        Artifact::Docx(blocks) => {
            let mut all = Vec::new();
            for block in blocks {
                match block {
                    Block::Heading(text) => all.push(write::Block::Title(text.clone())),
                    Block::Paragraph(text) => all.push(write::Block::Paragraph(text.clone())),
                    Block::Table(table) => {
                        all.push(write::Block::Heading(1, table.title.clone()));
                        all.push(write::Block::Table(grid(table)?));
                    }
                }
            }
            write::docx(&all).map_err(told)
        }
        Artifact::Pdf(_) | Artifact::Mail(_) | Artifact::Calendar(..) => Err("not yet".into()),
        Artifact::Markdown(blocks) => {
            let mut text = String::new();
            for block in blocks {
                match block {
                    Block::Heading(heading) => text.push_str(&format!("# {heading}\n\n")),
                    Block::Paragraph(paragraph) => text.push_str(&format!("{paragraph}\n\n")),
                    Block::Table(table) => {
                        text.push_str(&write::markdown(&[grid(table)?]));
                        text.push('\n');
                    }
                }
            }
            Ok(text.into_bytes())
        }
        Artifact::Filled { template, values, lists } => {
            let bytes =
                std::fs::read(template).map_err(|error| format!("{}: {error}", template.display()))?;
            let plain = |(name, (text, _)): (&String, &(String, Kind))| (name.clone(), text.clone());
            let mut filled = Values { fields: values.iter().map(plain).collect(), ..Values::default() };
            for (name, list) in lists {
                let rows =
                    list.rows.iter().map(|row| row.iter().map(|(text, _)| text.clone()).collect()).collect();
                filled.lists.insert(name.clone(), List::new(list.columns.clone(), rows).map_err(told)?);
            }
            write::fill_docx(&bytes, &filled).map_err(told)
        }
    }
}

fn grid(table: &Grid, language: Language) -> Result<write::Grid, WriteError> {
    let kinds = || table.columns.iter().map(|(_, kind)| *kind);
    let datum = |(text, kind): (&String, Kind)| match kind {
        _ if text.is_empty() => Ok(Datum::Empty),
        Kind::Text => Ok(Datum::Text(text.clone())),
        Kind::Number => Decimal::read(text).map(Datum::Number),
        Kind::Date => date(text).map_or_else(|| Ok(Datum::Text(text.clone())), |day| day.map(Datum::Date)),
    };
    let row = |row: &Vec<String>| row.iter().zip(kinds()).map(datum).collect::<Result<Vec<_>, _>>();
    let rows = table.rows.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    let columns = table.columns.iter().map(|(title, _)| title.clone()).collect();
    let grid = write::Grid::new(table.title.clone(), columns, rows)?;
    if table.totals.is_empty() {
        return Ok(grid);
    }
    let label = match language {
        Language::English => "Total",
        Language::Chinese => "合计",
    };
    grid.with_totals(label, &table.totals)
}

fn date(text: &str) -> Option<Result<Day, WriteError>> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    Some(Day::new(year, month, day))
}

/// A document without personal data, by its ending.
pub(super) fn redact(
    path: &Path,
    bytes: &[u8],
    names: &[String],
    language: Language,
) -> Result<Redacted, String> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "docx" => {
            let mut find = |text: &str| redact::find(text, names);
            let done =
                redact::redact_docx(bytes, &mut find, Style::Label).map_err(|error| error.to_string())?;
            let found =
                done.found.into_iter().map(|found| (found.part, code(found.kind).to_owned(), found.text));
            Ok(Redacted { bytes: done.bytes, ending, found: found.collect(), not_checked: done.not_checked })
        }
        "txt" | "md" | "csv" | "text" => {
            let text = std::str::from_utf8(bytes).map_err(|_| match language {
                Language::English => "it is not UTF-8: save it as UTF-8 or as DOCX".to_owned(),
                Language::Chinese => "该文件不是 UTF-8 编码：请另存为 UTF-8 或 DOCX".to_owned(),
            })?;
            let done = redact::redact_text(text, names, Style::Label);
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let found = done
                .findings
                .iter()
                .map(|finding| {
                    (name.clone(), code(finding.kind).to_owned(), text[finding.range.clone()].to_owned())
                })
                .collect();
            Ok(Redacted { bytes: done.text.into_bytes(), ending, found, not_checked: Vec::new() })
        }
        _ => Err(match language {
            Language::English => format!("a .{ending} can't be redacted: save it as DOCX or as text first"),
            Language::Chinese => format!("无法对 .{ending} 文件脱敏：请先另存为 DOCX 或文本文件"),
        }),
    }
}

/// As agents' files name a kind.
fn code(kind: redact::Kind) -> &'static str {
    match kind {
        redact::Kind::NationalId => "national_id",
        redact::Kind::Phone => "phone",
        redact::Kind::BankCard => "bank_card",
        redact::Kind::Iban => "iban",
        redact::Kind::Email => "email",
        redact::Kind::Passport => "passport",
        redact::Kind::LicensePlate => "license_plate",
        redact::Kind::Name => "name",
        redact::Kind::Address => "address",
    }
}
