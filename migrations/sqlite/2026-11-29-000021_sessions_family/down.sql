DROP INDEX sessions_family_hash;
ALTER TABLE sessions DROP COLUMN family_hash;
