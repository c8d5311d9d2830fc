#!/bin/sh
# Find a Chromium for the tests that drive a browser, or install Debian's where root allows. Without one those tests
# are skipped and say so; nothing else needs it.
set -eu
cd "$(dirname "$0")/.."

say() { echo "browser: $*" >&2; }

. ./tools/apt.sh

if command -v chromium >/dev/null; then exit 0; fi
mkdir -p .boot
apt_install chromium || say "none here, and it could not be installed: tests in a browser are skipped"
