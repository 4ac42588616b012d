-- Messages that are pinned to their rooms.
CREATE TABLE pins (
    chatroom_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    pinned_by BIGINT NOT NULL,
    pinned_at DATETIME(6) NOT NULL,
    PRIMARY KEY (chatroom_id, seq),
    CONSTRAINT pins_message FOREIGN KEY (chatroom_id, seq)
        REFERENCES messages (chatroom_id, seq) ON DELETE CASCADE,
    CONSTRAINT pins_user FOREIGN KEY (pinned_by) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX pins_pinned_by ON pins (pinned_by);
