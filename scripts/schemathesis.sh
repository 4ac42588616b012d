#!/bin/sh
# Tries what docs/openapi.json says against the gateway that BASE_URL names; the argument is the number of requests made up for each endpoint.
. "$(dirname "$0")/require.sh"
[ -n "${BASE_URL:-}" ] || exec scripts/with-gateway.sh scripts/schemathesis.sh "$@"
scripts/clients.sh
SCHEMATHESIS_HOOKS=clients.openapi.hooks PYTHONPATH=$root \
    .tools/venv/bin/st --config-file clients/openapi/schemathesis.toml run docs/openapi.json --url "$BASE_URL" \
    --phases coverage,fuzzing,stateful --max-examples "${1:-10}" --no-color
