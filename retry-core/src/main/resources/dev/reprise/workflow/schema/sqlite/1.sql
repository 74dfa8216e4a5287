-- The scripts that were run.
CREATE TABLE {prefix}schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at INTEGER NOT NULL
) STRICT;

-- The runs. All instants are epoch milliseconds. Any engine can take a run whose owner is null or whose lease is over.
-- The started task runs for the first time, unless there is a row of it with an execution among the tasks. That row is later, and counts.
CREATE TABLE {prefix}run (
    id              TEXT NOT NULL PRIMARY KEY,
    state           TEXT NOT NULL,
    owner           TEXT,
    token           INTEGER NOT NULL,
    lease_until     INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL,
    started_task    TEXT,
    started_version TEXT,
    started_at      INTEGER
) STRICT, WITHOUT ROWID;

-- For lists of runs, a page of one state at a time, and for the removal of old ones.
CREATE INDEX {prefix}run_state ON {prefix}run (state, created_at, id);

-- The runs of one process, which are free when it is proven to be dead.
CREATE INDEX {prefix}run_owner ON {prefix}run (owner) WHERE owner IS NOT NULL;

-- What runs are made of: the workflow's name, a line for each of its parts, the inputs, and whether it is the run of a durable call. A table of its own, because every step of a run
-- writes to its row in the table above.
CREATE TABLE {prefix}definition (
    run      TEXT NOT NULL PRIMARY KEY,
    workflow TEXT NOT NULL,
    outline  TEXT NOT NULL,
    inputs   TEXT NOT NULL,
    of_call  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The tasks and controllers that have ever changed. Values are written by the codec of the store, failures as JSON.
CREATE TABLE {prefix}task (
    run            TEXT NOT NULL,
    task           TEXT NOT NULL,
    version        TEXT NOT NULL,
    state          TEXT NOT NULL,
    intention      TEXT NOT NULL,
    result         TEXT,
    failure        TEXT,
    revert_result  TEXT,
    revert_failure TEXT,
    is_controller  INTEGER NOT NULL,
    own_failure    TEXT,
    progress       REAL NOT NULL,
    is_ended       INTEGER NOT NULL,
    is_interrupted INTEGER NOT NULL,
    due_at         INTEGER,
    executions     INTEGER NOT NULL,
    started_at     INTEGER,
    ended_at       INTEGER,
    PRIMARY KEY (run, task)
) STRICT, WITHOUT ROWID;

-- The attempts of controllers; numbers start at 1. The state of the policy is what it remembers after its decision.
CREATE TABLE {prefix}attempt (
    run           TEXT NOT NULL,
    task          TEXT NOT NULL,
    number        INTEGER NOT NULL,
    value         TEXT,
    elapsed_nanos INTEGER NOT NULL,
    delay_nanos   INTEGER NOT NULL,
    policy_state  TEXT,
    PRIMARY KEY (run, task, number)
) STRICT, WITHOUT ROWID;

-- The failures of attempts, in the order in which they occurred: one row for each, so that an attempt with many failures does not write them again.
CREATE TABLE {prefix}failure (
    run      TEXT NOT NULL,
    task     TEXT NOT NULL,
    number   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    failed   TEXT NOT NULL,
    failure  TEXT NOT NULL,
    PRIMARY KEY (run, task, number, position)
) STRICT, WITHOUT ROWID;

INSERT INTO {prefix}schema (version, applied_at) VALUES (1, CAST(unixepoch('subsec') * 1000 AS INTEGER));
