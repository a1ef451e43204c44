-- Stands for all tokens that an installation was ever given, see Sources/SQLiteStore/HandedOutRows.swift. It is part of what the
-- row's MAC covers, once it is there: a digest that somebody deletes is missed.

ALTER TABLE installation ADD COLUMN handed_out BLOB CHECK (length(handed_out) = 32);
