-- The scripts that were run.
CREATE TABLE {prefix}schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at INTEGER NOT NULL
) STRICT;

-- A call is in one of four tables with the same columns. This one: due within a minute, or running; what claims read.
-- All instants are epoch milliseconds.
CREATE TABLE {prefix}call (
    cid              TEXT NOT NULL PRIMARY KEY,
    handler          TEXT NOT NULL,
    payload          BLOB NOT NULL,
    codec            TEXT NOT NULL,
    payload_version  INTEGER NOT NULL,
    policy           TEXT NOT NULL,
    priority         INTEGER NOT NULL,
    deadline         INTEGER,
    order_key        TEXT,
    order_seq        INTEGER NOT NULL,
    skips_dead       INTEGER NOT NULL,
    unique_key       TEXT,
    keeps_key        INTEGER NOT NULL,
    unique_for       INTEGER NOT NULL,
    callbacks        TEXT NOT NULL,
    context          TEXT,
    source           TEXT,
    orig_cid         TEXT,
    state            TEXT NOT NULL,
    dead_reason      TEXT,
    enqueued_at      INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    ended_at         INTEGER,
    token            INTEGER NOT NULL,
    owner            TEXT,
    claimed_at       INTEGER,
    claims           INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    failures         INTEGER NOT NULL,
    crashes          INTEGER NOT NULL,
    snoozes          INTEGER NOT NULL,
    crashed_at       TEXT NOT NULL,
    run_started_at   INTEGER,
    run_before       INTEGER NOT NULL,
    policy_state     TEXT,
    handler_version  INTEGER,
    cancel_requested INTEGER NOT NULL,
    has_started      INTEGER NOT NULL,
    expires_at       INTEGER,
    response         BLOB,
    response_codec   TEXT,
    response_version INTEGER,
    error_type       TEXT,
    tags             TEXT,
    title            TEXT,
    headers          TEXT
) STRICT;

-- For claims, which do not read running calls and those of other handlers.
CREATE INDEX {prefix}call_ready ON {prefix}call (handler, priority, due_at, cid) WHERE state = 'READY';
CREATE INDEX {prefix}call_running ON {prefix}call (owner, cid) WHERE state = 'RUNNING';
-- For renewals, which do not read the other running calls.
CREATE INDEX {prefix}call_cancel ON {prefix}call (owner, cid) WHERE state = 'RUNNING' AND cancel_requested = 1;
-- For lists: a call that never failed is not in it.
CREATE INDEX {prefix}call_failed ON {prefix}call (error_type, cid) WHERE error_type IS NOT NULL;

-- The calls that are due later, or held.
CREATE TABLE {prefix}waiting (
    cid              TEXT NOT NULL PRIMARY KEY,
    handler          TEXT NOT NULL,
    payload          BLOB NOT NULL,
    codec            TEXT NOT NULL,
    payload_version  INTEGER NOT NULL,
    policy           TEXT NOT NULL,
    priority         INTEGER NOT NULL,
    deadline         INTEGER,
    order_key        TEXT,
    order_seq        INTEGER NOT NULL,
    skips_dead       INTEGER NOT NULL,
    unique_key       TEXT,
    keeps_key        INTEGER NOT NULL,
    unique_for       INTEGER NOT NULL,
    callbacks        TEXT NOT NULL,
    context          TEXT,
    source           TEXT,
    orig_cid         TEXT,
    state            TEXT NOT NULL,
    dead_reason      TEXT,
    enqueued_at      INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    ended_at         INTEGER,
    token            INTEGER NOT NULL,
    owner            TEXT,
    claimed_at       INTEGER,
    claims           INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    failures         INTEGER NOT NULL,
    crashes          INTEGER NOT NULL,
    snoozes          INTEGER NOT NULL,
    crashed_at       TEXT NOT NULL,
    run_started_at   INTEGER,
    run_before       INTEGER NOT NULL,
    policy_state     TEXT,
    handler_version  INTEGER,
    cancel_requested INTEGER NOT NULL,
    has_started      INTEGER NOT NULL,
    expires_at       INTEGER,
    response         BLOB,
    response_codec   TEXT,
    response_version INTEGER,
    error_type       TEXT,
    tags             TEXT,
    title            TEXT,
    headers          TEXT
) STRICT;

CREATE INDEX {prefix}waiting_ready ON {prefix}waiting (handler, priority, due_at, cid) WHERE state = 'READY';
-- For the move to {prefix}call. An expression, so that it is never used to find the next call of one handler among those of all.
CREATE INDEX {prefix}waiting_due ON {prefix}waiting ((due_at + 0), cid) WHERE state = 'READY';
CREATE INDEX {prefix}waiting_held ON {prefix}waiting (order_key, order_seq) WHERE state = 'HELD';
-- For lists and groups of calls that wait for a retry, which need not read the calls themselves.
CREATE INDEX {prefix}waiting_failed ON {prefix}waiting (error_type, cid, handler, state, failures) WHERE error_type IS NOT NULL;

-- The calls that succeeded or were cancelled, until their retention is over.
CREATE TABLE {prefix}finished (
    cid              TEXT NOT NULL PRIMARY KEY,
    handler          TEXT NOT NULL,
    payload          BLOB NOT NULL,
    codec            TEXT NOT NULL,
    payload_version  INTEGER NOT NULL,
    policy           TEXT NOT NULL,
    priority         INTEGER NOT NULL,
    deadline         INTEGER,
    order_key        TEXT,
    order_seq        INTEGER NOT NULL,
    skips_dead       INTEGER NOT NULL,
    unique_key       TEXT,
    keeps_key        INTEGER NOT NULL,
    unique_for       INTEGER NOT NULL,
    callbacks        TEXT NOT NULL,
    context          TEXT,
    source           TEXT,
    orig_cid         TEXT,
    state            TEXT NOT NULL,
    dead_reason      TEXT,
    enqueued_at      INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    ended_at         INTEGER,
    token            INTEGER NOT NULL,
    owner            TEXT,
    claimed_at       INTEGER,
    claims           INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    failures         INTEGER NOT NULL,
    crashes          INTEGER NOT NULL,
    snoozes          INTEGER NOT NULL,
    crashed_at       TEXT NOT NULL,
    run_started_at   INTEGER,
    run_before       INTEGER NOT NULL,
    policy_state     TEXT,
    handler_version  INTEGER,
    cancel_requested INTEGER NOT NULL,
    has_started      INTEGER NOT NULL,
    expires_at       INTEGER,
    response         BLOB,
    response_codec   TEXT,
    response_version INTEGER,
    error_type       TEXT,
    tags             TEXT,
    title            TEXT,
    headers          TEXT
) STRICT;

CREATE INDEX {prefix}finished_expires ON {prefix}finished (expires_at);
-- For lists by the end.
CREATE INDEX {prefix}finished_at ON {prefix}finished (ended_at, cid);

-- The dead calls, until they are replayed or discarded.
CREATE TABLE {prefix}dead (
    cid              TEXT NOT NULL PRIMARY KEY,
    handler          TEXT NOT NULL,
    payload          BLOB NOT NULL,
    codec            TEXT NOT NULL,
    payload_version  INTEGER NOT NULL,
    policy           TEXT NOT NULL,
    priority         INTEGER NOT NULL,
    deadline         INTEGER,
    order_key        TEXT,
    order_seq        INTEGER NOT NULL,
    skips_dead       INTEGER NOT NULL,
    unique_key       TEXT,
    keeps_key        INTEGER NOT NULL,
    unique_for       INTEGER NOT NULL,
    callbacks        TEXT NOT NULL,
    context          TEXT,
    source           TEXT,
    orig_cid         TEXT,
    state            TEXT NOT NULL,
    dead_reason      TEXT,
    enqueued_at      INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    ended_at         INTEGER,
    token            INTEGER NOT NULL,
    owner            TEXT,
    claimed_at       INTEGER,
    claims           INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    failures         INTEGER NOT NULL,
    crashes          INTEGER NOT NULL,
    snoozes          INTEGER NOT NULL,
    crashed_at       TEXT NOT NULL,
    run_started_at   INTEGER,
    run_before       INTEGER NOT NULL,
    policy_state     TEXT,
    handler_version  INTEGER,
    cancel_requested INTEGER NOT NULL,
    has_started      INTEGER NOT NULL,
    expires_at       INTEGER,
    response         BLOB,
    response_codec   TEXT,
    response_version INTEGER,
    error_type       TEXT,
    tags             TEXT,
    title            TEXT,
    headers          TEXT
) STRICT;

CREATE INDEX {prefix}dead_at ON {prefix}dead (ended_at, cid, handler);
-- For lists and groups of calls that are alike.
CREATE INDEX {prefix}dead_alike ON {prefix}dead (handler, COALESCE(error_type, ''), COALESCE(handler_version, -1), cid);

-- The failures of a call: the first in slot 0, the last 99 in the others.
CREATE TABLE {prefix}error (
    cid     TEXT NOT NULL,
    slot    INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    type    TEXT NOT NULL,
    message TEXT NOT NULL,
    worker  TEXT,
    causes  TEXT NOT NULL,
    elapsed INTEGER,
    retry_after     INTEGER,
    retryable       INTEGER,
    handler_version INTEGER,
    PRIMARY KEY (cid, slot)
) WITHOUT ROWID, STRICT;

-- Excerpts of the stack traces of the first failure (slot 0) and of the last one (slot 1).
CREATE TABLE {prefix}trace (
    cid   TEXT NOT NULL,
    slot  INTEGER NOT NULL,
    trace TEXT NOT NULL,
    PRIMARY KEY (cid, slot)
) WITHOUT ROWID, STRICT;

-- The tags of calls, ended or not.
CREATE TABLE {prefix}tag (
    tag TEXT NOT NULL,
    cid TEXT NOT NULL,
    PRIMARY KEY (tag, cid)
) WITHOUT ROWID, STRICT;

-- For each order the call at its head, and the position of the last one.
CREATE TABLE {prefix}order_key (
    order_key TEXT NOT NULL PRIMARY KEY,
    head      TEXT NOT NULL,
    head_seq  INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- Orders whose head ended while another transaction had locked them; the next sweep advances them.
CREATE TABLE {prefix}order_pending (
    order_key TEXT NOT NULL PRIMARY KEY,
    head      TEXT NOT NULL
) WITHOUT ROWID, STRICT;

-- A key with a parent is that of a step of its handler: it is taken as long as the parent is known. A key with free_at is that of a call that has
-- ended: it is taken until then.
CREATE TABLE {prefix}unique_key (
    unique_key TEXT NOT NULL PRIMARY KEY,
    cid        TEXT NOT NULL,
    parent_cid TEXT,
    free_at    INTEGER
) WITHOUT ROWID, STRICT;

CREATE INDEX {prefix}unique_key_parent ON {prefix}unique_key (parent_cid) WHERE parent_cid IS NOT NULL;
CREATE INDEX {prefix}unique_key_free ON {prefix}unique_key (free_at) WHERE free_at IS NOT NULL;

-- One row for each worker; its calls have its nonce as their owner. A judged lease is over: it can no longer be renewed.
CREATE TABLE {prefix}lease (
    nonce          TEXT NOT NULL PRIMARY KEY,
    worker         TEXT NOT NULL,
    host           TEXT NOT NULL,
    pid            INTEGER NOT NULL,
    started        INTEGER NOT NULL,
    server_started INTEGER,
    renewed_at     INTEGER NOT NULL,
    valid_until    INTEGER NOT NULL,
    judged_at      INTEGER,
    -- What operators see of the worker.
    info           TEXT NOT NULL,
    in_flight      INTEGER NOT NULL,
    hung           INTEGER NOT NULL,
    -- The longest time for which the worker keeps the calls of a handler.
    retain_millis  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID, STRICT;

-- What one process does for all, and when it is to be done next.
CREATE TABLE {prefix}sweep (
    duty    TEXT NOT NULL PRIMARY KEY,
    next_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

INSERT INTO {prefix}sweep (duty, next_at) VALUES ('judge', 0), ('takeover', 0), ('promote', 0), ('purge', 0);

CREATE TABLE {prefix}paused_lane (
    lane      TEXT NOT NULL PRIMARY KEY,
    paused_at INTEGER NOT NULL,
    paused_by TEXT
) WITHOUT ROWID, STRICT;

-- What operators did. The row is written before the action changes a call, and updated with each of its pages.
CREATE TABLE {prefix}audit (
    id         TEXT NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    via        TEXT NOT NULL,
    action     TEXT NOT NULL,
    query      TEXT NOT NULL,
    reason     TEXT,
    matched    INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    state      TEXT NOT NULL
) WITHOUT ROWID, STRICT;

-- The attempts of each handler, worker and minute, for two days. The instants are multiples of a minute.
CREATE TABLE {prefix}pulse (
    at             INTEGER NOT NULL,
    handler        TEXT NOT NULL,
    worker         TEXT NOT NULL,
    first_attempts INTEGER NOT NULL,
    retries        INTEGER NOT NULL,
    ok             INTEGER NOT NULL,
    failed         INTEGER NOT NULL,
    died           INTEGER NOT NULL,
    errors         TEXT NOT NULL,
    PRIMARY KEY (at, handler, worker)
) WITHOUT ROWID, STRICT;

-- Counts are sums of these rows, which are summed up from time to time.
CREATE TABLE {prefix}state_count (
    id      INTEGER PRIMARY KEY,
    handler TEXT NOT NULL,
    state   TEXT NOT NULL,
    delta   INTEGER NOT NULL
) STRICT;

INSERT INTO {prefix}schema (version, applied_at) VALUES (1, CAST(unixepoch('subsec') * 1000 AS INTEGER));
