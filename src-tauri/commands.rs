//! The commands of the window: parse, call the app, map errors.

mod agents;
mod collections;

use std::path::PathBuf;
use std::sync::Arc;

use inhouse_agent::source::SourceId;
use inhouse_app::ask::{AskOptions, ChatId};
use inhouse_app::runs::RunId;
use tauri::ipc::{Channel, Invoke};
use tauri::{State, Wry, async_runtime};

use crate::Desk;
use crate::dto::{
    AddReportDto, AnswerEventDto, AppEventDto, ChatDto, ErrorDto, PageDto, SourceDto, StatusDto, TurnDto,
    ViewDto,
};
use crate::events::{self, AnswerStream};

type DeskState<'a> = State<'a, Arc<Desk>>;

pub fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        status,
        subscribe,
        sources,
        add_paths,
        folders,
        retry_source,
        remove_source,
        stop_reading,
        ask,
        stop_answer,
        chats,
        chat,
        delete_chat,
        hand_over,
        read_page,
        load_view,
        save_view,
        agents::agents,
        agents::check_agent,
        agents::copy_agent,
        agents::begin_run,
        agents::carry_on_run,
        agents::stop_run,
        agents::answer_run,
        agents::decide_run,
        agents::undo_run,
        agents::judge_run,
        agents::runs,
        agents::run,
        agents::outcomes,
        agents::open_written,
        collections::collections,
        collections::make_collection,
        collections::put_paths,
        collections::put_source,
        collections::take_source_out,
        collections::take_path_out,
        collections::cost_of_pinning,
        collections::set_pinned,
        collections::computed,
        collections::ahead,
        collections::compute_ahead,
        collections::stop_computing,
    ]
}

#[tauri::command]
fn status(desk: DeskState<'_>) -> Result<StatusDto, ErrorDto> {
    Ok(StatusDto::of(desk.app()?)?)
}

#[tauri::command]
fn subscribe(desk: DeskState<'_>, on_event: Channel<AppEventDto>) -> Result<(), ErrorDto> {
    let app = desk.app()?.clone();
    // From this moment on, not from when the task first runs: what the window reads next is older.
    let events = app.events();
    async_runtime::spawn(events::forward(app, events, on_event));
    Ok(())
}

#[tauri::command]
async fn sources(desk: DeskState<'_>) -> Result<Vec<SourceDto>, ErrorDto> {
    Ok(desk.app()?.sources()?.iter().map(SourceDto::from).collect())
}

#[tauri::command]
async fn add_paths(desk: DeskState<'_>, paths: Vec<PathBuf>) -> Result<AddReportDto, ErrorDto> {
    Ok(desk.app()?.add(&paths).await?.into())
}

/// Those of the paths that are folders: a drop does not tell, and a task asks for the one or the other.
#[tauri::command]
async fn folders(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.into_iter().filter(|path| path.is_dir()).collect()
}

#[tauri::command]
async fn retry_source(desk: DeskState<'_>, id: i64) -> Result<(), ErrorDto> {
    Ok(desk.app()?.retry_source(SourceId(id)).await?)
}

#[tauri::command]
async fn remove_source(desk: DeskState<'_>, id: i64) -> Result<(), ErrorDto> {
    Ok(desk.app()?.remove_source(SourceId(id)).await?)
}

#[tauri::command]
async fn stop_reading(desk: DeskState<'_>) -> Result<(), ErrorDto> {
    Ok(desk.app()?.stop_reading()?)
}

#[tauri::command]
async fn ask(
    desk: DeskState<'_>,
    question: String,
    chat: Option<i64>,
    agent: Option<String>,
    within: Option<String>,
    on_event: Channel<AnswerEventDto>,
) -> Result<(), ErrorDto> {
    let (chat, turn) =
        desk.app()?.begin_turn(chat.map(ChatId), &question, agent.as_deref(), within.as_deref())?;
    let options = AskOptions { agent, within: within.into_iter().collect(), ..AskOptions::default() };
    let cancel = desk.running.begin(turn.0);
    let (desk, app) = (Arc::clone(&desk), desk.app()?.clone());
    async_runtime::spawn(async move {
        let stream = AnswerStream::begin(on_event, turn, chat);
        let sink = stream.clone();
        let outcome =
            app.answer_turn(chat, turn, &question, &options, &cancel, move |event| sink.send(event)).await;
        desk.running.end(turn.0);
        stream.end(outcome);
    });
    Ok(())
}

#[tauri::command]
fn stop_answer(desk: DeskState<'_>, run: i64) {
    desk.running.stop(run);
}

#[tauri::command]
async fn chats(desk: DeskState<'_>) -> Result<Vec<ChatDto>, ErrorDto> {
    Ok(desk.app()?.chats()?.into_iter().map(ChatDto::from).collect())
}

#[tauri::command]
async fn chat(desk: DeskState<'_>, id: i64) -> Result<Vec<TurnDto>, ErrorDto> {
    Ok(desk.app()?.chat(ChatId(id))?.into_iter().map(TurnDto::from).collect())
}

/// Keeps in a chat, or in a new one, that a task was handed over; tells the chat.
#[tauri::command]
async fn hand_over(desk: DeskState<'_>, chat: Option<i64>, title: String, run: i64) -> Result<i64, ErrorDto> {
    Ok(desk.app()?.hand_over(chat.map(ChatId), &title, RunId(run))?.0.0)
}

#[tauri::command]
async fn delete_chat(desk: DeskState<'_>, id: i64) -> Result<(), ErrorDto> {
    Ok(desk.app()?.delete_chat(ChatId(id))?)
}

#[tauri::command]
async fn read_page(desk: DeskState<'_>, source: i64, page: u32) -> Result<PageDto, ErrorDto> {
    Ok(desk.app()?.page(SourceId(source), page)?.into())
}

#[tauri::command]
async fn load_view(desk: DeskState<'_>) -> Result<ViewDto, ErrorDto> {
    let kept = desk.app()?.view()?;
    // A view of another version is no loss: the window opens as if for the first time.
    Ok(kept.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

#[tauri::command]
async fn save_view(desk: DeskState<'_>, view: ViewDto) -> Result<(), ErrorDto> {
    let json = serde_json::to_string(&view).map_err(|error| ErrorDto::internal(&error))?;
    Ok(desk.app()?.keep_view(&json)?)
}
