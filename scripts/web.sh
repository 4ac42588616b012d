#!/bin/sh
# The web client: `deps` installs its dependencies if they are not the locked ones, `build` builds it into web/dist.
. "$(dirname "$0")/require.sh"

deps() {
    stamp=web/node_modules/.installed-from
    lock=$(cksum <web/package-lock.json)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$lock" ]; then
        npm --prefix web ci --no-audit --no-fund --loglevel=error
        echo "$lock" >"$stamp"
    fi
}

case ${1:-build} in
deps) deps ;;
build)
    deps
    npm --prefix web run build
    ;;
*) die "scripts/web.sh: deps or build" ;;
esac
