//! `cargo xtask test`: every check there is, after the set-up that they need.
//!
//! A failed check does not hide the others; the table at the end shows all of them.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::build;
use crate::house::House;
use crate::process;
use crate::setup::{self, Purpose};
use crate::tidy;

pub fn run(house: &House, arguments: &[String]) -> Result<()> {
    let quick = match arguments {
        [] => false,
        [flag] if flag == "--quick" => true,
        _ => bail!("usage: cargo xtask test [--quick]"),
    };
    let mut report = Report::default();
    report.check("setup", || setup::prepare(house, Purpose::Test));
    if report.failures() > 0 {
        // Without it the rest would fail for reasons that are not its own.
        return report.end();
    }
    report.check("tidy", || tidy::run(house, &[]));
    report.check("format", || cargo(house, &["fmt", "--all", "--check"]));
    report.check("clippy", || {
        cargo(house, &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])
    });
    report.check("ui types", || npm(house, "check"));
    report.check("ui tests", || npm(house, "test"));
    // The end-to-end tests start the programs themselves.
    report.check("build", || build::programs(house).map(drop));
    let mut tests = vec!["test", "--workspace", "--no-fail-fast"];
    if quick {
        tests.extend(["--lib", "--bins"]);
    }
    // What the tests measure is printed also when they pass.
    tests.extend(["--", "--show-output"]);
    report.check(if quick { "unit tests" } else { "tests" }, || cargo(house, &tests));
    if process::works("cargo-deny", &["--version"]) {
        report.check("cargo deny", || cargo(house, &["deny", "check", "licenses", "bans", "sources"]));
    } else {
        println!("\ncargo-deny is not installed; tidy has checked licences, bans and sources by itself");
    }
    report.end()
}

fn cargo(house: &House, arguments: &[&str]) -> Result<()> {
    let mut command = process::cargo();
    process::run(command.args(arguments).current_dir(&house.root).env("INHOUSE_MODELS", &house.models))
}

fn npm(house: &House, script: &str) -> Result<()> {
    process::run(Command::new("npm").args(["run", "--silent", script]).current_dir(house.ui()))
}

/// What was checked, how long it took and what came of it.
#[derive(Default)]
struct Report {
    checks: Vec<(&'static str, Duration, Result<()>)>,
}

impl Report {
    fn check(&mut self, name: &'static str, check: impl FnOnce() -> Result<()>) {
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = check();
        let took = start.elapsed();
        match &outcome {
            Ok(()) => println!("== {name}: ok, {:.1} s", took.as_secs_f64()),
            Err(error) => println!("== {name}: FAILED, {:.1} s: {error:#}", took.as_secs_f64()),
        }
        self.checks.push((name, took, outcome));
    }

    fn failures(&self) -> usize {
        self.checks.iter().filter(|(.., outcome)| outcome.is_err()).count()
    }

    fn end(self) -> Result<()> {
        println!("\n{}", self.table());
        match self.failures() {
            0 => Ok(()),
            count => bail!("{count} of {} checks failed", self.checks.len()),
        }
    }

    fn table(&self) -> String {
        let mut table = String::new();
        let mut total = Duration::ZERO;
        for (name, took, outcome) in &self.checks {
            let mark = if outcome.is_ok() { "ok" } else { "FAILED" };
            table += &format!("{name:<12} {:>8.1} s  {mark}\n", took.as_secs_f64());
            total += *took;
        }
        table + &format!("{:<12} {:>8.1} s", "all", total.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_check_fails_the_whole_and_the_others_are_still_made() {
        let mut report = Report::default();
        report.check("first", || bail!("broken"));
        report.check("second", || Ok(()));
        let table = report.table();
        assert!(table.contains("FAILED") && table.contains("second"), "{table}");
        assert!(report.end().is_err());

        let mut report = Report::default();
        report.check("only", || Ok(()));
        assert!(report.end().is_ok());
    }
}
