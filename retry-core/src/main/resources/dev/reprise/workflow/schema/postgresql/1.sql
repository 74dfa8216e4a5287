-- Which scripts were run.
CREATE TABLE {prefix}schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at BIGINT NOT NULL
);

-- The runs. All instants are epoch milliseconds. A run whose owner is null, or whose lease is over, may be taken by any engine.
CREATE TABLE {prefix}run (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    state       TEXT COLLATE "C" NOT NULL,
    owner       TEXT COLLATE "C",
    token       BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- What runs began with: a line for each atom of the workflow, and the inputs. Apart, because every step of a run writes to its row.
CREATE TABLE {prefix}beginning (
    run     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    outline TEXT COLLATE "C" NOT NULL,
    inputs  TEXT COLLATE "C" NOT NULL
);

-- The tasks and controllers that have ever moved. Values are written by the codec of the store, failures as JSON.
CREATE TABLE {prefix}atom (
    run            TEXT COLLATE "C" NOT NULL,
    atom           TEXT COLLATE "C" NOT NULL,
    version        TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL,
    intention      TEXT COLLATE "C" NOT NULL,
    result         TEXT COLLATE "C",
    failure        TEXT COLLATE "C",
    revert_result  TEXT COLLATE "C",
    revert_failure TEXT COLLATE "C",
    controls       INTEGER NOT NULL,
    own_failure    TEXT COLLATE "C",
    progress       DOUBLE PRECISION NOT NULL,
    ended          INTEGER NOT NULL,
    interrupted    INTEGER NOT NULL,
    PRIMARY KEY (run, atom)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- The attempts of controllers, numbered from 1.
CREATE TABLE {prefix}attempt (
    run           TEXT COLLATE "C" NOT NULL,
    atom          TEXT COLLATE "C" NOT NULL,
    number        INTEGER NOT NULL,
    value         TEXT COLLATE "C",
    failures      TEXT COLLATE "C" NOT NULL,
    elapsed_nanos BIGINT NOT NULL,
    wait_nanos    BIGINT NOT NULL,
    PRIMARY KEY (run, atom, number)
);
