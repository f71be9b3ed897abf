//! Killed without warning while it reads, at ten moments: afterwards the passages are those of a
//! run that nothing disturbed, none twice and none missing.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use inhouse_app::{App, Options};

use crate::setting::{self, Home, copy_of_corpus};

/// Kills while it reads.
const KILLS: usize = 10;

#[test]
fn a_kill_at_any_moment_of_reading_loses_nothing_and_doubles_nothing() {
    let _alone = setting::alone();
    let documents = copy_of_corpus();
    let folder = documents.path().to_str().expect("a plain path");

    let clean = Home::new();
    let begun = Instant::now();
    assert_eq!(clean.run(&["add", folder]).code, Some(0));
    let whole = begun.elapsed();
    let expected = passages(clean.path());
    assert!(expected.len() > 20, "{} passages", expected.len());

    let mut disturbed = Home::new();
    let (mut kills, mut runs) = (0, 0_u32);
    while kills < KILLS {
        runs += 1;
        assert!(
            runs as usize <= 4 * KILLS,
            "only {kills} of {runs} runs were still reading when they were killed"
        );
        let mut child = disturbed
            .command(&["add", folder])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        // Spread over the first third of an undisturbed run by the golden ratio, so that the moments
        // look random and are the same each time. What a killed run had read is not read again, so
        // several kills go through the whole of it.
        let share = (f64::from(runs) * 0.618_034).fract() / 3.0;
        let until = Instant::now() + whole.mul_f64(share);
        let mut ended = false;
        while !ended && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
            ended = child.try_wait().expect("a state").is_some();
        }
        // One that has ended is not killed, only asked for.
        child.kill().expect("SIGKILL");
        child.wait().expect("an end");
        if ended {
            // All was read in spite of the kills; the next ones are for another data folder.
            assert_eq!(passages(disturbed.path()), expected);
            disturbed = Home::new();
        } else {
            kills += 1;
        }
    }
    let ended = disturbed.run(&["add", folder]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    println!("{kills} kills in {runs} runs; undisturbed, one takes {whole:.1?}");
    assert_eq!(passages(disturbed.path()), expected);
}

/// Hash, page, range and text of every passage that can be found, from memory and the record.
fn passages(home: &Path) -> BTreeSet<(String, u32, usize, usize, String)> {
    let app = App::open(Options { home: Some(home.into()), ..Options::default() }).expect("the data folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let all = runtime.block_on(app.all_passages()).expect("all passages");
    let count = all.len();
    let set: BTreeSet<_> = all
        .into_iter()
        .map(|passage| {
            let source = app.source(passage.anchor.source).expect("its source");
            let hash = source.sha256.expect("a hash").to_string();
            let range = passage.anchor.range;
            (hash, passage.anchor.page, range.start, range.end, passage.text)
        })
        .collect();
    assert_eq!(set.len(), count, "a passage is there twice");
    set
}
