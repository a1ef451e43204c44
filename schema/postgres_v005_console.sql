-- What operators see of what happened, and what they decide about delivery, as in the embedded store.
CREATE TABLE innkeeper.target_pause (
    addon_key text   COLLATE "C" NOT NULL,
    name      text   COLLATE "C" NOT NULL,
    since     bigint NOT NULL,
    PRIMARY KEY (addon_key, name)
);
-- Not bound to its event by a foreign key, which would be looked for with each event that is cleared away.
CREATE TABLE innkeeper.attempt (
    event    bigint NOT NULL,
    number   bigint NOT NULL,
    at       bigint NOT NULL,
    target   text,
    status   bigint,
    duration bigint,
    failure  text,
    PRIMARY KEY (event, number)
);
CREATE TABLE innkeeper.refusal (
    installation bigint NOT NULL PRIMARY KEY REFERENCES innkeeper.installation (number),
    token_set    bigint NOT NULL,
    count        bigint NOT NULL,
    last_at      bigint NOT NULL
);
CREATE INDEX refusal_by_time ON innkeeper.refusal (last_at);
CREATE TABLE innkeeper.history (
    span   bigint NOT NULL CHECK (span IN (60, 3600)),
    at     bigint NOT NULL,
    series text   COLLATE "C" NOT NULL,
    count  bigint NOT NULL,
    PRIMARY KEY (span, at, series)
);
