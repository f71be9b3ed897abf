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

fn a_child_knows_nothing_of_the_environment(folder: &Folder) {
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "cargo sets it for tests");
    let reader =
        ChildReader::with_program(folder.script("env >&2; echo \"$@\" >&2; exit 3"), ReadLimits::default());
    let path = folder.file("secret-name.txt", "text");
    let failure = read_with(&reader, &path).expect_err("it reads nothing");
    assert!(!failure.detail.contains("CARGO"), "{failure}");
    assert!(!failure.detail.contains("secret-name"), "{failure}");
}
