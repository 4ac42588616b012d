-- Columns that no version has read.
ALTER TABLE chatrooms DROP FOREIGN KEY chatrooms_created_by;
ALTER TABLE chatrooms DROP COLUMN created_by;
ALTER TABLE participants DROP COLUMN request_state, DROP COLUMN muted_until;
ALTER TABLE messages DROP COLUMN kind;
