ALTER TABLE chatrooms ADD COLUMN avatar_url VARCHAR(512) NULL;
ALTER TABLE participants DROP CONSTRAINT participants_role;
ALTER TABLE participants
    ADD COLUMN removed_by BIGINT NULL,
    ADD CONSTRAINT participants_role CHECK (role IN ('owner', 'admin', 'member'));
-- Every group has an owner: one whose owner has left gets the member with the lowest id, as all joined when it was made.
UPDATE participants SET role = 'member' WHERE left_at IS NOT NULL;
UPDATE participants INNER JOIN (
    SELECT present.chatroom_id, MIN(present.user_id) AS user_id FROM participants present
    INNER JOIN chatrooms ON chatrooms.chatroom_id = present.chatroom_id AND chatrooms.kind = 'group'
    WHERE present.left_at IS NULL
    GROUP BY present.chatroom_id HAVING MAX(present.role = 'owner') = 0
) heir ON heir.chatroom_id = participants.chatroom_id AND heir.user_id = participants.user_id
SET participants.role = 'owner';
-- What happened, of a message that no user wrote.
ALTER TABLE messages ADD COLUMN system_message TEXT NULL;
-- Which messages these are: they do not count as unread.
CREATE TABLE system_messages (
    chatroom_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (chatroom_id, seq),
    CONSTRAINT system_messages_chatroom FOREIGN KEY (chatroom_id)
        REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
