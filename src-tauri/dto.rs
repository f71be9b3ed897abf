//! What crosses to the UI. The TypeScript in `ui/src/ipc/gen.ts` is made from these types by
//! `cargo xtask codegen`, and the tests fail when it is stale.

mod agents;
mod collections;
mod from;
mod runs;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use agents::{
    AgentBrokenDto, AgentDto, AgentsDto, CheckDto, InputDto, InputKindDto, LanguageDto, LimitsDto, OptionDto,
    PermissionDto, PlanDto, ProblemDto, StepDto, WordsDto, WorkDto,
};
pub use collections::{AheadDto, CollectionDto, CollectionPlaceDto, ComputedDto, PinCostDto};
pub use runs::{
    ColumnDto, EventDto, EvidenceDto, HappenedDto, KindDto, OutcomeDto, PendingDto, PlaceDto, RunDto,
    RunEventDto, RunShownDto, RunStateDto, TableDto, UndoneDto, ValueDto, VerdictDto,
};

/// Why something did not work, and what to do now.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDto {
    /// Stable, for the message catalogue; `message` and `hint` are the English fallback.
    pub code: String,
    pub message: String,
    pub hint: String,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StatusDto {
    pub version: String,
    /// Why this window can only look and ask: another one has the data folder.
    pub locked: Option<ErrorDto>,
    /// The model that answers.
    pub chat: ModelDto,
    /// The model that finds.
    pub embedding: ModelDto,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelDto {
    pub id: String,
    pub name: String,
    pub state: ModelStateDto,
    pub error: Option<ErrorDto>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ModelStateDto {
    /// The file is there; it is loaded at the first question.
    Present,
    Loading,
    /// In memory.
    Loaded,
    Missing,
    Failed,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SourceDto {
    #[ts(type = "number")]
    pub id: i64,
    pub path: String,
    pub name: String,
    pub state: SourceStateDto,
    /// Set when `state` is failed.
    pub reason: Option<ErrorDto>,
    pub pages: u32,
    /// Numbers of the pages on which no text was found.
    pub empty_pages: Vec<u32>,
    pub passages: u32,
    /// Passages in memory so far; equals `passages` when the source is ready.
    pub passages_in_memory: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SourceStateDto {
    Queued,
    Reading,
    Ready,
    PartlyRead,
    Failed,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AddReportDto {
    /// New or changed files that were queued.
    pub queued: u32,
    /// Files whose content is in memory already.
    pub unchanged: u32,
    /// What was left out, and why.
    pub skipped: Vec<SkippedDto>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SkippedDto {
    pub path: String,
    pub reason: ErrorDto,
}

/// What the window is told without asking.
#[expect(clippy::large_enum_variant, reason = "one at a time is made and sent on at once")]
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum AppEventDto {
    SourcesChanged {
        sources: Vec<SourceDto>,
        #[ts(type = "number[]")]
        removed: Vec<i64>,
    },
    StatusChanged {
        status: StatusDto,
    },
    /// Computing ahead has begun, has come further, or has ended.
    AheadChanged {
        ahead: AheadDto,
    },
    /// Something that nobody is waiting for went wrong.
    Problem {
        error: ErrorDto,
    },
}

/// The life of one answer, in this order; done or failed comes last, once.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum AnswerEventDto {
    Started {
        #[ts(type = "number")]
        run: i64,
        #[ts(type = "number")]
        chat: i64,
    },
    /// The question leans on the one before it, and is answered as this one.
    Understood {
        question: String,
    },
    /// What was found, before the model has read it.
    Evidence {
        passages: Vec<PassageDto>,
    },
    /// The model is being loaded.
    Loading {
        model: String,
    },
    /// Tokens of the prompt that the model has read.
    Reading {
        done: u32,
        total: u32,
    },
    /// More text of the answer, a frame's worth.
    Text {
        text: String,
    },
    /// What was written is not borne out; more passages are read, and it is written anew.
    ReadingOn,
    Done {
        answer: AnswerDto,
    },
    Failed {
        error: ErrorDto,
    },
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PassageDto {
    #[ts(type = "number")]
    pub source: i64,
    pub path: String,
    pub name: String,
    pub page: u32,
    /// Characters (code points) in the page's text.
    pub start: u32,
    pub end: u32,
    pub heading: String,
    pub text: String,
    pub score: f32,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AnswerDto {
    #[ts(type = "number")]
    pub run: i64,
    pub text: String,
    /// The documents do not hold the answer.
    pub declined: bool,
    /// A person stopped it.
    pub stopped: bool,
    /// It ends in the middle because the limit was reached.
    pub cut: bool,
    pub sentences: Vec<SentenceDto>,
    /// What an agent's tool computed, as `(80 + 120) * 3 = 600`; then `text` is that.
    pub calculation: Option<String>,
    /// The question that was answered, when it was restated because it leans on the one before it.
    pub understood: Option<String>,
    /// What was found, best first.
    pub passages: Vec<PassageDto>,
    /// How many of them, from the first on, the model read.
    pub passages_read: u32,
    pub timing: TimingDto,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SentenceDto {
    pub text: String,
    /// It is bound to at least one quote.
    pub supported: bool,
    pub citations: Vec<CitationDto>,
    /// Where other sources say something else.
    pub conflicts: Vec<CitationDto>,
}

/// A quote that stands verbatim in `source` on `page`, at `start..end`.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CitationDto {
    #[ts(type = "number")]
    pub source: i64,
    pub path: String,
    pub name: String,
    pub page: u32,
    pub start: u32,
    pub end: u32,
    pub quote: String,
    /// Where it stands in a sheet.
    pub cells: Option<CellsDto>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CellsDto {
    /// The sheet's name; empty when the file is but one table.
    pub sheet: String,
    /// As people write them: B7, A7:D7, F9.
    pub names: String,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TimingDto {
    pub retrieval_ms: u32,
    pub first_token_ms: u32,
    pub total_ms: u32,
    pub prompt_tokens: u32,
    pub answer_tokens: u32,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChatDto {
    #[ts(type = "number")]
    pub id: i64,
    /// Its first question.
    pub title: String,
    /// Seconds since 1970, UTC.
    #[ts(type = "number")]
    pub updated_at: i64,
}

/// A question of a chat and what came of it.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TurnDto {
    #[ts(type = "number")]
    pub run: i64,
    pub question: String,
    /// The id of the agent that was asked.
    pub agent: Option<String>,
    /// The name of the collection within which it was asked, which may have been taken away since.
    pub within: Option<String>,
    /// The run that was begun in place of an answer; its number among the runs.
    #[ts(type = "number | null")]
    pub task: Option<i64>,
    /// Missing when it failed or the app was closed before the answer was done.
    pub answer: Option<AnswerDto>,
    pub error: Option<ErrorDto>,
}

/// A page's text as it is kept.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PageDto {
    #[ts(type = "number")]
    pub source: i64,
    pub path: String,
    pub name: String,
    pub page: u32,
    /// Pages of the source.
    pub pages: u32,
    pub text: String,
}

/// What was on the screen, kept over a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct ViewDto {
    #[ts(type = "number | null")]
    pub chat: Option<i64>,
    /// The question that is being typed.
    pub draft: String,
    pub reader: Option<ReaderViewDto>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReaderViewDto {
    #[ts(type = "number")]
    pub source: i64,
    pub page: u32,
    /// The marked range, in characters (code points) of the page's text.
    pub start: u32,
    pub end: u32,
}

#[cfg(test)]
mod generated;
