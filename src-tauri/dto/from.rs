//! From the app's types to what crosses to the UI.

mod agents;
mod collections;
mod runs;

use std::path::Path;

use inhouse_agent::read::ReadFailure;
use inhouse_agent::source::{Source, SourceState};
use inhouse_app::ask::answered::{AnsweredSentence, Quote};
use inhouse_app::ask::{Answered, Chat, Evidence, KeptTurn, TurnOutcome};
use inhouse_app::models::{KnownModel, ModelState, Task};
use inhouse_app::sources::{AddReport, PageView, Skipped};
use inhouse_app::{App, AppError};

use super::{
    AddReportDto, AnswerDto, CellsDto, ChatDto, CitationDto, ErrorDto, ModelDto, ModelStateDto, PageDto,
    PassageDto, SentenceDto, SkippedDto, SourceDto, SourceStateDto, StatusDto, TimingDto, TurnDto,
};

impl ErrorDto {
    pub fn internal(error: &dyn std::error::Error) -> Self {
        Self { code: "internal".into(), message: error.to_string(), hint: String::new() }
    }
}

impl From<&AppError> for ErrorDto {
    fn from(error: &AppError) -> Self {
        Self { code: error.code().into(), message: error.to_string(), hint: error.hint().into() }
    }
}

impl From<AppError> for ErrorDto {
    fn from(error: AppError) -> Self {
        Self::from(&error)
    }
}

impl From<&ReadFailure> for ErrorDto {
    fn from(failure: &ReadFailure) -> Self {
        Self {
            code: failure.code.code().into(),
            message: failure.code.message().into(),
            hint: failure.code.hint().into(),
        }
    }
}

impl StatusDto {
    pub fn of(app: &App) -> Result<Self, AppError> {
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").into(),
            locked: app.home().must_be_writer().err().map(ErrorDto::from),
            chat: app.model_in_use(Task::Chat)?.into(),
            embedding: app.model_in_use(Task::Embedding)?.into(),
        })
    }
}

impl From<KnownModel> for ModelDto {
    fn from(known: KnownModel) -> Self {
        let id = known.model.id;
        let (state, error) = match known.state {
            ModelState::Present { .. } => (ModelStateDto::Present, None),
            ModelState::Loading => (ModelStateDto::Loading, None),
            ModelState::Loaded => (ModelStateDto::Loaded, None),
            ModelState::Failed(error) => (ModelStateDto::Failed, Some(ErrorDto::from(error.as_ref()))),
            ModelState::Missing => {
                (ModelStateDto::Missing, Some(AppError::ModelMissing { id: id.clone() }.into()))
            }
            ModelState::Damaged { path, found, expected } => {
                (ModelStateDto::Failed, Some(AppError::ModelDamaged { path, found, expected }.into()))
            }
        };
        Self { id, name: known.model.name, state, error }
    }
}

impl From<&Source> for SourceDto {
    fn from(source: &Source) -> Self {
        Self {
            id: source.id.0,
            path: source.path.display().to_string(),
            name: name_of(&source.path),
            state: source.state.into(),
            reason: source.failure.as_ref().map(ErrorDto::from),
            pages: source.pages,
            empty_pages: source.empty_pages.clone(),
            passages: source.passages,
            passages_in_memory: source.passages_in_memory,
        }
    }
}

impl From<SourceState> for SourceStateDto {
    fn from(state: SourceState) -> Self {
        match state {
            SourceState::Queued => Self::Queued,
            SourceState::Reading => Self::Reading,
            SourceState::Ready => Self::Ready,
            SourceState::PartlyRead => Self::PartlyRead,
            SourceState::Failed => Self::Failed,
        }
    }
}

impl From<AddReport> for AddReportDto {
    fn from(report: AddReport) -> Self {
        Self {
            queued: count(report.queued.len()),
            unchanged: count(report.unchanged.len()),
            skipped: report.skipped.iter().map(SkippedDto::from).collect(),
        }
    }
}

impl From<&Skipped> for SkippedDto {
    fn from(skipped: &Skipped) -> Self {
        Self { path: skipped.path.display().to_string(), reason: ErrorDto::from(&skipped.reason) }
    }
}

impl From<&Evidence> for PassageDto {
    fn from(found: &Evidence) -> Self {
        Self {
            source: found.source,
            path: found.path.display().to_string(),
            name: name_of(&found.path),
            page: found.page,
            start: count(found.start),
            end: count(found.end),
            heading: found.heading.clone(),
            text: found.text.clone(),
            score: found.score,
        }
    }
}

impl AnswerDto {
    pub fn of(run: i64, answered: &Answered) -> Self {
        Self {
            run,
            text: answered.text.clone(),
            declined: answered.declined,
            stopped: answered.stopped,
            cut: answered.cut,
            sentences: answered.sentences.iter().map(SentenceDto::from).collect(),
            calculation: answered.calculation.clone(),
            understood: answered.understood.clone(),
            passages: answered.passages.iter().map(PassageDto::from).collect(),
            passages_read: count(answered.passages_read),
            timing: TimingDto {
                retrieval_ms: milliseconds(answered.timing.retrieval_ms),
                first_token_ms: milliseconds(answered.timing.first_token_ms),
                total_ms: milliseconds(answered.timing.total_ms),
                prompt_tokens: count(answered.timing.prompt_tokens),
                answer_tokens: count(answered.timing.answer_tokens),
            },
        }
    }
}

impl From<&AnsweredSentence> for SentenceDto {
    fn from(sentence: &AnsweredSentence) -> Self {
        Self {
            text: sentence.text.clone(),
            supported: !sentence.citations.is_empty(),
            citations: sentence.citations.iter().map(CitationDto::from).collect(),
            conflicts: sentence.conflicts.iter().map(CitationDto::from).collect(),
        }
    }
}

impl From<&Quote> for CitationDto {
    fn from(quote: &Quote) -> Self {
        Self {
            source: quote.source,
            path: quote.path.display().to_string(),
            name: name_of(&quote.path),
            page: quote.page,
            start: count(quote.start),
            end: count(quote.end),
            quote: quote.quote.clone(),
            cells: quote
                .cells
                .as_ref()
                .map(|cells| CellsDto { sheet: cells.sheet.clone(), names: cells.names.clone() }),
        }
    }
}

impl From<Chat> for ChatDto {
    fn from(chat: Chat) -> Self {
        Self { id: chat.id.0, title: chat.title, updated_at: chat.updated_at }
    }
}

impl From<KeptTurn> for TurnDto {
    fn from(turn: KeptTurn) -> Self {
        let run = turn.id.0;
        let (answer, error) = match turn.outcome {
            None => (None, None),
            Some(TurnOutcome::Answered(answered)) => (Some(AnswerDto::of(run, &answered)), None),
            Some(TurnOutcome::Failed(error)) => {
                (None, Some(ErrorDto { code: error.code, message: error.message, hint: error.hint }))
            }
        };
        let task = turn.run.map(|run| run.0);
        Self { run, question: turn.question, agent: turn.agent, within: turn.within, task, answer, error }
    }
}

impl From<PageView> for PageDto {
    fn from(view: PageView) -> Self {
        Self {
            source: view.source.id.0,
            path: view.source.path.display().to_string(),
            name: name_of(&view.source.path),
            page: view.page,
            pages: view.source.pages,
            text: view.text,
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn milliseconds(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
