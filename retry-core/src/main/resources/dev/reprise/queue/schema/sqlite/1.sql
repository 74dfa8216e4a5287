-- Which scripts were run.
CREATE TABLE {prefix}schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at INTEGER NOT NULL
) STRICT;

-- The calls that have not ended. All instants are epoch milliseconds.
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
    memory           TEXT,
    handler_version  INTEGER,
    cancel_requested INTEGER NOT NULL,
    response         BLOB,
    response_codec   TEXT,
    response_version INTEGER
) STRICT;

-- What claims look at: future, held and running calls of other handlers are not met.
CREATE INDEX {prefix}call_ready ON {prefix}call (handler, priority, due_at, cid) WHERE state = 'READY';
CREATE INDEX {prefix}call_running ON {prefix}call (owner, cid) WHERE state = 'RUNNING';
CREATE INDEX {prefix}call_held ON {prefix}call (order_key, order_seq) WHERE state = 'HELD';

-- The calls that have ended, with the same columns.
CREATE TABLE {prefix}ended (
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
    memory           TEXT,
    handler_version  INTEGER,
    cancel_requested INTEGER NOT NULL,
    response         BLOB,
    response_codec   TEXT,
    response_version INTEGER
) STRICT;

CREATE INDEX {prefix}ended_finished ON {prefix}ended (ended_at) WHERE state <> 'DEAD';
CREATE INDEX {prefix}ended_dead ON {prefix}ended (cid) WHERE state = 'DEAD';

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
    PRIMARY KEY (cid, slot)
) WITHOUT ROWID, STRICT;

-- For each order the call at its head, and the place of the last one.
CREATE TABLE {prefix}orders (
    order_key TEXT NOT NULL PRIMARY KEY,
    head      TEXT NOT NULL,
    last_seq  INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- Orders whose head ended while somebody else was writing to them; they go on with the next sweep.
CREATE TABLE {prefix}stuck_order (
    order_key TEXT NOT NULL PRIMARY KEY,
    head      TEXT NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE {prefix}unique_key (
    unique_key TEXT NOT NULL PRIMARY KEY,
    cid        TEXT NOT NULL
) WITHOUT ROWID, STRICT;

-- One row for each worker; its calls have its nonce as their owner.
CREATE TABLE {prefix}lease (
    nonce       TEXT NOT NULL PRIMARY KEY,
    worker      TEXT NOT NULL,
    valid_until INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE {prefix}paused_lane (
    lane TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID, STRICT;

-- Counts as sums of what was added; summed up now and then.
CREATE TABLE {prefix}tally (
    id      INTEGER PRIMARY KEY,
    handler TEXT NOT NULL,
    state   TEXT NOT NULL,
    delta   INTEGER NOT NULL
) STRICT;
