//! The ledger: what runs came to, and what happened in them.

use std::collections::BTreeMap;

use inhouse_agent::run::Event;
use inhouse_record::{AuditReport, RunId, RunRow, RunState};

use crate::{App, AppError};

/// A run with all that happened in it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunShown {
    pub row: RunRow,
    /// Each with its number in the audit log and its time (seconds since 1970, UTC).
    pub events: Vec<(i64, i64, Event)>,
}

/// What the runs of an agent with a model came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutcomeSum {
    pub agent: String,
    pub model: String,
    pub runs: usize,
    pub passed: usize,
    pub failed: usize,
    /// Stopped, broken or not at an end.
    pub unfinished: usize,
    /// Of work, all in all.
    pub seconds: u64,
    /// Read and written, all in all.
    pub tokens: usize,
    /// Times that a person said yes.
    pub approvals: usize,
    pub accepted: usize,
    pub corrected: usize,
    pub rejected: usize,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditLine {
    pub seq: i64,
    pub at: i64,
    pub run: Option<RunId>,
    pub hash: String,
    /// JSON.
    pub event: String,
}

impl App {
    /// All runs, the newest first.
    pub fn runs(&self) -> Result<Vec<RunRow>, AppError> {
        Ok(self.record().runs()?)
    }

    pub fn run(&self, id: RunId) -> Result<RunShown, AppError> {
        let row = self.record().run(id)?;
        let mut events = Vec::new();
        for entry in self.record().audit_of(id)? {
            let event = serde_json::from_str(&entry.event)
                .map_err(|error| AppError::Bug { what: error.to_string() })?;
            events.push((entry.seq, entry.at, event));
        }
        Ok(RunShown { row, events })
    }

    /// What all runs came to, by agent and model.
    pub fn outcomes(&self) -> Result<Vec<OutcomeSum>, AppError> {
        let mut sums: BTreeMap<(String, String), OutcomeSum> = BTreeMap::new();
        for row in self.record().runs()? {
            let key = (row.agent.clone(), row.model.clone());
            let sum = sums.entry(key).or_insert_with(|| OutcomeSum {
                agent: row.agent.clone(),
                model: row.model.clone(),
                ..OutcomeSum::default()
            });
            sum.runs += 1;
            match row.state {
                RunState::Passed => sum.passed += 1,
                RunState::Failed => sum.failed += 1,
                _ => sum.unfinished += 1,
            }
            sum.seconds += row.seconds;
            // The last word counts.
            let mut verdict = None;
            for event in self.events_of(row.id)? {
                match event {
                    Event::Filled { prompt_tokens, answer_tokens, .. } => {
                        sum.tokens += prompt_tokens + answer_tokens
                    }
                    Event::Decided { approved: true, .. } => sum.approvals += 1,
                    Event::Judged { verdict: said, .. } => verdict = Some(said),
                    _ => {}
                }
            }
            match verdict.as_deref() {
                Some("accepted") => sum.accepted += 1,
                Some("corrected") => sum.corrected += 1,
                Some("rejected") => sum.rejected += 1,
                _ => {}
            }
        }
        Ok(sums.into_values().collect())
    }

    /// The whole audit log, in order.
    pub fn audit(&self) -> Result<Vec<AuditLine>, AppError> {
        let entries = self.record().audit()?;
        let line = |entry: inhouse_record::AuditEntry| AuditLine {
            seq: entry.seq,
            at: entry.at,
            run: entry.run,
            hash: entry.hash,
            event: entry.event,
        };
        Ok(entries.into_iter().map(line).collect())
    }

    /// Follows the audit log from its beginning.
    pub fn verify_audit(&self) -> Result<AuditReport, AppError> {
        Ok(self.record().verify_audit()?)
    }
}
