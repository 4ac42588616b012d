DROP TABLE friend_invites;
