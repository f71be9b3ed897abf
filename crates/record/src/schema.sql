CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Missing when the bytes could not be read.
    sha256 TEXT UNIQUE,
    state TEXT NOT NULL,
    failure_code TEXT,
    failure_detail TEXT,
    -- Its pages and passages are kept below; only the embedding may be missing.
    extracted INTEGER NOT NULL DEFAULT 0,
    added_at INTEGER NOT NULL,
    CHECK ((state = 'failed') = (failure_code IS NOT NULL))
) STRICT;

-- Where a source was found. The same content at two places is one source.
CREATE TABLE places (
    path BLOB PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
    -- What stood here before, until `source` is ready to take its place.
    replaces INTEGER REFERENCES sources(id) ON DELETE SET NULL,
    bytes INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX places_by_source ON places(source);
CREATE INDEX places_by_replaced ON places(replaces);

CREATE TABLE pages (
    source INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    empty INTEGER NOT NULL,
    -- Of a page that shows a sheet: its name, and for each cell row, column and the range of its text,
    -- four little-endian u32.
    sheet TEXT,
    cells BLOB,
    PRIMARY KEY (source, number)
) STRICT, WITHOUT ROWID;

-- A passage's text is pages.text from char_start to char_end.
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
    page INTEGER NOT NULL,
    char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL,
    heading TEXT NOT NULL,
    in_memory INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX passages_by_source ON passages(source, page, char_start);

CREATE TABLE chats (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat INTEGER NOT NULL REFERENCES chats(id) ON DELETE CASCADE,
    question TEXT NOT NULL,
    model TEXT NOT NULL,
    -- JSON, each the app's own shape; both missing while it runs or when it was interrupted.
    answer TEXT,
    error TEXT,
    asked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX turns_by_chat ON turns(chat, id);

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
