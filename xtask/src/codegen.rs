//! `cargo xtask codegen`: writes again what is generated from Rust and checked in.

use anyhow::{Result, bail};

use crate::house::House;
use crate::process;

/// The tests that find a stale file write it when they are asked to.
pub fn run(house: &House, arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("usage: cargo xtask codegen");
    }
    let mut cargo = process::cargo();
    // Of the whole workspace, as it is always built: one package alone would be another build of all
    // that it needs.
    cargo
        .args(["test", "--workspace", "--lib", "--", "the_typescript", "the_schema"])
        .current_dir(&house.root);
    process::run(cargo.env("INHOUSE_UPDATE", "1"))
}
