#!/bin/sh
# Inside of a clean root with the packages in this folder, for scripts/try-package: one step of trying them. Lines that begin with
# "tried: " are for its user.
set -eu

get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y "$@"
}
used_kb() {
    du -skx /usr /etc /var/lib/dpkg /lib 2>/dev/null | awk '{ sum += $1 } END { print sum }'
}
packages() {
    # shellcheck disable=SC2016  # dpkg-query's own
    dpkg-query -W -f='${Package}, ${Installed-Size} KB\n' | LC_ALL=C sort
}
wait_for() {
    for _ in $(seq 300); do
        if eval "$1"; then return; fi
        sleep 0.1
    done
    echo "in vain: $1" >&2
    exit 1
}

case $1 in
    install)
        apt-get -q update
        before=$(used_kb)
        packages >before
        get --no-install-recommends ./peerprocess_*.deb
        echo "tried: the package and what it needs bring $((($(used_kb) - before) / 1024)) MB"
        packages | comm -13 before - | sed 's/^/tried: came: /'
        peerProcess --version
        test -e /usr/share/doc/peerprocess/copyright
        ;;
    swarm)
        # The classic demo: a seed and three leechers of one directory.
        mkdir swarm && cd swarm
        printf '%s\n' 'NumberOfPreferredNeighbors 2' 'UnchokingInterval 1' 'OptimisticUnchokingInterval 2' 'FileName a.bin' 'FileSize 20000000' \
            'PieceSize 65536' >Common.cfg
        printf '%s\n' '1001 localhost 6001 1' '1002 localhost 6002 0' '1003 localhost 6003 0' '1004 localhost 6004 0' >PeerInfo.cfg
        mkdir peer_1001
        head -c 20000000 /dev/urandom >peer_1001/a.bin
        pids=''
        for id in 1001 1002 1003 1004; do
            peerProcess $id --timeout 120 --progress none &
            pids="$pids $!"
        done
        for pid in $pids; do wait "$pid"; done
        for id in 1002 1003 1004; do cmp peer_1001/a.bin peer_$id/a.bin; done
        echo "tried: a classic swarm; 3 copies are identical"
        ;;
    share)
        mkdir -p shared/sub
        head -c 3000000 /dev/urandom >shared/sub/b.bin
        peerProcess share --folder shared --host 127.0.0.1 --progress none --json >shared.log &
        pid=$!
        wait_for 'grep -q "\"ready\".*\"files\":1" shared.log'
        peerProcess ls --progress none | grep sub/b.bin
        peerProcess get sub/b.bin --out got --timeout 60 --progress none
        cmp shared/sub/b.bin got/sub/b.bin
        kill "$pid"
        wait "$pid"
        echo "tried: share, ls and get; the copy is identical"
        ;;
    pswarm)
        before=$(used_kb)
        get --no-install-recommends python3
        echo "tried: python3, for pswarm alone, brings $((($(used_kb) - before) / 1024)) MB"
        rm -r swarm/peer_100[234] swarm/*.log
        pswarm launch swarm
        echo "tried: pswarm launch"
        ;;
    dht)
        if ! ls ./peerprocess-dht_*.deb >/dev/null 2>&1; then
            peerProcess --version | grep 'DHT: none'
            echo "tried: no --dht, as this release has no OpenDHT"
            exit 0
        fi
        before=$(used_kb)
        get --no-install-recommends ./peerprocess-dht_*.deb
        peerProcess --version | grep 'DHT: OpenDHT'
        echo "tried: peerprocess-dht, for --dht alone, brings $((($(used_kb) - before) / 1024)) MB"
        ;;
    remove)
        DEBIAN_FRONTEND=noninteractive apt-get -q purge -y 'peerprocess*'
        # The folder of a prefix's own documents may be excluded, never a file that stays.
        left=$(find / -xdev -ipath '*peerprocess*' ! -path '/root/*' ! -path '/proc/*' ! -path '/sys/*' ! -path '/var/*' | head)
        [ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
        echo "tried: removal leaves nothing behind"
        ;;
esac
