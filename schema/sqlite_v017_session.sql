-- Who is logged in at the console, at most twenty for each API key. The digest is of the session's secret, its id, its key and when
-- it began, so none of these can be changed without ending it; `seen_at` only decides when it ends unused.

CREATE TABLE session (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    api_key    TEXT    NOT NULL,
    digest     BLOB    NOT NULL CHECK (length(digest) = 32),
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,        -- to the minute
    source     TEXT    NOT NULL         -- the address it was begun from
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_key ON session (api_key, created_at);
