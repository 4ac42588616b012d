-- Addresses by which programs send messages to a room; of the token in an address the SHA-256 alone is stored. A webhook
-- sends by an account that is not in the room: its membership ended when it began.
CREATE TABLE incoming_webhooks (
    webhook_id BINARY(16) NOT NULL PRIMARY KEY,
    chatroom_id BINARY(16) NOT NULL,
    user_id BIGINT NOT NULL,
    token_hash BINARY(32) NOT NULL,
    created_by BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    CONSTRAINT incoming_webhooks_room FOREIGN KEY (chatroom_id) REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT incoming_webhooks_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX incoming_webhooks_token_hash ON incoming_webhooks (token_hash);
CREATE INDEX incoming_webhooks_chatroom_id ON incoming_webhooks (chatroom_id);
CREATE INDEX incoming_webhooks_user_id ON incoming_webhooks (user_id);
ALTER TABLE participants ADD COLUMN webhook BOOLEAN NOT NULL DEFAULT FALSE;
