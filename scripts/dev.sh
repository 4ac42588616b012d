#!/bin/sh
# Runs a debug gateway and the web client's own server side by side until one of them ends.
. "$(dirname "$0")/require.sh"
scripts/web.sh deps
cargo build --package gateway
"$target/debug/chatroom" serve &
gateway=$!
npm --prefix web run dev &
pages=$!
trap 'kill "$gateway" "$pages" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
# POSIX has no way to wait for the first of two.
while kill -0 "$gateway" 2>/dev/null && kill -0 "$pages" 2>/dev/null; do
    sleep 1
done
