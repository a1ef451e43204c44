-- Many processes over one store.

-- Names the life of one process: never given out twice.
CREATE SEQUENCE innkeeper.epoch AS bigint;

-- The processes that serve. What each says of itself every two seconds.
CREATE TABLE innkeeper.instance (
    epoch         bigint  NOT NULL PRIMARY KEY,
    name          text    NOT NULL,
    version       text    NOT NULL,
    -- The last step of these tables that its program knows.
    schema_step   bigint  NOT NULL,
    started_at    bigint  NOT NULL,
    -- By the server's clock, like all that is compared with it.
    seen_at       bigint  NOT NULL,
    -- How far its own clock was ahead.
    clock_ahead   bigint  NOT NULL,
    -- Storage keys that it could use at once, and those whose files it has.
    loaded_keys   text[]  NOT NULL,
    key_files     text[]  NOT NULL,
    -- What every instance must have alike, as name=keyed digest.
    configuration text[]  NOT NULL
);
ALTER TABLE innkeeper.instance SET (fillfactor = 50, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);

-- The streams whose events are pushed by an instance. A claim lasts as long as its instance is heard of.
CREATE TABLE innkeeper.stream_claim (
    installation bigint NOT NULL PRIMARY KEY,
    epoch        bigint NOT NULL
);
CREATE INDEX stream_claim_by_epoch ON innkeeper.stream_claim (epoch);
ALTER TABLE innkeeper.stream_claim SET (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- Streams that somebody else may deliver: what an instance tells all others, who forget it after some seconds.
CREATE TABLE innkeeper.stream_call (
    number  bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    epoch   bigint   NOT NULL,
    at      bigint   NOT NULL,
    -- None: too many to name.
    streams bigint[] NOT NULL
);
ALTER TABLE innkeeper.stream_call SET (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- How much is kept, as one of the instances counted it for all.
CREATE TABLE innkeeper.kept_total (
    one            bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    counted        bigint NOT NULL,
    waiting_events bigint NOT NULL,
    waiting_bytes  bigint NOT NULL,
    dead_events    bigint NOT NULL,
    dead_bytes     bigint NOT NULL
);

-- Of the installations that keep the most.
CREATE TABLE innkeeper.kept_share (
    installation bigint NOT NULL PRIMARY KEY,
    events       bigint NOT NULL,
    bytes        bigint NOT NULL
);

-- Who does long work on storage keys; whether he still does is a lock of his session.
CREATE TABLE innkeeper.key_work (
    one     bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    command text   NOT NULL,
    actor   text   NOT NULL,
    process bigint,
    since   bigint NOT NULL
);

-- How many tokens somebody may still be given, by an instant of the server's clock: over all instances.
CREATE TABLE innkeeper.token_rate (
    actor text   COLLATE "C" NOT NULL PRIMARY KEY,
    free  bigint NOT NULL
);

-- Rows that come and go by the thousand: cleared away by their number, and not by a share of a table that may be large.
ALTER TABLE innkeeper.event SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE innkeeper.stream_hold SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE innkeeper.commit_mark SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
ALTER TABLE innkeeper.clock SET (fillfactor = 50, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);
