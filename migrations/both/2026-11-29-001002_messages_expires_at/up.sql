-- How long the messages of a room are there, in seconds; when a message is gone; and those that are still to be erased.
ALTER TABLE chatrooms ADD COLUMN disappear_after BIGINT NULL;
ALTER TABLE messages ADD COLUMN expires_at DATETIME(6) NULL;
CREATE TABLE expiring_messages (
    expires_at DATETIME(6) NOT NULL,
    chatroom_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (expires_at, chatroom_id, seq),
    CONSTRAINT expiring_messages_message FOREIGN KEY (chatroom_id, seq)
        REFERENCES messages (chatroom_id, seq) ON DELETE CASCADE
);
CREATE INDEX expiring_messages_message ON expiring_messages (chatroom_id, seq);
