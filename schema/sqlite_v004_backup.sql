-- Backups that were made, so that nobody destroys a key one of them needs without being told. A bounded list: see
-- Sources/SQLiteStore/Backups/BackupRows.swift.

CREATE TABLE backup (
    number INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    path   TEXT    NOT NULL,
    bytes  INTEGER NOT NULL,
    keys   TEXT    NOT NULL            -- ids of the storage keys it needs, separated by spaces
) STRICT;
