//! Undoing never costs anybody anything: what was changed since is left and told.

use std::fs;

use inhouse_tools::files::{Effect, FilesError, Recovered, StepState};

use crate::scene::{Disks, Scene, apply, undo_all};
use crate::tree::{must_be_same, must_be_tidy};

pub const TESTS: &[crate::Test] = &[
    ("what_somebody_changed_since_is_left_and_told", what_somebody_changed_since_is_left_and_told),
    ("a_place_that_is_taken_is_not_overwritten", a_place_that_is_taken_is_not_overwritten),
    ("a_step_that_others_build_upon_waits_for_them", a_step_that_others_build_upon_waits_for_them),
    ("what_was_saved_again_unchanged_is_undone", what_was_saved_again_unchanged_is_undone),
    ("a_damaged_backup_is_not_put_back", a_damaged_backup_is_not_put_back),
    ("a_folder_keeps_the_time_of_somebody_elses_change", a_folder_keeps_the_time_of_others),
    ("what_changes_before_recovery_is_nobodys_loss", what_changes_before_recovery_is_nobodys_loss),
    ("one_journal_has_one_writer", one_journal_has_one_writer),
];

fn what_somebody_changed_since_is_left_and_told() {
    for disks in Disks::ALL {
        let scene = Scene::new(disks);
        for name in ["replaced", "moved", "copied", "fine"] {
            scene.file(name, format!("old {name}"));
        }
        let (grant, mut journal) = (scene.grant(), scene.open());
        let target = scene.roots.last().unwrap().join("moved away");
        let effects = [
            Effect::Replace { path: "replaced".into(), bytes: b"new".to_vec() },
            Effect::Create { path: "created".into(), bytes: b"new".to_vec() },
            Effect::Move { from: "moved".into(), to: target.clone() },
            Effect::Copy { from: "copied".into(), to: "copy".into() },
            Effect::MakeFolder { path: "folder".into() },
            Effect::Replace { path: "fine".into(), bytes: b"new".to_vec() },
        ];
        for effect in &effects {
            apply(&mut journal, &grant, effect).unwrap();
        }
        for name in ["replaced", "created", "copy", "folder/theirs"] {
            scene.file(name, "theirs");
        }
        fs::write(&target, "theirs").unwrap();
        let told = journal.undo().unwrap();
        let left: Vec<_> = told.iter().filter(|undone| undone.left.is_some()).collect();
        assert_eq!(left.len(), 5, "{told:#?}");
        for undone in &left {
            assert!(matches!(undone.left, Some(FilesError::Changed { .. })), "{undone:?}");
        }
        let replaced = left.iter().find(|undone| undone.path == scene.path("replaced")).unwrap();
        assert_eq!(fs::read(replaced.kept.as_ref().unwrap()).unwrap(), b"old replaced");
        for name in ["replaced", "created", "copy", "folder/theirs"] {
            assert_eq!(fs::read(scene.path(name)).unwrap(), b"theirs", "{name}");
        }
        assert_eq!(fs::read(&target).unwrap(), b"theirs");
        assert_eq!(fs::read(scene.path("fine")).unwrap(), b"old fine");
        must_be_tidy(&scene.roots, "after an undo in part");
        // When the change is taken back, so can be the step.
        fs::write(scene.path("replaced"), "new").unwrap();
        journal.undo_step(replaced.step).unwrap();
        assert_eq!(fs::read(scene.path("replaced")).unwrap(), b"old replaced");
    }
}

fn a_place_that_is_taken_is_not_overwritten() {
    for disks in Disks::ALL {
        let scene = Scene::new(disks);
        scene.file("trashed", "old");
        scene.file("moved", "old");
        let (grant, mut journal) = (scene.grant(), scene.open());
        apply(&mut journal, &grant, &Effect::Trash { path: "trashed".into() }).unwrap();
        let to = scene.roots.last().unwrap().join("to");
        apply(&mut journal, &grant, &Effect::Move { from: "moved".into(), to: to.clone() }).unwrap();
        scene.file("trashed", "theirs");
        scene.file("moved", "theirs");
        let told = journal.undo().unwrap();
        for undone in &told {
            assert!(matches!(undone.left, Some(FilesError::Exists { .. })), "{undone:?}");
        }
        assert_eq!(fs::read(told[1].kept.as_ref().unwrap()).unwrap(), b"old");
        for (path, content) in
            [(scene.path("trashed"), "theirs"), (scene.path("moved"), "theirs"), (to, "old")]
        {
            assert_eq!(fs::read_to_string(path).unwrap(), content);
        }
    }
}

fn a_step_that_others_build_upon_waits_for_them() {
    let scene = Scene::new(Disks::One);
    let (trees, grant, mut journal) = (scene.trees(), scene.grant(), scene.open());
    let mut done = |effect: &Effect| apply(&mut journal, &grant, effect).unwrap();
    let folder = done(&Effect::MakeFolder { path: "folder".into() });
    let file = done(&Effect::Create { path: "folder/file".into(), bytes: b"1".to_vec() });
    let other = done(&Effect::Create { path: "other".into(), bytes: b"1".to_vec() });
    let again = done(&Effect::Replace { path: "folder/file".into(), bytes: b"2".to_vec() });
    let built = |result, step, on| match result {
        Err(FilesError::BuiltUpon { step: told, on: told_on }) => assert_eq!((told, told_on), (step, on)),
        other => panic!("{other:?}"),
    };
    built(journal.undo_step(folder), folder, file);
    built(journal.undo_step(file), file, again);
    journal.undo_step(other).unwrap();
    assert!(matches!(journal.undo_step(other), Err(FilesError::NoStep { .. })));
    for step in [again, file, folder] {
        journal.undo_step(step).unwrap();
    }
    assert!(journal.steps().iter().all(|step| step.state == StepState::Undone));
    must_be_same(&trees, &scene.roots, "after single steps");
}

fn what_was_saved_again_unchanged_is_undone() {
    let scene = Scene::new(Disks::One);
    scene.file("file", "old");
    let (trees, grant, mut journal) = (scene.trees(), scene.grant(), scene.open());
    apply(&mut journal, &grant, &Effect::Replace { path: "file".into(), bytes: b"new".to_vec() }).unwrap();
    // As an editor saves: another file takes the place.
    scene.file("file~", "new");
    fs::rename(scene.path("file~"), scene.path("file")).unwrap();
    undo_all(&mut journal);
    assert_eq!(fs::read(scene.path("file")).unwrap(), b"old");
    assert_eq!(trees[0].paths().count(), scene.trees()[0].paths().count());
}

fn a_damaged_backup_is_not_put_back() {
    for disks in [Disks::One, Disks::Apart] {
        let scene = Scene::new(disks);
        scene.file("file", "old");
        let (grant, mut journal) = (scene.grant(), scene.open());
        let replace = Effect::Replace { path: "file".into(), bytes: b"new".to_vec() };
        let step = apply(&mut journal, &grant, &replace).unwrap();
        let kept = journal.steps()[0].kept.clone().unwrap();
        fs::write(&kept, "bad").unwrap();
        assert!(matches!(journal.undo_step(step), Err(FilesError::KeptDamaged { .. })));
        assert_eq!(fs::read(scene.path("file")).unwrap(), b"new");
        assert_eq!(journal.steps()[0].state, StepState::Applied);
    }
}

fn a_folder_keeps_the_time_of_others() {
    let scene = Scene::new(Disks::One);
    let (grant, mut journal) = (scene.grant(), scene.open());
    apply(&mut journal, &grant, &Effect::Create { path: "one".into(), bytes: Vec::new() }).unwrap();
    scene.file("theirs", "x");
    let theirs = fs::metadata(scene.root()).unwrap().modified().unwrap();
    apply(&mut journal, &grant, &Effect::Create { path: "two".into(), bytes: Vec::new() }).unwrap();
    undo_all(&mut journal);
    assert_eq!(fs::metadata(scene.root()).unwrap().modified().unwrap(), theirs);
}

/// A scene in which one effect was cut short after its last move: the last line is gone.
fn cut_short(effect: &Effect) -> Scene {
    let scene = Scene::new(Disks::One);
    scene.file("file", "old");
    let mut journal = scene.open();
    apply(&mut journal, &scene.grant(), effect).unwrap();
    drop(journal);
    let log = scene.journal.join("journal.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let last = text.trim_end().rfind('\n').unwrap() + 1;
    fs::write(log, &text[..last]).unwrap();
    scene
}

fn what_changes_before_recovery_is_nobodys_loss() {
    let replace = Effect::Replace { path: "file".into(), bytes: b"new".to_vec() };
    let scene = cut_short(&replace);
    scene.file("file", "theirs");
    let mut journal = scene.open();
    assert!(matches!(journal.undo(), Err(FilesError::Unrecovered { .. })));
    assert!(matches!(apply(&mut journal, &scene.grant(), &replace), Err(FilesError::Unrecovered { .. })));
    assert!(matches!(journal.recover().unwrap(), Recovered::Completed { .. }));
    let told = journal.undo().unwrap();
    assert!(matches!(told[0].left, Some(FilesError::Changed { .. })));
    assert_eq!(fs::read(told[0].kept.as_ref().unwrap()).unwrap(), b"old");
    assert_eq!(fs::read(scene.path("file")).unwrap(), b"theirs");

    let scene = cut_short(&Effect::Trash { path: "file".into() });
    scene.file("file", "theirs");
    let mut journal = scene.open();
    assert!(matches!(journal.recover().unwrap(), Recovered::Completed { .. }));
    assert!(matches!(journal.undo().unwrap()[0].left, Some(FilesError::Exists { .. })));
    assert_eq!(fs::read(scene.path("file")).unwrap(), b"theirs");

    // Where it can't be told any more what happened, it is said so and the journal goes on.
    let scene = cut_short(&Effect::Move { from: "file".into(), to: "moved".into() });
    fs::remove_file(scene.path("moved")).unwrap();
    let mut journal = scene.open();
    let recovered = journal.recover().unwrap();
    assert!(matches!(recovered, Recovered::Left { why: FilesError::Unclear { .. }, .. }), "{recovered:?}");
    assert_eq!(journal.steps()[0].state, StepState::Left);
    let create = Effect::Create { path: "file".into(), bytes: b"new".to_vec() };
    apply(&mut journal, &scene.grant(), &create).unwrap();
    undo_all(&mut journal);
}

fn one_journal_has_one_writer() {
    let scene = Scene::new(Disks::One);
    let journal = scene.open();
    let second = inhouse_tools::files::Journal::open(&scene.journal, crate::scene::limits());
    assert!(matches!(second, Err(FilesError::JournalBusy { .. })));
    drop(journal);
    scene.open();
}
