-- The links by which users let others become their friends.
CREATE TABLE friend_invites (
    user_id BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    token_hash BINARY(32) NOT NULL,
    CONSTRAINT friend_invites_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX friend_invites_token_hash ON friend_invites (token_hash);
