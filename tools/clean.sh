#!/bin/sh
# Remove the state under var/, and what had to be put elsewhere because PostgreSQL's account could not enter here.
set -eu
cd "$(dirname "$0")/.."

if [ -e var/supervisor.lock ] && command -v flock >/dev/null && ! flock -n var/supervisor.lock true; then
    echo "clean: the servers are running; stop them first (Ctrl-C where they were started)" >&2
    exit 1
fi
if [ -L var/postgres/elsewhere ]; then
    outside=$(readlink var/postgres/elsewhere)
    case "$outside" in
    *..*) echo "clean: not removing $outside" >&2 ;;
    /var/lib/sitthi/?*) rm -rf -- "$outside" ;;
    *) echo "clean: not removing $outside, which is not a place of ours" >&2 ;;
    esac
fi
rm -rf var
