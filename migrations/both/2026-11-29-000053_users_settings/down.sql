ALTER TABLE users ADD COLUMN discoverable BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE users SET discoverable = FALSE WHERE find_me_by_username = 'nobody';
ALTER TABLE users DROP COLUMN message_requests;
ALTER TABLE users DROP COLUMN presence;
ALTER TABLE users DROP COLUMN find_me_by_username;
ALTER TABLE users DROP COLUMN find_me_by_email;
