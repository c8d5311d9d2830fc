# Sourced by setup.sh and browser.sh, which define `say`: Debian packages, where root allows.

apt_as_root() {
    if [ "$(id -u)" = 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"
    else sudo -n env DEBIAN_FRONTEND=noninteractive "$@"; fi </dev/null >>.boot/apt.log 2>&1
}

apt_install() {
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 1
    command -v apt-get >/dev/null || return 1
    say "installing $* with apt-get"
    apt_as_root apt-get install -q -y --no-install-recommends "$@" && return
    # The lists may be older than the archive, or there are none yet.
    apt_as_root apt-get update -q || return 1
    apt_as_root apt-get install -q -y --no-install-recommends "$@"
}
