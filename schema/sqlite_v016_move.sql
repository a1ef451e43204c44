-- What this store has to do with a move of everything into another one, see `innkeeper migrate`: at most one row, of the last move.

CREATE TABLE move (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    id    TEXT    NOT NULL CHECK (length(id) = 32),    -- random, and the same in both stores
    state TEXT    NOT NULL CHECK (state IN ('leaving', 'left', 'arriving', 'checked', 'arrived')),
    other TEXT    NOT NULL,          -- the other store; never a password
    at    INTEGER NOT NULL
) STRICT;
