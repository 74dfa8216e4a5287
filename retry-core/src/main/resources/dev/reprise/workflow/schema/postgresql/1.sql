-- The scripts that were run.
CREATE TABLE {prefix}schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at BIGINT NOT NULL
);

-- The runs. All instants are epoch milliseconds. Any engine can take a run whose owner is null or whose lease is over.
-- The started task runs for the first time, unless there is a row of it with an execution among the tasks. That row is later, and counts.
CREATE TABLE {prefix}run (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    state           TEXT COLLATE "C" NOT NULL,
    owner           TEXT COLLATE "C",
    token           BIGINT NOT NULL,
    lease_until     BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    started_task    TEXT COLLATE "C",
    started_version TEXT COLLATE "C",
    started_at      BIGINT
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- For lists of runs, a page of one state at a time, and for the removal of old ones.
CREATE INDEX {prefix}run_state ON {prefix}run (state, created_at, id);

-- The named processes that hold a lock of the server with their session: who gets the lock of another one, twice in a row, has proof that it is dead. The
-- ids of its owners of runs begin with its own. Locks of before the server was started prove nothing.
CREATE TABLE {prefix}process (
    id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    worker         TEXT COLLATE "C" NOT NULL,
    host           TEXT COLLATE "C" NOT NULL,
    pid            BIGINT NOT NULL,
    started        BIGINT NOT NULL,
    server_started BIGINT NOT NULL
);

-- What runs are made of: the workflow's name, a line for each of its parts, the inputs, and whether it is the run of a durable call. A table of its own, because every step of a run
-- writes to its row in the table above.
CREATE TABLE {prefix}definition (
    run      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    workflow TEXT COLLATE "C" NOT NULL,
    outline  TEXT COLLATE "C" NOT NULL,
    inputs   TEXT COLLATE "C" NOT NULL,
    of_call  INTEGER NOT NULL
);

-- The tasks and controllers that have ever changed. Values are written by the codec of the store, failures as JSON.
CREATE TABLE {prefix}task (
    run            TEXT COLLATE "C" NOT NULL,
    task           TEXT COLLATE "C" NOT NULL,
    version        TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL,
    intention      TEXT COLLATE "C" NOT NULL,
    result         TEXT COLLATE "C",
    failure        TEXT COLLATE "C",
    revert_result  TEXT COLLATE "C",
    revert_failure TEXT COLLATE "C",
    is_controller  INTEGER NOT NULL,
    own_failure    TEXT COLLATE "C",
    progress       DOUBLE PRECISION NOT NULL,
    is_ended       INTEGER NOT NULL,
    is_interrupted INTEGER NOT NULL,
    due_at         BIGINT,
    executions     INTEGER NOT NULL,
    started_at     BIGINT,
    ended_at       BIGINT,
    PRIMARY KEY (run, task)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- The attempts of controllers; numbers start at 1. The state of the policy is what it remembers after its decision.
CREATE TABLE {prefix}attempt (
    run           TEXT COLLATE "C" NOT NULL,
    task          TEXT COLLATE "C" NOT NULL,
    number        INTEGER NOT NULL,
    value         TEXT COLLATE "C",
    elapsed_nanos BIGINT NOT NULL,
    delay_nanos   BIGINT NOT NULL,
    policy_state  TEXT COLLATE "C",
    PRIMARY KEY (run, task, number)
);

-- The failures of attempts, in the order in which they occurred: one row for each, so that an attempt with many failures does not write them again.
CREATE TABLE {prefix}failure (
    run      TEXT COLLATE "C" NOT NULL,
    task     TEXT COLLATE "C" NOT NULL,
    number   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    failed   TEXT COLLATE "C" NOT NULL,
    failure  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (run, task, number, position)
);

INSERT INTO {prefix}schema (version, applied_at) VALUES (1, (date_part('epoch', now()) * 1000)::bigint);
