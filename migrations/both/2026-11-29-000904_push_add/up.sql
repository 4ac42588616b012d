-- Where messages are pushed to while a user has no connection, how far in the event log the pushes have come, and whether
-- they say what a message says.
CREATE TABLE push_subscriptions (
    subscription_id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    session_id BINARY(16) NOT NULL,
    endpoint VARCHAR(2048) NOT NULL,
    endpoint_hash VARCHAR(43) NOT NULL,
    p256dh VARCHAR(128) NOT NULL,
    auth VARCHAR(32) NOT NULL,
    CONSTRAINT push_subscriptions_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT push_subscriptions_session FOREIGN KEY (session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX push_subscriptions_endpoint ON push_subscriptions (endpoint_hash);
CREATE INDEX push_subscriptions_user_id ON push_subscriptions (user_id);
CREATE INDEX push_subscriptions_session_id ON push_subscriptions (session_id);
CREATE TABLE push_head (
    id INTEGER NOT NULL PRIMARY KEY,
    pos BIGINT NOT NULL
);
INSERT INTO push_head (id, pos) SELECT 1, pos FROM log_head;
ALTER TABLE users ADD COLUMN push_preview BOOLEAN NOT NULL DEFAULT TRUE;
