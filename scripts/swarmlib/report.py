"""What the launcher says when its peers have left: exit codes, the failed peers' last words, the verified copies."""

from collections import Counter

from . import files
from .cli import Exit
from .units import rate_text, size_text


def print_exit_codes(config, codes, stopped):
    """Prints every peer's exit code, and the end of what each peer printed that failed by itself."""
    by_id = {peer.id: peer for peer in config.peers}
    for peer_id, code in codes.items():
        if code and peer_id not in stopped:
            output = files.output_file(config, by_id[peer_id])
            print(f"peer {peer_id} exited with {code}; the end of {output}:")
            for line in last_lines(output):
                print(f"  {line}")
    if any(codes.values()):
        print("exit codes: " + ", ".join(f"{peer_id}: {code}" for peer_id, code in codes.items()))
    elif codes:
        print(f"all {len(codes)} peers exited with 0")


def verify(config, peers, codes):
    """Compares the files of those of the peers that exited with 0; raises ScriptError if they are not the same."""
    finished = [peer for peer in peers if codes.get(peer.id) == 0]
    seeds = [peer for peer in peers if peer.has_file]
    measure = next(iter(seeds or finished), None)
    others = [peer for peer in finished if peer is not measure]
    far = [peer for peer in config.peers if peer not in peers]
    if others:
        files.verify_copies(config, measure, others)
        _print_verified(measure, others, seeds)
    elif measure and far:
        print(f"not verified: peer {measure.id}'s file, since no other copy is on this machine to compare it with")
    if far:
        print(f"not verified: the files of {_names(far)}, on other machines")


def elsewhere(config, peers):
    """Which peers are to be launched on which other machines."""
    far = [peer for peer in config.peers if peer not in peers]
    hosts = dict.fromkeys(peer.host for peer in far)
    at = [f"{_names([peer for peer in far if peer.host == host])} on {host}" for host in hosts]
    return f"elsewhere, to be launched there: {'; '.join(at)}"


def _names(peers):
    return ("peer " if len(peers) == 1 else "peers ") + ", ".join(str(peer.id) for peer in peers)


def _print_verified(measure, others, seeds):
    number = f"{len(others)} {'copy is' if len(others) == 1 else 'copies are'}"
    owner = f"peer {measure.id}'s file" + ("" if seeds else " (no seed is on this machine)")
    print(f"verified: {number} identical to {owner}, byte for byte")


def print_performance(config, progresses, started):
    """How fast those leechers became complete that received something, and how much they gave each other."""
    leechers = [progress for progress in progresses if progress.received and not progress.peer.has_file]
    if not leechers:
        return
    received = sum((progress.received for progress in leechers), Counter())
    seconds = max(progress.completed for progress in leechers) - started
    number = f"{len(leechers)} {'leecher' if len(leechers) == 1 else 'leechers'}"
    total = received.total()
    print(f"{number} complete after {seconds:.2f} s: {size_text(total)} received, {rate_text(total / seconds)} in all")
    if config.content is None:
        return
    copies = {
        has_file: sum(received[peer.id] for peer in config.peers if peer.has_file == has_file) / config.file_size
        for has_file in (True, False)
    }
    if copies[False]:
        print(f"{copies[True]:.1f} copies came from the seeds, {copies[False]:.1f} from other leechers")


def exit_code(reason, codes, stopped):
    """The launcher's exit code: why it stopped the peers if it had to, else that of the first peer that failed."""
    failed = (code for peer_id, code in codes.items() if code and peer_id not in stopped)
    return reason or next(failed, Exit.COMPLETE)


def last_lines(path, count=10):
    """The last lines of a text, without what could disturb a terminal."""
    with open(path, "rb") as text:
        text.seek(max(0, path.stat().st_size - 4096))
        lines = text.read().decode(errors="replace").splitlines()[-count:]
    return ["".join(c if c.isprintable() else " " for c in line) for line in lines]
