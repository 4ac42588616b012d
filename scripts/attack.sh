#!/bin/sh
# Builds the release server and attacks it, while honest users send and sign in; arguments go to the benchmark.
. "$(dirname "$0")/require.sh"
exec scripts/bench.sh --database sqlite --secs 5 --warm 1 "$@" attack
