-- When the clock is put back, what began before lasts from then on no longer than it may. A date that lies ahead cannot say when that
-- is; so the moments in which the clock was put back are kept here, and rows keep their dates.

CREATE TABLE clock (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    shown INTEGER NOT NULL,          -- the latest time it showed, to the minute
    swept INTEGER NOT NULL           -- when events were cleared away last, to the hour
) STRICT;

INSERT INTO clock (one, shown, swept) VALUES (1, 0, 0);

CREATE TABLE clock_step (
    number  INTEGER PRIMARY KEY,
    noticed INTEGER NOT NULL,        -- what the clock showed after it was put back
    newest  INTEGER NOT NULL,        -- the latest it had shown before
    event   INTEGER NOT NULL,        -- the newest event that had arrived, by its id
    audit   INTEGER NOT NULL,        -- the newest record of the audit log
    undone  INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1))     -- the clock went back to where it had been
) STRICT;

-- After which of those an event was replayed, or became a dead letter. A table of its own: a column of `event` would have the
-- upgrade walk over all of them, and there are rows here only of stores whose clock was put back.
CREATE TABLE event_dating (
    event      INTEGER NOT NULL PRIMARY KEY REFERENCES event (id) ON DELETE CASCADE,
    clock_step INTEGER NOT NULL
) STRICT;
