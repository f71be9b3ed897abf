//! Runs as the window is told of them.

use std::time::{SystemTime, UNIX_EPOCH};

use inhouse_agent::run::{Event, Outcome, Pending};
use inhouse_agent::table::{Column, Evidence, Kind, Place, Table, Value};
use inhouse_app::runs::{OutcomeSum, RunEnd, RunId, RunRow, RunState, UndoneFile};
use inhouse_app::{App, AppError};

use super::count;
use crate::dto::{
    ColumnDto, ErrorDto, EventDto, EvidenceDto, HappenedDto, KindDto, OutcomeDto, PendingDto, PlaceDto,
    PlanDto, RunDto, RunEventDto, RunShownDto, RunStateDto, TableDto, UndoneDto, ValueDto, VerdictDto,
};

impl ErrorDto {
    pub fn under_way(run: RunId) -> Self {
        Self {
            code: "run_under_way".into(),
            message: format!("run {} is under way already", run.0),
            hint: "wait until it ends or stop it first".into(),
        }
    }
}

impl RunShownDto {
    pub fn of(app: &App, id: RunId, under_way: bool) -> Result<Self, AppError> {
        let shown = app.run(id)?;
        Ok(Self {
            run: RunDto::of(&shown.row, under_way),
            // A file that an older version could read is no reason not to show what happened.
            plan: app.kept(&shown.row).ok().map(|(agent, _)| PlanDto::from(&agent)),
            pending: app.pending(id)?.map(PendingDto::from),
            events: shown
                .events
                .iter()
                .map(|(_, at, event)| HappenedDto { at: *at, event: event.into() })
                .collect(),
        })
    }
}

impl RunDto {
    pub fn of(row: &RunRow, under_way: bool) -> Self {
        let state = match row.state {
            RunState::Running if !under_way => RunStateDto::CutShort,
            state => state.into(),
        };
        Self {
            id: row.id.0,
            agent: row.agent.clone(),
            model: row.model.clone(),
            state,
            begun_at: row.begun_at,
            ended_at: row.ended_at,
            seconds: small(row.seconds),
        }
    }
}

impl From<RunState> for RunStateDto {
    fn from(state: RunState) -> Self {
        match state {
            RunState::Running => Self::Running,
            RunState::Waiting => Self::Waiting,
            RunState::Passed => Self::Passed,
            RunState::Failed => Self::Failed,
            RunState::Stopped => Self::Stopped,
            RunState::Broken => Self::Broken,
        }
    }
}

impl From<Pending> for PendingDto {
    fn from(pending: Pending) -> Self {
        match pending {
            Pending::Answer { at, question, options } => Self::Answer { at, question, options },
            Pending::Approval { at, path, preview, .. } => Self::Approval { at, path, preview },
        }
    }
}

impl From<RunEnd> for RunEventDto {
    fn from(end: RunEnd) -> Self {
        Self::Ended { state: end.state.into(), pending: end.pending.map(PendingDto::from), why: end.why }
    }
}

impl HappenedDto {
    pub fn now(event: &Event) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { at: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), event: event.into() }
    }
}

impl From<&Event> for EventDto {
    fn from(event: &Event) -> Self {
        match event.clone() {
            Event::Begun { agent, model, language, given, .. } => {
                Self::Begun { agent, model, language, given }
            }
            Event::Read { input, document, pages, empty_pages, .. } => {
                Self::Read { input, document, pages: count(pages), empty_pages: count(empty_pages) }
            }
            Event::Listed { input, table } => Self::Listed { input, table: table.into() },
            Event::StepBegun { step } => Self::StepBegun { step },
            Event::Filled { at, text, prompt_tokens, answer_tokens, .. } => Self::Filled {
                at,
                text,
                prompt_tokens: count(prompt_tokens),
                answer_tokens: count(answer_tokens),
            },
            Event::Called { at, tool, arguments, result, failed } => {
                Self::Called { at, tool, arguments, result, failed }
            }
            Event::Asked { at, question, options } => Self::Asked { at, question, options },
            Event::Answered { at, text } => Self::Answered { at, text },
            Event::Previewed { at, path, preview, .. } => Self::Previewed { at, path, preview },
            Event::Decided { at, approved, .. } => Self::Decided { at, approved },
            Event::Wrote { at, path, bytes, .. } => Self::Wrote { at, path, bytes: count(bytes) },
            Event::MadeFolder { at, path, .. } => Self::MadeFolder { at, path },
            Event::Filed { at, from, to, copied, .. } => Self::Filed { at, from, to, copied },
            Event::StepDone { step, table } => Self::StepDone { step, table: table.into() },
            Event::Checked { check, passed, detail } => Self::Checked { check, passed, detail },
            Event::Ended { outcome: Outcome::Passed } => Self::Ended { failed: Vec::new() },
            Event::Ended { outcome: Outcome::Failed { checks } } => Self::Ended { failed: checks },
            Event::Halted { code, at, what } => Self::Halted { code, at, what },
            Event::Undone { path, what } => Self::Undone { path, what },
            Event::Judged { verdict, note } => Self::Judged { verdict, note },
        }
    }
}

impl From<Table> for TableDto {
    fn from(table: Table) -> Self {
        Self {
            columns: table.columns.into_iter().map(ColumnDto::from).collect(),
            rows: table.rows.into_iter().map(|row| row.into_iter().map(ValueDto::from).collect()).collect(),
        }
    }
}

impl From<Column> for ColumnDto {
    fn from(column: Column) -> Self {
        let kind = match column.kind {
            Kind::Text => KindDto::Text,
            Kind::Number => KindDto::Number,
            Kind::Date => KindDto::Date,
        };
        Self { name: column.name, kind }
    }
}

impl From<Value> for ValueDto {
    fn from(value: Value) -> Self {
        let (from, places) = match value.evidence {
            Evidence::Given => (EvidenceDto::Given, Vec::new()),
            Evidence::Quoted { places } => (EvidenceDto::Quoted, places),
            Evidence::Computed => (EvidenceDto::Computed, Vec::new()),
            Evidence::Chosen => (EvidenceDto::Chosen, Vec::new()),
            Evidence::Written => (EvidenceDto::Written, Vec::new()),
            Evidence::Unsupported => (EvidenceDto::Unsupported, Vec::new()),
            Evidence::Missing => (EvidenceDto::Missing, Vec::new()),
        };
        Self { text: value.text, from, places: places.into_iter().map(PlaceDto::from).collect() }
    }
}

impl From<Place> for PlaceDto {
    fn from(place: Place) -> Self {
        Self { document: place.document, page: place.page, quote: place.quote, cells: place.cells }
    }
}

impl From<UndoneFile> for UndoneDto {
    fn from(file: UndoneFile) -> Self {
        Self {
            path: file.path.display().to_string(),
            left: file.left,
            kept: file.kept.map(|path| path.display().to_string()),
        }
    }
}

impl VerdictDto {
    /// As the record keeps it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Corrected => "corrected",
            Self::Rejected => "rejected",
        }
    }
}

impl From<OutcomeSum> for OutcomeDto {
    fn from(sum: OutcomeSum) -> Self {
        Self {
            agent: sum.agent,
            model: sum.model,
            runs: count(sum.runs),
            passed: count(sum.passed),
            failed: count(sum.failed),
            unfinished: count(sum.unfinished),
            seconds: small(sum.seconds),
            tokens: count(sum.tokens),
            approvals: count(sum.approvals),
            accepted: count(sum.accepted),
            corrected: count(sum.corrected),
            rejected: count(sum.rejected),
        }
    }
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_nobody_carries_out_is_not_called_running() {
        let row = RunRow {
            id: RunId(1),
            agent: "reader".into(),
            definition: String::new(),
            task: "{}".into(),
            model: "m".into(),
            state: RunState::Running,
            begun_at: 0,
            ended_at: None,
            seconds: 0,
        };
        assert_eq!(RunDto::of(&row, false).state, RunStateDto::CutShort);
        assert_eq!(RunDto::of(&row, true).state, RunStateDto::Running);
    }
}
