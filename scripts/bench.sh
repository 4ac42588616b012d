#!/bin/sh
# Builds the release server and the benchmark and runs it; arguments go to the benchmark, `--help` says which.
# `--peers` instead measures the server beside others (bench-peers.sh), `web` the web client (bench-web.sh).
. "$(dirname "$0")/require.sh"
if [ "${1:-}" = --peers ]; then
    shift
    exec scripts/bench-peers.sh "$@"
fi
if [ "${1:-}" = web ]; then
    shift
    exec scripts/bench-web.sh "$@"
fi
cargo build --release --package gateway --bin chatroom --package harness --bin bench
# Ten thousand connections are as many open files, in the server as in the benchmark.
ulimit -n "$(ulimit -Hn)"
exec "$target/release/bench" --server "$target/release/chatroom" --folder "$target/bench" "$@"
