-- Who did what to accounts, sessions and groups. Only appended to; `hash` covers the row and the hash of the one before.
CREATE TABLE audit_log (
    entry_id BIGINT NOT NULL PRIMARY KEY,
    at DATETIME(6) NOT NULL,
    action VARCHAR(32) NOT NULL,
    actor_id BIGINT NULL,
    target VARCHAR(64) NULL,
    chatroom_id BINARY(16) NULL,
    session_id BINARY(16) NULL,
    address VARCHAR(64) NULL,
    request_id VARCHAR(128) NULL,
    hash VARCHAR(43) NOT NULL,
    KEY audit_log_at (at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row, which a transaction locks that appends: its last entry, and the last of those that were removed for their age.
CREATE TABLE audit_head (
    id INT NOT NULL PRIMARY KEY,
    last_id BIGINT NOT NULL,
    last_hash VARCHAR(43) NOT NULL,
    removed_id BIGINT NOT NULL,
    removed_hash VARCHAR(43) NOT NULL,
    CONSTRAINT audit_head_one CHECK (id = 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO audit_head (id, last_id, last_hash, removed_id, removed_hash) VALUES (1, 0, '', 0, '');
