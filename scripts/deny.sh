#!/bin/sh
# Checks dependencies with cargo-deny, which is built into .tools the first time.
. "$(dirname "$0")/require.sh"
version=0.20.2
if ! cargo deny --version >/dev/null 2>&1; then
    echo "building cargo-deny $version, once"
    cargo install cargo-deny --version "$version" --locked --quiet --root .tools
fi
cargo deny --locked check bans licenses sources
if [ -n "${ADVISORY_DB:-}" ]; then
    cargo deny --locked check --disable-fetch advisories
fi
