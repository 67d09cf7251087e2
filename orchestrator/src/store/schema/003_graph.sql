-- The search graph: OR nodes, and the tactics (AND) between them.
CREATE TABLE nodes (
    attempt      INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
    id           INTEGER NOT NULL,          -- dense, 0 is the root
    parent       INTEGER,                   -- the tactic that first led here
    depth        INTEGER NOT NULL,
    hash         TEXT NOT NULL,
    goals        TEXT NOT NULL,             -- JSON array
    tags         TEXT NOT NULL,             -- JSON array
    status       TEXT NOT NULL,
    duplicate_of INTEGER,
    score        REAL,                      -- null where it is not a number
    expanded     INTEGER,
    PRIMARY KEY (attempt, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tactics (
    attempt     INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
    id          INTEGER NOT NULL,           -- dense
    node        INTEGER NOT NULL,
    text        TEXT NOT NULL,
    source      TEXT NOT NULL,
    logprob     REAL,                       -- null where it is not a number
    status      TEXT NOT NULL,
    error_class TEXT,
    error       TEXT,
    children    TEXT NOT NULL,              -- JSON array of nodes
    heartbeats  REAL NOT NULL,
    ms          REAL NOT NULL,
    in_proof    INTEGER NOT NULL CHECK (in_proof IN (0, 1)),
    PRIMARY KEY (attempt, id)
) STRICT, WITHOUT ROWID;
