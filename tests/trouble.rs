//! Bad files and bad luck: each gives its own named state or error, the rest goes on, and nothing
//! is lost.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use inhouse_app::{App, Options};

use crate::setting::{CHAT_MODEL, Ended, Home, corpus, inhouse, models};

const GOOD: &str = "# Keys\n\nThe spare key of the archive is kept by Ms. Whitmore in room 214.\n";

fn plain(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn a_folder_and_a_file_without_read_permission_are_named_and_the_rest_is_read() {
    // A person with all rights is refused nothing, so the program gives up that one right.
    let home =
        Home::through(&["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("good.md"), GOOD).expect("a file");
    let (closed_file, closed_folder) = (folder.path().join("closed.md"), folder.path().join("closed"));
    std::fs::write(&closed_file, GOOD.repeat(2)).expect("a file");
    std::fs::create_dir(&closed_folder).expect("a folder");
    for path in [&closed_file, &closed_folder] {
        set_mode(path, 0o000);
    }
    let added = home.run(&["add", plain(folder.path())]);
    set_mode(&closed_folder, 0o700);
    assert_eq!(added.code, Some(0), "{added:?}");
    let skipped = added.one()["skipped"].as_array().expect("what was left out").clone();
    assert!(
        skipped
            .iter()
            .any(|one| one["path"] == plain(&closed_folder) && one["reason"] == "permission_denied")
    );
    assert_eq!(home.source("closed.md")["reason"], "permission_denied");
    assert_eq!(home.source("good.md")["state"], "ready");

    set_mode(&closed_file, 0o600);
    assert_eq!(home.run(&["add", plain(folder.path())]).code, Some(0));
    assert_eq!(home.source("closed.md")["state"], "ready");
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
}

#[test]
fn a_file_that_vanishes_while_it_waits_and_one_that_is_too_large_are_named() {
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (gone, good) = (folder.path().join("gone.md"), folder.path().join("good.md"));
    std::fs::write(&gone, GOOD.repeat(3)).expect("a file");
    {
        let app =
            App::open(Options { home: Some(home.path().into()), ..Options::default() }).expect("an app");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let report = runtime.block_on(app.add(std::slice::from_ref(&gone))).expect("a report");
        assert_eq!(report.queued.len(), 1);
    }
    std::fs::remove_file(&gone).expect("the file is removed");
    std::fs::write(&good, GOOD).expect("a file");
    let large = folder.path().join("large.txt");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&large).expect("a file"));
    for number in 0..4_000_000 {
        writeln!(file, "{number:>10} one more line of a protocol that nobody will read").expect("a line");
    }
    drop(file);
    assert!(std::fs::metadata(&large).expect("a size").len() > 200_000_000);

    let added = home.run(&["add", plain(folder.path())]);
    assert_eq!(added.code, Some(0), "{added:?}");
    assert_eq!(home.source("gone.md")["reason"], "vanished");
    assert_eq!(home.source("large.txt")["reason"], "too_large");
    assert_eq!(home.source("good.md")["state"], "ready");
}

#[test]
fn the_same_file_twice_is_one_source_and_a_changed_one_replaces_its_passages() {
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (first, second) = (folder.path().join("a.md"), folder.path().join("b.md"));
    std::fs::write(&first, GOOD).expect("a file");
    std::fs::write(&second, GOOD).expect("a file");
    assert_eq!(home.run(&["add", plain(folder.path())]).code, Some(0));
    assert_eq!(home.sources().len(), 1);

    std::fs::remove_file(&second).expect("the file is removed");
    std::fs::write(&first, GOOD.replace("214", "307")).expect("a changed file");
    assert_eq!(home.run(&["add", plain(&first)]).code, Some(0));
    let hits = home.run(&["search", "spare key of the archive"]);
    let texts: Vec<_> = hits.one()["hits"]
        .as_array()
        .expect("hits")
        .iter()
        .map(|hit| hit["text"].as_str().expect("a text"))
        .collect();
    // The copy is still known at its place, since nobody has removed it there.
    assert!(texts.iter().any(|text| text.contains("307")), "{texts:?}");

    for source in home.sources() {
        let id = source["id"].to_string();
        assert_eq!(home.run(&["remove", &id]).code, Some(0));
    }
    assert_eq!(home.run(&["search", "spare key"]).one()["hits"].as_array().map(Vec::len), Some(0));
    let again = home.run(&["remove", "1"]);
    assert_eq!(again.one()["error"]["code"], "not_found");
}

#[test]
fn a_model_file_cut_in_half_is_refused_with_its_sizes() {
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = models().join("smollm2-135m-instruct-q4_1.gguf");
    let bytes = std::fs::read(&whole)
        .unwrap_or_else(|_| panic!("{} is missing: `cargo xtask models`", whole.display()));
    let half = folder.path().join("smollm2-135m-instruct-q4_1.gguf");
    std::fs::write(&half, &bytes[..bytes.len() / 2]).expect("half a model");

    let imported = home.run(&["models", "import", plain(&half)]);
    assert_eq!(imported.code, Some(1));
    let error = &imported.one()["error"];
    assert_eq!(error["code"], "model_broken", "{error}");
    assert!(error["message"].as_str().expect("a message").contains(plain(&half)), "{error}");

    let output = home
        .command(&["models", "verify", "smollm2-135m-instruct-q4_1"])
        .env("INHOUSE_MODELS", folder.path())
        .env("XDG_CACHE_HOME", folder.path())
        .current_dir(folder.path())
        .output()
        .expect("the program starts");
    let verified = Ended::of(output);
    assert_eq!(verified.code, Some(3), "{verified:?}");
    assert_eq!(verified.one()["models"][0]["ok"], false);

    let whole_again = home.run(&["models", "import", plain(&whole)]);
    assert_eq!(whole_again.code, Some(0), "{whole_again:?}");
    assert_eq!(whole_again.one()["known"], true);
}

#[test]
fn a_full_disk_is_named_and_the_work_goes_on_when_there_is_room() {
    let mount = tempfile::tempdir().expect("a temporary folder");
    let script = r#"
        set -u
        mount -t tmpfs -o size=1500k tmpfs "$1"
        dd if=/dev/zero of="$1/ballast" bs=1k count=1300 2>/dev/null
        "$2" --json --home "$1/home" add "$3"; echo "code $?" >&2
        rm -f "$1/ballast"
        mount -o remount,size=64m "$1"
        "$2" --json --home "$1/home" add "$3"; echo "code $?" >&2
        "$2" --json --home "$1/home" sources
    "#;
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh", plain(mount.path())])
        .arg(inhouse())
        .arg(corpus().join("staff-handbook.docx"))
        .env("INHOUSE_MODELS", models())
        .output()
        .expect("unshare starts");
    let ended = Ended::of(output);
    let told = ended.objects.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(told.contains("disk_full"), "{ended:?}");
    assert!(ended.errors.contains("code 0"), "with room it is read: {ended:?}");
    let last = ended.objects.last().expect("the sources");
    assert_eq!(last["sources"][0]["state"], "ready", "{ended:?}");
    assert_eq!(last["sources"].as_array().map(Vec::len), Some(1), "{ended:?}");
}

#[test]
fn asking_without_the_model_names_it_and_the_way_out() {
    let home = Home::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("good.md"), GOOD).expect("a file");
    assert_eq!(home.run(&["add", plain(folder.path())]).code, Some(0));
    let asked = home.run(&["ask", "--model", "no-such-model", "who keeps the spare key?"]);
    assert_eq!(asked.code, Some(1));
    assert_eq!(asked.one()["error"]["code"], "model_unknown");
    let empty = Home::new().run(&["ask", "--model", CHAT_MODEL, "Who keeps the key?"]);
    assert_eq!(empty.one()["declined"], true);
    assert_eq!(empty.one()["answer"], "This is not in your documents.");
}
