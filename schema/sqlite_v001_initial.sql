-- Innkeeper's embedded store, version 1. Immutable once shipped; what follows is a new file.
--
-- Times are unix milliseconds, UTC. Sealed columns hold the stored form that Sources/Sealing/SealedValue.swift
-- documents; the associated data of each is named beside it, so that another program can open a row with the key file.
-- "owner" below stands for the three parts addon_key, workspace_id, addon_id.

-- What is known of a storage key. Its material is in keys/<id>.key and never here.
CREATE TABLE storage_key (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    state       TEXT    NOT NULL CHECK (state IN ('prepared', 'primary', 'retiring', 'disabled', 'destroyed')),
    created_at  INTEGER NOT NULL,
    promoted_at INTEGER,
    check_value BLOB    NOT NULL CHECK (length(check_value) = 16)
) STRICT, WITHOUT ROWID;

-- Exactly one key may be primary: a second promotion fails here, whatever the code believes.
CREATE UNIQUE INDEX storage_key_primary ON storage_key (state) WHERE state = 'primary';

-- The deployment key, from which the audit log's and the API keys' keys are derived.
-- Purpose "deployment-key", place ().
CREATE TABLE deployment (
    one         INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    wrapped_key BLOB    NOT NULL,
    storage_key TEXT    NOT NULL REFERENCES storage_key (id)
) STRICT;

CREATE TABLE installation (
    number           INTEGER PRIMARY KEY,
    addon_key        TEXT    NOT NULL,
    workspace_id     TEXT    NOT NULL,
    addon_id         TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'SUPERSEDED', 'DELETED')),
    api_url          TEXT    NOT NULL DEFAULT '',
    addon_user_id    TEXT    NOT NULL DEFAULT '',
    as_user          TEXT    NOT NULL DEFAULT '',
    installed_at     INTEGER,          -- NULL: a tombstone of an installation that was never seen
    updated_at       INTEGER NOT NULL,
    ended_at         INTEGER,
    -- Grows with every INSTALLED: an event is appended only while the set that accepted it is in force.
    token_set        INTEGER NOT NULL DEFAULT 0,
    -- Grows with every write of the row: what a rewrap compares before it swaps.
    version          INTEGER NOT NULL DEFAULT 1,
    installation_key INTEGER,          -- the installation key's id, as a signed number
    wrapped_key      BLOB,             -- purpose "installation-key", place (owner)
    storage_key      TEXT REFERENCES storage_key (id),
    UNIQUE (addon_key, workspace_id, addon_id),
    CHECK ((ended_at IS NULL) = (status IN ('ACTIVE', 'INACTIVE'))),
    CHECK ((wrapped_key IS NULL) = (storage_key IS NULL)),
    CHECK ((wrapped_key IS NULL) = (installation_key IS NULL)),
    CHECK (ended_at IS NOT NULL OR wrapped_key IS NOT NULL)
) STRICT;

CREATE INDEX installation_live ON installation (number) WHERE ended_at IS NULL;
CREATE INDEX installation_by_addon ON installation (addon_key, number);
CREATE INDEX installation_by_workspace ON installation (workspace_id, number);
CREATE INDEX installation_by_status ON installation (status, number);
CREATE INDEX installation_census ON installation (storage_key) WHERE storage_key IS NOT NULL;

-- The installation token and the settings of a live installation.
-- Purposes "installation-token" and "settings", place (owner).
CREATE TABLE installation_secret (
    installation INTEGER NOT NULL REFERENCES installation (number),
    name         TEXT    NOT NULL CHECK (name IN ('installation-token', 'settings')),
    sealed       BLOB    NOT NULL,
    PRIMARY KEY (installation, name)
) STRICT, WITHOUT ROWID;

-- Several tokens per path are normal, and all tokens of an installation may be the same bytes: nothing is unique here
-- but the place. Purpose "webhook-token", place (owner, path).
CREATE TABLE webhook_token (
    installation INTEGER NOT NULL REFERENCES installation (number),
    path         TEXT    NOT NULL,
    ordinal      INTEGER NOT NULL,
    wire_path    TEXT    NOT NULL,
    sealed       BLOB    NOT NULL,
    PRIMARY KEY (installation, path, ordinal)
) STRICT, WITHOUT ROWID;

-- The inbox. The id is time-sortable and is the row number: newest is largest. Purpose "event", place (owner, event id
-- in its text form).
CREATE TABLE event (
    id           INTEGER PRIMARY KEY,
    installation INTEGER NOT NULL REFERENCES installation (number),
    type         TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'leased', 'delivered', 'dead')),
    received_at  INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    sealed_body  BLOB                       -- NULL once settled
) STRICT;

CREATE INDEX event_by_installation ON event (installation, id);
CREATE INDEX event_by_state ON event (state, id);

-- Append-only and hash-chained: Sources/Installations/Audit/AuditChain.swift.
CREATE TABLE audit (
    number       INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    addon_key    TEXT    NOT NULL DEFAULT '',
    workspace_id TEXT    NOT NULL DEFAULT '',
    addon_id     TEXT    NOT NULL DEFAULT '',
    subject      TEXT    NOT NULL DEFAULT '',
    outcome      TEXT    NOT NULL,
    detail       TEXT    NOT NULL DEFAULT '',
    hash         BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX audit_by_installation ON audit (workspace_id, addon_key, addon_id, number) WHERE workspace_id <> '';

CREATE TRIGGER audit_is_never_updated BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

-- API keys of the operator listener. The secret is shown once; here is only its keyed hash.
CREATE TABLE api_key (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    scopes       TEXT    NOT NULL,
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;
