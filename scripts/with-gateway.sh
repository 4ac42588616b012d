#!/bin/sh
# Runs a command with BASE_URL naming a gateway of its own: a debug build, a free port, new data that is deleted.
# It runs on SQLite, or on the empty database that FRESH_DATABASE_URL names. GATEWAY names a program built before.
. "$(dirname "$0")/require.sh"
[ $# -gt 0 ] || die "scripts/with-gateway.sh COMMAND [ARGUMENT ...]"
if [ -z "${GATEWAY:-}" ]; then
    cargo build --package gateway
    export GATEWAY=$target/debug/chatroom
fi

data=$(mktemp -d)
gateway=""
stop() {
    status=$?
    trap - EXIT INT TERM
    if [ -n "$gateway" ]; then
        kill "$gateway" 2>/dev/null || true
        wait "$gateway" 2>/dev/null || true
    fi
    if [ "$status" -ne 0 ]; then
        echo "the end of the gateway's log:" >&2
        tail -n 40 "$data/log" >&2 || true
    fi
    rm -rf "$data"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM

HOST=127.0.0.1
PORT=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
BASE_URL=http://$HOST:$PORT
export HOST PORT BASE_URL
# All who register here come from one address, and sign in as fast as they can.
export CHATROOM__AUTH__LOGIN_FAILURES=1000000 CHATROOM__AUTH__ADDRESS_FAILURES=1000000
export CHATROOM__AUTH__REGISTRATIONS_PER_HOUR=1000000
# What the person at this machine runs for themselves stays out of it.
unset DATABASE_URL DB_CONNECTION_STRING REDIS_URL PUBLIC_URL ALLOWED_ORIGINS SECRET_KEY REGISTRATION
if [ -n "${FRESH_DATABASE_URL:-}" ]; then
    export DATABASE_URL="$FRESH_DATABASE_URL"
fi
# Tests do more at once than people.
DATA_DIR=$data CHATROOM__RATES__ENABLED=false "$GATEWAY" serve >"$data/log" 2>&1 &
gateway=$!

tries=0
until "$GATEWAY" health >/dev/null 2>&1; do
    kill -0 "$gateway" 2>/dev/null || die "the gateway ended before it was ready"
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || die "the gateway is not ready after a minute"
    sleep 0.1
done
"$@"
