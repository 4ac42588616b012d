ALTER TABLE users DROP COLUMN push_preview;
DROP TABLE push_head;
DROP TABLE push_subscriptions;
