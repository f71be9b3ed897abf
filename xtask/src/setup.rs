//! `cargo xtask setup`: what has to be there before anything is built.

pub mod system;
mod ui;

use anyhow::{Result, bail};

use crate::house::House;
use crate::models;

/// What the machine is set up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Building the app and opening it.
    Use,
    /// Also running every check.
    Test,
}

pub fn run(house: &House, arguments: &[String]) -> Result<()> {
    match arguments {
        [] => prepare(house, Purpose::Use),
        [flag] if flag == "--test" => prepare(house, Purpose::Test),
        _ => bail!("usage: cargo xtask setup [--test]"),
    }
}

/// Brings in what is missing: system packages, UI packages, the built UI, models.
pub fn prepare(house: &House, purpose: Purpose) -> Result<()> {
    system::ensure(purpose)?;
    ui::ensure(house)?;
    models::ensure(house, purpose)
}
