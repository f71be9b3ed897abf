//! What is told to the window: changes of the app and the course of an answer, batched so that no
//! more than one message is sent per frame.

pub mod run;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use inhouse_app::ask::{Answered, AskEvent, ChatId, TurnId};
use inhouse_app::{App, AppError, AppEvent};
use tauri::ipc::Channel;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::dto::{
    AheadDto, AnswerDto, AnswerEventDto, AppEventDto, ErrorDto, PassageDto, SourceDto, StatusDto,
};

/// At most one message in this time.
const FRAME: Duration = Duration::from_millis(33);

/// Forwards what changes in the app until the window is gone.
pub async fn forward(app: App, mut events: Receiver<AppEvent>, channel: Channel<AppEventDto>) {
    loop {
        let mut batch = Batch::default();
        match events.recv().await {
            Ok(event) => batch.take(event),
            Err(RecvError::Lagged(_)) => batch.everything = true,
            Err(RecvError::Closed) => return,
        }
        tokio::time::sleep(FRAME).await;
        loop {
            match events.try_recv() {
                Ok(event) => batch.take(event),
                Err(tokio::sync::broadcast::error::TryRecvError::Lagged(_)) => batch.everything = true,
                Err(_) => break,
            }
        }
        if batch.messages(&app).into_iter().any(|message| channel.send(message).is_err()) {
            return;
        }
    }
}

#[derive(Default)]
struct Batch {
    changed: BTreeSet<inhouse_agent::source::SourceId>,
    removed: Vec<i64>,
    models: bool,
    ahead: bool,
    problems: Vec<Arc<AppError>>,
    /// Events were lost: everything is sent again.
    everything: bool,
}

impl Batch {
    fn take(&mut self, event: AppEvent) {
        match event {
            AppEvent::SourceChanged(id) => {
                self.changed.insert(id);
            }
            AppEvent::SourceRemoved(id) => self.removed.push(id.0),
            AppEvent::ModelsChanged => self.models = true,
            AppEvent::AheadChanged => self.ahead = true,
            AppEvent::BecameWriter => self.everything = true,
            AppEvent::Problem(error) => self.problems.push(error),
        }
    }

    fn messages(self, app: &App) -> Vec<AppEventDto> {
        let mut messages = Vec::new();
        let mut problems: Vec<ErrorDto> =
            self.problems.iter().map(|error| ErrorDto::from(error.as_ref())).collect();
        let sources = if self.everything {
            app.sources()
        } else {
            // One that was removed meanwhile is told as removed.
            Ok(self.changed.iter().filter_map(|id| app.source(*id).ok()).collect())
        };
        match sources {
            Ok(sources) if sources.is_empty() && self.removed.is_empty() => {}
            Ok(sources) => messages.push(AppEventDto::SourcesChanged {
                sources: sources.iter().map(SourceDto::from).collect(),
                removed: self.removed,
            }),
            Err(error) => problems.push(ErrorDto::from(&error)),
        }
        if self.models || self.everything {
            match StatusDto::of(app) {
                Ok(status) => messages.push(AppEventDto::StatusChanged { status }),
                Err(error) => problems.push(ErrorDto::from(&error)),
            }
        }
        if self.ahead || self.everything {
            messages.push(AppEventDto::AheadChanged { ahead: AheadDto::of(app) });
        }
        messages.extend(problems.into_iter().map(|error| AppEventDto::Problem { error }));
        messages
    }
}

/// The course of one answer to the window. Clones write to the same stream.
#[derive(Clone)]
pub struct AnswerStream(Arc<Mutex<Open>>);

struct Open {
    channel: Channel<AnswerEventDto>,
    run: TurnId,
    /// Text that waits for its frame.
    text: String,
    sent: Instant,
}

impl AnswerStream {
    pub fn begin(channel: Channel<AnswerEventDto>, run: TurnId, chat: ChatId) -> Self {
        let mut open = Open { channel, run, text: String::new(), sent: Instant::now() };
        open.send(AnswerEventDto::Started { run: run.0, chat: chat.0 });
        Self(Arc::new(Mutex::new(open)))
    }

    pub fn send(&self, event: AskEvent) {
        let mut open = self.lock();
        match event {
            AskEvent::Text(text) => {
                open.text.push_str(&text);
                if open.sent.elapsed() >= FRAME {
                    open.flush();
                }
            }
            AskEvent::Evidence(found) => {
                let passages = found.iter().map(PassageDto::from).collect();
                open.send(AnswerEventDto::Evidence { passages });
            }
            AskEvent::Understood(question) => open.send(AnswerEventDto::Understood { question }),
            AskEvent::Loading(model) => open.send(AnswerEventDto::Loading { model }),
            AskEvent::ReadingOn => {
                open.flush();
                open.send(AnswerEventDto::ReadingOn);
            }
            AskEvent::Reading { done, total } => {
                open.send(AnswerEventDto::Reading { done: clamp(done), total: clamp(total) });
            }
        }
    }

    pub fn end(&self, outcome: Result<Answered, AppError>) {
        let mut open = self.lock();
        open.flush();
        let run = open.run.0;
        open.send(match outcome {
            Ok(answered) => AnswerEventDto::Done { answer: AnswerDto::of(run, &answered) },
            Err(error) => AnswerEventDto::Failed { error: ErrorDto::from(&error) },
        });
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.send(AnswerEventDto::Text { text });
        }
    }

    fn send(&mut self, event: AnswerEventDto) {
        self.sent = Instant::now();
        // The window may be gone; the answer is kept in the record all the same.
        if let Err(error) = self.channel.send(event) {
            tracing::debug!(%error, "the window does not listen any more");
        }
    }
}

fn clamp(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
