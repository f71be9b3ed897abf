//! The desktop shell: commands, DTOs, capabilities. It parses, calls the app and maps errors.
//!
//! It owns the window and what crosses to it, nothing else. Invariants: a command is open to the
//! window only if a capability names it; the window gets DTOs, never a type of another room; no
//! plugin of the shell opens a connection or a file.
//!
//! Start reading at [`run`] and `commands`.

mod commands;
pub mod dto;
mod events;
mod running;

use std::process::ExitCode;
use std::sync::Arc;

use inhouse_app::runs::RunId;
use inhouse_app::{App, AppError, Options};
use tauri::async_runtime;

use running::Running;

/// What every command gets: the app, or why it could not be opened, which the window then shows.
pub struct Desk {
    app: Result<App, AppError>,
    /// Answers that are being written, by the turn.
    running: Running,
    /// Tasks that agents carry out.
    runs: Running,
}

impl Desk {
    fn app(&self) -> Result<&App, dto::ErrorDto> {
        self.app.as_ref().map_err(dto::ErrorDto::from)
    }

    /// Whether a run that is noted as running may really be: here, or in the process that has the
    /// data folder. Otherwise the end of a process cut it short.
    fn is_under_way(&self, app: &App, run: RunId) -> bool {
        self.runs.holds(run.0) || app.home().must_be_writer().is_err()
    }
}

/// Opens the window and runs until it is closed. `INHOUSE_CHAT_MODEL` names another chat model than
/// the default one, by the catalogue's id.
pub fn run() -> ExitCode {
    let chat_model = std::env::var("INHOUSE_CHAT_MODEL").ok().filter(|id| !id.is_empty());
    let app = App::open(Options { home: None, chat_model });
    if let Ok(app) = &app {
        let (reading, ahead) = (app.clone(), app.clone());
        async_runtime::spawn(async move { reading.read_forever().await });
        async_runtime::spawn(async move { ahead.prepare_when_idle().await });
    }
    let desk = Arc::new(Desk { app, running: Running::default(), runs: Running::default() });
    let outcome = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .manage(desk)
        .invoke_handler(commands::handler())
        .run(tauri::generate_context!());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            ExitCode::FAILURE
        }
    }
}
