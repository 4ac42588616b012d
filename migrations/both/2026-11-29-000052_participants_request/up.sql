-- Whether a one-to-one room is a message request to this member, or by them; rooms of before are accepted.
ALTER TABLE participants ADD COLUMN request VARCHAR(16) NULL;
