-- The tables of a deployment over PostgreSQL. What each column means stands in the steps of the embedded store's schema, whose
-- rows these are: the same numbers, the same sealed values, milliseconds since 1970.
--
-- Texts are compared by their bytes (COLLATE "C"), whatever the database's own order is.

-- Numbers of installations, given out once. Gaps are of calls that were undone.
CREATE SEQUENCE innkeeper.installation_number AS bigint;

-- Of each transaction that wrote: who lost the answer to a COMMIT asks here what became of it.
CREATE TABLE innkeeper.commit_mark (
    mark      bytea   NOT NULL PRIMARY KEY,
    at        bigint  NOT NULL,
    -- Written by whoever asked, and not by the transaction: that can never be committed any more.
    is_undone boolean NOT NULL DEFAULT false
);
CREATE INDEX commit_mark_by_age ON innkeeper.commit_mark (at);

CREATE TABLE innkeeper.storage_key (
    id           text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    state        text   NOT NULL CHECK (state IN ('prepared', 'primary', 'retiring', 'disabled', 'destroyed')),
    created_at   bigint NOT NULL,
    promoted_at  bigint,
    retired_at   bigint,
    destroyed_at bigint,
    check_value  bytea  NOT NULL CHECK (length(check_value) = 16),
    decided_by   bigint,
    mac          bytea CHECK (length(mac) = 32)
);
CREATE UNIQUE INDEX storage_key_primary ON innkeeper.storage_key (state) WHERE state = 'primary';

CREATE TABLE innkeeper.deployment (
    one         bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    wrapped_key bytea  NOT NULL,
    storage_key text   NOT NULL REFERENCES innkeeper.storage_key (id),
    form        bigint NOT NULL CHECK (form IN (1, 2)),
    decided_by  bigint,
    mac         bytea CHECK (length(mac) = 32)
);

CREATE TABLE innkeeper.installation (
    number           bigint NOT NULL PRIMARY KEY,
    addon_key        text COLLATE "C" NOT NULL,
    workspace_id     text COLLATE "C" NOT NULL,
    addon_id         text COLLATE "C" NOT NULL,
    status           text   NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'SUPERSEDED', 'DELETED')),
    api_url          text   NOT NULL DEFAULT '',
    addon_user_id    text   NOT NULL DEFAULT '',
    as_user          text   NOT NULL DEFAULT '',
    installed_at     bigint,
    updated_at       bigint NOT NULL,
    ended_at         bigint,
    token_set        bigint NOT NULL DEFAULT 0,
    version          bigint NOT NULL DEFAULT 1,
    installation_key bigint,
    wrapped_key      bytea,
    storage_key      text COLLATE "C",
    issued_at        bigint,
    decided_by       bigint,
    mac              bytea,
    handed_out       bytea CHECK (length(handed_out) = 32),
    UNIQUE (addon_key, workspace_id, addon_id),
    CHECK ((ended_at IS NULL) = (status IN ('ACTIVE', 'INACTIVE'))),
    CHECK ((wrapped_key IS NULL) = (storage_key IS NULL)),
    CHECK ((wrapped_key IS NULL) = (installation_key IS NULL)),
    CHECK (ended_at IS NOT NULL OR wrapped_key IS NOT NULL)
);
-- Whatever many processes do at the same moment: an add-on lives at most once in a workspace.
CREATE UNIQUE INDEX installation_live_once ON innkeeper.installation (addon_key, workspace_id) WHERE ended_at IS NULL;
CREATE INDEX installation_by_addon ON innkeeper.installation (addon_key, number);
CREATE INDEX installation_by_status ON innkeeper.installation (status, number);
CREATE INDEX installation_by_workspace ON innkeeper.installation (workspace_id, number);
CREATE INDEX installation_census ON innkeeper.installation (storage_key, number) WHERE storage_key IS NOT NULL;
CREATE INDEX installation_live ON innkeeper.installation (number) WHERE ended_at IS NULL;

CREATE TABLE innkeeper.installation_secret (
    installation bigint NOT NULL,
    name         text COLLATE "C" NOT NULL CHECK (name IN ('installation-token', 'settings')),
    sealed       bytea  NOT NULL,
    PRIMARY KEY (installation, name)
);

CREATE TABLE innkeeper.webhook_token (
    installation bigint NOT NULL,
    path         text COLLATE "C" NOT NULL,
    ordinal      bigint NOT NULL,
    wire_path    text   NOT NULL,
    sealed       bytea  NOT NULL,
    PRIMARY KEY (installation, path, ordinal)
);

CREATE TABLE innkeeper.handed_out_token (
    installation bigint NOT NULL,
    digest       bytea  NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (installation, digest)
);

CREATE TABLE innkeeper.outgoing_key (
    installation     bigint NOT NULL PRIMARY KEY,
    installation_key bigint NOT NULL,
    wrapped_key      bytea  NOT NULL,
    storage_key      text COLLATE "C" NOT NULL,
    resealed_through bigint NOT NULL DEFAULT 0
);
CREATE INDEX outgoing_key_census ON innkeeper.outgoing_key (storage_key);

-- No reference to the installation: its check would write the installation's row for each webhook.
CREATE TABLE innkeeper.event (
    id           bigint NOT NULL PRIMARY KEY,
    installation bigint NOT NULL,
    type         text COLLATE "C" NOT NULL,
    state        text   NOT NULL CHECK (state IN ('pending', 'leased', 'delivered', 'dead')),
    received_at  bigint NOT NULL,
    attempts     bigint NOT NULL DEFAULT 0,
    settled_at   bigint,
    replayed_at  bigint,
    -- The number of the clock's last step when it was replayed or became a dead letter.
    clock_step   bigint NOT NULL DEFAULT 0,
    failure      text,
    -- Of the sealed body; 0 when that is gone. A column, so that indexes can answer with it.
    bytes        bigint NOT NULL CHECK (bytes BETWEEN 0 AND 1 << 30),
    sealed_body  bytea
);
-- A sealed body does not get smaller, and is written once.
ALTER TABLE innkeeper.event ALTER COLUMN sealed_body SET STORAGE EXTERNAL;
CREATE INDEX event_waiting ON innkeeper.event (installation, id) INCLUDE (bytes) WHERE state IN ('pending', 'leased');
CREATE INDEX event_waiting_by_arrival ON innkeeper.event (id) WHERE state IN ('pending', 'leased');
CREATE INDEX event_dead ON innkeeper.event (installation, id) INCLUDE (bytes) WHERE state = 'dead';
CREATE INDEX event_dead_by_arrival ON innkeeper.event (id) WHERE state = 'dead';
CREATE INDEX event_delivered ON innkeeper.event (installation, id) WHERE state = 'delivered';
CREATE INDEX event_delivered_by_arrival ON innkeeper.event (id) WHERE state = 'delivered';

CREATE TABLE innkeeper.stream_hold (
    installation bigint NOT NULL PRIMARY KEY,
    event        bigint NOT NULL,
    until        bigint NOT NULL,
    length       bigint NOT NULL,
    lease        text
);
CREATE INDEX stream_hold_by_end ON innkeeper.stream_hold (until);
CREATE INDEX stream_hold_by_start ON innkeeper.stream_hold ((until - length));

CREATE TABLE innkeeper.settings_to_erase (
    installation bigint NOT NULL PRIMARY KEY,
    ended_at     bigint NOT NULL,
    through      bigint NOT NULL DEFAULT 0
);
CREATE INDEX settings_to_erase_by_end ON innkeeper.settings_to_erase (ended_at);

CREATE TABLE innkeeper.audit (
    number       bigint NOT NULL PRIMARY KEY,
    at           bigint NOT NULL,
    actor        text   NOT NULL,
    action       text   NOT NULL,
    addon_key    text COLLATE "C" NOT NULL DEFAULT '',
    workspace_id text COLLATE "C" NOT NULL DEFAULT '',
    addon_id     text COLLATE "C" NOT NULL DEFAULT '',
    subject      text   NOT NULL DEFAULT '',
    outcome      text   NOT NULL,
    detail       text   NOT NULL DEFAULT '',
    hash         bytea  NOT NULL CHECK (length(hash) = 32),
    decides      text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX audit_by_installation ON innkeeper.audit (workspace_id, addon_key, addon_id, number)
    WHERE workspace_id <> '';
CREATE INDEX audit_by_subject ON innkeeper.audit (decides, number) WHERE decides <> '';

CREATE TABLE innkeeper.rotation (
    number      bigint NOT NULL PRIMARY KEY,
    from_key    text   NOT NULL REFERENCES innkeeper.storage_key (id),
    to_key      text   NOT NULL REFERENCES innkeeper.storage_key (id),
    reencrypt   boolean NOT NULL,
    started_at  bigint NOT NULL,
    finished_at bigint,
    decided_by  bigint,
    mac         bytea CHECK (length(mac) = 32)
);
CREATE UNIQUE INDEX rotation_unfinished ON innkeeper.rotation ((finished_at IS NULL)) WHERE finished_at IS NULL;

CREATE TABLE innkeeper.backup (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     bigint NOT NULL,
    path   text   NOT NULL,
    bytes  bigint NOT NULL,
    keys   text   NOT NULL
);

CREATE TABLE innkeeper.api_key (
    id             text COLLATE "C" NOT NULL PRIMARY KEY,
    name           text   NOT NULL,
    scopes         text   NOT NULL,
    addons         text   NOT NULL DEFAULT '',
    hash           bytea  NOT NULL CHECK (length(hash) = 32),
    created_at     bigint NOT NULL,
    expires_at     bigint,
    last_used_at   bigint,
    last_used_from text,
    revoked_at     bigint,
    decided_by     bigint,
    mac            bytea CHECK (length(mac) = 32)
);

CREATE TABLE innkeeper.damaged_value (
    source   text COLLATE "C" NOT NULL
        CHECK (source IN ('deployment', 'installation', 'installation_secret', 'webhook_token', 'event')),
    number   bigint NOT NULL,
    place    text COLLATE "C" NOT NULL DEFAULT '',
    found_at bigint NOT NULL,
    PRIMARY KEY (source, number, place)
);

CREATE TABLE innkeeper.clock (
    one   bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    shown bigint NOT NULL,
    swept bigint NOT NULL
);

CREATE TABLE innkeeper.clock_step (
    number  bigint  NOT NULL PRIMARY KEY,
    noticed bigint  NOT NULL,
    newest  bigint  NOT NULL,
    event   bigint  NOT NULL,
    audit   bigint  NOT NULL,
    undone  boolean NOT NULL DEFAULT false
);

-- The audit log is only ever appended to, whoever forgets to revoke the right to change it.
CREATE FUNCTION innkeeper.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON innkeeper.audit
    EXECUTE FUNCTION innkeeper.refuse_change();

INSERT INTO innkeeper.clock (one, shown, swept) VALUES (1, 0, 0);
