-- The privacy settings; `discoverable` was the two of finding in one.
ALTER TABLE users ADD COLUMN find_me_by_email VARCHAR(24) NOT NULL DEFAULT 'everyone';
ALTER TABLE users ADD COLUMN find_me_by_username VARCHAR(24) NOT NULL DEFAULT 'everyone';
ALTER TABLE users ADD COLUMN presence VARCHAR(24) NOT NULL DEFAULT 'friends';
ALTER TABLE users ADD COLUMN message_requests VARCHAR(24) NOT NULL DEFAULT 'everyone';
UPDATE users SET find_me_by_email = 'nobody', find_me_by_username = 'nobody' WHERE NOT discoverable;
ALTER TABLE users DROP COLUMN discoverable;
