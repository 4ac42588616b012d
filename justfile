# Every command a person types. `./justw` stands in for `just` on a machine without it.

export PATH := justfile_directory() / ".tools/bin:" + env("PATH")

# List the commands.
default:
    @just --list --unsorted

# Install what tests and checks need: tools, Debian's packages, the web client's dependencies.
setup:
    scripts/test-tools.sh
    scripts/web.sh deps

# Build everything and serve it on http://127.0.0.1:8000, with the data under ./data.
[no-exit-message]
run *args:
    @exec scripts/run.sh {{ args }}

# Serve for developing: the gateway in a debug build, and the web client with reload on http://127.0.0.1:5173.
[no-exit-message]
dev:
    @exec scripts/dev.sh

# Check format, lints, documentation and types; every warning is an error.
check:
    scripts/check.sh

# Run every test there is: unit, SQLite, MariaDB, documentation, web client, browser.
test:
    scripts/test.sh

# Run the Rust tests without MariaDB's half of the integration tests; arguments go to nextest.
test-sqlite *args: (_tools "rust")
    TEST_BACKEND=sqlite cargo nextest run --workspace {{ args }}

# Run the integration tests on MariaDB alone; arguments go to nextest.
test-mysql *args: (_tools "rust")
    TEST_BACKEND=mysql cargo nextest run -p persistence -p harness {{ args }}

# Run the browser tests against a fresh gateway.
e2e: (_tools "browser") web
    scripts/with-gateway.sh npm --prefix web run e2e

# Build the web client into web/dist.
web:
    scripts/web.sh build

# Measure the release server, every message accounted for: `just bench flood4 fan1000 --database sqlite`; or `just bench web`.
[no-exit-message]
bench *args:
    @exec scripts/bench.sh {{ args }}

# Try what docs/openapi.json says with made-up requests: `just schemathesis 200` for that many of each endpoint.
[no-exit-message]
schemathesis *args: (_tools "rust")
    @exec scripts/schemathesis.sh {{ args }}

# Attack the release server in twelve ways while honest users go on: `just attack`, `just attack --database mariadb`.
[no-exit-message]
attack *args:
    @exec scripts/attack.sh {{ args }}

# Look for input that breaks the codec: `just fuzz`, `just fuzz polling_payload 300`. Needs a nightly compiler.
[no-exit-message]
fuzz *args:
    @exec scripts/fuzz.sh {{ args }}

# Make the empty files of a new migration: `just migration rooms_mute`, `just migration pins_add both` for SQL of both databases.
migration name *both:
    scripts/migration.sh {{ name }} {{ both }}

# Take pictures of the web client's pages.
screenshots: (_tools "browser") web
    scripts/with-gateway.sh npm --prefix web run screenshots

# Check licences, known vulnerabilities and which crate may use what; ADVISORY_DB=folder spares the download.
deny:
    scripts/deny.sh

# Build the container image.
image:
    docker build --tag chatroom .

# Delete ./data: every account, message, file and key of `just run`.
[confirm("Delete ./data with every account, message, file and key in it?")]
clean-data:
    rm -rf data

# Do what CI does before `deny`.
ci: check test

_tools group:
    @scripts/test-tools.sh {{ group }}
