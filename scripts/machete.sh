#!/bin/sh
# Finds dependencies that no code uses, with cargo-machete, which is built the first time: into the target folder, where
# a machine that is kept finds it again.
. "$(dirname "$0")/require.sh"
version=0.9.1
tools=$target/tools
PATH=$tools/bin:$PATH
if [ "$(cargo-machete --version 2>/dev/null)" != "$version" ]; then
    echo "building cargo-machete $version, once"
    cargo install cargo-machete --version "$version" --locked --quiet --root "$tools"
fi
# By folder: the tools' own sources lie below the project, too.
exec cargo-machete --with-metadata crates
