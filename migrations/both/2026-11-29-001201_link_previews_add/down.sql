DROP TABLE link_preview_head;
DROP TABLE link_previews;
