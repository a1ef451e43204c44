-- Rotations, so that one which was interrupted is gone on with and one which ended is not begun anew by mistake.

CREATE TABLE rotation (
    number      INTEGER PRIMARY KEY,
    from_key    TEXT    NOT NULL REFERENCES storage_key (id),
    to_key      TEXT    NOT NULL REFERENCES storage_key (id),
    reencrypt   INTEGER NOT NULL CHECK (reencrypt IN (0, 1)),
    started_at  INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

-- One rotation at a time: a second one that is begun fails here, whatever the code believes.
CREATE UNIQUE INDEX rotation_unfinished ON rotation ((finished_at IS NULL)) WHERE finished_at IS NULL;

-- The installation key that a re-encryption replaced, while events are still sealed under it.
-- Purpose "installation-key", place (owner), as in installation.wrapped_key.
CREATE TABLE outgoing_key (
    installation     INTEGER NOT NULL PRIMARY KEY REFERENCES installation (number),
    installation_key INTEGER NOT NULL,
    wrapped_key      BLOB    NOT NULL,
    storage_key      TEXT    NOT NULL REFERENCES storage_key (id),
    resealed_through INTEGER NOT NULL DEFAULT 0        -- events up to this id are under the new key, or do not open
) STRICT;

CREATE INDEX outgoing_key_census ON outgoing_key (storage_key);
