-- What an API key is bound to and when it ends are part of what its MAC covers, once it has either: keys from before keep theirs.

ALTER TABLE api_key ADD COLUMN addons TEXT NOT NULL DEFAULT '';     -- keys of add-ons, one in a line; empty for all
ALTER TABLE api_key ADD COLUMN expires_at INTEGER;                  -- NULL for never
ALTER TABLE api_key ADD COLUMN last_used_from TEXT;                 -- the address it was last used from
