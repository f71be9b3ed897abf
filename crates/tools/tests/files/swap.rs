//! Somebody swaps folders and files for links while effects are applied: nothing lands outside.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use inhouse_tools::files::{Effect, Recovered};

use crate::scene::{Disks, Scene, apply};
use crate::tree::{Tree, must_be_same, must_be_tidy};

pub const TESTS: &[crate::Test] = &[("nothing_lands_outside_whatever_is_swapped", nothing_lands_outside)];

const LEAST_SWAPS: usize = 20_000;
const LONGEST: Duration = Duration::from_secs(60);

fn nothing_lands_outside() {
    let scene = Scene::new(Disks::One);
    let outside = scene.root().parent().unwrap().join("outside");
    fs::create_dir_all(outside.join("deep")).unwrap();
    for name in ["file", "deep/file", "steady", "deep/steady"] {
        fs::write(outside.join(name), "SECRET").unwrap();
        scene.file(&format!("work/{name}"), "inside");
        scene.file(&format!("plain/{name}"), "inside");
    }
    let before = Tree::of(&outside);
    let (grant, mut journal) = (scene.grant(), scene.open());
    let (swaps, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (mut done, mut refused, mut read) = (0, 0, 0);
    thread::scope(|scope| {
        let swap = |path: &'static str, target: &'static str| {
            let (here, there) = (scene.path(path), outside.join(target));
            let away = here.with_extension("away");
            let (swaps, is_over) = (&swaps, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    swaps.fetch_add(usize::from(swap_once(&here, &there, &away)), Ordering::Relaxed);
                }
            });
        };
        swap("work", "");
        // Not beneath the first: then it would be the test that reaches outside.
        swap("plain/deep", "deep");
        swap("plain/file", "file");
        let begun = Instant::now();
        let mut count = 0;
        while (swaps.load(Ordering::Relaxed) < LEAST_SWAPS || done < 200) && begun.elapsed() < LONGEST {
            count += 1;
            let folder = ["work", "plain", "work/deep", "plain/deep"][count % 4];
            let at = |name: &str| scene.root().join(folder).join(name);
            let (new, bytes) = (at(&format!("new {}", count / 24)), b"ours".to_vec());
            let effect = match count % 24 / 4 {
                0 => Effect::Create { path: new, bytes },
                1 => Effect::Replace { path: at("file"), bytes },
                2 => Effect::Copy { from: at("steady"), to: at(&format!("copy {count}")) },
                3 => Effect::Replace { path: at("steady"), bytes: format!("ours {count}").into() },
                4 => Effect::Move { from: new, to: at(&format!("moved {count}")) },
                _ => Effect::Trash { path: at("file") },
            };
            match apply(&mut journal, &grant, &effect) {
                Ok(_) => done += 1,
                Err(_) => refused += 1,
            }
            // What was displaced by two swaps at once may leave a step that is not decided.
            let _decided: Recovered = journal.recover().unwrap();
            if let Ok(bytes) = grant.read(&at("file"), 100) {
                assert_ne!(bytes, b"SECRET");
                read += 1;
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let swaps = swaps.into_inner();
    println!("     {swaps} swaps: {done} effects done, {refused} refused, {read} files read");
    assert!(
        swaps >= LEAST_SWAPS && done >= 200 && refused > 0,
        "{swaps} swaps, {done} done, {refused} refused"
    );
    assert!(read > 0, "some reads met the file inside");
    must_be_same(&[before], &[outside], "outside");
    must_be_tidy(&scene.roots, "after the swaps");
}

/// Puts a link in the place of what is there, and what was there back. Others may be faster.
fn swap_once(here: &Path, there: &Path, away: &Path) -> bool {
    if fs::rename(here, away).is_err() {
        return false;
    }
    let is_linked = symlink(there, here).is_ok();
    thread::yield_now();
    if is_linked && fs::symlink_metadata(here).is_ok_and(|facts| facts.is_symlink()) {
        let _gone = fs::remove_file(here);
    }
    // What was put here meanwhile stays, under another name.
    if fs::symlink_metadata(here).is_ok() {
        let _aside = fs::rename(here, here.with_extension("aside"));
    }
    let _back = fs::rename(away, here);
    is_linked
}
