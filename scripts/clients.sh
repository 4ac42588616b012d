#!/bin/sh
# Installs what the stock clients under clients/ need: socket.io-client for Node, python-socketio in a Python of their own.
. "$(dirname "$0")/require.sh"

stamp=clients/js/node_modules/.installed-from
lock=$(cksum <clients/js/package-lock.json)
if [ "$(cat "$stamp" 2>/dev/null)" != "$lock" ]; then
    npm --prefix clients/js ci --no-audit --no-fund --loglevel=error
    echo "$lock" >"$stamp"
fi

python=$root/.tools/venv/bin/python
if ! "$python" -c 'import socketio, aiohttp, schemathesis' 2>/dev/null; then
    # Debian's own Python, whatever else is first on PATH: the environment outlives that.
    base=python3
    [ ! -x /usr/bin/python3 ] || base=/usr/bin/python3
    "$base" -m venv .tools/venv
    "$python" -m pip install --quiet --disable-pip-version-check --requirement clients/python/requirements.txt
fi
