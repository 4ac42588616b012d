#!/bin/sh
# Builds the web client and the release gateway, and becomes the gateway, so that Ctrl-C reaches it.
. "$(dirname "$0")/require.sh"
scripts/web.sh build
cargo build --release --package gateway
exec "$target/release/chatroom" serve "$@"
