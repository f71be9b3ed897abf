//! From the app's collections to what crosses to the UI.

use inhouse_app::App;
use inhouse_app::collections::Contents;
use inhouse_app::pins::{Computed, PinCost};

use super::{count, name_of};
use crate::dto::{AheadDto, CollectionDto, CollectionPlaceDto, ComputedDto, PinCostDto};

impl From<Contents> for CollectionDto {
    fn from(contents: Contents) -> Self {
        let place = |path: &std::path::PathBuf| CollectionPlaceDto {
            path: path.display().to_string(),
            name: name_of(path),
        };
        Self {
            name: contents.collection.name,
            pinned: contents.collection.is_pinned,
            sources: contents.sources.iter().map(|id| id.0).collect(),
            own: contents.own.iter().map(|id| id.0).collect(),
            places: contents.places.iter().map(place).collect(),
        }
    }
}

impl From<PinCost> for PinCostDto {
    fn from(cost: PinCost) -> Self {
        Self { passages: count(cost.passages), bytes: cost.bytes, used: cost.used, limit: cost.limit }
    }
}

impl From<Computed> for ComputedDto {
    fn from(computed: Computed) -> Self {
        Self { sources: count(computed.sources), complete: count(computed.complete), bytes: computed.bytes }
    }
}

impl AheadDto {
    pub fn of(app: &App) -> Self {
        let ahead = app.ahead();
        Self {
            running: ahead.is_running,
            done: count(ahead.progress.done),
            all: count(ahead.progress.all),
            bytes: ahead.progress.bytes,
            full: ahead.progress.is_full,
            by_itself: app.prepares_when_idle(),
        }
    }
}
