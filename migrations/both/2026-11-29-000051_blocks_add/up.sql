-- Users who want nothing of another; and whether either of the two in a one-to-one room blocks the other.
CREATE TABLE blocks (
    user_id BIGINT NOT NULL,
    blocked_id BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, blocked_id),
    CONSTRAINT blocks_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT blocks_blocked FOREIGN KEY (blocked_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX blocks_blocked_id ON blocks (blocked_id);
ALTER TABLE chatrooms ADD COLUMN blocked BOOLEAN NOT NULL DEFAULT FALSE;
