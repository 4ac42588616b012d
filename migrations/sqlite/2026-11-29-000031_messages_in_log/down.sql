CREATE TABLE id_blocks (
    name TEXT NOT NULL PRIMARY KEY,
    next_id BIGINT NOT NULL
);
INSERT INTO id_blocks (name, next_id) SELECT 'messages', pos + 1 FROM log_head;
DELETE FROM changes;
UPDATE log_head SET epoch = lower(hex(randomblob(4)));
DROP INDEX messages_log;
