#!/bin/sh
# Installs what tests need and this machine lacks: `rust` for the Rust tests, `browser` for the browser's; both by default.
. "$(dirname "$0")/require.sh"

nextest=0.9.143
python=$root/.tools/venv/bin/python
# Debian's own Python, whatever else is first on PATH: the environment outlives that.
base=python3
[ ! -x /usr/bin/python3 ] || base=/usr/bin/python3

has_mariadb() {
    [ -n "${TEST_DATABASE_URL:-}" ] && return
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    has mariadbd && has mariadb-install-db && has my_print_defaults
}
# Wanted also with TEST_REDIS_URL: some tests kill the server.
has_redis() { has redis-server || has valkey-server || has redis-check-rdb; }
has_browser() { [ -n "${CHROMIUM:-}" ] || has chromium; }
has_chinese() { has fc-list && [ -n "$(fc-list :lang=zh-tw family)" ]; }
has_emoji() { has fc-list && [ -n "$(fc-list :charset=1f44d family)" ]; }
has_venv() { [ -x "$python" ] || "$base" -c 'import ensurepip, venv' 2>/dev/null; }

wanted() {
    case " $groups " in *" $1 "*) ;; *) return 1 ;; esac
}
groups=${*:-rust browser}

packages=""
if wanted rust; then
    # The server without its service: tests start their own, and none shall listen on this machine afterwards.
    has_mariadb || packages="$packages mariadb-server-core mariadb-client-core"
    # Its redis-check-rdb is the server under another name, and brings no service along; testdb knows.
    has_redis || packages="$packages redis-tools"
    has_venv || packages="$packages python3 python3-venv"
    has flock || packages="$packages util-linux"
fi
if wanted browser; then
    has_browser || packages="$packages chromium"
    has_chinese || packages="$packages fontconfig fonts-noto-cjk"
    has_emoji || packages="$packages fonts-noto-color-emoji"
fi

if [ -n "$packages" ]; then
    has apt-get || die "the tests need, in the words of Debian:$packages"
    [ "$(id -u)" = 0 ] || die "the tests need more packages, run: sudo apt-get install --no-install-recommends$packages"
    export DEBIAN_FRONTEND=noninteractive
    echo "installing$packages"
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of names
    apt-get install -y -qq --no-install-recommends $packages </dev/null >/dev/null
fi

wanted rust || exit 0
if ! cargo nextest --version >/dev/null 2>&1; then
    echo "building cargo-nextest $nextest, once"
    cargo install cargo-nextest --version "$nextest" --locked --quiet --root .tools
fi

scripts/clients.sh
