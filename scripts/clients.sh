#!/bin/sh
# Installs what tests take from npm and PyPI: the stock clients under clients/, and the S3 server of crates/testdb.
. "$(dirname "$0")/require.sh"

for package in clients/js crates/testdb/s3; do
    stamp=$package/node_modules/.installed-from
    lock=$(cksum <"$package/package-lock.json")
    if [ "$(cat "$stamp" 2>/dev/null)" != "$lock" ]; then
        npm --prefix "$package" ci --no-audit --no-fund --loglevel=error
        echo "$lock" >"$stamp"
    fi
done

python=$root/.tools/venv/bin/python
if ! "$python" -c 'import socketio, aiohttp, schemathesis' 2>/dev/null; then
    # Debian's own Python, whatever else is first on PATH: the environment outlives that.
    base=python3
    [ ! -x /usr/bin/python3 ] || base=/usr/bin/python3
    "$base" -m venv .tools/venv
    "$python" -m pip install --quiet --disable-pip-version-check --requirement clients/python/requirements.txt
fi
