//! A process that changes files is killed at any moment, also while it recovers and undoes: in the
//! end everything is as it was.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use inhouse_tools::files::{Recovered, StepState};

use crate::child::Role;
use crate::scene::{Disks, Scene, recover, undo_all};
use crate::tree::{must_be_same, must_be_tidy};

pub const TESTS: &[crate::Test] =
    &[("a_kill_at_any_moment_costs_nothing", a_kill_at_any_moment_costs_nothing)];

const LEAST_KILLS: usize = 300;
const KILL: i32 = 9;

fn a_kill_at_any_moment_costs_nothing() {
    let mut random = fastrand::Rng::with_seed(7);
    let (mut kills, mut completed, mut taken_back, mut undos_cut) = (0, 0, 0, 0);
    let mut seed = 0;
    // How long a child takes to its end; kills are spread over that.
    let mut longest = [Duration::from_millis(100); 2];
    // And until every way out was taken: which ones are, chance and the machine decide.
    while kills < LEAST_KILLS || completed < 5 || taken_back < 20 || undos_cut < 10 {
        seed += 1;
        assert!(
            seed < 3000,
            "{kills} kills met a child at work: {completed} completed, {taken_back} taken back, {undos_cut} undos"
        );
        let scene = Scene::grown(Disks::ALL[seed as usize % 3], &mut random);
        let trees = scene.trees();
        let when = format!("seed {seed}");
        kills += usize::from(kill_at_random(Role::Apply, &scene, seed, &mut longest[0], &mut random));
        let mut journal = scene.open();
        match recover(&mut journal) {
            Recovered::Completed { .. } => completed += 1,
            Recovered::TakenBack { .. } => taken_back += 1,
            Recovered::Nothing | Recovered::Left { .. } => {}
        }
        must_be_tidy(&scene.roots, &when);
        assert!(journal.steps().iter().all(|step| step.state != StepState::CutShort));
        drop(journal);
        for _ in 0..random.u8(..3) {
            let is_killed = kill_at_random(Role::Undo, &scene, seed, &mut longest[1], &mut random);
            kills += usize::from(is_killed);
        }
        let mut journal = scene.open();
        undos_cut += usize::from(!matches!(recover(&mut journal), Recovered::Nothing));
        undo_all(&mut journal);
        must_be_same(&trees, &scene.roots, &when);
        must_be_tidy(&scene.roots, &when);
    }
    println!(
        "     {kills} kills: {completed} steps completed, {taken_back} taken back, {undos_cut} undos cut short"
    );
}

/// Whether the child was at work when it was killed.
fn kill_at_random(
    role: Role,
    scene: &Scene,
    seed: u64,
    longest: &mut Duration,
    random: &mut fastrand::Rng,
) -> bool {
    let roots: &[PathBuf] = &scene.roots;
    let begun = Instant::now();
    let mut child = role.command(&scene.journal, roots, seed).stdin(Stdio::null()).spawn().unwrap();
    thread::sleep(longest.mul_f64(random.f64()));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    if status.signal() == Some(KILL) {
        return true;
    }
    assert!(status.success(), "the child ended with {status}");
    // It ended before: the next ones are killed sooner.
    *longest = (*longest + begun.elapsed()) / 2;
    false
}
