-- Copies of all that is a user's own, one for each user: being made while they have no end, and who makes one says so
-- again and again.
CREATE TABLE exports (
    user_id BIGINT NOT NULL PRIMARY KEY,
    export_id BINARY(16) NOT NULL,
    requested_at DATETIME(6) NOT NULL,
    claimed_at DATETIME(6) NULL,
    size BIGINT NULL,
    expires_at DATETIME(6) NULL,
    CONSTRAINT exports_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX exports_expires_at ON exports (expires_at);
