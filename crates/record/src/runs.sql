-- Agents' files as they were when a run began, each once.
CREATE TABLE definitions (
    sha256 TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    toml TEXT NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent TEXT NOT NULL,
    definition TEXT NOT NULL REFERENCES definitions(sha256),
    -- JSON, the app's own shape.
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    ended_at INTEGER,
    -- Of work, waiting for people left out.
    seconds INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX runs_by_agent ON runs(agent, id);

-- What happened, in one chain: each hash is over the one before it and over the entry, so that none
-- is changed, taken out or put in without a trace.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- 0 for what belongs to no run.
    run INTEGER NOT NULL,
    -- JSON, the app's own shape.
    event TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_run ON audit(run, seq);

-- The end of the chain, so that entries missing at its end are found too.
CREATE TABLE audit_head (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
