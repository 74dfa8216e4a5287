-- Which scripts were run.
CREATE TABLE {prefix}schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at INTEGER NOT NULL
) STRICT;

-- The runs. All instants are epoch milliseconds. A run whose owner is null, or whose lease is over, may be taken by any engine.
CREATE TABLE {prefix}run (
    id          TEXT NOT NULL PRIMARY KEY,
    state       TEXT NOT NULL,
    owner       TEXT,
    token       INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What runs began with: a line for each atom of the workflow, and the inputs. Apart, because every step of a run writes to its row.
CREATE TABLE {prefix}beginning (
    run     TEXT NOT NULL PRIMARY KEY,
    outline TEXT NOT NULL,
    inputs  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The tasks and controllers that have ever moved. Values are written by the codec of the store, failures as JSON.
CREATE TABLE {prefix}atom (
    run            TEXT NOT NULL,
    atom           TEXT NOT NULL,
    version        TEXT NOT NULL,
    state          TEXT NOT NULL,
    intention      TEXT NOT NULL,
    result         TEXT,
    failure        TEXT,
    revert_result  TEXT,
    revert_failure TEXT,
    controls       INTEGER NOT NULL,
    own_failure    TEXT,
    progress       REAL NOT NULL,
    ended          INTEGER NOT NULL,
    interrupted    INTEGER NOT NULL,
    PRIMARY KEY (run, atom)
) STRICT, WITHOUT ROWID;

-- The attempts of controllers, numbered from 1.
CREATE TABLE {prefix}attempt (
    run           TEXT NOT NULL,
    atom          TEXT NOT NULL,
    number        INTEGER NOT NULL,
    value         TEXT,
    failures      TEXT NOT NULL,
    elapsed_nanos INTEGER NOT NULL,
    wait_nanos    INTEGER NOT NULL,
    PRIMARY KEY (run, atom, number)
) STRICT, WITHOUT ROWID;
