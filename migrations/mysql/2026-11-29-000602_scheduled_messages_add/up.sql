-- Messages that wait for their time; the message is JSON.
CREATE TABLE scheduled_messages (
    scheduled_id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    chatroom_id BINARY(16) NOT NULL,
    message MEDIUMTEXT NOT NULL,
    media_id BINARY(16) NULL,
    send_at DATETIME(6) NOT NULL,
    claimed_at DATETIME(6) NULL,
    failed VARCHAR(32) NULL,
    KEY scheduled_messages_send_at (send_at),
    KEY scheduled_messages_user_id (user_id, chatroom_id),
    KEY scheduled_messages_chatroom_id (chatroom_id),
    KEY scheduled_messages_media_id (media_id),
    CONSTRAINT scheduled_messages_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT scheduled_messages_chatroom FOREIGN KEY (chatroom_id)
        REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT scheduled_messages_media FOREIGN KEY (media_id) REFERENCES media (media_id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
