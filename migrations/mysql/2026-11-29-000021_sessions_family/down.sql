ALTER TABLE sessions DROP KEY sessions_family_hash, DROP COLUMN family_hash;
