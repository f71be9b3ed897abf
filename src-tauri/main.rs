//! The desktop program.
//!
//! It owns nothing: it serves as the reading child when it is asked to, and otherwise opens the
//! window. Start reading at `inhouse_desktop_lib::run`.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match inhouse_app::serve_if_asked() {
        Some(code) => code,
        None => inhouse_desktop_lib::run(),
    }
}
