#!/bin/sh
# The web client: `deps` installs its dependencies if they are not the locked ones, `build` builds it into web/dist.
. "$(dirname "$0")/require.sh"

deps() {
    stamp=web/node_modules/.installed-from
    lock=$(cksum <web/package-lock.json)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$lock" ]; then
        # Takes what is locked, as `npm ci` does. That one also refuses a lock file without the optional packages of
        # every foreign platform, which not every registry has in the same version.
        npm --prefix web install --no-save --no-audit --no-fund --loglevel=error
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
