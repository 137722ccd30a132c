# A minimal root of a release of Debian or Ubuntu, and steps that run in it. Sourced by try-release and try-package, after these are set:
#   me           the script's name, for messages
#   suite        bookworm, trixie or noble
#   mirror       where debootstrap gets the packages from; empty: debootstrap's own place
#   directory    a new or empty directory for the root; empty: a temporary one
# Afterwards $here is the repository, $root the root, and $output a directory with what each step has printed. Each step has mounts and
# processes of its own, which end with it, also on Ctrl-C. The root is removed at the end, and the output, too, unless a step has failed.

wrong() {
    echo "$me: $1" >&2
    exit 28
}

components=main
case $suite in
    bookworm | trixie) ;;
    noble) components=main,universe ;;
    '') wrong "expected a SUITE, such as trixie" ;;
    *) wrong "\"$suite\" is none of bookworm, trixie, noble" ;;
esac
[ "$(id -u)" -eq 0 ] || wrong "must be run as root: it makes a root and mounts in it"
for tool in debootstrap git unshare; do
    command -v "$tool" >/dev/null || wrong "needs $tool (apt-get install debootstrap git util-linux)"
done
if [ -n "$directory" ] && [ -n "$(ls -A "$directory" 2>/dev/null)" ]; then
    wrong "--dir: $directory is not empty"
fi

here=$(cd "$(dirname "$0")/.." && pwd)
output=$(mktemp -d)
child='' root='' keep_output=''
clean_up() {
    trap '' INT TERM HUP
    if [ -n "$child" ]; then
        # With unshare its whole namespace ends.
        kill -KILL "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    # The namespace's processes die a moment after unshare, and may still make files. Its mounts are not seen from here.
    tries=0
    while [ -n "$root" ] && ! rm -rf --one-file-system "$root" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -ge 100 ]; then
            echo "$me: cannot remove $root" >&2
            break
        fi
        sleep 0.1
    done
    [ -n "$keep_output" ] || rm -rf "$output"
}
trap clean_up EXIT
trap 'echo "$me: interrupted" >&2; exit 7' INT TERM HUP
if [ -n "$directory" ]; then
    mkdir -p "$directory"
    root=$(cd "$directory" && pwd)
else
    root=$(mktemp -d)
    chmod 755 "$root"
fi

# alone COMMAND...: runs it in mount and process namespaces of its own, its output in a file. sh has background commands ignore
# Ctrl-C, and they would pass that on to all that they start.
alone() {
    env --default-signal=INT,QUIT unshare --mount --pid --fork --kill-child "$@" </dev/null >"$output/$step" 2>&1 &
    child=$!
    code=0
    wait "$child" || code=$?
    child=''
    return "$code"
}

# report STEP COMMAND...: runs a step and says how long it took. On failure shows the end of its output.
failed=''
report() {
    step=$1
    shift
    start=$(date +%s)
    if "$@"; then
        echo "$step: done after $(($(date +%s) - start)) s"
    else
        echo "$step: FAILED after $(($(date +%s) - start)) s; the end of $output/$step:"
        tail -n 100 "$output/$step"
        failed=yes keep_output=yes
        return 1
    fi
}

# in_root FOLDER COMMAND: runs a command of sh in that folder of the root, or of the one that $place names. The first process of a
# namespace inherits orphans, and must wait for them: the last sh does, so it may not exec.
place=''
# shellcheck disable=SC2016  # expanded by the inner shells
in_root() {
    alone sh -ec '
        root=$1 proxy=$2 folder=$3 command=$4
        mount --bind "$root" "$root"  # so that / is a mount there, as on any machine
        mount -t proc proc "$root/proc"
        mount -t sysfs sysfs "$root/sys"
        mount -t devpts -o newinstance,mode=620,ptmxmode=666 devpts "$root/dev/pts"
        mount -t tmpfs tmpfs "$root/dev/shm"
        exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
            ${proxy:+"http_proxy=$proxy"} sh -c "cd $folder && $command; exit \$?"' sh "${place:-$root}" "$proxy" "$1" "$2"
}

proxy=${http_proxy-}
if [ -z "$proxy" ] && command -v apt-config >/dev/null; then
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
fi

# make_root: fills $root by debootstrap.
make_root() {
    # shellcheck disable=SC2086  # no word without a mirror
    report debootstrap alone env ${proxy:+"http_proxy=$proxy"} debootstrap --variant=minbase --components="$components" "$suite" "$root" $mirror || exit 1
    # An installer writes this; debootstrap does not.
    [ -e "$root/etc/hosts" ] || printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"
}

# clone_into_root: the commit that is checked out here, in /root/peerProcess.
clone_into_root() {
    echo "trying $(git -C "$here" rev-parse --short HEAD) on $suite, in $root"
    [ -z "$(git -C "$here" status --porcelain)" ] || echo "note: what is not committed here is not tried"
    report clone alone git clone --quiet --no-local "$here" "$root/root/peerProcess" || exit 1
}
