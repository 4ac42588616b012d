ALTER TABLE messages ADD COLUMN kind TEXT NULL;
ALTER TABLE participants ADD COLUMN request_state TEXT NULL;
ALTER TABLE participants ADD COLUMN muted_until TIMESTAMP NULL;

CREATE TABLE chatrooms_new (
    chatroom_id BLOB NOT NULL PRIMARY KEY,
    chatroom_name TEXT NULL,
    kind TEXT NOT NULL,
    dm_key TEXT NULL,
    last_seq BIGINT NOT NULL DEFAULT 0,
    last_message_at TIMESTAMP NULL,
    created_by BIGINT NULL,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT chatrooms_kind CHECK (kind IN ('direct', 'group')),
    CONSTRAINT chatrooms_created_by FOREIGN KEY (created_by) REFERENCES users (user_id) ON DELETE SET NULL
);
INSERT INTO chatrooms_new (chatroom_id, chatroom_name, kind, dm_key, last_seq, last_message_at, created_at)
    SELECT chatroom_id, chatroom_name, kind, dm_key, last_seq, last_message_at, created_at FROM chatrooms;
DROP TABLE chatrooms;
ALTER TABLE chatrooms_new RENAME TO chatrooms;
CREATE UNIQUE INDEX chatrooms_dm_key ON chatrooms (dm_key);
