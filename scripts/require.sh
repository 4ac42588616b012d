# Sourced: says in one line what a build needs and does not find, and stops.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
PATH=$root/.tools/bin:$PATH
export PATH
target=${CARGO_TARGET_DIR:-$root/target}

die() {
    echo "chatroom: $*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# The pinned toolchain is fetched by rustup; any other cargo has to be new enough by itself.
rust_is_new() {
    version=$(rustc --version 2>/dev/null) || return 1
    minor=${version#rustc 1.}
    [ "${minor%%.*}" -ge 95 ] 2>/dev/null
}

# Node 20.19 is what the web client's build tools ask for.
node_is_new() {
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
}

missing=""
need() { missing="${missing:+$missing, }$1"; }
if ! has cargo || ! has rustc; then
    need "Rust 1.95 or newer (rustc and cargo, https://rustup.rs)"
elif ! rust_is_new; then
    need "Rust 1.95 or newer (this one is $(rustc --version 2>&1 | head -n 1))"
fi
has cc || need "a C compiler (cc, as in Debian's build-essential)"
if ! has node || ! has npm; then
    need "Node 20.19 or newer with npm"
elif ! node_is_new; then
    need "Node 20.19 or newer (this one is $(node --version))"
fi
[ -z "$missing" ] || die "missing: $missing"
