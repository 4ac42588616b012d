-- What a member has set for a room, for themselves alone: apart from `participants`, whose rows every message rewrites.
CREATE TABLE room_settings (
    user_id BIGINT NOT NULL,
    chatroom_id BLOB NOT NULL,
    muted_until TIMESTAMP NULL,
    archived_seq BIGINT NULL,
    pinned BOOLEAN NOT NULL,
    marked_unread BOOLEAN NOT NULL,
    draft TEXT NULL,
    PRIMARY KEY (user_id, chatroom_id),
    CONSTRAINT room_settings_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT room_settings_chatroom FOREIGN KEY (chatroom_id)
        REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE
);
CREATE INDEX room_settings_chatroom_id ON room_settings (chatroom_id);
