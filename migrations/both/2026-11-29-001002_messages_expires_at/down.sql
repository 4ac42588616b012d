DROP TABLE expiring_messages;
ALTER TABLE messages DROP COLUMN expires_at;
ALTER TABLE chatrooms DROP COLUMN disappear_after;
