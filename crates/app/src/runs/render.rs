//! From what a run wants to write to the bytes of a file.

use std::path::Path;

use inhouse_agent::answer::Language;
use inhouse_agent::passage::Page;
use inhouse_agent::run::Redacted;
use inhouse_agent::run::artifact::{Artifact, Block, Draft, Entry, Grid};
use inhouse_agent::table::Kind;
use inhouse_tools::redact::{self, Style};
use inhouse_tools::write::{
    self, Attachment, Datum, Day, Decimal, Fonts, List, Mail, Mailbox, Reminder, Values, WriteError,
};

/// Minutes of a day, and until nine in the morning.
const DAY: u16 = 24 * 60;
const MORNING: u16 = 9 * 60;
/// Between the pages of a text.
const PAGE_END: char = '\u{c}';

/// The bytes of a file that holds what an artifact says, in the language of the run.
pub(super) fn render(artifact: &Artifact<'_>, language: Language) -> Result<Vec<u8>, String> {
    let told = |error: WriteError| error.to_string();
    let grid = |table: &Grid| grid(table, language).map_err(told);
    match artifact {
        Artifact::Workbook(tables) => {
            write::xlsx(&tables.iter().map(grid).collect::<Result<Vec<_>, _>>()?).map_err(told)
        }
        Artifact::Csv(table) => Ok(write::csv(&grid(table)?)),
        Artifact::Docx(blocks) => write::docx(&pieces(blocks, language)?).map_err(told),
        Artifact::Pdf(blocks) => write::pdf(&pieces(blocks, language)?, &Fonts::of_system()).map_err(told),
        Artifact::Mail(draft) => mail(draft),
        Artifact::Calendar(entries, stamp) => calendar(entries, stamp),
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
            let mut filled = Values::default();
            for (name, (text, kind)) in values {
                filled.fields.insert(name.clone(), text.clone());
                filled.data.insert(name.clone(), datum(text, *kind).map_err(told)?);
            }
            for (name, list) in lists {
                let row = |row: &Vec<(String, Kind)>| {
                    row.iter().map(|(text, kind)| datum(text, *kind)).collect::<Result<Vec<_>, _>>()
                };
                let rows = list.rows.iter().map(row).collect::<Result<Vec<_>, _>>().map_err(told)?;
                filled.lists.insert(name.clone(), List::typed(list.columns.clone(), rows).map_err(told)?);
            }
            match template.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx")) {
                true => write::fill_xlsx(&bytes, &filled).map_err(told),
                false => write::fill_docx(&bytes, &filled).map_err(told),
            }
        }
    }
}

fn pieces(blocks: &[Block], language: Language) -> Result<Vec<write::Block>, String> {
    let mut all = Vec::new();
    for block in blocks {
        match block {
            Block::Heading(text) => all.push(write::Block::Title(text.clone())),
            Block::Paragraph(text) => all.push(write::Block::Paragraph(text.clone())),
            Block::Table(table) => {
                all.push(write::Block::Heading(1, table.title.clone()));
                // The heading is its name.
                let unnamed = Grid { title: String::new(), ..table.clone() };
                let grid = grid(&unnamed, language).map_err(|error| error.to_string())?;
                all.push(write::Block::Table(grid));
            }
        }
    }
    Ok(all)
}

fn mail(draft: &Draft<'_>) -> Result<Vec<u8>, String> {
    let told = |error: WriteError| error.to_string();
    // As people write it: `Anna Berg <anna@example.com>`, or the address alone.
    let mailbox = |text: &String| match text.trim().strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, address)) => Mailbox::new(name.trim(), address.trim()),
        None => Mailbox::new("", text.trim()),
    };
    let mailboxes = |texts: &[String]| texts.iter().map(mailbox).collect::<Result<Vec<_>, _>>().map_err(told);
    let attachment = |(name, bytes): &(&str, &[u8])| Attachment::new(*name, bytes.to_vec());
    let attachments =
        draft.attachments.iter().map(attachment).collect::<Result<Vec<_>, _>>().map_err(told)?;
    write::mail(&Mail {
        to: mailboxes(&draft.to)?,
        cc: mailboxes(&draft.cc)?,
        subject: draft.subject.clone(),
        paragraphs: draft.paragraphs.clone(),
        attachments,
        day: day(&draft.day)?,
    })
    .map_err(told)
}

fn calendar(entries: &[Entry], stamp: &str) -> Result<Vec<u8>, String> {
    let entry = |entry: &Entry| {
        Ok::<_, String>(write::Entry {
            title: entry.title.clone(),
            day: day(&entry.day)?,
            hours: None,
            notes: entry.notes.clone(),
            reminder: entry.remind.map(reminder),
        })
    };
    let entries = entries.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    write::calendar(&entries, day(stamp)?).map_err(|error| error.to_string())
}

/// So many days before, at nine in the morning where that can be said.
fn reminder(days: u16) -> Reminder {
    let minutes = days.checked_mul(DAY).and_then(|minutes| minutes.checked_sub(MORNING));
    minutes.map_or(Reminder::Days(days), Reminder::Minutes)
}

fn day(text: &str) -> Result<Day, String> {
    match date(text) {
        Some(day) => day.map_err(|error| error.to_string()),
        None => Err(format!("`{text}` is no day")),
    }
}

fn grid(table: &Grid, language: Language) -> Result<write::Grid, WriteError> {
    let kinds = || table.columns.iter().map(|(_, kind)| *kind);
    let row = |row: &Vec<String>| {
        row.iter().zip(kinds()).map(|(text, kind)| datum(text, kind)).collect::<Result<Vec<_>, _>>()
    };
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

fn datum(text: &str, kind: Kind) -> Result<Datum, WriteError> {
    match kind {
        _ if text.is_empty() => Ok(Datum::Empty),
        Kind::Text => Ok(Datum::Text(text.to_owned())),
        Kind::Number => Decimal::read(text).map(Datum::Number),
        Kind::Date => date(text).map_or_else(|| Ok(Datum::Text(text.to_owned())), |day| day.map(Datum::Date)),
    }
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
            Language::English => {
                format!("a .{ending} can't be redacted: save it as DOCX, PDF or text first")
            }
            Language::Chinese => format!("无法对 .{ending} 文件脱敏：请先另存为 DOCX、PDF 或文本文件"),
        }),
    }
}

/// The text of a PDF without personal data, set anew: nothing of the old file is in the new one, so there
/// is nothing behind a black bar. Pages keep their breaks and lines, and lose their looks and pictures.
pub(super) fn redact_pages(pages: &[Page], names: &[String], language: Language) -> Result<Redacted, String> {
    let place = |number: u32| match language {
        Language::English => format!("page {number}"),
        Language::Chinese => format!("第 {number} 页"),
    };
    // One text, so that what is known of one page is found on the others.
    let texts: Vec<String> = pages.iter().map(|page| page.text.replace(PAGE_END, "\n")).collect();
    let text = redact::unbroken(&texts.join(&format!("\n{PAGE_END}\n")), names);
    let done = redact::redact_text(&text, names, Style::Label);
    let runs_over = texts.windows(2).any(|two| redact::runs_over(&two[0], &two[1], names));
    // Were the end of a page masked, what follows would be lost.
    if runs_over || done.text.matches(PAGE_END).count() + 1 != pages.len().max(1) {
        return Err(match language {
            Language::English => {
                "something personal runs over from one page to the next: save it as DOCX first"
            }
            Language::Chinese => "有个人信息跨页：请先另存为 DOCX",
        }
        .to_owned());
    }
    let found = done.findings.iter().map(|finding| {
        let before = text[..finding.range.start].matches(PAGE_END).count();
        let number = pages.get(before).map_or(0, |page| page.number);
        (place(number), code(finding.kind).to_owned(), text[finding.range.clone()].to_owned())
    });
    let found = found.collect();
    let is_empty = |page: &&Page| page.text.trim().is_empty();
    let not_checked = pages.iter().filter(is_empty).map(|page| place(page.number)).collect();
    let mut blocks = Vec::new();
    for (page, text) in pages.iter().zip(done.text.split(PAGE_END)) {
        if pages.len() > 1 {
            blocks.push(write::Block::Heading(2, place(page.number)));
        }
        for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
            blocks.push(write::Block::Paragraph(paragraph.to_owned()));
        }
    }
    let bytes = write::pdf(&blocks, &Fonts::of_system()).map_err(|error| error.to_string())?;
    Ok(Redacted { bytes, ending: "pdf".into(), found, not_checked })
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
