-- The scripts that were run.
CREATE TABLE {prefix}schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at INTEGER NOT NULL
) STRICT;

-- The runs. All instants are epoch milliseconds. Any engine can take a run whose owner is null or whose lease is over.
CREATE TABLE {prefix}run (
    id          TEXT NOT NULL PRIMARY KEY,
    state       TEXT NOT NULL,
    owner       TEXT,
    token       INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What runs are made of: a line for each task and controller of the workflow, and the inputs. A table of its own, because every step of a run
-- writes to its row in the table above.
CREATE TABLE {prefix}definition (
    run     TEXT NOT NULL PRIMARY KEY,
    outline TEXT NOT NULL,
    inputs  TEXT NOT NULL
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
    PRIMARY KEY (run, task)
) STRICT, WITHOUT ROWID;

-- The attempts of controllers; numbers start at 1.
CREATE TABLE {prefix}attempt (
    run           TEXT NOT NULL,
    task          TEXT NOT NULL,
    number        INTEGER NOT NULL,
    value         TEXT,
    failures      TEXT NOT NULL,
    elapsed_nanos INTEGER NOT NULL,
    delay_nanos   INTEGER NOT NULL,
    PRIMARY KEY (run, task, number)
) STRICT, WITHOUT ROWID;
