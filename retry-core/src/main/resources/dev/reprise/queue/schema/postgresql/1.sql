-- The scripts that were run.
CREATE TABLE {prefix}schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at BIGINT NOT NULL
);

-- A call is in one of four tables with the same columns. This one: due within a minute, or running; what claims and vacuum read.
-- All instants are epoch milliseconds.
CREATE TABLE {prefix}call (
    cid              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    handler          TEXT COLLATE "C" NOT NULL,
    payload          BYTEA NOT NULL,
    codec            TEXT COLLATE "C" NOT NULL,
    payload_version  INTEGER NOT NULL,
    policy           TEXT COLLATE "C" NOT NULL,
    priority         INTEGER NOT NULL,
    deadline         BIGINT,
    order_key        TEXT COLLATE "C",
    order_seq        BIGINT NOT NULL,
    skips_dead       INTEGER NOT NULL,
    unique_key       TEXT COLLATE "C",
    keeps_key        INTEGER NOT NULL,
    unique_for       BIGINT NOT NULL,
    callbacks        TEXT COLLATE "C" NOT NULL,
    context          TEXT COLLATE "C",
    source           TEXT COLLATE "C",
    orig_cid         TEXT COLLATE "C",
    state            TEXT COLLATE "C" NOT NULL,
    dead_reason      TEXT COLLATE "C",
    enqueued_at      BIGINT NOT NULL,
    due_at           BIGINT NOT NULL,
    ended_at         BIGINT,
    token            BIGINT NOT NULL,
    owner            TEXT COLLATE "C",
    claimed_at       BIGINT,
    claims           INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    failures         INTEGER NOT NULL,
    crashes          INTEGER NOT NULL,
    snoozes          INTEGER NOT NULL,
    crashed_at       TEXT COLLATE "C" NOT NULL,
    run_started_at   BIGINT,
    run_before       INTEGER NOT NULL,
    policy_state     TEXT COLLATE "C",
    handler_version  INTEGER,
    cancel_requested INTEGER NOT NULL,
    has_started      INTEGER NOT NULL,
    expires_at       BIGINT,
    response         BYTEA,
    response_codec   TEXT COLLATE "C",
    response_version INTEGER,
    error_type       TEXT COLLATE "C",
    tags             TEXT COLLATE "C",
    title            TEXT COLLATE "C",
    headers          TEXT COLLATE "C"
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- For claims, which do not read running calls and those of other handlers.
CREATE INDEX {prefix}call_ready ON {prefix}call (handler, priority, due_at, cid) WHERE state = 'READY';
CREATE INDEX {prefix}call_running ON {prefix}call (owner, cid) WHERE state = 'RUNNING';
-- For renewals, which do not read the other running calls.
CREATE INDEX {prefix}call_cancel ON {prefix}call (owner, cid) WHERE state = 'RUNNING' AND cancel_requested = 1;
-- For lists: a call that never failed is not in it.
CREATE INDEX {prefix}call_failed ON {prefix}call (error_type, cid) WHERE error_type IS NOT NULL;

-- The calls that are due later, or held.
CREATE TABLE {prefix}waiting (
    LIKE {prefix}call,
    PRIMARY KEY (cid)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX {prefix}waiting_ready ON {prefix}waiting (handler, priority, due_at, cid) WHERE state = 'READY';
-- For the move to {prefix}call. An expression, so that it is never used to find the next call of one handler among those of all.
CREATE INDEX {prefix}waiting_due ON {prefix}waiting ((due_at + 0), cid) WHERE state = 'READY';
CREATE INDEX {prefix}waiting_held ON {prefix}waiting (order_key, order_seq) WHERE state = 'HELD';
-- For lists and groups of calls that wait for a retry, which need not read the calls themselves.
CREATE INDEX {prefix}waiting_failed ON {prefix}waiting (error_type, cid, handler, state, failures) WHERE error_type IS NOT NULL;

-- The calls that succeeded or were cancelled, until their retention is over: all in the first partition, until there are so many that
-- the program adds one for each day, or longer span, in which they expire. Bucket: the start of that span, or 0.
CREATE TABLE {prefix}finished (
    LIKE {prefix}call,
    bucket BIGINT NOT NULL,
    PRIMARY KEY (cid, bucket)
) PARTITION BY LIST (bucket);

CREATE TABLE {prefix}finished_0 PARTITION OF {prefix}finished FOR VALUES IN (0)
    WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

-- The other partitions, the end of their spans, and up to which call what a call leaves in other tables is deleted; null: all of it.
CREATE TABLE {prefix}bucket (
    bucket   BIGINT NOT NULL PRIMARY KEY,
    until_at BIGINT NOT NULL,
    cleared  TEXT COLLATE "C"
);

CREATE INDEX {prefix}finished_expires ON {prefix}finished (expires_at);
-- For lists by the end.
CREATE INDEX {prefix}finished_at ON {prefix}finished (ended_at, cid);

-- The dead calls, until they are replayed or discarded.
CREATE TABLE {prefix}dead (
    LIKE {prefix}call,
    PRIMARY KEY (cid)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX {prefix}dead_at ON {prefix}dead (ended_at, cid, handler);
-- For lists and groups of calls that are alike.
-- The columns of the expressions are included, without which PostgreSQL would read the rows.
CREATE INDEX {prefix}dead_alike ON {prefix}dead (handler, COALESCE(error_type, ''), COALESCE(handler_version, -1), cid)
    INCLUDE (error_type, handler_version);

-- The failures of a call: the first in slot 0, the last 99 in the others.
CREATE TABLE {prefix}error (
    cid     TEXT COLLATE "C" NOT NULL,
    slot    INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at      BIGINT NOT NULL,
    type    TEXT COLLATE "C" NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    worker  TEXT COLLATE "C",
    causes  TEXT COLLATE "C" NOT NULL,
    elapsed BIGINT,
    retry_after     BIGINT,
    retryable       INTEGER,
    handler_version INTEGER,
    PRIMARY KEY (cid, slot)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

-- Excerpts of the stack traces of the first failure (slot 0) and of the last one (slot 1).
CREATE TABLE {prefix}trace (
    cid   TEXT COLLATE "C" NOT NULL,
    slot  INTEGER NOT NULL,
    trace TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (cid, slot)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

-- The tags of calls, ended or not.
CREATE TABLE {prefix}tag (
    tag TEXT COLLATE "C" NOT NULL,
    cid TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tag, cid)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

-- For each order the call at its head, and the position of the last one.
CREATE TABLE {prefix}order_key (
    order_key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    head      TEXT COLLATE "C" NOT NULL,
    head_seq  BIGINT NOT NULL,
    last_seq  BIGINT NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- Orders whose head ended while another transaction had locked them; the next sweep advances them.
CREATE TABLE {prefix}order_pending (
    order_key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    head      TEXT COLLATE "C" NOT NULL
);

-- A key with a parent is that of a step of its handler: it is taken as long as the parent is known. A key with free_at is that of a call that has
-- ended: it is taken until then.
CREATE TABLE {prefix}unique_key (
    unique_key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    cid        TEXT COLLATE "C" NOT NULL,
    parent_cid TEXT COLLATE "C",
    free_at    BIGINT
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX {prefix}unique_key_parent ON {prefix}unique_key (parent_cid) WHERE parent_cid IS NOT NULL;
CREATE INDEX {prefix}unique_key_free ON {prefix}unique_key (free_at) WHERE free_at IS NOT NULL;

-- One row for each worker; its calls have its nonce as their owner. A judged lease is over: it can no longer be renewed.
-- With server_started, a session of the server that was started then, in microseconds, holds a lock for it.
CREATE TABLE {prefix}lease (
    nonce          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    worker         TEXT COLLATE "C" NOT NULL,
    host           TEXT COLLATE "C" NOT NULL,
    pid            BIGINT NOT NULL,
    started        BIGINT NOT NULL,
    server_started BIGINT,
    renewed_at     BIGINT NOT NULL,
    valid_until    BIGINT NOT NULL,
    judged_at      BIGINT,
    -- What operators see of the worker.
    info           TEXT COLLATE "C" NOT NULL,
    in_flight      INTEGER NOT NULL,
    hung           INTEGER NOT NULL,
    -- The longest time for which the worker keeps the calls of a handler.
    retain_millis  BIGINT NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- What one process does for all, and when it is to be done next.
CREATE TABLE {prefix}sweep (
    duty    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

INSERT INTO {prefix}sweep (duty, next_at) VALUES ('judge', 0), ('takeover', 0), ('promote', 0), ('purge', 0);

CREATE TABLE {prefix}paused_lane (
    lane      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    paused_at BIGINT NOT NULL,
    paused_by TEXT COLLATE "C"
);

-- What operators did. The row is written before the action changes a call, and updated with each of its pages.
CREATE TABLE {prefix}audit (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    written_at BIGINT NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    via        TEXT COLLATE "C" NOT NULL,
    action     TEXT COLLATE "C" NOT NULL,
    query      TEXT COLLATE "C" NOT NULL,
    reason     TEXT COLLATE "C",
    matched    INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    state      TEXT COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- The attempts of each handler, worker and minute, for two days. The instants are multiples of a minute.
CREATE TABLE {prefix}pulse (
    at             BIGINT NOT NULL,
    handler        TEXT COLLATE "C" NOT NULL,
    worker         TEXT COLLATE "C" NOT NULL,
    first_attempts INTEGER NOT NULL,
    retries        INTEGER NOT NULL,
    ok             INTEGER NOT NULL,
    failed         INTEGER NOT NULL,
    died           INTEGER NOT NULL,
    errors         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (at, handler, worker)
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- Counts are sums of these rows, which are summed up from time to time.
CREATE TABLE {prefix}state_count (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handler TEXT COLLATE "C" NOT NULL,
    state   TEXT COLLATE "C" NOT NULL,
    delta   BIGINT NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- When other processes were last notified of calls, by whichever process.
CREATE TABLE {prefix}news (
    id      INTEGER NOT NULL PRIMARY KEY,
    sent_at BIGINT NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

INSERT INTO {prefix}news (id, sent_at) VALUES (1, 0);
INSERT INTO {prefix}schema (version, applied_at) VALUES (1, (date_part('epoch', now()) * 1000)::bigint);
