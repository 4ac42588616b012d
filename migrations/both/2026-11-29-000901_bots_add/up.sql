-- Accounts that programs act as, each with the user who made it.
ALTER TABLE users ADD COLUMN is_bot BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE bots (
    user_id BIGINT NOT NULL PRIMARY KEY,
    owner_id BIGINT NOT NULL,
    CONSTRAINT bots_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT bots_owner FOREIGN KEY (owner_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX bots_owner_id ON bots (owner_id);
