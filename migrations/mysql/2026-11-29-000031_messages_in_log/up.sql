-- A message is an entry of the log: its id is its position. The ids of all messages before are below the new head.
CREATE INDEX messages_log ON messages (chatroom_id, message_id);
-- A message is inserted when its position is taken, and must wait for no row that others hold while they wait for theirs.
-- Its sender is in `participants`, which is locked before; accounts are never deleted.
ALTER TABLE messages DROP FOREIGN KEY messages_sender;
-- A new history begins: clients with a cursor of the old one load what they show anew.
TRUNCATE TABLE changes;
UPDATE log_head SET epoch = LEFT(REPLACE(UUID(), '-', ''), 8),
    pos = GREATEST(pos, (SELECT next_id - 1 FROM id_blocks WHERE name = 'messages'));
DROP TABLE id_blocks;
