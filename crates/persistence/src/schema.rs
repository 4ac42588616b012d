//! The tables, for both databases; a test compares them with what the migrations make.

diesel::table! {
    users (user_id) {
        user_id -> BigInt,
        username -> Text,
        username_key -> Text,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        hashed_password -> Text,
        nickname -> Nullable<Text>,
        avatar_url -> Nullable<Text>,
        status -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        last_seen_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        find_me_by_email -> Text,
        find_me_by_username -> Text,
        presence -> Text,
        message_requests -> Text,
        is_bot -> Bool,
        push_preview -> Bool,
        read_receipts -> Bool,
        is_admin -> Bool,
        suspended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    bots (user_id) {
        user_id -> BigInt,
        owner_id -> BigInt,
    }
}

diesel::table! {
    account_deletions (user_id) {
        user_id -> BigInt,
        username -> Nullable<Text>,
        nickname -> Nullable<Text>,
        avatar_url -> Nullable<Text>,
        status -> Nullable<Text>,
        purge_at -> Timestamp,
        erase_messages -> Bool,
        anonymised -> Bool,
    }
}

diesel::table! {
    exports (user_id) {
        user_id -> BigInt,
        export_id -> Binary,
        requested_at -> Timestamp,
        claimed_at -> Nullable<Timestamp>,
        size -> Nullable<BigInt>,
        expires_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    friends (user_id, friend_id) {
        user_id -> BigInt,
        friend_id -> BigInt,
        user_lo -> BigInt,
        user_hi -> BigInt,
        status -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    blocks (user_id, blocked_id) {
        user_id -> BigInt,
        blocked_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    chatrooms (chatroom_id) {
        chatroom_id -> Binary,
        chatroom_name -> Nullable<Text>,
        kind -> Text,
        dm_key -> Nullable<Text>,
        last_seq -> BigInt,
        last_message_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        avatar_url -> Nullable<Text>,
        blocked -> Bool,
        disappear_after -> Nullable<BigInt>,
    }
}

diesel::table! {
    participants (chatroom_id, user_id) {
        chatroom_id -> Binary,
        user_id -> BigInt,
        role -> Text,
        joined_at -> Timestamp,
        left_at -> Nullable<Timestamp>,
        last_delivered_seq -> BigInt,
        last_read_seq -> BigInt,
        removed_by -> Nullable<BigInt>,
        request -> Nullable<Text>,
        webhook -> Bool,
    }
}

diesel::table! {
    incoming_webhooks (webhook_id) {
        webhook_id -> Binary,
        chatroom_id -> Binary,
        user_id -> BigInt,
        token_hash -> Binary,
        created_by -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    friend_invites (user_id) {
        user_id -> BigInt,
        number -> BigInt,
        token_hash -> Binary,
    }
}

diesel::table! {
    audit_log (entry_id) {
        entry_id -> BigInt,
        at -> Timestamp,
        action -> Text,
        actor_id -> Nullable<BigInt>,
        target -> Nullable<Text>,
        chatroom_id -> Nullable<Binary>,
        session_id -> Nullable<Binary>,
        address -> Nullable<Text>,
        request_id -> Nullable<Text>,
        hash -> Text,
    }
}

diesel::table! {
    audit_head (id) {
        id -> Integer,
        last_id -> BigInt,
        last_hash -> Text,
        removed_id -> BigInt,
        removed_hash -> Text,
    }
}

diesel::table! {
    kept_answers (user_id, request_key) {
        user_id -> BigInt,
        request_key -> Text,
        fingerprint -> Text,
        status -> Nullable<Integer>,
        body -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    media (media_id) {
        media_id -> Binary,
        owner_id -> BigInt,
        purpose -> Text,
        stored_name -> Text,
        file_name -> Text,
        content_type -> Text,
        size -> BigInt,
        width -> Nullable<Integer>,
        height -> Nullable<Integer>,
        created_at -> Timestamp,
        thumbhash -> Nullable<Text>,
        thumbnails -> Nullable<Text>,
        duration_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    messages (chatroom_id, seq) {
        message_id -> BigInt,
        chatroom_id -> Binary,
        seq -> BigInt,
        sender_id -> BigInt,
        content -> Nullable<Text>,
        caption -> Nullable<Text>,
        message_type -> Text,
        media_url -> Nullable<Text>,
        media_id -> Nullable<Binary>,
        client_key -> Nullable<Text>,
        reply_to -> Nullable<BigInt>,
        timestamp -> Timestamp,
        edited_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        system_message -> Nullable<Text>,
        extras -> Nullable<Text>,
        expires_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    system_messages (chatroom_id, seq) {
        chatroom_id -> Binary,
        seq -> BigInt,
    }
}

diesel::table! {
    expiring_messages (expires_at, chatroom_id, seq) {
        expires_at -> Timestamp,
        chatroom_id -> Binary,
        seq -> BigInt,
    }
}

diesel::table! {
    room_settings (user_id, chatroom_id) {
        user_id -> BigInt,
        chatroom_id -> Binary,
        muted_until -> Nullable<Timestamp>,
        archived_seq -> Nullable<BigInt>,
        pinned -> Bool,
        marked_unread -> Bool,
        draft -> Nullable<Text>,
    }
}

diesel::table! {
    invites (invite_id) {
        invite_id -> Binary,
        chatroom_id -> Binary,
        token_hash -> Binary,
        created_by -> BigInt,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        max_uses -> Nullable<BigInt>,
        uses -> BigInt,
    }
}

diesel::table! {
    sessions (session_id) {
        session_id -> Binary,
        user_id -> BigInt,
        secret_hash -> Binary,
        previous_hash -> Nullable<Binary>,
        user_agent -> Nullable<Text>,
        created_at -> Timestamp,
        rotated_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
        family_hash -> Nullable<Binary>,
        name -> Nullable<Text>,
        scopes -> Nullable<Text>,
    }
}

diesel::table! {
    link_preview_head (id) {
        id -> Integer,
        pos -> BigInt,
    }
}

diesel::table! {
    link_previews (url_hash) {
        url_hash -> Text,
        fetched_at -> Timestamp,
        title -> Nullable<Text>,
        description -> Nullable<Text>,
        site_name -> Nullable<Text>,
    }
}

diesel::table! {
    log_head (id) {
        id -> Integer,
        epoch -> Text,
        pos -> BigInt,
    }
}

diesel::table! {
    changes (pos) {
        pos -> BigInt,
        topic -> Binary,
        kind -> Text,
        chatroom_id -> Nullable<Binary>,
        subject -> BigInt,
    }
}

diesel::table! {
    message_versions (chatroom_id, seq, version) {
        chatroom_id -> Binary,
        seq -> BigInt,
        version -> BigInt,
        content -> Nullable<Text>,
        caption -> Nullable<Text>,
        written_at -> Timestamp,
    }
}

diesel::table! {
    reactions (chatroom_id, seq, user_id, emoji) {
        chatroom_id -> Binary,
        seq -> BigInt,
        user_id -> BigInt,
        emoji -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    hidden_messages (user_id, chatroom_id, seq) {
        user_id -> BigInt,
        chatroom_id -> Binary,
        seq -> BigInt,
    }
}

diesel::table! {
    pins (chatroom_id, seq) {
        chatroom_id -> Binary,
        seq -> BigInt,
        pinned_by -> BigInt,
        pinned_at -> Timestamp,
    }
}

diesel::table! {
    mentions (user_id, chatroom_id, seq) {
        user_id -> BigInt,
        chatroom_id -> Binary,
        seq -> BigInt,
    }
}

diesel::table! {
    reports (report_id) {
        report_id -> Binary,
        reporter_id -> BigInt,
        reported_id -> BigInt,
        chatroom_id -> Nullable<Binary>,
        seq -> Nullable<BigInt>,
        reason -> Text,
        note -> Nullable<Text>,
        evidence -> Nullable<Text>,
        created_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        closed_by -> Nullable<BigInt>,
        admin_note -> Nullable<Text>,
    }
}

diesel::table! {
    scheduled_messages (scheduled_id) {
        scheduled_id -> Binary,
        user_id -> BigInt,
        chatroom_id -> Binary,
        message -> Text,
        media_id -> Nullable<Binary>,
        send_at -> Timestamp,
        claimed_at -> Nullable<Timestamp>,
        failed -> Nullable<Text>,
    }
}

diesel::table! {
    search_postings (block, token) {
        block -> BigInt,
        token -> BigInt,
        offsets -> Binary,
    }
}

diesel::table! {
    search_head (id) {
        id -> Integer,
        pos -> BigInt,
    }
}

diesel::table! {
    push_subscriptions (subscription_id) {
        subscription_id -> Binary,
        user_id -> BigInt,
        session_id -> Binary,
        endpoint -> Text,
        endpoint_hash -> Text,
        p256dh -> Text,
        auth -> Text,
    }
}

diesel::table! {
    push_head (id) {
        id -> Integer,
        pos -> BigInt,
    }
}

diesel::table! {
    recoveries (pid_hash) {
        pid_hash -> Binary,
        session_id -> Binary,
        sid -> Text,
        chatroom_ids -> Binary,
        used_at -> Timestamp,
    }
}

diesel::table! {
    outgoing_webhooks (webhook_id) {
        webhook_id -> Binary,
        user_id -> BigInt,
        url -> Text,
        events -> Text,
        pos -> BigInt,
        created_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    webhook_deliveries (delivery_id) {
        delivery_id -> Binary,
        webhook_id -> Binary,
        pos -> BigInt,
        event -> Text,
        created_at -> Timestamp,
        attempts -> BigInt,
        next_at -> Nullable<Timestamp>,
        claimed_at -> Nullable<Timestamp>,
        status -> Nullable<BigInt>,
        failure -> Nullable<Text>,
        delivered_at -> Nullable<Timestamp>,
    }
}

diesel::joinable!(messages -> users (sender_id));
diesel::joinable!(messages -> media (media_id));
diesel::joinable!(invites -> chatrooms (chatroom_id));
diesel::joinable!(participants -> chatrooms (chatroom_id));
diesel::joinable!(friend_invites -> users (user_id));
diesel::joinable!(bots -> users (user_id));
diesel::joinable!(incoming_webhooks -> users (user_id));
diesel::joinable!(participants -> users (user_id));
diesel::joinable!(outgoing_webhooks -> users (user_id));
diesel::joinable!(webhook_deliveries -> outgoing_webhooks (webhook_id));
diesel::allow_tables_to_appear_in_same_query! {
    users, account_deletions, exports, blocks, bots, incoming_webhooks, friends, friend_invites, chatrooms, participants, media, messages, sessions,
    message_versions, reactions, hidden_messages, invites, mentions, scheduled_messages, outgoing_webhooks, webhook_deliveries,
    push_subscriptions, room_settings
}
