#!/bin/sh
# Every test there is, one stage after another; a failed stage does not keep the others from running.
. "$(dirname "$0")/require.sh"
scripts/test-tools.sh

passed=0
failed=0
summary=""
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
# The lines of Vitest and nextest that name a failed test, and say why: a log of CI may keep its end alone.
failures() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | grep -E '^ *(FAIL|TIMEOUT|SIGABRT|AssertionError|Error:|TypeError|TimeoutError)' |
        sort -u | head -n 12 | cut -c 1-200 | sed 's/^ */          /'
}
stage() {
    name=$1
    shift
    echo
    echo "== $name"
    { "$@" </dev/null 2>&1 && : >"$logs/passed"; } | tee "$logs/output"
    if rm "$logs/passed" 2>/dev/null; then
        passed=$((passed + 1))
        summary="$summary
  passed  $name"
    else
        failed=$((failed + 1))
        summary="$summary
  FAILED  $name
$(failures "$logs/output")"
    fi
}

stage "web client: build" scripts/web.sh build
# Without a choice of TEST_BACKEND each integration test runs on SQLite and on MariaDB.
unset TEST_BACKEND
stage "Rust: units, and integration on SQLite and MariaDB" cargo nextest run --workspace
stage "Rust: examples in the documentation" cargo test --workspace --doc --quiet
stage "web client: units" npm --prefix web run test
# The programs that the Rust stage has built: building the gateway alone would compile half of it with other features.
export GATEWAY="$target/debug/chatroom_under_test"
stage "REST: what the OpenAPI document says, tried by Schemathesis" \
    scripts/with-gateway.sh scripts/schemathesis.sh
stage "browser, on SQLite" scripts/with-gateway.sh npm --prefix web run e2e
# The two people's story once more; what the screens look like does not depend on the database.
stage "browser, on MariaDB" "$target/debug/with_mariadb" \
    scripts/with-gateway.sh npm --prefix web run e2e -- journey

echo
echo "test stages:$summary"
echo "stages: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
