-- Delivery: retries, leases, dead letters, retention.

ALTER TABLE event ADD COLUMN settled_at INTEGER;    -- when it was delivered or became a dead letter
ALTER TABLE event ADD COLUMN replayed_at INTEGER;   -- when an operator replayed it last
ALTER TABLE event ADD COLUMN failure TEXT;          -- what the last attempt failed of: DeliveryFailure.text

-- The head of a stream, and which installations have one, found in logarithmic time whatever was settled before.
CREATE INDEX event_waiting ON event (installation, id) WHERE state IN ('pending', 'leased');

-- Lists by state and retention. Pending events are not in it: every webhook would pay for that, and the newest of them
-- are the newest rows of the table.
DROP INDEX event_by_state;
CREATE INDEX event_by_state ON event (state, id) WHERE state <> 'pending';

-- Whether an ended installation still needs its key.
CREATE INDEX event_dead ON event (installation) WHERE state = 'dead';

-- What keeps a stream back: its oldest waiting event failed and is tried again at that moment, or a worker has leased
-- it until then. No row: the stream may go on. Few streams have one.
CREATE TABLE stream_hold (
    installation INTEGER NOT NULL PRIMARY KEY REFERENCES installation (number),
    event        INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    lease        TEXT
) STRICT;

CREATE INDEX stream_hold_by_end ON stream_hold (until);
