//! When nothing more can be written, everything stays as it was.
//!
//! A limit on the size of files stops a child at every place where it writes, one after the other:
//! in the journal's lines, in a new file, in a copy that is kept.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use inhouse_tools::files::{Effect, Recovered, StepState};

use crate::child::{APPLIED, DISK_FULL, NOT_OPENED, Role};
use crate::scene::{Disks, Scene, recover, undo_all};
use crate::tree::{must_be_same, must_be_tidy};

pub const TESTS: &[crate::Test] =
    &[("a_full_disk_leaves_everything_as_it_was", a_full_disk_leaves_everything)];

const EFFECTS: u64 = 6;

pub fn effect(roots: &[PathBuf], number: u64) -> Effect {
    let file = PathBuf::from("file");
    match number {
        0 => Effect::Create { path: "new".into(), bytes: vec![b'x'; 6000] },
        1 => Effect::Replace { path: file, bytes: vec![b'x'; 6000] },
        2 => Effect::Copy { from: file, to: "copy".into() },
        3 => Effect::Move { from: file, to: roots.last().unwrap().join("moved") },
        4 => Effect::MakeFolder { path: "folder".into() },
        _ => Effect::Trash { path: file },
    }
}

fn a_full_disk_leaves_everything() {
    let (mut full, mut applied) = (0, 0);
    for disks in Disks::ALL {
        for number in 0..EFFECTS {
            // Blocks of 512 bytes, up to where everything fits.
            for blocks in 0..40 {
                let scene = Scene::new(disks);
                scene.file("file", [b'y'; 7000]);
                let trees = scene.trees();
                let child = Role::One.command(&scene.journal, &scene.roots, number);
                let status = limited(&child, blocks).status().unwrap();
                let when = format!("{disks:?}, effect {number}, {blocks} blocks");
                match u8::try_from(status.code().unwrap()).unwrap() {
                    DISK_FULL | NOT_OPENED => {
                        full += 1;
                        must_be_same(&trees, &scene.roots, &when);
                    }
                    APPLIED => applied += 1,
                    code => panic!("{when}: the child ended with {code}"),
                }
                must_be_tidy(&scene.roots, &when);
                let mut journal = scene.open();
                let recovered = recover(&mut journal);
                if status.code() == Some(DISK_FULL.into()) {
                    assert!(!matches!(recovered, Recovered::Completed { .. }), "{when}");
                    must_be_same(&trees, &scene.roots, &when);
                    assert!(journal.steps().iter().all(|step| step.state == StepState::Dropped), "{when}");
                }
                undo_all(&mut journal);
                must_be_same(&trees, &scene.roots, &when);
                assert!(fs::read_dir(scene.journal.join("kept")).unwrap().count() <= 2, "{when}");
            }
        }
    }
    assert!(full > 100 && applied > 100, "{full} times full, {applied} times applied");
}

/// The same command, whose files may not grow beyond `blocks` of 512 bytes. The signal that says so
/// is ignored, so that writing fails as it does on a full disk.
fn limited(command: &Command, blocks: u32) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh"]);
    shell.arg(blocks.to_string()).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    shell
}
