#!/bin/sh
# Makes the empty files of a migration, under the next number of today: the same name for each database, or with
# `both` once, for SQL that both understand.
set -eu
cd "$(dirname "$0")/.."
case ${1:-} in
"" | *[!a-z0-9_]*)
    echo "name the change in small letters, digits and underscores, noun first: rooms_pin" >&2
    exit 1
    ;;
esac
today=$(date -u +%Y-%m-%d)
number=1
while ls -d migrations/*/"$today-$(printf %06d "$number")_"* >/dev/null 2>&1; do
    number=$((number + 1))
done
name=$today-$(printf %06d "$number")_$1
case ${2:-} in
both) databases=both ;;
"") databases="mysql sqlite" ;;
*)
    echo "after the name stands nothing, or: both" >&2
    exit 1
    ;;
esac
for database in $databases; do
    mkdir -p "migrations/$database/$name"
    for direction in up down; do
        : >"migrations/$database/$name/$direction.sql"
        echo "migrations/$database/$name/$direction.sql"
    done
done
