//! Reading through a real child process: what it gives, and that nothing it does harms the parent.
//!
//! The child is this test itself, started again, so there is no test harness to parse arguments.

#![expect(clippy::print_stdout, reason = "this program is its own test harness")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use inhouse_agent::cancel::Cancel;
use inhouse_agent::passage::Page;
use inhouse_agent::read::{FailureCode, ReadFailure, SourceReader};
use inhouse_ingest::{ChildReader, ReadLimits, serve_if_asked};
use rust_xlsxwriter::Workbook;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

type Test = (&'static str, fn(&Folder));

const TESTS: &[Test] = &[
    ("a_text_comes_through_page_by_page", a_text_comes_through_page_by_page),
    ("content_decides_over_the_name", content_decides_over_the_name),
    ("what_cannot_be_read_has_its_code", what_cannot_be_read_has_its_code),
    ("limits_on_size_text_and_pages_hold", limits_on_size_text_and_pages_hold),
    ("a_child_beyond_its_time_is_stopped", a_child_beyond_its_time_is_stopped),
    ("a_slow_caller_does_not_use_up_the_time", a_slow_caller_does_not_use_up_the_time),
    ("cancel_stops_between_pages", cancel_stops_between_pages),
    ("a_killed_child_has_crashed", a_killed_child_has_crashed),
    ("too_much_memory_is_told_as_such", too_much_memory_is_told_as_such),
    ("deep_nesting_is_a_failure_and_not_a_hang", deep_nesting_is_a_failure_and_not_a_hang),
    ("a_file_that_changes_or_vanishes_is_noticed", a_file_that_changes_or_vanishes_is_noticed),
    ("nothing_that_a_child_says_is_believed", nothing_that_a_child_says_is_believed),
    ("a_child_knows_nothing_of_the_environment", a_child_knows_nothing_of_the_environment),
    ("a_workbook_comes_through_with_its_cells", a_workbook_comes_through_with_its_cells),
    ("a_mail_and_a_calendar_come_through", a_mail_and_a_calendar_come_through),
    ("fifty_megabytes_stay_within_their_limits", fifty_megabytes_stay_within_their_limits),
    ("two_hundred_thousand_rows_are_read", two_hundred_thousand_rows_are_read),
    (
        "a_workbook_that_unpacks_to_too_much_ends_with_its_code",
        a_workbook_that_unpacks_to_too_much_ends_with_its_code,
    ),
];

fn main() -> ExitCode {
    if let Some(code) = serve_if_asked() {
        return code;
    }
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let mut failed = 0;
    for (name, test) in TESTS.iter().filter(|(name, _)| name.contains(&filter)) {
        let folder = Folder(tempfile::tempdir().expect("a temporary folder"));
        let passed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&folder))).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    println!("\ntest result: {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Folder(TempDir);

impl Folder {
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).expect("the file is written");
        path
    }

    /// A program that stands in for a child that misbehaves.
    fn script(&self, commands: &str) -> PathBuf {
        let path = self.file("child.sh", format!("#!/bin/sh\n{commands}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("it may be run");
        path
    }

    fn docx(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        let mut zip = ZipWriter::new(fs::File::create(&path).expect("the file is made"));
        zip.start_file("word/document.xml", SimpleFileOptions::default()).expect("an entry begins");
        let namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
        let before = format!(r#"<w:document xmlns:w="{namespace}"><w:body><w:p><w:r><w:t>"#);
        let after = "</w:t></w:r></w:p></w:body></w:document>";
        for piece in [before.as_str(), text, after] {
            zip.write_all(piece.as_bytes()).expect("an entry is written");
        }
        zip.finish().expect("the package is finished");
        path
    }
}

fn read_with(reader: &ChildReader, path: &Path) -> Result<Vec<Page>, ReadFailure> {
    let mut pages = Vec::new();
    reader.read(path, &Cancel::new(), &mut |page| pages.push(page))?;
    Ok(pages)
}

fn reader(limits: ReadLimits) -> ChildReader {
    ChildReader::new(limits).expect("this program knows its own path")
}

fn read(path: &Path) -> Result<Vec<Page>, ReadFailure> {
    read_with(&reader(ReadLimits::default()), path)
}

fn code(result: Result<Vec<Page>, ReadFailure>) -> FailureCode {
    result.expect_err("it can't be read").code
}

/// Text of many pages.
fn long_text(pages: usize) -> String {
    format!("{}\n\n", "word ".repeat(600)).repeat(pages)
}

fn a_text_comes_through_page_by_page(folder: &Folder) {
    let pages = read(&folder.file("notes.md", "# 会议纪要\n\nText.\n")).expect("it is Markdown");
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].text, "# 会议纪要\n\nText.");
    assert_eq!(pages[0].headings[0].range.of(&pages[0].text), Some("会议纪要"));

    let pages = read(&folder.file("long.txt", long_text(10))).expect("it is text");
    assert_eq!(pages.iter().map(|page| page.number).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
}

fn content_decides_over_the_name(folder: &Folder) {
    let path = folder.docx("letter.txt", "Dear all");
    assert_eq!(read(&path).expect("it is a Word document")[0].text, "Dear all");
    assert_eq!(code(read(&folder.file("scan.pdf", b"\x89PNG\r\n\x1a\n0000"))), FailureCode::Broken);
    assert_eq!(code(read(&folder.file("scan.png", b"\x89PNG\r\n\x1a\n0000"))), FailureCode::Unsupported);
}

fn what_cannot_be_read_has_its_code(folder: &Folder) {
    assert_eq!(code(read(&folder.0.path().join("nothing.txt"))), FailureCode::Vanished);
    assert_eq!(code(read(folder.0.path())), FailureCode::Unsupported);
    assert_eq!(code(read(&folder.file("empty.pdf", ""))), FailureCode::Empty);
    assert_eq!(code(read(&folder.file("blank.txt", " \n\t\n"))), FailureCode::Empty);
    assert_eq!(code(read(&folder.file("half.pdf", "%PDF-1.4\n1 0 obj\n<<"))), FailureCode::Broken);
    assert_eq!(code(read(&folder.file("half.docx", "PK\x03\x04"))), FailureCode::Broken);
}

fn limits_on_size_text_and_pages_hold(folder: &Folder) {
    let path = folder.file("long.txt", long_text(10));
    let with = |limits| code(read_with(&reader(limits), &path));
    assert_eq!(with(ReadLimits { plain_file_bytes: 1000, ..ReadLimits::default() }), FailureCode::TooLarge);
    assert_eq!(with(ReadLimits { text_bytes: 5000, ..ReadLimits::default() }), FailureCode::TooLarge);
    assert_eq!(with(ReadLimits { pages: 3, ..ReadLimits::default() }), FailureCode::TooLarge);
}

fn a_child_beyond_its_time_is_stopped(folder: &Folder) {
    let path = folder.file("a.txt", "text");
    let limits = ReadLimits { time: Duration::ZERO, ..ReadLimits::default() };
    assert_eq!(code(read_with(&reader(limits), &path)), FailureCode::TimedOut);

    let limits = ReadLimits { time: Duration::from_millis(200), ..ReadLimits::default() };
    let sleeper = ChildReader::with_program(folder.script("exec sleep 60"), limits);
    let start = Instant::now();
    assert_eq!(code(read_with(&sleeper, &path)), FailureCode::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(10));
}

fn a_slow_caller_does_not_use_up_the_time(folder: &Folder) {
    let path = folder.file("long.txt", long_text(4));
    let limits =
        ReadLimits { time: Duration::from_secs(2), time_per_page: Duration::ZERO, ..ReadLimits::default() };
    let mut pages = 0;
    let result = reader(limits).read(&path, &Cancel::new(), &mut |_| {
        pages += 1;
        std::thread::sleep(Duration::from_millis(700));
    });
    assert_eq!((result, pages), (Ok(()), 4));
}

fn cancel_stops_between_pages(folder: &Folder) {
    let path = folder.file("long.txt", long_text(2000));
    let cancel = Cancel::new();
    let mut pages = 0;
    let result = reader(ReadLimits::default()).read(&path, &cancel, &mut |_| {
        pages += 1;
        cancel.cancel();
    });
    assert_eq!(result.expect_err("it was cancelled").code, FailureCode::Cancelled);
    assert_eq!(pages, 1);
}

fn a_killed_child_has_crashed(folder: &Folder) {
    let path = folder.file("long.txt", long_text(5000));
    let mut pages = 0;
    let result = reader(ReadLimits::default()).read(&path, &Cancel::new(), &mut |_| {
        pages += 1;
        if pages == 1 {
            for child in children() {
                rustix::process::kill_process(child, rustix::process::Signal::KILL).expect("it is running");
            }
        }
    });
    let failure = result.expect_err("it was killed");
    assert_eq!(failure.code, FailureCode::Crashed);
    assert!(failure.detail.contains("signal 9"), "{failure}");
    assert!(children().is_empty());

    let suicide =
        ChildReader::with_program(folder.script("echo oh no >&2; kill -SEGV $$"), ReadLimits::default());
    let failure = read_with(&suicide, &path).expect_err("it crashed");
    assert_eq!(failure.code, FailureCode::Crashed);
    assert!(failure.detail.contains("oh no"), "{failure}");
}

fn children() -> Vec<rustix::process::Pid> {
    let me = std::process::id();
    let listed = fs::read_to_string(format!("/proc/{me}/task/{me}/children")).expect("the system lists them");
    listed.split_whitespace().filter_map(|pid| rustix::process::Pid::from_raw(pid.parse().ok()?)).collect()
}

fn too_much_memory_is_told_as_such(folder: &Folder) {
    let path = folder.docx("bomb.docx", &"a".repeat(96 << 20));
    assert!(fs::metadata(&path).expect("it was written").len() < 1 << 20);
    let limits = ReadLimits { memory_bytes: 48 << 20, ..ReadLimits::default() };
    let failure = read_with(&reader(limits), &path).expect_err("it needs more");
    assert_eq!(failure.code, FailureCode::OutOfMemory, "{failure}");
}

fn deep_nesting_is_a_failure_and_not_a_hang(folder: &Folder) {
    let deep = "[".repeat(3_000_000);
    let pdf = format!(
        "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/X {deep}>>\nendobj\n2 0 obj\n<</Type/Pages/Count 1/Kids[]>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF"
    );
    let failure = read(&folder.file("deep.pdf", pdf)).expect_err("it has no page");
    assert!(matches!(failure.code, FailureCode::Broken | FailureCode::Crashed), "{failure}");
}

fn a_file_that_changes_or_vanishes_is_noticed(folder: &Folder) {
    let path = folder.file("a.txt", long_text(3));
    let reader = reader(ReadLimits::default());
    let result = reader.read(&path, &Cancel::new(), &mut |_| {
        let mut file = OpenOptions::new().append(true).open(&path).expect("it can be written");
        file.write_all(b"more").expect("it is written");
    });
    assert_eq!(result.expect_err("it changed").code, FailureCode::Changed);

    let result = reader.read(&path, &Cancel::new(), &mut |page| {
        if page.number == 1 {
            fs::remove_file(&path).expect("it can be removed");
        }
    });
    assert_eq!(result.expect_err("it is gone").code, FailureCode::Vanished);
}

fn nothing_that_a_child_says_is_believed(folder: &Folder) {
    let path = folder.file("a.txt", "text");
    let says = |commands: &str| {
        let reader = ChildReader::with_program(folder.script(commands), ReadLimits::default());
        let start = Instant::now();
        let code = code(read_with(&reader, &path));
        assert!(start.elapsed() < Duration::from_secs(20), "{commands}");
        code
    };
    let frame = |json: &str| {
        let length = (json.len() as u32).to_be_bytes().map(|byte| format!("\\{byte:03o}")).concat();
        format!("printf '{length}%s' '{json}'")
    };
    assert_eq!(says("exit 0"), FailureCode::Crashed);
    assert_eq!(says("echo hello, I am no frame at all"), FailureCode::Crashed);
    assert_eq!(says("printf '\\377\\377\\377\\377'; exec sleep 60"), FailureCode::Crashed);
    assert_eq!(says("exec >&-; exec sleep 60"), FailureCode::Crashed);
    assert_eq!(says(&frame(r#"{"Done":{"pages":0}}"#)), FailureCode::Crashed);
    assert_eq!(says(&frame(r#"{"Done":{"pages":7}}"#)), FailureCode::Crashed);
    assert_eq!(says(&frame(r#"{"Page":{"number":2,"text":"x","headings":[]}}"#)), FailureCode::Crashed);
    assert_eq!(
        says(&frame(r#"{"Page":{"number":1,"text":"x","headings":[[1,0,9]]}}"#)),
        FailureCode::Crashed
    );
    assert_eq!(says(&frame(r#"{"Failed":{"code":"no_such_code","detail":""}}"#)), FailureCode::Crashed);
    assert_eq!(says("yes | head -c 10000000 >&2; exit 3"), FailureCode::Crashed);
}

fn a_workbook_comes_through_with_its_cells(folder: &Folder) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("价格表").expect("a name");
    sheet.write_row_matrix(0, 0, [["品名", "单价"], ["酒店", "四百五十"]]).expect("cells");
    let path = folder.0.path().join("prices.xlsx");
    book.save(&path).expect("it is written");
    // Content decides over the name here too.
    for name in ["prices.xlsx", "prices.docx", "prices.txt", "prices"] {
        let copy = folder.0.path().join(name);
        if copy != path {
            fs::copy(&path, &copy).expect("it is copied");
        }
        let pages = read(&copy).expect("it is a workbook");
        assert_eq!(pages[0].text, "价格表 A1:B2\nA: 品名 | B: 单价\nA: 酒店 | B: 四百五十", "{name}");
        let sheet = pages[0].sheet.as_ref().expect("it is a sheet");
        let names: Vec<_> = sheet.cells.iter().map(|cell| cell.name()).collect();
        assert_eq!((sheet.name.as_str(), names.join(" ").as_str()), ("价格表", "A1 B1 A2 B2"));
    }
    let table = folder.file("export.xls", "Name\tAmount\nLi Wei\t12\nZhang San\t7\n");
    assert!(read(&table).expect("it is a table")[0].text.ends_with("Name: Zhang San | Amount: 7"));
    assert_eq!(code(read(&folder.file("page.xls", "<html><table><tr><td>1"))), FailureCode::Broken);
    assert_eq!(code(read(&folder.file("half.xlsx", "PK\x03\x04"))), FailureCode::Broken);
}

const EVENT: &str = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260301\r\nSUMMARY:付款\r\nEND:VEVENT\r\n";

fn a_mail_and_a_calendar_come_through(folder: &Folder) {
    let mail =
        folder.file("通知.eml", "From: a@example.com\r\nSubject: =?utf-8?B?5LuY5qy+?=\r\n\r\n您好\r\n");
    let text = &read(&mail).expect("it is a mail")[0].text;
    assert_eq!(text, "From: a@example.com\nSubject: 付款\n\n您好");
    let calendar = folder.file("a.ics", format!("BEGIN:VCALENDAR\r\n{EVENT}END:VCALENDAR\r\n"));
    let text = &read(&calendar).expect("it is a calendar")[0].text;
    assert_eq!(text, "Event: 付款\nWhen: 2026-03-01");
    assert_eq!(code(read(&folder.file("half.eml", "no head\n\nno mail"))), FailureCode::Broken);
    assert_eq!(
        code(read(&folder.file("half.ics", format!("BEGIN:VCALENDAR\r\n{EVENT}")))),
        FailureCode::Broken
    );
}

fn fifty_megabytes_stay_within_their_limits(folder: &Folder) {
    const BYTES: usize = 50 << 20;

    let tight = ReadLimits { memory_bytes: 64 << 20, ..ReadLimits::default() };
    let line = format!("{}\r\n", "QUJD".repeat(19));
    let head =
        "Subject: big\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nthe text\r\n--b\r\n";
    let attached =
        "Content-Disposition: attachment; filename=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let mail = format!("{head}{attached}{}--b--\r\n", line.repeat(BYTES / line.len()));
    let path = folder.file("big.eml", mail);
    let start = Instant::now();
    let pages = read_with(&reader(tight), &path).expect("most of it is an attachment");
    assert_eq!(pages[0].text, "Subject: big\nAttachment: big.bin\n\nthe text");
    println!("a mail of 50 MiB in {:.1} s", start.elapsed().as_secs_f32());

    let path = folder.file("long.eml", format!("Subject: long\r\n\r\n{}", long_text(BYTES / 3000)));
    let start = Instant::now();
    let limits = ReadLimits { text_bytes: 1 << 20, ..ReadLimits::default() };
    assert_eq!(code(read_with(&reader(limits), &path)), FailureCode::TooLarge);
    assert!(read(&path).expect("it is text").len() > 10_000);
    println!("a text of 50 MiB in {:.1} s", start.elapsed().as_secs_f32());

    let notes = format!("DESCRIPTION:{}\r\nEND:VEVENT", "议题：付款\r\n ".repeat(50));
    let event = EVENT.replace("END:VEVENT", &notes);
    let count = BYTES / event.len();
    let calendar = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", event.repeat(count));
    let path = folder.file("big.ics", calendar);
    let start = Instant::now();
    let pages = read(&path).expect("it is a calendar");
    let events: usize = pages.iter().map(|page| page.text.matches("Event: ").count()).sum();
    assert_eq!(events, count);
    println!("a calendar of 50 MiB in {:.1} s", start.elapsed().as_secs_f32());
    let limits = ReadLimits { memory_bytes: 16 << 20, ..ReadLimits::default() };
    assert_eq!(code(read_with(&reader(limits), &path)), FailureCode::OutOfMemory);
    let limits = ReadLimits { plain_file_bytes: 16 << 20, ..ReadLimits::default() };
    assert_eq!(code(read_with(&reader(limits), &path)), FailureCode::TooLarge);
}

fn two_hundred_thousand_rows_are_read(folder: &Folder) {
    const ROWS: u32 = 200_000;

    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["Meter", "Hall", "Reading"]).expect("a row");
    for row in 1..ROWS {
        sheet.write_string(row, 0, format!("meter {row}")).expect("a cell");
        sheet.write_string(row, 1, "hall 3").expect("a cell");
        sheet.write_number(row, 2, row).expect("a cell");
    }
    let path = folder.0.path().join("readings.xlsx");
    book.save(&path).expect("it is written");
    let start = Instant::now();
    let mut rows = 0;
    let mut last = String::new();
    let result = reader(ReadLimits::default()).read(&path, &Cancel::new(), &mut |page| {
        rows += page.text.lines().filter(|line| line.starts_with("Meter: ")).count();
        last = page.text;
    });
    assert_eq!(result, Ok(()));
    assert_eq!(rows, ROWS as usize - 1);
    assert!(last.ends_with("Meter: meter 199999 | Hall: hall 3 | Reading: 199999"), "{last}");
    println!("{ROWS} rows in {:.1} s", start.elapsed().as_secs_f32());

    let table: String = (1..ROWS)
        .fold("Meter,Hall,Reading\n".to_owned(), |table, row| table + &format!("meter {row},hall 3,{row}\n"));
    let start = Instant::now();
    let pages = read(&folder.file("readings.csv", table)).expect("it is a table");
    let rows = pages.iter().flat_map(|page| page.text.lines()).filter(|line| line.starts_with("Meter: "));
    assert_eq!(rows.count(), ROWS as usize - 1);
    println!("{ROWS} rows of plain text in {:.1} s", start.elapsed().as_secs_f32());
}

fn a_workbook_that_unpacks_to_too_much_ends_with_its_code(folder: &Folder) {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let write = |name: &str, strings: u32, count: &str| {
        let path = folder.0.path().join(name);
        let mut zip = ZipWriter::new(fs::File::create(&path).expect("the file is made"));
        zip_begin(&mut zip, "_rels/.rels");
        let tie = |kind: &str, target: &str| {
            format!(r#"<Relationship Id="r1" Type="{kinds}/{kind}" Target="{target}"/>"#)
        };
        put(
            &mut zip,
            &format!("<Relationships>{}</Relationships>", tie("officeDocument", "xl/workbook.xml")),
        );
        zip_begin(&mut zip, "xl/_rels/workbook.xml.rels");
        put(
            &mut zip,
            &format!("<Relationships>{}</Relationships>", tie("worksheet", "worksheets/sheet1.xml")),
        );
        zip_begin(&mut zip, "xl/workbook.xml");
        put(
            &mut zip,
            &format!(
                r#"<workbook xmlns="{main}" xmlns:r="{kinds}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#
            ),
        );
        zip_begin(&mut zip, "xl/worksheets/sheet1.xml");
        put(
            &mut zip,
            &format!(
                r#"<worksheet xmlns="{main}"><sheetData><row r="1"><c r="A1"><v>7</v></c></row></sheetData></worksheet>"#
            ),
        );
        zip_begin(&mut zip, "xl/sharedStrings.xml");
        put(&mut zip, &format!(r#"<sst xmlns="{main}" uniqueCount="{count}">"#));
        let string = format!("<si><t>{}</t></si>", "a".repeat(1 << 20));
        (0..strings).for_each(|_| put(&mut zip, &string));
        put(&mut zip, "</sst>");
        zip.finish().expect("the package is finished");
        path
    };
    let bomb = write("bomb.xlsx", 520, "1");
    assert!(fs::metadata(&bomb).expect("it was written").len() < 2 << 20);
    assert_eq!(code(read(&bomb)), FailureCode::TooLarge);
    // Within what may be unpacked, but not within the memory.
    let limits = ReadLimits { memory_bytes: 64 << 20, ..ReadLimits::default() };
    let failure = read_with(&reader(limits), &write("heavy.xlsx", 100, "1")).expect_err("it needs more");
    assert_eq!(failure.code, FailureCode::OutOfMemory, "{failure}");
    // A table of strings that claims more of them than there is memory for.
    for claim in ["1000000000000", "18446744073709551615"] {
        let code = code(read(&write("claim.xlsx", 1, claim)));
        assert!(matches!(code, FailureCode::OutOfMemory | FailureCode::Broken), "{code:?}");
    }
}

fn zip_begin(zip: &mut ZipWriter<fs::File>, name: &str) {
    zip.start_file(name, SimpleFileOptions::default()).expect("an entry begins");
}

fn put(zip: &mut ZipWriter<fs::File>, text: &str) {
    zip.write_all(text.as_bytes()).expect("an entry is written");
}

fn a_child_knows_nothing_of_the_environment(folder: &Folder) {
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "cargo sets it for tests");
    let reader =
        ChildReader::with_program(folder.script("env >&2; echo \"$@\" >&2; exit 3"), ReadLimits::default());
    let path = folder.file("secret-name.txt", "text");
    let failure = read_with(&reader, &path).expect_err("it reads nothing");
    assert!(!failure.detail.contains("CARGO"), "{failure}");
    assert!(!failure.detail.contains("secret-name"), "{failure}");
}
