//! Nothing is read, made or changed but beneath a granted folder and as far as it is granted.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use inhouse_tools::files::{Effect, FilesError, Grant, ListedKind, May};
use rustix::fs::{FileType, Mode};

use crate::scene::{Disks, Scene, apply};
use crate::tree::must_be_same;

pub const TESTS: &[crate::Test] = &[
    ("no_path_leads_out_of_a_granted_folder", no_path_leads_out_of_a_granted_folder),
    ("each_right_stands_for_itself", each_right_stands_for_itself),
    ("a_folder_inside_decides_for_itself", a_folder_inside_decides_for_itself),
    ("the_journal_is_out_of_reach", the_journal_is_out_of_reach),
    ("only_files_and_folders_are_touched", only_files_and_folders_are_touched),
    ("a_granted_folder_that_was_swapped_is_refused", a_granted_folder_that_was_swapped_is_refused),
    ("reading_and_listing_keep_to_the_grant", reading_and_listing_keep_to_the_grant),
];

/// Every effect that there is, on one path.
fn every_effect(path: &Path, other: &Path) -> Vec<Effect> {
    let (path, other, bytes) = (path.to_owned(), other.to_owned(), b"new".to_vec());
    vec![
        Effect::Create { path: path.clone(), bytes: bytes.clone() },
        Effect::Replace { path: path.clone(), bytes },
        Effect::Move { from: path.clone(), to: other.join("moved") },
        Effect::Move { from: other.join("file"), to: path.clone() },
        Effect::Copy { from: path.clone(), to: other.join("copied") },
        Effect::Copy { from: other.join("file"), to: path.clone() },
        Effect::MakeFolder { path: path.clone() },
        Effect::Trash { path },
    ]
}

fn no_path_leads_out_of_a_granted_folder() {
    let scene = Scene::new(Disks::One);
    scene.file("file", "inside");
    let outside = scene.root().parent().unwrap().join("outside");
    fs::create_dir_all(outside.join("folder")).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    symlink(&outside, scene.path("link")).unwrap();
    symlink("../outside/secret", scene.path("link to a file")).unwrap();
    symlink(outside.join("nothing yet"), scene.path("dangling")).unwrap();
    fs::create_dir(scene.path("real")).unwrap();
    symlink("real", scene.path("link inside")).unwrap();
    let (trees, grant) = (scene.trees(), scene.grant());
    let far = crate::tree::Tree::of(&outside);
    let mut journal = scene.open();
    let paths: Vec<PathBuf> = [
        "../outside/secret",
        "real/../../outside/secret",
        "link/secret",
        "link/new",
        "link/folder/new",
        "link to a file",
        "dangling",
        "link inside/new",
        "link",
        "a\0b",
        "",
        "/",
        "/etc/passwd",
        "//etc/passwd",
        "/proc/self/cwd/secret",
    ]
    .map(PathBuf::from)
    .into_iter()
    .flat_map(|path| [scene.root().join(&path), path])
    .chain([outside.join("secret"), outside.join("new"), scene.root().to_owned()])
    .collect();
    for path in paths {
        for effect in every_effect(&path, scene.root()) {
            let error = apply(&mut journal, &grant, &effect).err();
            assert!(error.is_some(), "{effect:?}");
        }
        assert!(grant.read(&path, 100).is_err(), "{path:?}");
    }
    must_be_same(&trees, &scene.roots, "after every attempt");
    must_be_same(&[far], &[outside], "outside");
    assert!(journal.steps().is_empty());
}

fn each_right_stands_for_itself() {
    for (may, allowed) in [
        (May::NOTHING, 0),
        (May::READ, 0),
        (May { create: true, ..May::NOTHING }, 2),
        (May { change: true, ..May::NOTHING }, 2),
        (May { read: true, create: true, change: false }, 3),
        (May { create: true, change: true, read: false }, 5),
        (May::EVERYTHING, 6),
    ] {
        let scene = Scene::new(Disks::One);
        let mut journal = scene.open();
        let mut grant = Grant::new();
        grant.allow(scene.root(), may).unwrap();
        for name in ["replaced", "moved", "copied", "trashed"] {
            scene.file(name, "old");
        }
        let effects = [
            Effect::Create { path: "new".into(), bytes: b"new".to_vec() },
            Effect::MakeFolder { path: "folder".into() },
            Effect::Replace { path: "replaced".into(), bytes: b"new".to_vec() },
            Effect::Trash { path: "trashed".into() },
            Effect::Move { from: "moved".into(), to: "moved away".into() },
            Effect::Copy { from: "copied".into(), to: "copy".into() },
        ];
        let done = effects.iter().filter(|effect| match apply(&mut journal, &grant, effect) {
            Ok(_) => true,
            Err(FilesError::NotGranted { .. }) => false,
            Err(error) => panic!("{effect:?}: {error}"),
        });
        assert_eq!(done.count(), allowed, "{may:?}");
        assert_eq!(grant.read(Path::new("replaced"), 9).is_ok(), may.read, "{may:?}");
    }
}

fn a_folder_inside_decides_for_itself() {
    let scene = Scene::new(Disks::One);
    scene.file("open/file", "x");
    scene.file("private/file", "x");
    scene.file("private/drafts/file", "x");
    let mut grant = scene.grant();
    grant.allow(&scene.path("private"), May::NOTHING).unwrap();
    grant.allow(&scene.path("private/drafts"), May::EVERYTHING).unwrap();
    let mut journal = scene.open();
    let mut refused = |effect: Effect| {
        let result = apply(&mut journal, &grant, &effect);
        assert!(matches!(result, Err(FilesError::NotGranted { .. })), "{effect:?}: {result:?}");
    };
    refused(Effect::Replace { path: "private/file".into(), bytes: Vec::new() });
    refused(Effect::Create { path: scene.path("private/new"), bytes: Vec::new() });
    refused(Effect::Move { from: "open/file".into(), to: "private/new".into() });
    refused(Effect::Copy { from: "private/file".into(), to: "open/new".into() });
    // A grant is not carried along with its folder, nor by a folder around it.
    refused(Effect::Move { from: "private".into(), to: "open/private".into() });
    refused(Effect::Trash { path: "private/drafts".into() });
    fs::create_dir(scene.path("around")).unwrap();
    fs::rename(scene.path("private"), scene.path("around/private")).unwrap();
    refused(Effect::Trash { path: "around".into() });
    refused(Effect::Create { path: "around/private/new".into(), bytes: Vec::new() });
    fs::rename(scene.path("around/private"), scene.path("private")).unwrap();
    let into_drafts = Effect::Replace { path: "private/drafts/file".into(), bytes: b"y".to_vec() };
    apply(&mut journal, &grant, &into_drafts).unwrap();
    assert_eq!(fs::read(scene.path("private/drafts/file")).unwrap(), b"y");
}

fn the_journal_is_out_of_reach() {
    let scene = Scene::new(Disks::One);
    let mut grant = Grant::new();
    let above = scene.root().parent().unwrap();
    grant.allow(above, May::EVERYTHING).unwrap();
    scene.file("file", "old");
    let mut journal = scene.open();
    apply(&mut journal, &grant, &Effect::Trash { path: "first/file".into() }).unwrap();
    let trees = crate::tree::Tree::of(&scene.journal);
    for path in
        ["backups/run/kept/1", "backups/run/journal.jsonl", "backups/run/kept", "backups/run", "backups"]
    {
        for effect in [
            Effect::Replace { path: path.into(), bytes: Vec::new() },
            Effect::Trash { path: path.into() },
            Effect::Move { from: path.into(), to: "first/stolen".into() },
        ] {
            assert!(apply(&mut journal, &grant, &effect).is_err(), "{effect:?}");
        }
    }
    let put_in = Effect::Create { path: "backups/run/kept/9".into(), bytes: Vec::new() };
    assert!(matches!(apply(&mut journal, &grant, &put_in), Err(FilesError::NotGranted { .. })));
    assert_eq!(trees.differences(&crate::tree::Tree::of(&scene.journal)), Vec::<String>::new());
}

fn only_files_and_folders_are_touched() {
    let scene = Scene::new(Disks::One);
    scene.file("file", "x");
    let pipe = scene.path("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(scene.path("socket")).unwrap();
    fs::create_dir(scene.path("folder")).unwrap();
    let (trees_before, grant) = (fs::read_dir(scene.root()).unwrap().count(), scene.grant());
    let mut journal = scene.open();
    for name in ["pipe", "socket"] {
        for effect in every_effect(&scene.path(name), scene.root()) {
            assert!(apply(&mut journal, &grant, &effect).is_err(), "{effect:?}");
        }
        assert!(matches!(grant.read(Path::new(name), 9), Err(FilesError::Kind { .. })));
    }
    for effect in [
        Effect::Replace { path: "folder".into(), bytes: Vec::new() },
        Effect::Copy { from: "folder".into(), to: "copy".into() },
        Effect::Move { from: "folder".into(), to: "folder/inside".into() },
        Effect::Create { path: "file/beneath".into(), bytes: Vec::new() },
    ] {
        let result = apply(&mut journal, &grant, &effect);
        assert!(matches!(result, Err(FilesError::Kind { .. })), "{effect:?}: {result:?}");
    }
    assert_eq!(fs::read_dir(scene.root()).unwrap().count(), trees_before);
}

fn a_granted_folder_that_was_swapped_is_refused() {
    let scene = Scene::new(Disks::One);
    let (grant, mut journal) = (scene.grant(), scene.open());
    let away = scene.root().with_file_name("away");
    fs::rename(scene.root(), &away).unwrap();
    let effect = Effect::Create { path: "new".into(), bytes: Vec::new() };
    symlink(&away, scene.root()).unwrap();
    assert!(matches!(apply(&mut journal, &grant, &effect), Err(FilesError::Link { .. })));
    fs::remove_file(scene.root()).unwrap();
    fs::create_dir(scene.root()).unwrap();
    assert!(matches!(apply(&mut journal, &grant, &effect), Err(FilesError::Changed { .. })));
    assert_eq!(fs::read_dir(scene.root()).unwrap().count() + fs::read_dir(&away).unwrap().count(), 0);
}

fn reading_and_listing_keep_to_the_grant() {
    let scene = Scene::new(Disks::One);
    scene.file("b.txt", "12345");
    scene.file("a/\u{5408}\u{540c}", "x");
    symlink("b.txt", scene.path("link")).unwrap();
    let grant = scene.grant();
    assert_eq!(grant.read(Path::new("b.txt"), 5).unwrap(), b"12345");
    assert!(matches!(grant.read(Path::new("b.txt"), 4), Err(FilesError::TooLarge { .. })));
    assert!(matches!(grant.read(Path::new("link"), 9), Err(FilesError::Link { .. })));
    assert!(matches!(grant.read(Path::new("none"), 9), Err(FilesError::NotFound { .. })));
    assert!(matches!(grant.read(Path::new("a"), 9), Err(FilesError::Kind { .. })));
    let listed = grant.list(Path::new(".")).unwrap();
    let told: Vec<_> = listed.iter().map(|one| (one.name.to_str().unwrap(), one.kind, one.bytes)).collect();
    let (file, folder, other) = (ListedKind::File, ListedKind::Folder, ListedKind::Other);
    assert_eq!(told, [("a", folder, 0), ("b.txt", file, 5), ("link", other, 0)]);
    assert_eq!(grant.list(&scene.path("a")).unwrap().len(), 1);
    assert!(matches!(grant.list(Path::new("/etc")), Err(FilesError::Outside { .. })));
}
