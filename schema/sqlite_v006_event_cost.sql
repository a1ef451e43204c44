-- What an event costs to take and to settle. Nothing is stored that was not, and nothing is allowed that was not.

-- The states are compared one by one: SQLite builds a temporary tree for IN with more than two values, in every
-- statement that writes a row. The body comes last, so that what is read most lies before its overflow pages.
CREATE TABLE event_v006 (
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

INSERT INTO event_v006
SELECT id, installation, type, state, received_at, attempts, settled_at, replayed_at, failure, sealed_body FROM event;

-- With it go its indexes.
DROP TABLE event;
ALTER TABLE event_v006 RENAME TO event;

-- By installation: each event is in one of these three, and moves when its state does. An index of all events would be
-- one more page to write for each that arrives. The row number ends every entry by itself, so they are ordered by id.
CREATE INDEX event_waiting ON event (installation) WHERE state IN ('pending', 'leased');
CREATE INDEX event_dead ON event (installation) WHERE state = 'dead';

-- The delivered are all the others, and would make every installation's place one more page to write for each delivery.
-- So they are grouped by when they arrived, 2^22 milliseconds or seventy minutes together: what is written is the
-- group of the hour, and to find those of an installation takes one step for each group.
CREATE INDEX event_delivered ON event (id >> 44, installation) WHERE state = 'delivered';

-- Lists by state and retention, without the pending events: those are the newest rows of the table, mostly.
CREATE INDEX event_by_state ON event (state) WHERE state <> 'pending';
