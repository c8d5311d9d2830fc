#!/bin/sh
# Find a Chromium for the tests that drive a browser, or install Debian's where root allows. Without one those tests
# are skipped and say so; nothing else needs it.
set -eu
cd "$(dirname "$0")/.."

say() { echo "browser: $*" >&2; }

apt_as_root() {
    if [ "$(id -u)" = 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"
    else sudo -n env DEBIAN_FRONTEND=noninteractive "$@"; fi </dev/null >>.boot/apt.log 2>&1
}

install_as_root() {
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 1
    command -v apt-get >/dev/null || return 1
    say "installing chromium with apt-get"
    apt_as_root apt-get install -q -y --no-install-recommends chromium && return
    apt_as_root apt-get update -q || return 1
    apt_as_root apt-get install -q -y --no-install-recommends chromium
}

if command -v chromium >/dev/null; then exit 0; fi
mkdir -p .boot
install_as_root || say "none here, and it could not be installed: tests in a browser are skipped"
