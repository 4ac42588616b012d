ALTER TABLE messages ADD COLUMN kind VARCHAR(32) NULL AFTER message_type;
ALTER TABLE participants ADD COLUMN request_state VARCHAR(16) NULL AFTER role,
    ADD COLUMN muted_until DATETIME(6) NULL AFTER left_at;
ALTER TABLE chatrooms ADD COLUMN created_by BIGINT NULL AFTER last_message_at,
    ADD CONSTRAINT chatrooms_created_by FOREIGN KEY (created_by) REFERENCES users (user_id) ON DELETE SET NULL;
