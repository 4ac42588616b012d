#!/bin/sh
# Feeds a fuzz target (all, one after the other) with random input for so many seconds (60): fuzz.sh [target] [seconds]
. "$(dirname "$0")/require.sh"
version=0.13.2
seconds=${2:-60}

has rustup && rustup run nightly rustc --version >/dev/null 2>&1 ||
    die "fuzzing needs a nightly compiler, run: rustup toolchain install nightly --profile minimal"
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "building cargo-fuzz $version, once"
    cargo install cargo-fuzz --version "$version" --locked --quiet --root .tools
fi

targets=$(ls fuzz/fuzz_targets | sed 's/\.rs$//')
if [ -n "${1:-}" ] && [ "$1" != all ]; then
    [ -f "fuzz/fuzz_targets/$1.rs" ] || die "there is no target $1, only:" $targets
    targets=$1
fi

# What is found new stays under target; the committed seeds are only read.
work=$target/fuzz
for name in $targets; do
    echo "fuzzing $name for $seconds seconds"
    mkdir -p "$work/corpus/$name" "$work/found/$name"
    cargo +nightly fuzz run --target-dir "$work" "$name" "$work/corpus/$name" "fuzz/seeds/$name" -- \
        -max_total_time="$seconds" -rss_limit_mb=512 -timeout=1 -dict=fuzz/socketio.dict \
        -artifact_prefix="$work/found/$name/" -print_final_stats=1
done
