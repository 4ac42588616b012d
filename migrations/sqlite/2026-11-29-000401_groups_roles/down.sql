DROP TABLE system_messages;
ALTER TABLE messages DROP COLUMN system_message;
UPDATE participants SET role = 'member' WHERE role = 'admin';
-- SQLite changes no constraint of a table.
CREATE TABLE participants_new (
    chatroom_id BLOB NOT NULL,
    user_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    joined_at TIMESTAMP NOT NULL,
    left_at TIMESTAMP NULL,
    last_delivered_seq BIGINT NOT NULL DEFAULT 0,
    last_read_seq BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (chatroom_id, user_id),
    CONSTRAINT participants_role CHECK (role IN ('owner', 'member')),
    CONSTRAINT participants_chatroom FOREIGN KEY (chatroom_id) REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT participants_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
INSERT INTO participants_new
    (chatroom_id, user_id, role, joined_at, left_at, last_delivered_seq, last_read_seq)
    SELECT chatroom_id, user_id, role, joined_at, left_at, last_delivered_seq, last_read_seq FROM participants;
DROP TABLE participants;
ALTER TABLE participants_new RENAME TO participants;
CREATE INDEX participants_user_id ON participants (user_id);
ALTER TABLE chatrooms DROP COLUMN avatar_url;
