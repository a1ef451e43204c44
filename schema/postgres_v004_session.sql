-- Who is logged in at the console, as in the embedded store.
CREATE TABLE innkeeper.session (
    id         text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    api_key    text COLLATE "C" NOT NULL,
    digest     bytea  NOT NULL CHECK (length(digest) = 32),
    created_at bigint NOT NULL,
    seen_at    bigint NOT NULL,
    source     text   NOT NULL
);
CREATE INDEX session_by_key ON innkeeper.session (api_key, created_at);
