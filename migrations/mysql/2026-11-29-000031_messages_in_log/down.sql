CREATE TABLE id_blocks (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    next_id BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO id_blocks (name, next_id) SELECT 'messages', pos + 1 FROM log_head;
TRUNCATE TABLE changes;
UPDATE log_head SET epoch = LEFT(REPLACE(UUID(), '-', ''), 8);
ALTER TABLE messages
    ADD CONSTRAINT messages_sender FOREIGN KEY (sender_id) REFERENCES users (user_id) ON DELETE CASCADE;
DROP INDEX messages_log ON messages;
