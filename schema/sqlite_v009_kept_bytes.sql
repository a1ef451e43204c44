-- How much is kept of events, known without visiting their rows.

-- The length of each body, beside what was there: a start adds up what each installation keeps, and a row of the table is a
-- page for two. Two or three bytes more for each event, on a page that is written anyway.
DROP INDEX event_waiting;
CREATE INDEX event_waiting ON event (id, installation, length(sealed_body)) WHERE state IN ('pending', 'leased');

-- The id stands before the length, so that an installation's dead letters stay in their order.
DROP INDEX event_dead;
CREATE INDEX event_dead ON event (installation, id, length(sealed_body)) WHERE state = 'dead';
