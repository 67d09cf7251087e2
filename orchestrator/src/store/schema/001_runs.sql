-- One row for each invocation of `prove` (resumed or not).
CREATE TABLE runs (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,          -- milliseconds since 1970
    ended_at     INTEGER,                   -- set when every problem has its result
    status       TEXT NOT NULL CHECK (status IN ('running', 'interrupted', 'finished')),
    seed         INTEGER NOT NULL,
    source       TEXT NOT NULL,             -- what was to be proved, in words
    command_line TEXT NOT NULL,             -- JSON array
    config       TEXT NOT NULL,             -- JSON: the effective configuration
    versions     TEXT NOT NULL,             -- JSON object: lakatos, lean, platform, …
    lean         TEXT NOT NULL,             -- JSON: which Lean, how isolated
    bandit       TEXT                       -- JSON: what is known about finishers by now
) STRICT;

-- Everything that a problem is made of, so that a run can go on after its input files are gone.
CREATE TABLE problems (
    id      INTEGER PRIMARY KEY,
    run     INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,               -- the run's order
    name    TEXT NOT NULL,
    split   TEXT,
    imports TEXT NOT NULL,                  -- JSON array
    header  TEXT NOT NULL,                  -- what follows the imports
    statement TEXT NOT NULL,                -- without `:=`
    origin  TEXT NOT NULL,                  -- file and line, for people
    payload TEXT NOT NULL,                  -- JSON: the whole problem
    state   TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done')),
    UNIQUE (run, ordinal),
    UNIQUE (run, name)
) STRICT;

CREATE INDEX problems_by_state ON problems (run, state, ordinal);

CREATE TRIGGER problems_done_is_final
BEFORE UPDATE OF state ON problems
WHEN OLD.state = 'done' AND NEW.state <> 'done'
BEGIN
    SELECT RAISE(ABORT, 'a problem that has its final result stays done');
END;
