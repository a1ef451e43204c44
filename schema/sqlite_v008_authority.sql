-- What a row decides is authenticated: see Sources/Installations/Authority. Who can write this file and holds no key must not
-- be able to raise an API key's scopes, give a disabled storage key back its state, or put an older token set in force.

-- Nothing here walks the installations: a store of a million is opened by this program for the first time like any other.

-- The subject an audit record decides about; the newest record of a subject is the one its row must name. Few records have
-- one: readings of tokens and the like decide nothing.
ALTER TABLE audit ADD COLUMN decides TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_by_subject ON audit (decides) WHERE decides <> '';

-- decided_by: the number of that audit record. mac: over the row's place, what it says and that number. Both are NULL in rows
-- that are older than this and not brought up to date yet.
ALTER TABLE installation ADD COLUMN issued_at INTEGER;    -- iat of the newest accepted INSTALLED, in unix seconds
ALTER TABLE installation ADD COLUMN decided_by INTEGER;
ALTER TABLE installation ADD COLUMN mac BLOB;             -- 32 bytes; a CHECK would be tried on every row at once
ALTER TABLE api_key ADD COLUMN decided_by INTEGER;
ALTER TABLE api_key ADD COLUMN mac BLOB CHECK (length(mac) = 32);
ALTER TABLE storage_key ADD COLUMN decided_by INTEGER;
ALTER TABLE storage_key ADD COLUMN mac BLOB CHECK (length(mac) = 32);
ALTER TABLE rotation ADD COLUMN decided_by INTEGER;
ALTER TABLE rotation ADD COLUMN mac BLOB CHECK (length(mac) = 32);

-- 1: older rows and values still count, 2: none does any more.
ALTER TABLE deployment ADD COLUMN form INTEGER NOT NULL DEFAULT 1 CHECK (form IN (1, 2));
ALTER TABLE deployment ADD COLUMN decided_by INTEGER;
ALTER TABLE deployment ADD COLUMN mac BLOB CHECK (length(mac) = 32);

-- Keyed digests of every token that was handed out for an installation, kept as long as its row: replaced and erased tokens
-- are known to whoever saw them, and are no lifecycle tokens.
CREATE TABLE handed_out_token (
    installation INTEGER NOT NULL REFERENCES installation (number),
    digest       BLOB    NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (installation, digest)
) STRICT, WITHOUT ROWID;
