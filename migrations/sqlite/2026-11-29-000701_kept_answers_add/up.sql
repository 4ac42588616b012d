-- Answers to requests with an Idempotency-Key, for those that are repeated; without one while the request is handled.
CREATE TABLE kept_answers (
    user_id BIGINT NOT NULL,
    request_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NULL,
    body TEXT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, request_key),
    CONSTRAINT kept_answers_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX kept_answers_created_at ON kept_answers (created_at);
