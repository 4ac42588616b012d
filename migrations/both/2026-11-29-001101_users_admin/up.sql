-- Administrators, whom the operator makes, and accounts that they have suspended.
ALTER TABLE users ADD COLUMN is_admin BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN suspended_at DATETIME(6) NULL;
