//! Changes to files: that they are exactly what was granted and approved, and that nothing is lost
//! by a race, a kill, a full disk or a change of mind.
//!
//! Children that are killed are this test itself, started again, so there is no test harness to
//! parse arguments. The tests run one after the other: some change the umask.

#![expect(clippy::print_stdout, reason = "this program is its own test harness")]
#![expect(clippy::unwrap_used, reason = "a test that can't set up its files has failed")]

mod child;
mod effects;
mod full;
mod granted;
mod kill;
mod random;
mod scene;
mod swap;
mod tree;
mod undone;

use std::process::ExitCode;
use std::time::Instant;

type Test = (&'static str, fn());

fn main() -> ExitCode {
    if let Some(code) = child::serve_if_asked() {
        return code;
    }
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let tests =
        [granted::TESTS, effects::TESTS, undone::TESTS, random::TESTS, swap::TESTS, full::TESTS, kill::TESTS];
    let mut failed = 0;
    for (name, test) in tests.concat().into_iter().filter(|(name, _)| name.contains(&filter)) {
        let begun = Instant::now();
        let passed = std::panic::catch_unwind(test).is_ok();
        let seconds = begun.elapsed().as_secs_f64();
        println!("test {name} ... {} ({seconds:.2} s)", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    println!("\ntest result: {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
