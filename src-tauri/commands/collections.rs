//! The commands for collections, and for what is computed ahead of pinned ones.

use std::path::PathBuf;

use inhouse_agent::source::SourceId;

use super::DeskState;
use crate::dto::{AheadDto, CollectionDto, ComputedDto, ErrorDto, PinCostDto};

#[tauri::command]
pub async fn collections(desk: DeskState<'_>) -> Result<Vec<CollectionDto>, ErrorDto> {
    Ok(desk.app()?.contents()?.into_iter().map(CollectionDto::from).collect())
}

#[tauri::command]
pub async fn make_collection(desk: DeskState<'_>, name: String) -> Result<(), ErrorDto> {
    Ok(desk.app()?.make_collection(&name)?)
}

#[tauri::command]
pub async fn put_paths(desk: DeskState<'_>, name: String, paths: Vec<PathBuf>) -> Result<(), ErrorDto> {
    let app = desk.app()?;
    Ok(paths.iter().try_for_each(|path| app.add_to_collection(&name, path))?)
}

#[tauri::command]
pub async fn put_source(desk: DeskState<'_>, name: String, id: i64) -> Result<(), ErrorDto> {
    Ok(desk.app()?.add_source_to_collection(&name, SourceId(id))?)
}

#[tauri::command]
pub async fn take_source_out(desk: DeskState<'_>, name: String, id: i64) -> Result<(), ErrorDto> {
    Ok(desk.app()?.remove_source_from_collection(&name, SourceId(id)).await?)
}

/// Takes a folder out of a collection, or the collection away.
#[tauri::command]
pub async fn take_path_out(desk: DeskState<'_>, name: String, path: Option<PathBuf>) -> Result<(), ErrorDto> {
    Ok(desk.app()?.remove_from_collection(&name, path.as_deref()).await?)
}

#[tauri::command]
pub async fn cost_of_pinning(desk: DeskState<'_>, name: String) -> Result<PinCostDto, ErrorDto> {
    Ok(desk.app()?.cost_of_pinning(&name).await?.into())
}

#[tauri::command]
pub async fn set_pinned(desk: DeskState<'_>, name: String, pinned: bool) -> Result<(), ErrorDto> {
    Ok(desk.app()?.set_pinned(&name, pinned).await?)
}

#[tauri::command]
pub async fn computed(desk: DeskState<'_>, name: String) -> Result<ComputedDto, ErrorDto> {
    Ok(desk.app()?.computed(&name).await?.into())
}

#[tauri::command]
pub async fn ahead(desk: DeskState<'_>) -> Result<AheadDto, ErrorDto> {
    Ok(AheadDto::of(desk.app()?))
}

/// Computes pinned collections ahead, and comes back when that has ended; how far it is, events tell.
#[tauri::command]
pub async fn compute_ahead(desk: DeskState<'_>) -> Result<(), ErrorDto> {
    Ok(desk.app()?.prepare_now().await.map(drop)?)
}

#[tauri::command]
pub async fn stop_computing(desk: DeskState<'_>) -> Result<(), ErrorDto> {
    desk.app()?.stop_preparing();
    Ok(())
}
