-- What operators see of what happened, and what they decide about delivery.

-- Targets to which nothing is pushed.
CREATE TABLE target_pause (
    addon_key TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    since     INTEGER NOT NULL,
    PRIMARY KEY (addon_key, name)
) STRICT, WITHOUT ROWID;

-- Attempts to deliver an event, but for one that was delivered at once: the first twenty and the last twenty. They go with their
-- event, and are bound to it by no foreign key: those of a store where that was forgotten must not keep it from being copied.
CREATE TABLE attempt (
    event    INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    target   TEXT,                    -- NULL: a worker had it
    status   INTEGER,                 -- NULL: nobody answered
    duration INTEGER,                 -- milliseconds
    failure  TEXT,                    -- DeliveryFailure.text; NULL: it was delivered
    PRIMARY KEY (event, number)
) STRICT, WITHOUT ROWID;

-- Webhooks of a live installation that were signed by the platform and had none of its tokens.
CREATE TABLE refusal (
    installation INTEGER NOT NULL PRIMARY KEY REFERENCES installation (number),
    token_set    INTEGER NOT NULL,    -- they were counted since this one is in force
    count        INTEGER NOT NULL,
    last_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX refusal_by_time ON refusal (last_at);

-- How much happened, by the minute of a day and by the hour of thirty.
CREATE TABLE history (
    span   INTEGER NOT NULL CHECK (span IN (60, 3600)),       -- seconds
    at     INTEGER NOT NULL,                                  -- unix seconds, in spans
    series TEXT    NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (span, at, series)
) STRICT, WITHOUT ROWID;
