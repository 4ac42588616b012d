#!/bin/sh
# Checks dependencies with cargo-deny, which is built into .tools the first time.
. "$(dirname "$0")/require.sh"
version=0.20.2
if ! cargo deny --version >/dev/null 2>&1; then
    echo "building cargo-deny $version, once"
    cargo install cargo-deny --version "$version" --locked --quiet --root .tools
fi
cargo deny --locked check bans licenses sources
if [ -z "${ADVISORY_DB:-}" ]; then
    cargo deny --locked check advisories
    exit
fi

# A folder with RustSec's database: cargo-deny reads it only as the clone that it would have made itself.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clone=$work/advisory-db-3157b0e258782691
cp -R "$ADVISORY_DB" "$clone"
rm -rf "$clone/.git"
git -C "$clone" init --quiet --initial-branch main
git -C "$clone" add --all
git -C "$clone" -c user.name=chatroom -c user.email=chatroom@localhost commit --quiet --message advisories
sed "s|^\[advisories\]\$|&\ndb-path = \"$work\"|" deny.toml >"$work/deny.toml"
cargo deny --locked --offline --config "$work/deny.toml" check advisories
