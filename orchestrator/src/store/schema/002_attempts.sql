-- One row for each time that a problem was worked on. `outcome` is null while it is.
CREATE TABLE attempts (
    id             INTEGER PRIMARY KEY,
    problem        INTEGER NOT NULL REFERENCES problems (id) ON DELETE CASCADE,
    number         INTEGER NOT NULL,        -- from 1
    started_at     INTEGER NOT NULL,
    ended_at       INTEGER,
    outcome        TEXT CHECK (outcome IN
                       ('proved', 'refuted', 'failed', 'declined', 'fault', 'interrupted')),
    final          INTEGER NOT NULL DEFAULT 0 CHECK (final IN (0, 1)),
    reason_class   TEXT,
    reason_message TEXT,
    environment    TEXT CHECK (environment IN ('core', 'project')),
    theorem        TEXT,
    theorem_type   TEXT,
    statement_hash TEXT,
    proof          TEXT,
    bandit         TEXT,                    -- JSON: what was known about finishers when it began
    UNIQUE (problem, number),
    CHECK (final = 0 OR (outcome IS NOT NULL AND outcome <> 'interrupted')),
    CHECK (outcome IS NULL OR outcome NOT IN ('proved', 'refuted') OR proof IS NOT NULL)
) STRICT;

-- Exactly one final result of a problem.
CREATE UNIQUE INDEX one_final_result ON attempts (problem) WHERE final = 1;

CREATE TRIGGER attempts_nothing_after_the_final_result
BEFORE INSERT ON attempts
WHEN (SELECT state FROM problems WHERE id = NEW.problem) = 'done'
BEGIN
    SELECT RAISE(ABORT, 'the problem has its final result');
END;

CREATE TRIGGER attempts_an_outcome_stands
BEFORE UPDATE ON attempts
WHEN OLD.outcome IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'the attempt has its outcome');
END;

CREATE TABLE verdicts (
    attempt        INTEGER PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
    verdict        TEXT NOT NULL CHECK (verdict IN ('accepted', 'rejected', 'declined', 'fault')),
    level          INTEGER CHECK (level BETWEEN 1 AND 4),
    axioms         TEXT,                    -- JSON array
    library_bodies INTEGER CHECK (library_bodies IN (0, 1)),
    reason_class   TEXT,
    reason_message TEXT,
    CHECK ((verdict = 'accepted') = (level IS NOT NULL))
) STRICT;

CREATE TABLE timings (
    attempt        INTEGER PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
    seconds        REAL NOT NULL,
    lean_seconds   REAL NOT NULL,
    policy_seconds REAL NOT NULL,
    verify_seconds REAL NOT NULL,
    expanded       INTEGER NOT NULL,
    tactics        INTEGER NOT NULL,
    tokens         INTEGER NOT NULL
) STRICT;
