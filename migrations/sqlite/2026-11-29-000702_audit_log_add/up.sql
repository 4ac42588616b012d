-- Who did what to accounts, sessions and groups. Only appended to; `hash` covers the row and the hash of the one before.
CREATE TABLE audit_log (
    entry_id INTEGER NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    action TEXT NOT NULL,
    actor_id BIGINT NULL,
    target TEXT NULL,
    chatroom_id BLOB NULL,
    session_id BLOB NULL,
    address TEXT NULL,
    request_id TEXT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_log_at ON audit_log (at);

-- One row: the last entry, and the last of those that were removed for their age.
CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY,
    last_id BIGINT NOT NULL,
    last_hash TEXT NOT NULL,
    removed_id BIGINT NOT NULL,
    removed_hash TEXT NOT NULL,
    CONSTRAINT audit_head_one CHECK (id = 1)
);

INSERT INTO audit_head (id, last_id, last_hash, removed_id, removed_hash) VALUES (1, 0, '', 0, '');
