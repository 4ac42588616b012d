-- Links by which users join groups; of the token in a link the SHA-256 alone is stored.
CREATE TABLE invites (
    invite_id BLOB NOT NULL PRIMARY KEY,
    chatroom_id BLOB NOT NULL,
    token_hash BLOB NOT NULL,
    created_by BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NULL,
    max_uses BIGINT NULL,
    uses BIGINT NOT NULL,
    CONSTRAINT invites_chatroom FOREIGN KEY (chatroom_id) REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT invites_user FOREIGN KEY (created_by) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX invites_token_hash ON invites (token_hash);
CREATE INDEX invites_chatroom_id ON invites (chatroom_id);
CREATE INDEX invites_created_by ON invites (created_by);
