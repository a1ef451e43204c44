-- Settings that nobody took do not outlive their installation for long.

-- Ended installations whose events may still hold settings. Some days after the end they are looked through, once, and the row
-- goes. Only lifecycle calls write here: an event knows nothing of it.
CREATE TABLE settings_to_erase (
    installation INTEGER NOT NULL PRIMARY KEY REFERENCES installation (number),
    ended_at     INTEGER NOT NULL,
    through      INTEGER NOT NULL DEFAULT 0            -- events up to this id hold none any more
) STRICT;
CREATE INDEX settings_to_erase_by_end ON settings_to_erase (ended_at);

-- Those that have ended already and have events left, found without a walk over installations.
INSERT INTO settings_to_erase (installation, ended_at)
SELECT number, ended_at FROM installation
WHERE ended_at IS NOT NULL AND number IN (
    SELECT installation FROM event INDEXED BY event_dead WHERE state = 'dead'
    UNION SELECT installation FROM event INDEXED BY event_waiting WHERE state IN ('pending', 'leased'));
