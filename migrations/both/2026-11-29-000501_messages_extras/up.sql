-- What a message has beside its content, as JSON.
ALTER TABLE messages ADD COLUMN extras TEXT NULL;
-- Whom messages mention, to be counted until they are read.
CREATE TABLE mentions (
    user_id BIGINT NOT NULL,
    chatroom_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (user_id, chatroom_id, seq),
    CONSTRAINT mentions_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT mentions_message FOREIGN KEY (chatroom_id, seq)
        REFERENCES messages (chatroom_id, seq) ON DELETE CASCADE
);
CREATE INDEX mentions_message ON mentions (chatroom_id, seq);
