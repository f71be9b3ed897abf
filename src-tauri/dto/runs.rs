//! What crosses of runs: what happened in them, what they wait for and what they came to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ErrorDto, PlanDto};

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunDto {
    #[ts(type = "number")]
    pub id: i64,
    /// The agent's id.
    pub agent: String,
    pub model: String,
    pub state: RunStateDto,
    /// Seconds since 1970, UTC.
    #[ts(type = "number")]
    pub begun_at: i64,
    #[ts(type = "number | null")]
    pub ended_at: Option<i64>,
    /// Of work, waiting for people left out.
    pub seconds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunStateDto {
    Running,
    /// It was under way when a process ended; it can be taken up again.
    CutShort,
    /// A person has to answer or decide.
    Waiting,
    Passed,
    /// It came to its end, and checks failed.
    Failed,
    /// A person or a limit stopped it.
    Stopped,
    /// It could not go on.
    Broken,
}

/// A run with all that happened in it so far.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunShownDto {
    pub run: RunDto,
    /// Of the agent's file as it was; null when this version can't read that file any more.
    pub plan: Option<PlanDto>,
    /// What a person has to do before it goes on.
    pub pending: Option<PendingDto>,
    pub events: Vec<HappenedDto>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum PendingDto {
    Answer { at: String, question: String, options: Vec<String> },
    Approval { at: String, path: String, preview: String },
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HappenedDto {
    /// Seconds since 1970, UTC.
    #[ts(type = "number")]
    pub at: i64,
    pub event: EventDto,
}

/// What happened; `at` says where in the procedure, as `issues/3/quote`.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum EventDto {
    Begun {
        agent: String,
        model: String,
        language: String,
        given: BTreeMap<String, String>,
    },
    Read {
        input: String,
        document: String,
        pages: u32,
        empty_pages: u32,
    },
    /// A folder was looked through.
    Listed {
        input: String,
        table: TableDto,
    },
    StepBegun {
        step: String,
    },
    Filled {
        at: String,
        text: String,
        prompt_tokens: u32,
        answer_tokens: u32,
    },
    Called {
        at: String,
        tool: String,
        arguments: String,
        result: String,
        failed: bool,
    },
    Asked {
        at: String,
        question: String,
        options: Vec<String>,
    },
    Answered {
        at: String,
        text: String,
    },
    Previewed {
        at: String,
        path: String,
        preview: String,
    },
    Decided {
        at: String,
        approved: bool,
    },
    Wrote {
        at: String,
        path: String,
        bytes: u32,
    },
    MadeFolder {
        at: String,
        path: String,
    },
    Filed {
        at: String,
        from: String,
        to: String,
        copied: bool,
    },
    StepDone {
        step: String,
        table: TableDto,
    },
    Checked {
        check: String,
        passed: bool,
        detail: String,
    },
    Ended {
        failed: Vec<String>,
    },
    Halted {
        code: String,
        at: String,
        what: String,
    },
    Undone {
        path: String,
        what: String,
    },
    Judged {
        verdict: String,
        note: String,
    },
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TableDto {
    pub columns: Vec<ColumnDto>,
    /// Each as long as `columns`.
    pub rows: Vec<Vec<ValueDto>>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ColumnDto {
    pub name: String,
    pub kind: KindDto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KindDto {
    Text,
    Number,
    Date,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ValueDto {
    pub text: String,
    /// Why it stands there.
    pub from: EvidenceDto,
    /// Of a quoted one, where it stands.
    pub places: Vec<PlaceDto>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceDto {
    Given,
    Quoted,
    Computed,
    Chosen,
    Written,
    /// Written, and a figure of it stands nowhere in what was read.
    Unsupported,
    Missing,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PlaceDto {
    pub document: String,
    /// From 1.
    pub page: u32,
    pub quote: String,
    /// Of a sheet its name and cells.
    pub cells: Option<String>,
}

/// The course of a run: started comes first, ended or failed last, each once.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum RunEventDto {
    Started { shown: Box<RunShownDto> },
    Happened { events: Vec<HappenedDto> },
    Ended { state: RunStateDto, pending: Option<PendingDto>, why: Option<String> },
    Failed { error: ErrorDto },
}

/// What became of a file that was to be taken back.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UndoneDto {
    pub path: String,
    /// Why it was left as it is.
    pub left: Option<String>,
    /// Where what was there before lies, when it could not be brought back.
    pub kept: Option<String>,
}

/// What a person says of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VerdictDto {
    Accepted,
    Corrected,
    Rejected,
}

/// What the runs of an agent with a model came to.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeDto {
    pub agent: String,
    pub model: String,
    pub runs: u32,
    pub passed: u32,
    pub failed: u32,
    /// Stopped, broken or not at an end.
    pub unfinished: u32,
    /// Of work, all in all.
    pub seconds: u32,
    /// Read and written, all in all.
    pub tokens: u32,
    /// Times that a person said yes.
    pub approvals: u32,
    pub accepted: u32,
    pub corrected: u32,
    pub rejected: u32,
}
