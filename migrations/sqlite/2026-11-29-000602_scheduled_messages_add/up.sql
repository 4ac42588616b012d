-- Messages that wait for their time; the message is JSON.
CREATE TABLE scheduled_messages (
    scheduled_id BLOB NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    chatroom_id BLOB NOT NULL,
    message TEXT NOT NULL,
    media_id BLOB NULL,
    send_at TIMESTAMP NOT NULL,
    claimed_at TIMESTAMP NULL,
    failed TEXT NULL,
    CONSTRAINT scheduled_messages_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT scheduled_messages_chatroom FOREIGN KEY (chatroom_id)
        REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT scheduled_messages_media FOREIGN KEY (media_id) REFERENCES media (media_id) ON DELETE SET NULL
);
CREATE INDEX scheduled_messages_send_at ON scheduled_messages (send_at);
CREATE INDEX scheduled_messages_user_id ON scheduled_messages (user_id, chatroom_id);
CREATE INDEX scheduled_messages_chatroom_id ON scheduled_messages (chatroom_id);
CREATE INDEX scheduled_messages_media_id ON scheduled_messages (media_id);
