-- By the half that all secrets of a session share, each that was ever given out is recognised.
ALTER TABLE sessions ADD COLUMN family_hash BINARY(32) NULL, ADD KEY sessions_family_hash (family_hash);
