ALTER TABLE participants DROP COLUMN request;
