//! The commands for agents and their runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use inhouse_app::AppError;
use inhouse_app::runs::{RunId, RunOptions};
use tauri::async_runtime;
use tauri::ipc::Channel;

use super::DeskState;
use crate::Desk;
use crate::dto::{
    AgentDto, AgentsDto, ErrorDto, LanguageDto, OutcomeDto, ProblemDto, RunDto, RunEventDto, RunShownDto,
    UndoneDto, VerdictDto,
};
use crate::events;

#[tauri::command]
pub async fn agents(desk: DeskState<'_>) -> Result<AgentsDto, ErrorDto> {
    Ok(AgentsDto::from(&desk.app()?.agents()?))
}

/// What is wrong with an agent's file as it is being edited. Nothing is written.
#[tauri::command]
pub async fn check_agent(toml: String) -> Vec<ProblemDto> {
    ProblemDto::of(&toml)
}

#[tauri::command]
pub async fn copy_agent(desk: DeskState<'_>, id: String, name: String) -> Result<AgentDto, ErrorDto> {
    let app = desk.app()?;
    let folder = app.agent(&id)?.folder;
    Ok(AgentDto::from(&app.import_agent(&folder, Some(&name))?))
}

#[tauri::command]
pub async fn begin_run(
    desk: DeskState<'_>,
    agent: String,
    given: BTreeMap<String, String>,
    language: LanguageDto,
    out: Option<PathBuf>,
    on_event: Channel<RunEventDto>,
) -> Result<(), ErrorDto> {
    let here = desk.app()?.agent(&agent)?;
    let options = RunOptions { given, language: Some(language.into()), out, ..RunOptions::default() };
    carry_on(&desk, desk.app()?.begin_run(&here, options)?, on_event)
}

#[tauri::command]
pub async fn carry_on_run(
    desk: DeskState<'_>,
    run: i64,
    on_event: Channel<RunEventDto>,
) -> Result<(), ErrorDto> {
    carry_on(&desk, RunId(run), on_event)
}

#[tauri::command]
pub fn stop_run(desk: DeskState<'_>, run: i64) {
    desk.runs.stop(run);
}

#[tauri::command]
pub async fn answer_run(desk: DeskState<'_>, run: i64, text: String) -> Result<(), ErrorDto> {
    Ok(desk.app()?.answer_run(RunId(run), &text)?)
}

#[tauri::command]
pub async fn decide_run(desk: DeskState<'_>, run: i64, approved: bool) -> Result<(), ErrorDto> {
    Ok(desk.app()?.decide_run(RunId(run), approved)?)
}

#[tauri::command]
pub async fn undo_run(desk: DeskState<'_>, run: i64) -> Result<Vec<UndoneDto>, ErrorDto> {
    Ok(desk.app()?.undo_run(RunId(run), None)?.into_iter().map(UndoneDto::from).collect())
}

#[tauri::command]
pub async fn judge_run(
    desk: DeskState<'_>,
    run: i64,
    verdict: VerdictDto,
    note: String,
) -> Result<(), ErrorDto> {
    Ok(desk.app()?.judge_run(RunId(run), verdict.code(), &note)?)
}

#[tauri::command]
pub async fn runs(desk: DeskState<'_>) -> Result<Vec<RunDto>, ErrorDto> {
    let app = desk.app()?;
    Ok(app.runs()?.iter().map(|row| RunDto::of(row, desk.is_under_way(app, row.id))).collect())
}

#[tauri::command]
pub async fn run(desk: DeskState<'_>, id: i64) -> Result<RunShownDto, ErrorDto> {
    let app = desk.app()?;
    Ok(RunShownDto::of(app, RunId(id), desk.is_under_way(app, RunId(id)))?)
}

#[tauri::command]
pub async fn outcomes(desk: DeskState<'_>) -> Result<Vec<OutcomeDto>, ErrorDto> {
    Ok(desk.app()?.outcomes()?.into_iter().map(OutcomeDto::from).collect())
}

/// Opens a file that a run wrote with the program that the system has for it, or shows the folder in
/// which it stands. Nothing else can be opened: a path that comes from a text opens nothing.
#[tauri::command]
pub async fn open_written(
    desk: DeskState<'_>,
    run: i64,
    path: PathBuf,
    folder: bool,
) -> Result<(), ErrorDto> {
    if !desk.app()?.has_written(RunId(run), &path)? {
        return Err(
            AppError::NotFound { what: format!("{} among the files of the run", path.display()) }.into()
        );
    }
    let shown = if folder { path.parent().unwrap_or(&path) } else { &path };
    if !shown.exists() {
        return Err(
            AppError::NotFound { what: format!("{}; it was moved or taken back", shown.display()) }.into()
        );
    }
    let opened = open::that_detached(shown);
    opened.map_err(|source| AppError::Io { doing: "open", path: shown.to_owned(), source }.into())
}

fn carry_on(desk: &Arc<Desk>, id: RunId, on_event: Channel<RunEventDto>) -> Result<(), ErrorDto> {
    let app = desk.app()?.clone();
    let shown = RunShownDto::of(&app, id, true)?;
    let cancel = desk.runs.begin_once(id.0).ok_or_else(|| ErrorDto::under_way(id))?;
    async_runtime::spawn(events::run::carry_on(Arc::clone(desk), app, shown, cancel, on_event));
    Ok(())
}
