-- Accounts that their users have deleted, until nothing of them is left: what they were called while they can be
-- restored, and whether their messages go, too.
CREATE TABLE account_deletions (
    user_id BIGINT NOT NULL PRIMARY KEY,
    username VARCHAR(128) NULL,
    nickname VARCHAR(128) NULL,
    avatar_url TEXT NULL,
    status TEXT NULL,
    purge_at DATETIME(6) NOT NULL,
    erase_messages BOOLEAN NOT NULL,
    anonymised BOOLEAN NOT NULL DEFAULT FALSE,
    CONSTRAINT account_deletions_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX account_deletions_purge_at ON account_deletions (purge_at);
