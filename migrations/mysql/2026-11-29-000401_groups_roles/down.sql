DROP TABLE system_messages;
ALTER TABLE messages DROP COLUMN system_message;
UPDATE participants SET role = 'member' WHERE role = 'admin';
ALTER TABLE participants DROP CONSTRAINT participants_role;
ALTER TABLE participants
    DROP COLUMN removed_by,
    ADD CONSTRAINT participants_role CHECK (role IN ('owner', 'member'));
ALTER TABLE chatrooms DROP COLUMN avatar_url;
