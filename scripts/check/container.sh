# shellcheck shell=bash
# For the scripts that boot a systemd with Undertone in it, in a container. They
# source this after lib.sh, and call in this order:
#
#   make_root NAME             a fresh Debian root of that name, in $root
#   install_undertone PROGRAM  the program, its units and its user, as docs/boards.md says
#   boot [OPTION…]             the container, with these options of systemd-nspawn,
#                              until the script ends; $background is all that ends then
#   inside COMMAND…            a command in it
#
# A check has half a minute to come true there. Installs systemd-nspawn and debootstrap after saying so, and keeps a Debian root
# in target/systemd-boot. Where no container can be had, the script skips itself and
# says why.

cache=target/systemd-boot
leader=
background=()
patience=30

skip() { echo "skipped: $*" && exit 0; }

make_root() {
    root=$cache/$1
    [ "$(id -u)" = 0 ] || skip "booting a container needs root"
    [ -d /run/systemd/system ] || [ -d /sys/fs/cgroup ] || skip "there are no control groups"
    scripts/install/packages debootstrap systemd-container
    if [ ! -d $cache/root ]; then
        echo "making a Debian root"
        rm -rf $cache/making
        mkdir -p $cache
        # The release that the program was linked on.
        local suite
        suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
        debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,libasound2 \
            "$suite" $cache/making >$cache/debootstrap.log 2>&1 ||
            skip "debootstrap cannot make a root: $(tail -n 1 $cache/debootstrap.log)"
        mv $cache/making $cache/root
    fi
    local made=$cache/root
    if [ $# -gt 1 ]; then
        made=$cache/root-$1
        if [ ! -d "$made" ]; then
            rm -rf $cache/making
            cp -a $cache/root $cache/making
            { chroot $cache/making apt-get update -qq && chroot $cache/making apt-get install -qq \
                --no-install-recommends "${@:2}"; } >$cache/packages.log 2>&1 ||
                skip "the root gets no ${*:2}: $(tail -n 1 $cache/packages.log)"
            mv $cache/making "$made"
        fi
    fi
    rm -rf "$root"
    cp -a "$made" "$root"
}

install_undertone() {
    [ -x "$1" ] || fail 66 "$1 is not there; build it first"
    install -m 755 "$1" "$root/usr/bin/undertone"
    cp packaging/undertone{.service,.socket,-web.service} "$root/etc/systemd/system/"
    install -D -m 644 packaging/undertone.sysusers "$root/etc/sysusers.d/undertone.conf"
    install -D -m 644 packaging/undertone.toml "$root/etc/undertone/undertone.toml"
    chroot "$root" systemd-sysusers
}

# By the container's own processes, mounts and control groups.
inside() { nsenter --target "$leader" --all -- "$@"; }

up() { [ -n "$leader" ] && [[ $(inside systemctl is-system-running 2>/dev/null) =~ running|degraded ]]; }

boot() {
    local nspawn try
    # It may use what a systemd on bare metal has for PrivateNetwork=, DevicePolicy=
    # and IPAddressDeny=.
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --register=no --keep-unit \
        --machine="undertone-$(basename "$root")" --boot --directory="$root" --console=pipe \
        --capability=CAP_NET_ADMIN --system-call-filter=bpf "$@" \
        </dev/null >"$root.log" 2>&1 &
    nspawn=$!
    background+=("$nspawn")
    # It ends with its systemd; a second signal would be an abrupt end.
    trap 'kill "${background[@]}" 2>/dev/null || true; wait "${background[@]}" 2>/dev/null || true' EXIT
    for ((try = 0; try < 300; try++)); do
        leader=$(pgrep --parent "$nspawn" | head -n 1 || true)
        ! up || return 0
        kill -0 "$nspawn" 2>/dev/null || break
        sleep 0.1
    done
    skip "this machine boots no systemd in a container: $(tail -n 1 "$root.log")"
}
