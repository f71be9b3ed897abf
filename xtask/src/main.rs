//! `cargo xtask`: everything that is done with this repository, from set-up to shipping.
//!
//! It owns the set-up of a machine, the checks and their order. It may use the network, for
//! packages and models; the product never does. It never changes what a plain `cargo build` does:
//! no flags, no profiles, no features of its own.
//!
//! Start reading at [`COMMANDS`]; each subcommand has its file.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool of the terminal talks to the terminal"
)]

mod bench;
mod build;
mod codegen;
mod eval;
mod house;
mod models;
mod process;
mod run;
mod setup;
mod test;
mod tidy;
mod xquad;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::house::House;

type Subcommand = fn(&House, &[String]) -> Result<()>;

/// Name, what follows it, what it does.
const COMMANDS: &[(&str, &str, &str, Subcommand)] = &[
    ("run", "", "set up what is missing, then open the app", run::run),
    (
        "test",
        "[--quick]",
        "set up what is missing, then run every check (quick: no end-to-end tests)",
        test::run,
    ),
    ("tidy", "", "check the rules of the house", tidy::run),
    (
        "eval",
        "[answers | tools | injections | embedder] [--data DIR]",
        "measure whether passages are found, answers are quoted, tools are called rightly, orders in documents obeyed, eight bits find what floats find",
        eval::run,
    ),
    ("bench", "llm [--peers DIR]", "measure the engine, beside its peers", bench::run),
    ("codegen", "", "write the generated files again", codegen::run),
    ("setup", "[--test]", "bring in what is missing to build the app (and to test it)", setup::run),
    ("models", "[ID...]", "fetch models and check them (all, when none is named)", models::run),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", usage());
        return Ok(());
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", usage());
        return Ok(());
    }
    let Some((.., subcommand)) = COMMANDS.iter().find(|(known, ..)| known == name) else {
        bail!("there is no `cargo xtask {name}`\n\n{}", usage());
    };
    subcommand(&House::find()?, rest)
}

fn usage() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND\n\n");
    for (name, arguments, what, _) in COMMANDS {
        text += &format!("  {:<22} {what}\n", format!("{name} {arguments}"));
    }
    text
}
