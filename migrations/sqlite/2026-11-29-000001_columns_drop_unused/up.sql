-- Columns that no version has read.
ALTER TABLE participants DROP COLUMN request_state;
ALTER TABLE participants DROP COLUMN muted_until;
ALTER TABLE messages DROP COLUMN kind;

-- SQLite drops no column that a foreign key names.
CREATE TABLE chatrooms_new (
    chatroom_id BLOB NOT NULL PRIMARY KEY,
    chatroom_name TEXT NULL,
    kind TEXT NOT NULL,
    dm_key TEXT NULL,
    last_seq BIGINT NOT NULL DEFAULT 0,
    last_message_at TIMESTAMP NULL,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT chatrooms_kind CHECK (kind IN ('direct', 'group'))
);
INSERT INTO chatrooms_new (chatroom_id, chatroom_name, kind, dm_key, last_seq, last_message_at, created_at)
    SELECT chatroom_id, chatroom_name, kind, dm_key, last_seq, last_message_at, created_at FROM chatrooms;
DROP TABLE chatrooms;
ALTER TABLE chatrooms_new RENAME TO chatrooms;
CREATE UNIQUE INDEX chatrooms_dm_key ON chatrooms (dm_key);
