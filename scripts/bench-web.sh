#!/bin/sh
# Measures the web client in a browser against the release server: `bench-web.sh [FILE ...]`, such as `timeline`.
# It fails when a check of docs/web.md misses its gate. GATEWAY names a server built before.
. "$(dirname "$0")/require.sh"
scripts/test-tools.sh browser
scripts/web.sh build
# What the client is measured beside is no dependency of the client.
npm --prefix web/bench/peer ci --no-audit --no-fund --loglevel=error
if [ -z "${GATEWAY:-}" ]; then
    cargo build --release --package gateway --bin chatroom
    export GATEWAY="$target/release/chatroom"
fi
exec scripts/with-gateway.sh npm --prefix web run bench -- "$@"
