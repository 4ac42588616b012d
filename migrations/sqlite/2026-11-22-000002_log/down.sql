DROP INDEX sessions_revoked_at;
DROP TABLE recoveries;
DROP TABLE hidden_messages;
DROP TABLE reactions;
DROP TABLE message_versions;
DROP TABLE changes;
DROP TABLE log_head;
