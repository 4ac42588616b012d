-- Where the events of a bot are posted to, and how far in the event log each webhook has come. What is still to be posted,
-- and what was lately, stands in the deliveries; what an event says is read when it is posted.
CREATE TABLE outgoing_webhooks (
    webhook_id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    url VARCHAR(2048) NOT NULL,
    events VARCHAR(1024) NOT NULL,
    pos BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    disabled_at DATETIME(6) NULL,
    note VARCHAR(255) NULL,
    CONSTRAINT outgoing_webhooks_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX outgoing_webhooks_user_id ON outgoing_webhooks (user_id);
CREATE TABLE webhook_deliveries (
    delivery_id BINARY(16) NOT NULL PRIMARY KEY,
    webhook_id BINARY(16) NOT NULL,
    pos BIGINT NOT NULL,
    event VARCHAR(32) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    attempts BIGINT NOT NULL,
    next_at DATETIME(6) NULL,
    claimed_at DATETIME(6) NULL,
    status BIGINT NULL,
    failure VARCHAR(255) NULL,
    delivered_at DATETIME(6) NULL,
    CONSTRAINT webhook_deliveries_webhook FOREIGN KEY (webhook_id) REFERENCES outgoing_webhooks (webhook_id)
        ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_webhook_id ON webhook_deliveries (webhook_id, delivery_id);
CREATE INDEX webhook_deliveries_next_at ON webhook_deliveries (next_at);
