DELETE FROM participants WHERE webhook;
ALTER TABLE participants DROP COLUMN webhook;
DROP TABLE incoming_webhooks;
