//! The course of a run, told to the window.

use std::sync::Arc;

use inhouse_agent::cancel::Cancel;
use inhouse_agent::run::Event;
use inhouse_app::App;
use inhouse_app::runs::RunId;
use tauri::ipc::Channel;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::FRAME;
use crate::Desk;
use crate::dto::{ErrorDto, HappenedDto, RunEventDto, RunShownDto};

/// Carries a run as far as it goes without a person.
pub async fn carry_on(
    desk: Arc<Desk>,
    app: App,
    shown: RunShownDto,
    cancel: Cancel,
    channel: Channel<RunEventDto>,
) {
    let id = RunId(shown.run.id);
    send(&channel, RunEventDto::Started { shown: Box::new(shown) });
    let (sender, receiver) = mpsc::unbounded_channel();
    let on_event = move |_: RunId, event: &Event| {
        // When nobody listens any more, the record has it all the same.
        drop(sender.send(HappenedDto::now(event)));
    };
    let (end, ()) = tokio::join!(app.carry_on(id, &cancel, on_event), forward(receiver, &channel));
    // Before the window is told, so that it can take the run up again at once.
    desk.runs.end(id.0);
    send(
        &channel,
        match end {
            Ok(end) => end.into(),
            Err(error) => RunEventDto::Failed { error: ErrorDto::from(&error) },
        },
    );
}

/// Until the run has nothing more to tell.
async fn forward(mut events: UnboundedReceiver<HappenedDto>, channel: &Channel<RunEventDto>) {
    while let Some(first) = events.recv().await {
        tokio::time::sleep(FRAME).await;
        let mut batch = vec![first];
        while let Ok(next) = events.try_recv() {
            batch.push(next);
        }
        send(channel, RunEventDto::Happened { events: batch });
    }
}

fn send(channel: &Channel<RunEventDto>, event: RunEventDto) {
    if let Err(error) = channel.send(event) {
        tracing::debug!(%error, "the window does not listen any more");
    }
}
