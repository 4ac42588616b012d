ALTER TABLE chatrooms ADD COLUMN avatar_url TEXT NULL;
-- SQLite changes no constraint of a table.
CREATE TABLE participants_new (
    chatroom_id BLOB NOT NULL,
    user_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    joined_at TIMESTAMP NOT NULL,
    left_at TIMESTAMP NULL,
    last_delivered_seq BIGINT NOT NULL DEFAULT 0,
    last_read_seq BIGINT NOT NULL DEFAULT 0,
    removed_by BIGINT NULL,
    PRIMARY KEY (chatroom_id, user_id),
    CONSTRAINT participants_role CHECK (role IN ('owner', 'admin', 'member')),
    CONSTRAINT participants_chatroom FOREIGN KEY (chatroom_id) REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT participants_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
INSERT INTO participants_new
    (chatroom_id, user_id, role, joined_at, left_at, last_delivered_seq, last_read_seq)
    SELECT chatroom_id, user_id, role, joined_at, left_at, last_delivered_seq, last_read_seq FROM participants;
DROP TABLE participants;
ALTER TABLE participants_new RENAME TO participants;
CREATE INDEX participants_user_id ON participants (user_id);
-- Every group has an owner: one whose owner has left gets the member with the lowest id, as all joined when it was made.
UPDATE participants SET role = 'member' WHERE left_at IS NOT NULL;
UPDATE participants SET role = 'owner' WHERE (chatroom_id, user_id) IN (
    SELECT present.chatroom_id, MIN(present.user_id) FROM participants present
    INNER JOIN chatrooms ON chatrooms.chatroom_id = present.chatroom_id AND chatrooms.kind = 'group'
    WHERE present.left_at IS NULL
    GROUP BY present.chatroom_id HAVING MAX(present.role = 'owner') = 0
);
-- What happened, of a message that no user wrote.
ALTER TABLE messages ADD COLUMN system_message TEXT NULL;
-- Which messages these are: they do not count as unread.
CREATE TABLE system_messages (
    chatroom_id BLOB NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (chatroom_id, seq),
    CONSTRAINT system_messages_chatroom FOREIGN KEY (chatroom_id)
        REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE
) WITHOUT ROWID;
