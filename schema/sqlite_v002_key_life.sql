-- The life of storage keys after their promotion, and what a rotation or a verification could not open.

ALTER TABLE storage_key ADD COLUMN retired_at INTEGER;
ALTER TABLE storage_key ADD COLUMN destroyed_at INTEGER;

-- Rows that do not open with the key they name. Found by a rewrap or a verification, removed when they open again.
CREATE TABLE damaged_value (
    source       TEXT    NOT NULL CHECK (source IN ('deployment', 'installation', 'installation_secret', 'webhook_token', 'event')),
    number       INTEGER NOT NULL,
    place        TEXT    NOT NULL DEFAULT '',
    found_at     INTEGER NOT NULL,
    PRIMARY KEY (source, number, place)
) STRICT, WITHOUT ROWID;
