//! Collections, what pinning one takes, and what is computed ahead.

use serde::Serialize;
use ts_rs::TS;

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CollectionDto {
    pub name: String,
    /// That it is to be computed ahead; not that it is.
    pub pinned: bool,
    /// Ids of the sources that lie in it now.
    #[ts(type = "number[]")]
    pub sources: Vec<i64>,
    /// Of these, those that were put in by themselves; the others lie in a folder of it.
    #[ts(type = "number[]")]
    pub own: Vec<i64>,
    /// Its folders, and files of it that are not in memory.
    pub places: Vec<CollectionPlaceDto>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CollectionPlaceDto {
    pub path: String,
    pub name: String,
}

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PinCostDto {
    pub passages: u32,
    /// Of disk, about.
    #[ts(type = "number")]
    pub bytes: u64,
    /// That all pinned collections take now, and may take.
    #[ts(type = "number")]
    pub used: u64,
    #[ts(type = "number")]
    pub limit: u64,
}

/// How much of a pinned collection is computed.
#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ComputedDto {
    /// Sources that can be used, and those of them of which all is computed.
    pub sources: u32,
    pub complete: u32,
    #[ts(type = "number")]
    pub bytes: u64,
}

/// What is computed ahead at the moment, of all pinned collections together.
#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AheadDto {
    pub running: bool,
    /// Beginnings of prompts, mostly one for a passage; how far it is now, or came last.
    pub done: u32,
    pub all: u32,
    #[ts(type = "number")]
    pub bytes: u64,
    /// There was no room for the rest.
    pub full: bool,
    /// The window computes by itself while nobody works.
    pub by_itself: bool,
}
