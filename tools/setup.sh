#!/bin/sh
# Make .venv what requirements.lock says, and find or fetch the system libraries that PDF needs. Run again, it
# does nothing until one of the files that it reads has changed.
set -eu
cd "$(dirname "$0")/.."

STAMP=.venv/.made-from
INPUTS="requirements.lock pyproject.toml tools/setup.sh tools/apt.sh tools/uv.txt"
PDF_LIBRARIES="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

say() { echo "setup: $*" >&2; }
give_up() { say "$*"; exit 1; }
. ./tools/apt.sh

inputs_now() {
    # the directory counts: a virtual environment does not survive being moved
    { pwd; cat $INPUTS; } | cksum
}

find_python() {
    for name in python3.11 python3 python3.12 python3.13; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    give_up "no Python 3.11, 3.12 or 3.13 found; install python3.11"
}

get_uv() {
    wanted=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' tools/uv.txt)
    case "$(.boot/bin/uv --version 2>/dev/null || true)" in "uv $wanted"*) return ;; esac
    "$PYTHON" -m pip --version >/dev/null 2>&1 || give_up "$PYTHON has no pip; install python3-pip"
    say "fetching uv $wanted"
    rm -rf .boot/bin .boot/uv .boot/uv-*
    "$PYTHON" -m pip install -qq --disable-pip-version-check --root-user-action=ignore --no-deps --require-hashes \
        --target .boot -r tools/uv.txt || give_up "pip could not fetch uv; does pip reach its index?"
}

install_packages() {
    carried=$("$PYTHON" tools/pip_index.py)
    eval "$carried" # each value is quoted for the shell there
    export UV_LINK_MODE="${UV_LINK_MODE:-copy}" UV_PYTHON_DOWNLOADS=never
    .venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
        || .boot/bin/uv venv -q --clear --python "$PYTHON" .venv
    say "installing the packages of requirements.lock"
    .boot/bin/uv pip sync -q --python .venv --require-hashes requirements.lock
    .boot/bin/uv pip install -q --python .venv --no-deps --no-build-isolation --offline --editable .
}

pdf_works() {
    .venv/bin/python - <<'PYTHON'
import ctypes
import sys

names = {
    "linux": ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"),
    "darwin": ("libpango-1.0.dylib", "libpangoft2-1.0.dylib", "libharfbuzz-subset.dylib"),
}
for name in names.get(sys.platform, ()):
    try:
        ctypes.CDLL(name)
    except OSError:
        sys.exit(1)
PYTHON
}

unpack_libraries_here() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
    say "no root: unpacking $PDF_LIBRARIES into .boot/syslibs"
    rm -rf .boot/debs .boot/syslibs
    mkdir -p .boot/debs .boot/syslibs
    wanted=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
        --no-enhances $PDF_LIBRARIES 2>/dev/null | grep '^[a-z]' | sort -u \
        | grep -v -E '^(libc6|libgcc-s1|gcc-.*-base|libcrypt1|debconf.*|dpkg|perl.*|tar)$') || return 1
    (cd .boot/debs && apt-get download -q $wanted) >>.boot/apt.log 2>&1 || return 1
    for deb in .boot/debs/*.deb; do dpkg -x "$deb" .boot/syslibs || return 1; done
    rm -rf .boot/debs
    lib=$(dirname "$(find "$PWD/.boot/syslibs" -name 'libpango-1.0.so.0' | head -n 1)")
    # Without its dictionary libthai says nothing, and Thai lines do not break.
    dict=$(dirname "$(find "$PWD/.boot/syslibs" -name 'thbrk.tri' | head -n 1)")
    fonts=$(find "$PWD/.boot/syslibs/etc/fonts" -name fonts.conf 2>/dev/null | head -n 1)
    {
        printf 'LD_LIBRARY_PATH="%s"\n' "$lib"
        printf 'LIBTHAI_DICTDIR="%s"\n' "$dict"
        [ -e /etc/fonts/fonts.conf ] || [ -z "$fonts" ] || printf 'FONTCONFIG_FILE="%s"\n' "$fonts"
    } >.boot/environment
}

enter_environment() {
    # read by the Makefile's commands too
    if [ -f .boot/environment ]; then set -a; . ./.boot/environment; set +a; fi
}

find_pdf_libraries() {
    enter_environment
    if pdf_works; then return; fi
    if apt_install $PDF_LIBRARIES && pdf_works; then rm -f .boot/environment; return; fi
    if unpack_libraries_here; then
        enter_environment
        if pdf_works; then return; fi
    fi
    rm -f .boot/environment
    case "$(uname -s)" in
    Darwin) give_up "PDF needs Pango: brew install pango" ;;
    *) give_up "PDF needs system libraries; as root: apt-get install $PDF_LIBRARIES" ;;
    esac
}

if [ "$(cat "$STAMP" 2>/dev/null || true)" = "$(inputs_now)" ] && .venv/bin/python -c '' 2>/dev/null; then exit 0; fi
mkdir -p .boot
PYTHON=$(find_python)
get_uv
install_packages
find_pdf_libraries
inputs_now >"$STAMP"
say "ready"
