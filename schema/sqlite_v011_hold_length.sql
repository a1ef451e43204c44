-- How long a wait was meant to be. A clock that was ahead and is put right leaves waits behind that end far in the future;
-- with their length they are told from others, as they would begin later than now, and are made to end in time.

ALTER TABLE stream_hold ADD COLUMN length INTEGER NOT NULL DEFAULT 86400000;

CREATE INDEX stream_hold_by_start ON stream_hold (until - length);
