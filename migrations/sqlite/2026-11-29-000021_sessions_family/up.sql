-- By the half that all secrets of a session share, each that was ever given out is recognised.
ALTER TABLE sessions ADD COLUMN family_hash BLOB NULL;
CREATE INDEX sessions_family_hash ON sessions (family_hash);
