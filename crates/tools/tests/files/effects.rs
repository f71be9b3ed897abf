//! Each effect does what its preview says, to the letter, or nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use inhouse_tools::files::{ContentKind, DiffTag, Effect, FilesError, Journal, Limits, StepState};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::scene::{Disks, Scene, apply, undo_all};
use crate::tree::{must_be_same, must_be_tidy, odd_names};

pub const TESTS: &[crate::Test] = &[
    ("a_preview_tells_what_will_happen_and_changes_nothing", a_preview_tells_what_will_happen),
    ("an_approval_holds_for_what_was_shown_and_once", an_approval_holds_for_what_was_shown_and_once),
    ("new_files_follow_the_umask_and_never_run", new_files_follow_the_umask_and_never_run),
    ("a_replaced_file_keeps_its_mode_and_is_one_file_again", a_replaced_file_keeps_its_mode),
    ("names_of_all_kinds_come_and_go", names_of_all_kinds_come_and_go),
    ("hard_links_keep_what_they_held", hard_links_keep_what_they_held),
    ("write_protection_is_respected", write_protection_is_respected),
    ("too_much_is_refused_before_anything_happens", too_much_is_refused_before_anything_happens),
    ("folders_move_as_a_whole_or_not_at_all", folders_move_as_a_whole_or_not_at_all),
];

fn create(path: &str, bytes: &str) -> Effect {
    Effect::Create { path: path.into(), bytes: bytes.into() }
}

fn replace(path: &str, bytes: &str) -> Effect {
    Effect::Replace { path: path.into(), bytes: bytes.into() }
}

fn a_preview_tells_what_will_happen() {
    let scene = Scene::new(Disks::One);
    let file = scene.file("notes.txt", "one\ntwo\nthree\n");
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    fs::hard_link(&file, scene.path("same file")).unwrap();
    scene.file("folder/a", "12345");
    scene.file("folder/b/c", "678");
    let (trees, grant, journal) = (scene.trees(), scene.grant(), scene.open());
    let preview = journal.preview(&grant, &replace("notes.txt", "one\n2\nthree\n")).unwrap();
    let now = preview.now.unwrap();
    assert_eq!((preview.path.as_path(), preview.to), (file.as_path(), None));
    assert_eq!((now.bytes, now.content, now.mode, now.names), (14, Some(ContentKind::Text), 0o640, 2));
    let diff = preview.diff.unwrap();
    let lines: Vec<_> = diff.lines.iter().map(|line| (line.tag, line.text.as_str())).collect();
    assert_eq!((diff.added, diff.removed), (1, 1));
    assert!(lines.contains(&(DiffTag::Removed, "two")) && lines.contains(&(DiffTag::Added, "2")));

    let preview = journal.preview(&grant, &create("new.bin", "\0")).unwrap();
    assert_eq!(preview.new.unwrap().kind, ContentKind::Binary);
    assert!(preview.now.is_none() && preview.diff.is_none());

    let to = scene.path("elsewhere");
    let moved = Effect::Move { from: "folder".into(), to: to.clone() };
    let preview = journal.preview(&grant, &moved).unwrap();
    let now = preview.now.unwrap();
    assert_eq!((now.is_folder, now.bytes, now.entries), (true, 8, 3));
    assert_eq!(preview.to, Some(to));

    assert!(matches!(journal.preview(&grant, &create("notes.txt", "")), Err(FilesError::Exists { .. })));
    assert!(matches!(journal.preview(&grant, &replace("none", "")), Err(FilesError::NotFound { .. })));
    assert!(matches!(
        journal.preview(&grant, &create("no/such/folder", "")),
        Err(FilesError::NotFound { .. })
    ));
    must_be_same(&trees, &scene.roots, "after previews");
}

fn an_approval_holds_for_what_was_shown_and_once() {
    let scene = Scene::new(Disks::One);
    let (grant, mut journal) = (scene.grant(), scene.open());
    let changed = |result: Result<_, FilesError>| assert!(matches!(result, Err(FilesError::Changed { .. })));

    let approval = journal.preview(&grant, &create("new", "shown")).unwrap().approve();
    changed(journal.apply(&grant, &create("new", "other bytes"), approval));
    let approval = journal.preview(&grant, &create("new", "shown")).unwrap().approve();
    changed(journal.apply(&grant, &create("other name", "shown"), approval));

    // A target that appears meanwhile.
    let approval = journal.preview(&grant, &create("new", "shown")).unwrap().approve();
    scene.file("new", "somebody's");
    let result = journal.apply(&grant, &create("new", "shown"), approval);
    assert!(matches!(result, Err(FilesError::Exists { .. })), "{result:?}");
    assert_eq!(fs::read(scene.path("new")).unwrap(), b"somebody's");

    // A file that changes meanwhile, also when its size and time stay.
    let file = scene.file("file", "old");
    let time = fs::metadata(&file).unwrap().modified().unwrap();
    let approval = journal.preview(&grant, &replace("file", "new")).unwrap().approve();
    fs::write(&file, "OLD").unwrap();
    fs::File::open(&file).unwrap().set_modified(time).unwrap();
    changed(journal.apply(&grant, &replace("file", "new"), approval));
    let approval = journal.preview(&grant, &Effect::Trash { path: "file".into() }).unwrap().approve();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    changed(journal.apply(&grant, &Effect::Trash { path: "file".into() }, approval));

    // A folder in which something appears.
    scene.file("folder/a", "x");
    let trash = Effect::Trash { path: "folder".into() };
    let approval = journal.preview(&grant, &trash).unwrap().approve();
    scene.file("folder/b", "x");
    changed(journal.apply(&grant, &trash, approval));
    assert!(journal.steps().is_empty() && scene.path("folder/b").is_file());
    must_be_tidy(&scene.roots, "after refusals");
}

fn new_files_follow_the_umask_and_never_run() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let before = umask(Mode::from_raw_mode(0o022));
    for (mask, file, folder, copy) in
        [(0o022, 0o644, 0o755, 0o644), (0o077, 0o600, 0o700, 0o600), (0o000, 0o666, 0o777, 0o664)]
    {
        let scene = Scene::new(Disks::One);
        let program = scene.file("program", "#!/bin/sh\n");
        fs::set_permissions(&program, Permissions::from_mode(0o2775)).unwrap();
        let private = scene.file("private", "secret");
        fs::set_permissions(&private, Permissions::from_mode(0o600)).unwrap();
        let (grant, mut journal) = (scene.grant(), scene.open());
        umask(Mode::from_raw_mode(mask));
        apply(&mut journal, &grant, &create("new", "#!/bin/sh\n")).unwrap();
        apply(&mut journal, &grant, &Effect::MakeFolder { path: "folder".into() }).unwrap();
        apply(&mut journal, &grant, &Effect::Copy { from: "program".into(), to: "copy".into() }).unwrap();
        apply(&mut journal, &grant, &Effect::Copy { from: "private".into(), to: "copy 2".into() }).unwrap();
        let made = ["new", "folder", "copy", "copy 2"].map(|name| mode(&scene.path(name)));
        assert_eq!(made, [file, folder, copy, 0o600], "umask {mask:o}");
    }
    umask(before);
}

fn a_replaced_file_keeps_its_mode() {
    for disks in [Disks::One, Disks::Apart] {
        let scene = Scene::new(disks);
        let file = scene.file("script", "old");
        fs::set_permissions(&file, Permissions::from_mode(0o4751)).unwrap();
        let has_attributes =
            rustix::fs::setxattr(&file, "user.label", b"mine", rustix::fs::XattrFlags::empty()).is_ok();
        let (trees, grant, mut journal) = (scene.trees(), scene.grant(), scene.open());
        apply(&mut journal, &grant, &replace("script", "new")).unwrap();
        let facts = fs::metadata(&file).unwrap();
        // New bytes never run as their owner for others.
        assert_eq!((facts.mode() & 0o7777, facts.nlink()), (0o751, 1));
        let label = |path: &Path| {
            let mut value = [0; 9];
            rustix::fs::getxattr(path, "user.label", &mut value[..]).map(|length| value[..length].to_vec())
        };
        assert_eq!(label(&file).is_ok(), has_attributes);
        undo_all(&mut journal);
        must_be_same(&trees, &scene.roots, "after undo");
        assert_eq!(label(&file).is_ok_and(|label| label == b"mine"), has_attributes);
    }
}

fn names_of_all_kinds_come_and_go() {
    for disks in Disks::ALL {
        let scene = Scene::new(disks);
        scene.file("there", "x");
        let (trees, grant, mut journal) = (scene.trees(), scene.grant(), scene.open());
        for name in odd_names() {
            let folder = scene.root().join(&name);
            let file = folder.join(&name);
            apply(&mut journal, &grant, &Effect::MakeFolder { path: folder.clone() }).unwrap();
            apply(&mut journal, &grant, &Effect::Create { path: file.clone(), bytes: b"1".to_vec() })
                .unwrap();
            apply(&mut journal, &grant, &Effect::Replace { path: file.clone(), bytes: b"2".to_vec() })
                .unwrap();
            assert_eq!(fs::read(&file).unwrap(), b"2");
            apply(&mut journal, &grant, &Effect::Trash { path: file.clone() }).unwrap();
            assert!(!file.exists());
        }
        // Composed and decomposed are two names where the file system says so.
        assert!(scene.path("cafe\u{301}").is_dir() && scene.path("caf\u{e9}").is_dir());
        undo_all(&mut journal);
        must_be_same(&trees, &scene.roots, "after undo");
        must_be_tidy(&scene.roots, "after undo");
    }
}

fn hard_links_keep_what_they_held() {
    let scene = Scene::new(Disks::One);
    let (one, two) = (scene.file("one", "old"), scene.path("two"));
    fs::hard_link(&one, &two).unwrap();
    let inode = fs::metadata(&one).unwrap().ino();
    let (trees, grant, mut journal) = (scene.trees(), scene.grant(), scene.open());
    apply(&mut journal, &grant, &replace("one", "new")).unwrap();
    assert_eq!((fs::read(&one).unwrap(), fs::read(&two).unwrap()), (b"new".to_vec(), b"old".to_vec()));
    undo_all(&mut journal);
    must_be_same(&trees, &scene.roots, "after undo");
    assert_eq!(fs::metadata(&one).unwrap().ino(), inode);
    // What is written to the file by its other name is in it when it comes back.
    apply(&mut journal, &grant, &replace("one", "new")).unwrap();
    fs::write(&two, "later").unwrap();
    undo_all(&mut journal);
    assert_eq!((fs::read(&one).unwrap(), fs::metadata(&one).unwrap().ino()), (b"later".to_vec(), inode));
}

fn write_protection_is_respected() {
    let scene = Scene::new(Disks::One);
    let file = scene.file("protected", "old");
    fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
    scene.file("closed/file", "old");
    let closed = scene.path("closed");
    fs::set_permissions(&closed, Permissions::from_mode(0o555)).unwrap();
    let (trees, grant, mut journal) = (scene.trees(), scene.grant(), scene.open());
    for effect in [replace("protected", "new"), Effect::Trash { path: "protected".into() }] {
        let result = apply(&mut journal, &grant, &effect);
        assert!(matches!(result, Err(FilesError::Protected { .. })), "{result:?}");
    }
    for effect in [
        create("closed/new", "x"),
        replace("closed/file", "new"),
        Effect::Trash { path: "closed/file".into() },
        Effect::Move { from: "closed/file".into(), to: "out".into() },
        Effect::MakeFolder { path: "closed/folder".into() },
    ] {
        let result = apply(&mut journal, &grant, &effect);
        if rustix::process::geteuid().is_root() {
            // An administrator may write to any folder.
            result.unwrap();
            undo_all(&mut journal);
        } else {
            let error = result.expect_err("the folder is closed");
            assert_eq!(error.code(), "permission_denied", "{error}");
            assert_eq!(journal.steps().last().unwrap().state, StepState::Dropped);
        }
        must_be_same(&trees, &scene.roots, &format!("{effect:?}"));
    }
    // Moving and copying leave a protected file as it is.
    apply(&mut journal, &grant, &Effect::Copy { from: "protected".into(), to: "copy".into() }).unwrap();
    apply(&mut journal, &grant, &Effect::Move { from: "protected".into(), to: "moved".into() }).unwrap();
    undo_all(&mut journal);
    must_be_same(&trees, &scene.roots, "after undo");
    fs::set_permissions(&closed, Permissions::from_mode(0o755)).unwrap();
}

fn too_much_is_refused_before_anything_happens() {
    let scene = Scene::new(Disks::Two);
    scene.file("large", [7; 2000]);
    scene.file("folder/a", [7; 600]);
    scene.file("folder/b", [7; 600]);
    let (trees, grant) = (scene.trees(), scene.grant());
    let limits = Limits { largest: 1000, most_entries: 2, reserve: 0 };
    let mut journal = Journal::open(&scene.journal, limits).unwrap();
    let other = scene.roots[1].join("large");
    for effect in [
        replace("large", "new"),
        Effect::Trash { path: "large".into() },
        Effect::Trash { path: "folder".into() },
        Effect::Copy { from: "large".into(), to: "copy".into() },
        Effect::Move { from: "large".into(), to: other },
    ] {
        let result = apply(&mut journal, &grant, &effect);
        let Err(FilesError::TooLarge { path, limit: 1000, .. }) = result else { panic!("{result:?}") };
        assert!(path.starts_with(scene.root()));
        must_be_same(&trees, &scene.roots, &format!("{effect:?}"));
    }
    // A move that keeps nothing has no such limit.
    apply(&mut journal, &grant, &Effect::Move { from: "large".into(), to: "moved".into() }).unwrap();
    undo_all(&mut journal);
    must_be_same(&trees, &scene.roots, "after undo");
    scene.file("folder/c", "x");
    let result = apply(&mut journal, &grant, &Effect::Move { from: "folder".into(), to: "f".into() });
    assert!(matches!(result, Err(FilesError::TooMany { limit: 2, .. })));
    drop(journal);

    let no_room = Limits { reserve: u64::MAX, ..Limits::default() };
    let mut journal = Journal::open(&scene.journal, no_room).unwrap();
    let trees = scene.trees();
    for effect in [create("new", "x"), replace("large", "x")] {
        let error = apply(&mut journal, &grant, &effect).expect_err("no room");
        assert_eq!(error.code(), "disk_full");
    }
    must_be_same(&trees, &scene.roots, "after there was no room");
}

fn folders_move_as_a_whole_or_not_at_all() {
    let scene = Scene::new(Disks::Two);
    scene.file("folder/deep/file", "x");
    fs::create_dir(scene.path("other")).unwrap();
    let (trees, grant, mut journal) = (scene.trees(), scene.grant(), scene.open());
    let across = Effect::Move { from: "folder".into(), to: scene.roots[1].join("folder") };
    let result = apply(&mut journal, &grant, &across);
    assert!(matches!(result, Err(FilesError::AcrossFileSystems { .. })), "{result:?}");
    must_be_same(&trees, &scene.roots, "after a refusal");
    apply(&mut journal, &grant, &Effect::Move { from: "folder".into(), to: "other/moved".into() }).unwrap();
    assert_eq!(fs::read(scene.path("other/moved/deep/file")).unwrap(), b"x");
    apply(&mut journal, &grant, &Effect::Trash { path: "other".into() }).unwrap();
    assert!(!scene.path("other").exists());
    undo_all(&mut journal);
    must_be_same(&trees, &scene.roots, "after undo");
}
