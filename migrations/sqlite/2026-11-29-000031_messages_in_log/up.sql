-- A message is an entry of the log: its id is its position. The ids of all messages before are below the new head.
CREATE INDEX messages_log ON messages (chatroom_id, message_id);
-- A new history begins: clients with a cursor of the old one load what they show anew.
DELETE FROM changes;
UPDATE log_head SET epoch = lower(hex(randomblob(4))),
    pos = MAX(pos, (SELECT next_id - 1 FROM id_blocks WHERE name = 'messages'));
DROP TABLE id_blocks;
