-- What an event costs to take: the waiting events by arrival instead of by installation.

-- Each installation has a place of its own in an index by installation, so every event that arrived wrote one page more,
-- to the log and to the file, which was more than its own bytes. By arrival, those of one commit are neighbours. The order
-- within an installation is kept in memory, and read from here when the store opens: so the installation is in it.
DROP INDEX event_waiting;
CREATE INDEX event_waiting ON event (id, installation) WHERE state IN ('pending', 'leased');
