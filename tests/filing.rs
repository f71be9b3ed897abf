//! Filing a person's folder in the terminal: nothing moves before a yes, all of it comes back, and a kill
//! in the middle loses nothing.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::setting::{self, CHAT_MODEL, Home};

const AGENT: &str = r#"
name = { en = "Sorter", zh = "整理" }
description = { en = "Sorts by file names", zh = "按文件名整理" }
industry = "office"

[[inputs]]
name = "papers"
label = { en = "Papers", zh = "文件" }
kind = "folder"

[[steps]]
name = "kinds"
use = "query"
title = { en = "Tell the kinds", zh = "区分种类" }
sql = "select row_no as papers_row, file, name, text, case when text like 'Invoice%' then 'invoices' when text like 'Letter%' then 'letters' else '' end as kind, 'same' as title from papers where problem = '' order by row_no"

[[steps]]
name = "filed"
use = "file"
title = { en = "File", zh = "归档" }
folder = "papers"
rows = "kinds"
to = "{kind}/{title}"
how = "move"

[[steps]]
name = "list"
use = "write"
title = { en = "List", zh = "清单" }
file = "{run.today}-list.pdf"
heading = { en = "Filed papers", zh = "已归档文件" }
tables = [{ from = "filed", title = { en = "Papers", zh = "文件" }, columns = [
    { from = "file", title = { en = "Before", zh = "原路径" } },
    { from = "to", title = { en = "Now", zh = "现路径" } },
    { from = "text@place", title = { en = "Place", zh = "出处" } },
] }]

[[checks]]
name = "quoted"
says = { en = "Texts are quoted", zh = "文字有出处" }
kind = "quoted"
table = "kinds"
columns = ["text"]

[[checks]]
name = "opens"
says = { en = "The list opens", zh = "清单可以打开" }
kind = "reopens"
file = "list"
"#;

const INVOICES: usize = 8;

struct Setting {
    home: Home,
    folder: TempDir,
}

impl Setting {
    /// Invoices and a letter in two folders, and what must stay where it is: a file that holds nothing, a
    /// hidden one, and a link to what lies outside.
    fn new() -> Self {
        let home = Home::new();
        let agent = home.path().join("agents/sorter");
        std::fs::create_dir_all(&agent).expect("a folder");
        std::fs::write(agent.join("agent.toml"), AGENT).expect("the agent");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("old")).expect("a folder");
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        for number in 1..=INVOICES {
            put(&format!("old/scan {number}.txt"), &format!("Invoice {number} of 2 March 2026"));
        }
        put("信.txt", "Letter to the bank");
        put("note.txt", "Neither of both");
        put("empty.txt", "");
        put(".hidden.txt", "Invoice that is hidden");
        std::fs::write(home.path().join("outside.txt"), "Invoice outside").expect("a file");
        std::os::unix::fs::symlink(home.path().join("outside.txt"), folder.path().join("link.txt"))
            .expect("a link");
        Self { home, folder }
    }

    fn papers(&self) -> String {
        format!("papers={}", self.folder.path().display())
    }

    fn run<'a>(&self, papers: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments =
            vec!["run", "sorter", "--model", CHAT_MODEL, "--language", "en", "--input", papers];
        arguments.extend(more);
        arguments
    }
}

/// Everything beneath a folder: kind, mode, time and content.
fn tree(folder: &Path) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let facts = path.symlink_metadata().expect("facts");
            let content = match facts.is_file() {
                true => std::fs::read(&path).expect("a file"),
                false => Vec::new(),
            };
            if facts.is_dir() {
                open.push(path.clone());
            }
            all.insert(path, (facts.permissions().mode(), facts.mtime(), facts.mtime_nsec(), content));
        }
    }
    all
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn files_move_after_a_yes_only_and_all_of_them_come_back() {
    let _alone = setting::alone();
    let setting = Setting::new();
    let (home, folder, papers) = (&setting.home, setting.folder.path(), setting.papers());
    let before = tree(folder);

    let waiting = home.run(&setting.run(&papers, &[]));
    let pending = &waiting.one()["pending"];
    assert_eq!(
        (&waiting.one()["state"], &pending["kind"]),
        (&"waiting".into(), &"approval".into()),
        "{waiting:?}"
    );
    let preview = pending["preview"].as_str().expect("a preview");
    assert_eq!(preview.lines().count(), INVOICES + 1, "{preview}");
    assert!(
        preview.contains("old/scan 8.txt → invoices/same") && preview.contains("信.txt → letters/same.txt")
    );
    assert!(!preview.contains("hidden") && !preview.contains("link") && !preview.contains("note.txt"));
    assert_eq!(tree(folder), before, "nothing moves before the yes");
    assert_eq!(home.run(&["refuse", "1"]).one()["state"], "stopped");
    assert_eq!(tree(folder), before);

    home.run(&setting.run(&papers, &[]));
    let done = home.run(&["approve", "2"]);
    assert_eq!(done.one()["state"], "passed", "{done:?}");
    assert_eq!((files_in(&folder.join("invoices")), files_in(&folder.join("letters"))), (INVOICES, 1));
    assert!(folder.join("invoices/same (8).txt").is_file(), "no file is written over by another");
    assert!(folder.join("note.txt").is_file() && folder.join("empty.txt").is_file());
    let undone = home.run(&["undo", "2", "--step", "filed"]);
    assert_eq!(undone.code, Some(0), "{undone:?}");
    assert_eq!(tree(folder), before, "byte for byte, with modes and times");
    assert_eq!(home.run(&["audit", "verify"]).one()["sound"], true);
}

#[test]
fn a_file_that_changes_between_question_and_yes_is_asked_about_again() {
    let _alone = setting::alone();
    let setting = Setting::new();
    let papers = setting.papers();
    setting.home.run(&setting.run(&papers, &[]));
    std::fs::write(setting.folder.path().join("信.txt"), "Letter that somebody else put there")
        .expect("a file");
    let again = setting.home.run(&["approve", "1"]);
    assert_eq!(again.one()["state"], "waiting", "the yes was for another content: {again:?}");
    assert_eq!(files_in(&setting.folder.path().join("letters")), 0);
}

#[test]
fn a_kill_while_filing_loses_nothing_and_moves_nothing_twice() {
    let _alone = setting::alone();
    let whole = {
        let setting = Setting::new();
        let papers = setting.papers();
        let begun = Instant::now();
        let done = setting.home.run(&setting.run(&papers, &["--allow", "file"]));
        assert_eq!(done.one()["state"], "passed", "{done:?}");
        begun.elapsed()
    };
    let mut cut_short = 0;
    for kill in 0..4_u32 {
        let setting = Setting::new();
        let (home, folder, papers) = (&setting.home, setting.folder.path(), setting.papers());
        let before = tree(folder);
        let mut child = home
            .command(&setting.run(&papers, &["--allow", "file"]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // The files are moved in the last part of the run.
        let share = 0.6 + 0.4 * f64::from(kill + 1) / 5.0;
        std::thread::sleep(whole.mul_f64(share).max(Duration::from_millis(20)));
        child.kill().expect("SIGKILL");
        child.wait().expect("an end");
        let runs = home.run(&["runs"]);
        let state = runs.one()["runs"].as_array().expect("runs").first().map(|run| run["state"].clone());
        let Some(state) = state else { continue };
        cut_short += u32::from(state == "running");
        let resumed = home.run(&["resume", "1"]);
        if state == "running" {
            assert_eq!(resumed.one()["state"], "passed", "{resumed:?}");
        }
        assert_eq!((files_in(&folder.join("invoices")), files_in(&folder.join("letters"))), (INVOICES, 1));
        assert_eq!(home.run(&["undo", "1"]).code, Some(0));
        assert_eq!(tree(folder), before);
        assert_eq!(home.run(&["audit", "verify"]).one()["sound"], true);
    }
    println!("{cut_short} of 4 runs were cut short");
    assert!(cut_short > 0);
}
