-- Links by which users join groups; of the token in a link the SHA-256 alone is stored.
CREATE TABLE invites (
    invite_id BINARY(16) NOT NULL PRIMARY KEY,
    chatroom_id BINARY(16) NOT NULL,
    token_hash BINARY(32) NOT NULL,
    created_by BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NULL,
    max_uses BIGINT NULL,
    uses BIGINT NOT NULL,
    UNIQUE KEY invites_token_hash (token_hash),
    KEY invites_chatroom_id (chatroom_id),
    KEY invites_created_by (created_by),
    CONSTRAINT invites_chatroom FOREIGN KEY (chatroom_id) REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT invites_user FOREIGN KEY (created_by) REFERENCES users (user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
