//! Runs: what an agent was given to do, and how far it came.

use rusqlite::{OptionalExtension, Row, params};

use crate::{Record, RecordError, now};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub i64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    pub id: RunId,
    pub agent: String,
    /// SHA-256 of the agent's file as it was, in hexadecimal digits.
    pub definition: String,
    /// JSON of the app.
    pub task: String,
    pub model: String,
    pub state: RunState,
    /// Seconds since 1970, UTC.
    pub begun_at: i64,
    pub ended_at: Option<i64>,
    /// Of work, waiting for people left out.
    pub seconds: u64,
}

/// A run that begins.
#[derive(Debug, Clone, Copy)]
pub struct NewRun<'a> {
    pub agent: &'a str,
    pub sha256: &'a str,
    pub toml: &'a str,
    pub task: &'a str,
    pub model: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Under way, or cut short by the end of the app.
    Running,
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

impl RunState {
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Waiting, Self::Passed, Self::Failed, Self::Stopped, Self::Broken];

    pub fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Broken => "broken",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// It came to its end.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Passed | Self::Failed)
    }
}

const COLUMNS: &str = "id, agent, definition, task, model, state, begun_at, ended_at, seconds";

impl Record {
    pub fn begin_run(&self, run: NewRun<'_>) -> Result<RunId, RecordError> {
        self.write("begin a run", |transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO definitions (sha256, agent, toml, seen_at) VALUES (?1, ?2, ?3, ?4)",
                params![run.sha256, run.agent, run.toml, now()],
            )?;
            transaction.execute(
                "INSERT INTO runs (agent, definition, task, model, state, begun_at)
                 VALUES (?1, ?2, ?3, ?4, 'running', ?5)",
                params![run.agent, run.sha256, run.task, run.model, now()],
            )?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
    }

    /// Where a run stands now, after so many more seconds of work.
    pub fn set_run_state(&self, id: RunId, state: RunState, seconds: u64) -> Result<(), RecordError> {
        let ended = (!matches!(state, RunState::Running | RunState::Waiting)).then(now);
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.write("keep the state of a run", |transaction| {
            transaction
                .execute(
                    "UPDATE runs SET state = ?2, ended_at = ?3, seconds = seconds + ?4 WHERE id = ?1",
                    params![id.0, state.code(), ended, seconds],
                )
                .map(drop)
        })
    }

    pub fn run(&self, id: RunId) -> Result<RunRow, RecordError> {
        let found = self.read("read a run", |connection| {
            let sql = format!("SELECT {COLUMNS} FROM runs WHERE id = ?1");
            connection.query_row(&sql, [id.0], run_row).optional()
        })?;
        found.ok_or(RecordError::NotFound { what: "run", id: id.0 })
    }

    /// All runs, the newest first.
    pub fn runs(&self) -> Result<Vec<RunRow>, RecordError> {
        self.read("list the runs", |connection| {
            connection
                .prepare(&format!("SELECT {COLUMNS} FROM runs ORDER BY id DESC"))?
                .query_map([], run_row)?
                .collect()
        })
    }

    /// An agent's file as it was when a run began.
    pub fn definition(&self, sha256: &str) -> Result<Option<String>, RecordError> {
        self.read("read an agent's file", |connection| {
            connection
                .query_row("SELECT toml FROM definitions WHERE sha256 = ?1", [sha256], |row| row.get(0))
                .optional()
        })
    }
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let state: String = row.get(5)?;
    Ok(RunRow {
        id: RunId(row.get(0)?),
        agent: row.get(1)?,
        definition: row.get(2)?,
        task: row.get(3)?,
        model: row.get(4)?,
        // A state of a newer version is at least not an end.
        state: RunState::from_code(&state).unwrap_or(RunState::Broken),
        begun_at: row.get(6)?,
        ended_at: row.get(7)?,
        seconds: row.get::<_, i64>(8)?.unsigned_abs(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_keeps_the_agents_file_as_it_was() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let record = Record::open(&folder.path().join("record.sqlite")).expect("a record");
        let new = |sha256, toml| NewRun { agent: "reader", sha256, toml, task: "{}", model: "m" };
        let first = record.begin_run(new("a1", "name = 1")).expect("a run");
        let second = record.begin_run(new("a2", "name = 2")).expect("a run");
        record.set_run_state(first, RunState::Waiting, 5).expect("a state");
        record.set_run_state(first, RunState::Passed, 7).expect("a state");
        let run = record.run(first).expect("the run");
        assert_eq!((run.state, run.seconds, run.ended_at.is_some()), (RunState::Passed, 12, true));
        assert_eq!(record.definition(&run.definition).expect("a file").as_deref(), Some("name = 1"));
        assert_eq!(
            record.runs().expect("runs").iter().map(|run| run.id).collect::<Vec<_>>(),
            [second, first]
        );
        assert!(matches!(record.run(RunId(99)), Err(RecordError::NotFound { .. })));
    }
}
