//! Random effects on random trees: each is done or changes nothing, and undoing brings all back.

use inhouse_tools::files::{FilesError, StepId, StepState};

use crate::scene::{Disks, Scene, apply, random_effect, undo_all};
use crate::tree::{must_be_same, must_be_tidy};

pub const TESTS: &[crate::Test] = &[
    ("undoing_step_by_step_passes_every_state_again", undoing_step_by_step_passes_every_state_again),
    ("undoing_single_steps_first_comes_to_the_same_end", undoing_single_steps_first_comes_to_the_same_end),
];

const RUNS: u64 = 60;
const EFFECTS: usize = 14;

fn undoing_step_by_step_passes_every_state_again() {
    let mut kinds = std::collections::BTreeMap::new();
    for seed in 0..RUNS {
        let mut random = fastrand::Rng::with_seed(seed);
        let scene = Scene::grown(Disks::ALL[seed as usize % 3], &mut random);
        let grant = scene.grant();
        let mut journal = scene.open();
        let mut states = Vec::new();
        for count in 0..EFFECTS {
            let effect = random_effect(&scene.roots, &mut random);
            let before = scene.trees();
            let when = format!("seed {seed}, effect {count}, {:?}", effect.kind());
            match apply(&mut journal, &grant, &effect) {
                Ok(step) => {
                    assert_ne!(before, scene.trees(), "{when}");
                    states.push((step, before, when.clone()));
                    *kinds.entry(format!("{:?}", effect.kind())).or_insert(0) += 1;
                }
                Err(_) => must_be_same(&before, &scene.roots, &when),
            }
            must_be_tidy(&scene.roots, &when);
        }
        // A journal that is opened again knows the same.
        drop(journal);
        let mut journal = scene.open();
        for (step, before, when) in states.into_iter().rev() {
            journal.undo_step(step).unwrap_or_else(|error| panic!("undo of {when}: {error}"));
            must_be_same(&before, &scene.roots, &format!("undo of {when}"));
        }
    }
    assert_eq!(kinds.len(), 6, "every kind of effect was applied: {kinds:?}");
}

fn undoing_single_steps_first_comes_to_the_same_end() {
    let (mut alone, mut built_upon) = (0, 0);
    for seed in 1000..1000 + RUNS {
        let mut random = fastrand::Rng::with_seed(seed);
        let scene = Scene::grown(Disks::ALL[seed as usize % 3], &mut random);
        let (grant, original) = (scene.grant(), scene.trees());
        let mut journal = scene.open();
        for _ in 0..EFFECTS {
            // What may not be done was looked at in the test above.
            let _refused = apply(&mut journal, &grant, &random_effect(&scene.roots, &mut random));
        }
        let mut steps: Vec<StepId> = journal
            .steps()
            .iter()
            .filter(|step| step.state == StepState::Applied)
            .map(|step| step.id)
            .collect();
        random.shuffle(&mut steps);
        for step in steps {
            let before = scene.trees();
            match journal.undo_step(step) {
                Ok(()) => alone += 1,
                Err(FilesError::BuiltUpon { .. }) => {
                    built_upon += 1;
                    must_be_same(&before, &scene.roots, "a step that was not undone");
                }
                Err(error) => panic!("seed {seed}, step {step}: {error}"),
            }
        }
        undo_all(&mut journal);
        must_be_same(&original, &scene.roots, &format!("seed {seed}"));
    }
    assert!(alone > 100 && built_upon > 20, "{alone} alone, {built_upon} built upon");
}
