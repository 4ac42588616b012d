#!/bin/sh
# Format, words, lints, documentation and types; every warning is an error.
. "$(dirname "$0")/require.sh"
cargo fmt --all --check
scripts/glossary.sh
scripts/machete.sh
cargo clippy --workspace --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
scripts/web.sh deps
npm --prefix web run check
echo "check: everything is in order"
