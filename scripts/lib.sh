# shellcheck shell=bash
# What the scripts share. Each sources it first, by its own place:
#
#   . "$(dirname "$0")/../lib.sh"
#
# It goes to the repository's root, puts cargo on PATH, and answers --help with the
# comment at the script's head.

set -euo pipefail
script=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH

# usage: the comment at the script's head.
usage() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$script"; }
# misuse: for arguments that make no sense.
misuse() { usage >&2 && exit 64; }
# fail CODE WORDS…: ends the script with a sentence.
fail() { printf '%s: %s\n' "${script#"$PWD/"}" "${*:2}" >&2 && exit "$1"; }
# step WORDS…: a heading, with the seconds since the script began.
step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

case "${1:-}" in
    -h | --help) usage && exit ;;
esac

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# toml_get FILE KEY: the first text of that key, whichever table it is in. Where there
# is no Python yet, too.
toml_get() { sed -n "s/^$2 = \"\(.*\)\"/\1/p" "$1" | head -n 1; }

boards() { (cd boards && echo */ | tr -d /); }

# build_package KIND: builds the package of a board or an architecture; prints its path.
build_package() {
    scripts/package/build "$1" | tee /dev/stderr | sed -n 's/^== done: \([^ ]*\).*/\1/p'
}

# add_rust_target TRIPLE
add_rust_target() {
    rustup target list --installed | grep -qx "$1" || rustup target add "$1"
}

# use_arm_linker: lets cargo link for 64-bit ARM.
use_arm_linker() { export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc; }

# instruction_counter: builds QEMU's plugin that counts instructions; prints its path.
instruction_counter() {
    mkdir -p target/tools
    gcc -O2 -shared -fPIC -o target/tools/instructions.so scripts/benchmarks/instructions.c
    echo target/tools/instructions.so
}

# register_emulator NAME: lets programs of QEMU's NAME run as this machine's own do.
register_emulator() {
    local handlers=/proc/sys/fs/binfmt_misc
    [ ! -f "$handlers/$1" ] || return 0
    echo "registering $1 for programs of its processor, until the next start" >&2
    [ -f $handlers/register ] || mount -t binfmt_misc none $handlers
    cat "/usr/lib/binfmt.d/$1.conf" >$handlers/register
}

checks=0 failures=0
# Seconds that a check has to come true.
patience=0
# check WORDS COMMAND…: whether it is true; what it said otherwise.
check() {
    local words=$1 end=$((SECONDS + patience)) said
    shift
    checks=$((checks + 1))
    said=$(mktemp)
    until "$@" >"$said" 2>&1; do
        if [ $SECONDS -ge $end ]; then
            echo "FAILED: $words"
            cat "$said"
            failures=$((failures + 1))
            rm "$said"
            return
        fi
        sleep 0.1
    done
    rm "$said"
    echo "ok: $words"
}
# conclude: how many checks failed, and with that the script's code.
conclude() {
    printf '\n%d passed, %d failed\n' $((checks - failures)) $failures
    [ $failures = 0 ]
}
