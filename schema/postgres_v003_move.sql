-- What this store has to do with a move of everything into another one, as in the embedded store.
CREATE TABLE innkeeper.move (
    one   bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    id    text   NOT NULL CHECK (length(id) = 32),
    state text   NOT NULL CHECK (state IN ('leaving', 'left', 'arriving', 'checked', 'arrived')),
    other text   NOT NULL,
    at    bigint NOT NULL
);
