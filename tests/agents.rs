//! Agents in the terminal: tasks are carried to their outcome, wait for approval, are undone byte for
//! byte, survive kills, and leave a log in which a change is found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::setting::{self, CHAT_MODEL, Home, repository};

/// A role whose work needs no answer of the model.
const RECONCILER: &str = "reconciler";

fn case(role: &str, name: &str) -> PathBuf {
    repository().join("agents").join(role).join(name)
}

/// The files of a folder with their bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.map(|path| (path.clone(), std::fs::read(&path).expect("a file"))).collect()
}

/// The two sheets of the reconciler's first case.
fn sheets() -> [String; 2] {
    let folder = case("finance/reconciler", "case-1");
    let text = std::fs::read_to_string(folder.join("case.toml")).expect("a case");
    let file = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("{name} ="))).expect("a file");
        let value = line.split('"').nth(1).expect("a name");
        folder.join(value).to_str().expect("a plain path").to_owned()
    };
    [format!("bank={}", file("bank")), format!("ledger={}", file("ledger"))]
}

fn run_arguments<'a>(sheets: &'a [String; 2], more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["run", RECONCILER, "--model", CHAT_MODEL, "--input", &sheets[0], &sheets[1]];
    arguments.extend(more);
    arguments
}

#[test]
fn roles_that_compute_pass_their_cases_with_the_smallest_model() {
    let _alone = setting::alone();
    let home = Home::new();
    for role in [RECONCILER, "inspection-reporter", "public-release-redactor"] {
        let tested = home.run(&["agents", "test", role, "--model", CHAT_MODEL]);
        for case in &tested.objects {
            println!(
                "{role} {}: {} of {} found, {} false alarms, {:.1} s",
                case["case"], case["found"], case["seeded"], case["false_alarms"], case["seconds"]
            );
            assert_eq!(case["passed"], true, "{case}");
            assert_eq!((&case["found"], case["false_alarms"].as_u64()), (&case["seeded"], Some(0)), "{case}");
        }
        assert!(tested.code == Some(0) && tested.objects.len() >= 2, "{tested:?}");
    }
}

#[test]
fn a_redacted_pdf_has_nothing_of_what_went() {
    let _alone = setting::alone();
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let policy = folder.path().join("limits for Vienna.pdf");
    std::fs::copy(setting::corpus().join("travel-policy.pdf"), &policy).expect("a copy");
    let policy = policy.to_str().expect("a plain path");
    let input = format!("document={policy}");
    let role = "public-release-redactor";
    let names = "names=Vienna, Zurich";
    let run = home.run(&["run", role, "--model", CHAT_MODEL, "--input", &input, "--set", names]);
    // Its own check has read the new file again.
    assert_eq!(run.one()["state"], "passed", "{run:?}");
    let work = home.path().join("work").join(role).join("run-1");
    let new = work.join("limits for XX-public.pdf");
    assert!(new.is_file(), "{:?}", tree(&work).keys());

    let texts = |path: &str| {
        let home = Home::new();
        home.run(&["add", path]);
        let found = home.run(&["search", "hotel limit for a night in each city", "--top", "20"]);
        found.one()["hits"].to_string()
    };
    let (before, after) = (texts(policy), texts(new.to_str().expect("a plain path")));
    for city in ["Vienna", "Zurich"] {
        assert!(before.contains(city) && !after.contains(city), "{city}: {after}");
    }
    assert!(after.contains("Munich"), "the rest stays: {after}");
}

#[test]
fn a_file_outside_is_written_after_a_yes_only_and_undone_to_the_byte() {
    let _alone = setting::alone();
    let home = Home::new();
    let out = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(out.path().join("mine.txt"), "mine").expect("a file");
    let before = tree(out.path());
    let folder = out.path().to_str().expect("a plain path");
    let sheets = sheets();

    let waiting = home.run(&run_arguments(&sheets, &["--out", folder, "--language", "zh"]));
    assert_eq!(waiting.one()["state"], "waiting", "{waiting:?}");
    assert_eq!(waiting.one()["pending"]["kind"], "approval");
    assert!(waiting.one()["pending"]["preview"].as_str().expect("a preview").contains("差"), "{waiting:?}");
    assert_eq!(tree(out.path()), before, "nothing is written before the yes");

    let refused = home.run(&["refuse", "1"]);
    assert_eq!((refused.code, &refused.one()["state"]), (Some(3), &Value::from("stopped")), "{refused:?}");
    assert_eq!(tree(out.path()), before);

    home.run(&run_arguments(&sheets, &["--out", folder]));
    let approved = home.run(&["approve", "2"]);
    assert_eq!(approved.one()["state"], "passed", "{approved:?}");
    assert_eq!(tree(out.path()).len(), 2);
    assert!(home.run(&["approve", "2"]).code == Some(1), "there is nothing to approve any more");

    let undone = home.run(&["undo", "2"]);
    assert_eq!(undone.one()["files"][0]["undone"], true, "{undone:?}");
    assert_eq!(tree(out.path()), before);

    assert_eq!(home.run(&["judge", "2", "rejected"]).code, Some(0));
    let outcomes = home.run(&["outcomes"]);
    let sum = &outcomes.one()["outcomes"][0];
    assert_eq!(
        (&sum["runs"], &sum["passed"], &sum["approvals"], &sum["rejected"]),
        (&2.into(), &1.into(), &1.into(), &1.into())
    );
    assert_eq!(home.run(&["audit", "verify"]).one()["sound"], true);
}

#[test]
fn a_run_that_is_killed_goes_on_and_writes_its_file_once() {
    let _alone = setting::alone();
    let sheets = sheets();
    let whole = {
        let home = Home::new();
        let begun = Instant::now();
        assert_eq!(home.run(&run_arguments(&sheets, &[])).one()["state"], "passed");
        begun.elapsed()
    };
    let mut cut_short = 0;
    for kill in 0..8_u32 {
        let home = Home::new();
        let mut child = home
            .command(&run_arguments(&sheets, &[]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(whole.mul_f64(f64::from(kill + 1) / 9.0).max(Duration::from_millis(20)));
        child.kill().expect("SIGKILL");
        child.wait().expect("an end");
        let runs = home.run(&["runs"]);
        let Some(state) =
            runs.one()["runs"].as_array().expect("runs").first().map(|run| run["state"].clone())
        else {
            continue;
        };
        cut_short += u32::from(state == "running");
        let resumed = home.run(&["resume", "1"]);
        assert_eq!(resumed.one()["state"], "passed", "{resumed:?}");
        let work = home.path().join("work").join(RECONCILER).join("run-1");
        assert_eq!(tree(&work).len(), 1, "one file, not two and not half of one");
        assert_eq!(home.run(&["audit", "verify"]).one()["sound"], true);
        assert_eq!(home.run(&["undo", "1"]).code, Some(0));
        assert_eq!(tree(&work).len(), 0);
    }
    println!("{cut_short} of 8 runs were cut short");
    assert!(cut_short > 0);
}

#[test]
fn what_is_wrong_with_a_task_or_an_agent_is_told() {
    let home = Home::new();
    let missing = home.run(&["run", "no-such-agent"]);
    assert_eq!(missing.one()["error"]["code"], "not_found", "{missing:?}");
    let tool = home.run(&["run", RECONCILER, "--allow", "everything"]);
    assert_eq!(tool.one()["error"]["code"], "bad_task", "{tool:?}");
    let (file, folder) = (home.path().join("a.txt"), home.path().join("papers"));
    std::fs::write(&file, "a").expect("a file");
    std::fs::create_dir(&folder).expect("a folder");
    let [file, folder] = [&file, &folder].map(|path| path.to_str().expect("a plain path"));
    for (agent, given, part) in [
        ("archivist", vec![], "archivist needs `papers`"),
        ("archivist", vec!["--input", file], "`papers` is a folder"),
        ("contract-comparer", vec!["--input", folder, file], "`old` is a file"),
        ("contract-comparer", vec!["--input", file], "contract-comparer needs `new`"),
        ("contract-comparer", vec!["--input", file, file, file], "takes no further file"),
        ("contract-comparer", vec!["--set", "colour=red"], "takes no `colour`"),
    ] {
        let told = home.run(&[vec!["run", agent, "--model", CHAT_MODEL], given].concat());
        let error = &told.one()["error"];
        assert_eq!(error["code"], "bad_task", "{told:?}");
        assert!(error["message"].as_str().expect("a message").contains(part), "{told:?}");
    }
    assert_eq!(home.run(&["runs"]).one()["runs"], serde_json::json!([]), "no run is begun");
    let empty = format!("papers={folder}");
    let nothing = home.run(&["run", "archivist", "--model", CHAT_MODEL, "--input", &empty]);
    assert_eq!(nothing.one()["state"], "broken", "nothing was filed, so nothing has passed: {nothing:?}");
    let folder = home.path().join("agents/mine");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("agent.toml"), "name = { en = \"Mine\", zh = \"我的\" }\ncolour = 1\n")
        .expect("a file");
    let broken = home.run(&["agents", "check", "mine"]);
    assert!(broken.one()["error"]["message"].as_str().expect("a message").contains("line"), "{broken:?}");
    let listed = home.run(&["agents"]);
    assert_eq!(listed.one()["broken"].as_array().map(Vec::len), Some(1));
    assert!(listed.one()["agents"].as_array().expect("agents").len() >= 10, "the others are there");
}
