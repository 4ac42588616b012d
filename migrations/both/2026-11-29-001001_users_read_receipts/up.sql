-- Whether a user shows, and sees, how far is read in one-to-one rooms.
ALTER TABLE users ADD COLUMN read_receipts BOOLEAN NOT NULL DEFAULT TRUE;
