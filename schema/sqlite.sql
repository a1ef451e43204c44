CREATE INDEX audit_by_installation ON audit (workspace_id, addon_key, addon_id, number) WHERE workspace_id <> '';

CREATE INDEX audit_by_subject ON audit (decides) WHERE decides <> '';

CREATE INDEX event_by_state ON event (state) WHERE state <> 'pending';

CREATE INDEX event_dead ON event (installation, id, length(sealed_body)) WHERE state = 'dead';

CREATE INDEX event_delivered ON event (id >> 44, installation) WHERE state = 'delivered';

CREATE INDEX event_waiting ON event (id, installation, length(sealed_body)) WHERE state IN ('pending', 'leased');

CREATE INDEX installation_by_addon ON installation (addon_key, number);

CREATE INDEX installation_by_status ON installation (status, number);

CREATE INDEX installation_by_workspace ON installation (workspace_id, number);

CREATE INDEX installation_census ON installation (storage_key) WHERE storage_key IS NOT NULL;

CREATE INDEX installation_live ON installation (number) WHERE ended_at IS NULL;

CREATE INDEX outgoing_key_census ON outgoing_key (storage_key);

CREATE INDEX refusal_by_time ON refusal (last_at);

CREATE UNIQUE INDEX rotation_unfinished ON rotation ((finished_at IS NULL)) WHERE finished_at IS NULL;

CREATE INDEX session_by_key ON session (api_key, created_at);

CREATE INDEX settings_to_erase_by_end ON settings_to_erase (ended_at);

CREATE UNIQUE INDEX storage_key_primary ON storage_key (state) WHERE state = 'primary';

CREATE INDEX stream_hold_by_end ON stream_hold (until);

CREATE INDEX stream_hold_by_start ON stream_hold (until - length);

CREATE TABLE api_key (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    scopes       TEXT    NOT NULL,
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
, decided_by INTEGER, mac BLOB CHECK (length(mac) = 32), addons TEXT NOT NULL DEFAULT '', expires_at INTEGER, last_used_from TEXT) STRICT, WITHOUT ROWID;

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
, decides TEXT NOT NULL DEFAULT '') STRICT;

CREATE TABLE backup (
    number INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    path   TEXT    NOT NULL,
    bytes  INTEGER NOT NULL,
    keys   TEXT    NOT NULL            -- ids of the storage keys it needs, separated by spaces
) STRICT;

CREATE TABLE clock (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    shown INTEGER NOT NULL,          -- the latest time it showed, to the minute
    swept INTEGER NOT NULL           -- when events were cleared away last, to the hour
) STRICT;

CREATE TABLE clock_step (
    number  INTEGER PRIMARY KEY,
    noticed INTEGER NOT NULL,        -- what the clock showed after it was put back
    newest  INTEGER NOT NULL,        -- the latest it had shown before
    event   INTEGER NOT NULL,        -- the newest event that had arrived, by its id
    audit   INTEGER NOT NULL,        -- the newest record of the audit log
    undone  INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1))     -- the clock went back to where it had been
) STRICT;

CREATE TABLE damaged_value (
    source       TEXT    NOT NULL CHECK (source IN ('deployment', 'installation', 'installation_secret', 'webhook_token', 'event')),
    number       INTEGER NOT NULL,
    place        TEXT    NOT NULL DEFAULT '',
    found_at     INTEGER NOT NULL,
    PRIMARY KEY (source, number, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE deployment (
    one         INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    wrapped_key BLOB    NOT NULL,
    storage_key TEXT    NOT NULL REFERENCES storage_key (id)
, form INTEGER NOT NULL DEFAULT 1 CHECK (form IN (1, 2)), decided_by INTEGER, mac BLOB CHECK (length(mac) = 32)) STRICT;

CREATE TABLE "event" (
    id           INTEGER PRIMARY KEY,
    installation INTEGER NOT NULL REFERENCES installation (number),
    type         TEXT    NOT NULL,
    state        TEXT    NOT NULL
        CHECK (state = 'pending' OR state = 'leased' OR state = 'delivered' OR state = 'dead'),
    received_at  INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    settled_at   INTEGER,                   -- when it was delivered or became a dead letter
    replayed_at  INTEGER,                   -- when an operator replayed it last
    failure      TEXT,                      -- what the last attempt failed of: DeliveryFailure.text
    sealed_body  BLOB                       -- NULL once delivered
) STRICT;

CREATE TABLE event_dating (
    event      INTEGER NOT NULL PRIMARY KEY REFERENCES event (id) ON DELETE CASCADE,
    clock_step INTEGER NOT NULL
) STRICT;

CREATE TABLE handed_out_token (
    installation INTEGER NOT NULL REFERENCES installation (number),
    digest       BLOB    NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (installation, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
    span   INTEGER NOT NULL CHECK (span IN (60, 3600)),       -- seconds
    at     INTEGER NOT NULL,                                  -- unix seconds, in spans
    series TEXT    NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (span, at, series)
) STRICT, WITHOUT ROWID;

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
    storage_key      TEXT REFERENCES storage_key (id), issued_at INTEGER, decided_by INTEGER, mac BLOB, handed_out BLOB CHECK (length(handed_out) = 32),
    UNIQUE (addon_key, workspace_id, addon_id),
    CHECK ((ended_at IS NULL) = (status IN ('ACTIVE', 'INACTIVE'))),
    CHECK ((wrapped_key IS NULL) = (storage_key IS NULL)),
    CHECK ((wrapped_key IS NULL) = (installation_key IS NULL)),
    CHECK (ended_at IS NOT NULL OR wrapped_key IS NOT NULL)
) STRICT;

CREATE TABLE installation_secret (
    installation INTEGER NOT NULL REFERENCES installation (number),
    name         TEXT    NOT NULL CHECK (name IN ('installation-token', 'settings')),
    sealed       BLOB    NOT NULL,
    PRIMARY KEY (installation, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE move (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    id    TEXT    NOT NULL CHECK (length(id) = 32),    -- random, and the same in both stores
    state TEXT    NOT NULL CHECK (state IN ('leaving', 'left', 'arriving', 'checked', 'arrived')),
    other TEXT    NOT NULL,          -- the other store; never a password
    at    INTEGER NOT NULL
) STRICT;

CREATE TABLE outgoing_key (
    installation     INTEGER NOT NULL PRIMARY KEY REFERENCES installation (number),
    installation_key INTEGER NOT NULL,
    wrapped_key      BLOB    NOT NULL,
    storage_key      TEXT    NOT NULL REFERENCES storage_key (id),
    resealed_through INTEGER NOT NULL DEFAULT 0        -- events up to this id are under the new key, or do not open
) STRICT;

CREATE TABLE refusal (
    installation INTEGER NOT NULL PRIMARY KEY REFERENCES installation (number),
    token_set    INTEGER NOT NULL,    -- they were counted since this one is in force
    count        INTEGER NOT NULL,
    last_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE rotation (
    number      INTEGER PRIMARY KEY,
    from_key    TEXT    NOT NULL REFERENCES storage_key (id),
    to_key      TEXT    NOT NULL REFERENCES storage_key (id),
    reencrypt   INTEGER NOT NULL CHECK (reencrypt IN (0, 1)),
    started_at  INTEGER NOT NULL,
    finished_at INTEGER
, decided_by INTEGER, mac BLOB CHECK (length(mac) = 32)) STRICT;

CREATE TABLE session (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    api_key    TEXT    NOT NULL,
    digest     BLOB    NOT NULL CHECK (length(digest) = 32),
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,        -- to the minute
    source     TEXT    NOT NULL         -- the address it was begun from
) STRICT, WITHOUT ROWID;

CREATE TABLE settings_to_erase (
    installation INTEGER NOT NULL PRIMARY KEY REFERENCES installation (number),
    ended_at     INTEGER NOT NULL,
    through      INTEGER NOT NULL DEFAULT 0            -- events up to this id hold none any more
) STRICT;

CREATE TABLE storage_key (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    state       TEXT    NOT NULL CHECK (state IN ('prepared', 'primary', 'retiring', 'disabled', 'destroyed')),
    created_at  INTEGER NOT NULL,
    promoted_at INTEGER,
    check_value BLOB    NOT NULL CHECK (length(check_value) = 16)
, retired_at INTEGER, destroyed_at INTEGER, decided_by INTEGER, mac BLOB CHECK (length(mac) = 32)) STRICT, WITHOUT ROWID;

CREATE TABLE stream_hold (
    installation INTEGER NOT NULL PRIMARY KEY REFERENCES installation (number),
    event        INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    lease        TEXT
, length INTEGER NOT NULL DEFAULT 86400000) STRICT;

CREATE TABLE target_pause (
    addon_key TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    since     INTEGER NOT NULL,
    PRIMARY KEY (addon_key, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_token (
    installation INTEGER NOT NULL REFERENCES installation (number),
    path         TEXT    NOT NULL,
    ordinal      INTEGER NOT NULL,
    wire_path    TEXT    NOT NULL,
    sealed       BLOB    NOT NULL,
    PRIMARY KEY (installation, path, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_is_never_updated BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
