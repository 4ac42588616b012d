-- Answers to requests with an Idempotency-Key, for those that are repeated; without one while the request is handled.
CREATE TABLE kept_answers (
    user_id BIGINT NOT NULL,
    request_key VARCHAR(43) NOT NULL,
    fingerprint VARCHAR(43) NOT NULL,
    status INT NULL,
    body MEDIUMTEXT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, request_key),
    KEY kept_answers_created_at (created_at),
    CONSTRAINT kept_answers_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
