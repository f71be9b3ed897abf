-- Named sets of sources: what lies at or beneath their paths.
CREATE TABLE collections (
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (name, path)
) STRICT;

-- The agent that was asked, and the run that was begun in place of an answer.
ALTER TABLE turns ADD COLUMN agent TEXT;
ALTER TABLE turns ADD COLUMN run INTEGER REFERENCES runs(id);
