-- A session with scopes is a token of a program; its secret is not exchanged.
ALTER TABLE sessions ADD COLUMN name VARCHAR(128) NULL;
ALTER TABLE sessions ADD COLUMN scopes VARCHAR(255) NULL;
