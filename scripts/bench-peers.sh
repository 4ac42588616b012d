#!/usr/bin/env bash
# Measures this server beside others that do the same, in turns on one MariaDB: `bench-peers.sh [SCENARIO ...]`.
#
# The peers and their load generator are in the folder that PEERS names (../shared/bench); it says what they are.
# ROUNDS (2) and SECS (6) say how often and how long each scenario runs. A built chatroom can be named by SERVER.
. "$(dirname "$0")/require.sh"
peers=${PEERS:-$root/../shared/bench}
[ -x "$peers/setup.sh" ] || die "no peers in $peers; PEERS names another folder"
scenarios=${*:-rate50 rate1000 flood4 fan1000}
BENCH_HOME=${BENCH_HOME:-$HOME/.cache/chat-bench}
SECS=${SECS:-6}
export BENCH_HOME SECS
"$peers/setup.sh" db gen node rust

if [ -z "${SERVER:-}" ]; then
    cargo build --release --package gateway --bin chatroom --package harness --bin bench
    SERVER=$target/release/chatroom
fi
bench=${BENCH:-$target/release/bench}
ulimit -n "$(ulimit -Hn)"
sql() { mariadb -S "$BENCH_HOME/mysql/s.sock" -uroot -Ne "$1"; }
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
mkdir "$data/web"
sql "DROP DATABASE IF EXISTS chatroom_bench; CREATE DATABASE chatroom_bench CHARACTER SET utf8mb4"
url=mysql://chat:chat@127.0.0.1:33710/chatroom_bench
"$bench" --folder "$data" --users 2000 --seed-only "$data/tokens.tsv" --database-url "$url"

results=$BENCH_HOME/results.jsonl
: >"$results"
ours="env HOST=127.0.0.1 PORT=8110 DATABASE_URL=$url DATA_DIR=$data SECRET_KEY=a-key-for-benchmarks-that-protects-nothing-at-all \
 WEB_DIR=$data/web CHATROOM__RATES__ENABLED=false CHATROOM__LIMITS__ADDRESS_SESSIONS_MAX=1000000 \
 CHATROOM__LIMITS__ADDRESS_UNAUTHENTICATED_MAX=1000000 CHATROOM__LIMITS__USER_SOCKETS_MAX=1000000 RUST_LOG=warn $SERVER"
run() { (cd "$peers" && "$@"); }
for round in $(seq "${ROUNDS:-2}"); do
    echo "round $round"
    # shellcheck disable=SC2086 # a list of words
    run ./bench.sh B 127.0.0.1:8102 "env PORT=8102 node $BENCH_HOME/peer_b/server.js" "" $scenarios
    # shellcheck disable=SC2086
    run ./bench.sh E1 127.0.0.1:8105 "env PORT=8105 BATCH=1 $BENCH_HOME/target/release/peer_e" "" $scenarios
    # shellcheck disable=SC2086
    TOKENS=$data/tokens.tsv NO_RESET=1 run ./bench.sh OURS 127.0.0.1:8110 "$ours" "" $scenarios
done
echo
python3 "$peers/summarize.py" "$results"
