-- Data jobs: one row for each dataset that is being made, or was.
CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,             -- mutate, informalize, …
    created_at   INTEGER NOT NULL,          -- milliseconds since 1970
    ended_at     INTEGER,                   -- set when every item has its entry
    fingerprint  TEXT NOT NULL,
    identity     TEXT NOT NULL,             -- JSON: everything that decides the bytes
    command_line TEXT NOT NULL,             -- JSON array
    out          TEXT NOT NULL,             -- the output directory, as it was given
    seconds      REAL NOT NULL DEFAULT 0    -- wall clock of all sessions together
) STRICT;

-- The journal: an entry an item, in the plan's order, never changed.
CREATE TABLE job_entries (
    id     INTEGER PRIMARY KEY,
    job    INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    item   INTEGER NOT NULL,                -- its index in the plan
    key    TEXT NOT NULL,
    reason TEXT,                            -- why it failed; null where it did not
    tally  TEXT NOT NULL,                   -- JSON: what it adds to the job's counts
    rows   BLOB NOT NULL,                   -- JSON array of rows, deflated
    UNIQUE (job, item)
) STRICT;

CREATE TRIGGER job_entries_are_appended_in_order
BEFORE INSERT ON job_entries
WHEN NEW.item <> (SELECT COALESCE(MAX(item) + 1, 0) FROM job_entries WHERE job = NEW.job)
BEGIN
    SELECT RAISE(ABORT, 'an entry is appended for the first item that has none');
END;

CREATE TRIGGER job_entries_stand
BEFORE UPDATE ON job_entries
BEGIN
    SELECT RAISE(ABORT, 'an entry of a journal is never changed');
END;

-- What no later item of a job may make again.
CREATE TABLE job_claims (
    job   INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    claim BLOB NOT NULL,                    -- 16 bytes of a hash
    item  INTEGER NOT NULL,
    PRIMARY KEY (job, claim)
) STRICT, WITHOUT ROWID;
